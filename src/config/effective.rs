//! What `config` prints: each setting as it is in force and where it came from, secrets hidden.

use std::fmt;

use super::{
    Config,
    database::URL,
    setting::{SETTINGS, Setting},
    source::Source,
};

const HIDDEN: &str = "[redacted]";

/// One setting in force; `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The variable.
    pub name: &'static str,
    /// What may be shown of the value; `None` is "not set".
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The variable.
    Variable,
    /// The file that `NAME_FILE` names.
    File,
    /// Nothing was given.
    Preset,
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Flag => "flag",
            Origin::Variable => "variable",
            Origin::File => "file",
            Origin::Preset => "preset",
        };
        match &self.value {
            Some(value) => write!(f, "{}={value} ({origin})", self.name),
            None => write!(f, "{} is not set", self.name),
        }
    }
}

pub(super) fn list(config: &Config, source: &Source) -> Vec<Effective> {
    let one = |setting: &Setting| {
        let origin = origin(setting, source);
        let value = match origin {
            Origin::Preset => setting.preset_text(),
            _ if setting.name == URL.name => Some(config.database.place()),
            _ if setting.secret => Some(HIDDEN.to_owned()),
            _ => source.get(setting.name).and_then(|given| given.text.clone()),
        };
        Effective { name: setting.name, value, origin }
    };
    SETTINGS.iter().map(one).collect()
}

fn origin(setting: &Setting, source: &Source) -> Origin {
    let from_file = setting.file_name().is_some_and(|name| source.get(&name).is_some());
    match source.get(setting.name) {
        Some(given) if given.by_flag => Origin::Flag,
        Some(_) => Origin::Variable,
        None if from_file => Origin::File,
        None => Origin::Preset,
    }
}
