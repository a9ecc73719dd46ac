//! The sections one by one: what can be used of settings that are not all right. `serve` wants them whole.

use super::{
    Config,
    database::Database,
    fault::Faults,
    http::Http,
    kratos::Kratos,
    lifecycle::Lifecycle,
    log::Log,
    policy::{self, Policy},
    reader::Reader,
    source::Source,
    traits, user_columns,
};
use crate::domain::{traits::TraitMap, user_columns::UserColumns};

/// Each section that could be read; `None` for one with a fault.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "as in `Config`")]
pub struct Sections {
    pub database: Option<Database>,
    pub kratos: Option<Kratos>,
    pub http: Option<Http>,
    pub policy: Option<Policy>,
    pub traits: Option<TraitMap>,
    pub user_columns: Option<UserColumns>,
    pub lifecycle: Option<Lifecycle>,
    pub log: Option<Log>,
}

impl Sections {
    /// Reads every section, and the files that settings name; beside them what is wrong, all of it.
    #[must_use]
    pub fn load(source: &Source) -> (Self, Option<Faults>) {
        let mut reader = Reader::new(source);
        let sections = Self {
            database: Database::read(&mut reader),
            kratos: Kratos::read(&mut reader),
            http: Http::read(&mut reader),
            policy: policy::read(&mut reader),
            traits: traits::read(&mut reader),
            user_columns: user_columns::read(&mut reader),
            lifecycle: Lifecycle::read(&mut reader),
            log: Log::read(&mut reader),
        };
        if let (Some(kratos), Some(http)) = (&sections.kratos, &sections.http) {
            http.leaves_time_for(kratos, &mut reader);
        }
        let faults = reader.finish(Some(())).err();
        (sections, faults)
    }

    /// All of them, if there are all.
    pub(super) fn whole(self) -> Option<Config> {
        Some(Config {
            database: self.database?,
            kratos: self.kratos?,
            http: self.http?,
            policy: self.policy?,
            traits: self.traits?,
            user_columns: self.user_columns?,
            lifecycle: self.lifecycle?,
            log: self.log?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_one_section_leaves_the_others() {
        let (sections, faults) = Sections::load(&Source::from_pairs([
            ("DATABASE_URL", "mysql://a:b@127.0.0.1/users"),
            ("KRATOS_ADMIN_URL", "nowhere"),
            ("RESOLVER_NONSENSE", "1"),
        ]));
        assert!(sections.database.is_some() && sections.kratos.is_none());
        assert_eq!(faults.unwrap().iter().count(), 2);
        assert!(sections.whole().is_none());
    }
}
