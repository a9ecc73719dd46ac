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
mod setting;
mod source;
mod strangers;
mod table;
mod traits;
mod user_columns;

use self::reader::Reader;
pub use self::{
    database::{Database, DatabaseTls},
    effective::{Effective, Origin},
    fault::{Fault, Faults},
    http::Http,
    kratos::Kratos,
    lifecycle::Lifecycle,
    log::Log,
    policy::Policy,
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
        let mut reader = Reader::new(source);
        let database = Database::read(&mut reader);
        let kratos = Kratos::read(&mut reader);
        let http = Http::read(&mut reader);
        let policy = policy::read(&mut reader);
        let traits = traits::read(&mut reader);
        let user_columns = user_columns::read(&mut reader);
        let lifecycle = Lifecycle::read(&mut reader);
        let log = Log::read(&mut reader);
        if let (Some(kratos), Some(http)) = (&kratos, &http) {
            http.leaves_time_for(kratos, &mut reader);
        }
        let whole = || {
            Some(Self {
                database: database?,
                kratos: kratos?,
                http: http?,
                policy: policy?,
                traits: traits?,
                user_columns: user_columns?,
                lifecycle: lifecycle?,
                log: log?,
            })
        };
        reader.finish(whole())
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
