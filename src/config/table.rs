//! The settings as the README shows them. The README is written by hand around this table; a test compares them.

use super::setting::{Preset, SETTINGS, Setting};

/// The table of all settings in Markdown, with its head and a line break at the end.
#[must_use]
pub fn markdown() -> String {
    let mut table = "| setting | preset | give | what it does |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        table.push_str(&row(setting));
    }
    table
}

fn row(setting: &Setting) -> String {
    let preset = match setting.preset {
        Preset::Required => "required".to_owned(),
        Preset::Unset => "not set".to_owned(),
        Preset::Processors => "processors".to_owned(),
        Preset::Text(_) | Preset::Number(_) => format!("`{}`", setting.preset_text().unwrap_or_default()),
    };
    let name = match setting.file_name() {
        Some(file) => format!("`{}` or `{file}`", setting.name),
        None => format!("`{}`", setting.name),
    };
    format!("| {name} | {preset} | {} | {} |\n", setting.allowed(), setting.meaning)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;
    use crate::config::{Config, Source, setting::known_names};

    fn read(name: &str) -> String {
        fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn the_readme_has_the_table_of_all_settings() {
        let table = markdown();
        assert!(read("README.md").contains(&table), "README.md must hold exactly this table:\n{table}");
    }

    /// `NAME=value` of every line, also of those that are commented out.
    fn example() -> Vec<(String, String)> {
        let text = read("deploy/env.example");
        let lines = text.lines().map(|line| line.trim_start_matches('#'));
        let pairs = lines.filter_map(|line| line.split_once('='));
        let shouted = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        pairs.filter(|(name, _)| shouted(name)).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn the_example_of_an_environment_has_every_setting_and_nothing_else() {
        let shown: BTreeSet<String> = example().into_iter().map(|(name, _)| name).collect();
        assert_eq!(shown, known_names().collect());
    }

    #[test]
    fn the_example_of_an_environment_shows_the_presets() {
        let shown = example();
        for setting in SETTINGS.iter().filter(|setting| !matches!(setting.preset, Preset::Processors)) {
            let Some(preset) = setting.preset_text() else {
                continue;
            };
            assert!(shown.contains(&(setting.name.to_owned(), preset)), "{}", setting.name);
        }
    }

    #[test]
    fn the_example_of_an_environment_can_be_used_as_it_is() {
        let text = read("deploy/env.example");
        let pairs =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        Config::load(&Source::from_pairs(pairs)).unwrap();
    }
}
