//! The settings: read once, from an injected source, one file per section. All faults are found in one go; a
//! fault names the setting and what would be right, never the value. An empty value is a fault everywhere: for a
//! secret "not set" would be a hole, and one rule for all is easier to remember. What a setting is called,
//! presets and allows stands beside its section; [`SETTINGS`] lists them all.

mod database;
mod effective;
mod fault;
mod http;
mod kratos;
mod lifecycle;
mod log;
mod policy;
mod reader;
mod sections;
mod setting;
mod source;
mod strangers;
mod table;
mod traits;
mod user_columns;

pub use self::{
    database::{Database, DatabaseTls},
    effective::{Effective, Origin},
    fault::{Fault, Faults},
    http::Http,
    kratos::Kratos,
    lifecycle::Lifecycle,
    log::Log,
    policy::Policy,
    sections::Sections,
    setting::{Form, Preset, SETTINGS, Setting, Unit, args, flags},
    source::Source,
    table::markdown,
};
use crate::domain::{traits::TraitMap, user_columns::UserColumns};

/// Everything `serve` needs; the other commands load the sections they use.
#[derive(Debug, Clone)]
pub struct Config {
    /// The platform's database.
    pub database: Database,
    /// The admin API of Kratos, and how patient we are with it.
    pub kratos: Kratos,
    /// Both listeners and their limits.
    pub http: Http,
    /// The two switches of the linking policy.
    pub policy: Policy,
    /// Where the traits are found, by schema.
    pub traits: TraitMap,
    /// What the platform's table `user` needs beyond what this service knows.
    pub user_columns: UserColumns,
    /// How the process ends.
    pub lifecycle: Lifecycle,
    /// What is logged.
    pub log: Log,
}

impl Config {
    /// Reads every section, and the files that settings name; all faults come back at once.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let (sections, faults) = Sections::load(source);
        match (sections.whole(), faults) {
            (Some(config), None) => Ok(config),
            (_, faults) => Err(faults.unwrap_or_else(|| Faults::new(Vec::new()))),
        }
    }

    /// The settings as they are in force, in the order of [`SETTINGS`]; secrets are hidden. It takes a loaded
    /// configuration because only values that passed the checks may be shown.
    #[must_use]
    pub fn effective(&self, source: &Source) -> Vec<Effective> {
        effective::list(self, source)
    }
}

#[cfg(test)]
mod tests;
