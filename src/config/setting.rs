//! What a setting is, and the list of all of them; the command line, `config`, the README's table and
//! `deploy/env.example` come from this list or are compared with it.

use clap::{Arg, ArgMatches};

use super::{database, http, kratos, lifecycle, log, policy, traits, user_columns};

/// Every setting that exists, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    database::URL,
    database::TLS,
    database::POOL_SIZE,
    database::POOL_WAIT,
    database::UNIT_OF_WORK,
    database::LEASE,
    kratos::ADMIN_URL,
    kratos::PUBLIC_URL,
    kratos::ADMIN_TOKEN,
    kratos::CA_FILE,
    kratos::CONNECT,
    kratos::TOTAL,
    kratos::ANSWER_MAX,
    kratos::PAGE_MAX,
    kratos::BREAKER_FAILURES,
    kratos::BREAKER_MAX,
    kratos::CONCURRENCY,
    http::LISTEN,
    http::OPS_LISTEN,
    http::WORKERS,
    http::BODY_MAX,
    http::BATCH_BODY_MAX,
    http::BODY_TIME,
    http::REQUEST_DEADLINE,
    http::BATCH_DEADLINE,
    http::CONCURRENCY,
    policy::LINKING,
    policy::PROVISIONING,
    traits::FILE,
    user_columns::FILE,
    user_columns::VERIFIED,
    lifecycle::DRAIN_ACCEPT,
    lifecycle::DRAIN,
    log::FILTER,
];

/// One variable, and unless it is a secret the flag of the same name.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// A secret has no flag, is never shown, and may stand in a file that `NAME_FILE` names.
    pub secret: bool,
    /// What holds when nothing is given.
    pub preset: Preset,
    /// What may be given.
    pub form: Form,
    /// One sentence for operators.
    pub meaning: &'static str,
}

/// What holds when a setting is not given.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// Nothing: it must be given.
    Required,
    /// The feature is off.
    Unset,
    /// This text.
    Text(&'static str),
    /// This number, in the setting's unit.
    Number(u64),
    /// One for each processor the process may use.
    Processors,
}

/// What may be given.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// A text of this description, which completes the sentence "give …".
    Text(&'static str),
    /// A whole number, both ends included.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// What is counted.
        unit: Unit,
    },
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum Unit {
    Things,
    Bytes,
    Milliseconds,
    Seconds,
}

impl Setting {
    pub(super) const fn text(
        name: &'static str,
        preset: Preset,
        form: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, secret: false, preset, form: Form::Text(form), meaning }
    }

    pub(super) const fn secret(
        name: &'static str,
        preset: Preset,
        form: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, secret: true, preset, form: Form::Text(form), meaning }
    }

    pub(super) const fn number(
        name: &'static str,
        preset: Preset,
        (least, most): (u64, u64),
        unit: Unit,
        meaning: &'static str,
    ) -> Self {
        Self { name, secret: false, preset, form: Form::Number { least, most, unit }, meaning }
    }

    /// The flag without its dashes: `RESOLVER_LISTEN` is `resolver-listen`.
    #[must_use]
    pub fn flag(&self) -> Option<String> {
        (!self.secret).then(|| self.name.to_ascii_lowercase().replace('_', "-"))
    }

    /// The variable that names a file with the secret.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        self.secret.then(|| format!("{}_FILE", self.name))
    }

    /// The preset as text; `None` where nothing or something required stands.
    #[must_use]
    pub fn preset_text(&self) -> Option<String> {
        match self.preset {
            Preset::Required | Preset::Unset => None,
            Preset::Text(text) => Some(text.to_owned()),
            Preset::Number(number) => Some(number.to_string()),
            Preset::Processors => Some(processors().to_string()),
        }
    }

    /// What may be given, as the end of the sentence "give …".
    #[must_use]
    pub fn allowed(&self) -> String {
        match self.form {
            Form::Text(form) => form.to_owned(),
            Form::Number { least, most, unit } => {
                let unit = match unit {
                    Unit::Things => "",
                    Unit::Bytes => " bytes",
                    Unit::Milliseconds => " milliseconds",
                    Unit::Seconds => " seconds",
                };
                format!("{least} to {most}{unit}")
            }
        }
    }
}

pub(super) fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| u64::try_from(count.get()).unwrap_or(1))
}

/// Whether a variable is one of ours, known or not.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("RESOLVER_") || known_names().any(|known| known == name)
}

/// Every variable that means something, `NAME_FILE` of the secrets included.
pub(super) fn known_names() -> impl Iterator<Item = String> {
    SETTINGS.iter().flat_map(|setting| [Some(setting.name.to_owned()), setting.file_name()]).flatten()
}

/// One flag for each setting that is no secret. Values stay raw: they are checked with all others, once.
pub fn args() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().filter_map(|setting| {
        let help = match setting.preset_text() {
            Some(preset) => format!("{} [{} or {preset}]", setting.meaning, setting.name),
            None => format!("{} [{}]", setting.meaning, setting.name),
        };
        let flag = setting.flag()?;
        Some(Arg::new(setting.name).long(flag).value_name("VALUE").help(help).help_heading("Settings"))
    })
}

/// The flags that were given, as [`super::Source::from_process`] takes them.
#[must_use]
pub fn flags(matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let value = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    SETTINGS.iter().filter_map(|setting| Some((setting.name, value(setting.name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_but_a_secret_has_a_flag_of_its_name() {
        for setting in SETTINGS {
            let flags: Vec<Arg> = args().filter(|arg| arg.get_id() == setting.name).collect();
            let long = flags.first().and_then(|arg| arg.get_long()).map(str::to_owned);
            assert_eq!(long, setting.flag(), "{}", setting.name);
            assert_eq!(setting.secret, long.is_none(), "{}", setting.name);
        }
    }

    #[test]
    fn a_given_flag_is_handed_on_raw() {
        let matches =
            clap::Command::new("x").args(args()).get_matches_from(["x", "--resolver-listen", "far away"]);
        assert_eq!(flags(&matches), [("RESOLVER_LISTEN", "far away".to_owned())]);
    }

    #[test]
    fn a_command_without_our_flags_has_none_to_hand_on() {
        assert!(flags(&clap::Command::new("x").get_matches_from(["x"])).is_empty());
    }

    #[test]
    fn the_secrets_are_the_database_url_and_the_admin_token() {
        let secrets: Vec<&str> = SETTINGS.iter().filter(|setting| setting.secret).map(|s| s.name).collect();
        assert_eq!(secrets, ["DATABASE_URL", "KRATOS_ADMIN_TOKEN"]);
    }
}
