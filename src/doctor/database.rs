//! The database: whether it can be entered, which one it is, and then what is in it.

use std::sync::Arc;

use super::{Finding, Report, addresses, columns, rights, schema};
use crate::{
    config::{Database, Sections},
    storage::{
        Pool, StorageError,
        server::{self, Server},
    },
    telemetry::Metrics,
};

pub(super) const CHECK: &str = "database";

pub(super) async fn check(sections: &Sections, report: &mut Report<'_>) {
    let Some(config) = &sections.database else { return };
    if let Err(error) = server::enter(config).await {
        return report.add(not_entered(&error, &name(config)));
    }
    if let Err(error) = check_inside(sections, config, report).await {
        report.add(silent(CHECK, &error));
    }
}

/// An error ends what follows from here; what was found before stays told.
async fn check_inside(
    sections: &Sections,
    config: &Database,
    report: &mut Report<'_>,
) -> Result<(), StorageError> {
    let metrics =
        Metrics::try_new().map_err(|_| StorageError::Driver("the metrics cannot be made".to_owned()))?;
    let pool = Pool::try_new(config, Arc::new(metrics))?;
    let pool = pool.with_user_columns(sections.user_columns.clone().unwrap_or_default());
    let server = server::ask(&mut pool.acquire().await?).await?;
    report.add(of_version(server.as_ref()));
    let unseen = rights::check(&pool, &name(config), report).await?;
    if !schema::check(&pool, &unseen, report).await? {
        return Ok(());
    }
    let policy = sections.policy.unwrap_or_default();
    if let Some(wanted) = &sections.user_columns {
        columns::check(&pool, wanted, policy.provisioning, report).await?;
    }
    addresses::check(&pool, report).await
}

fn name(config: &Database) -> String {
    config.place().rsplit('/').next().unwrap_or_default().to_owned()
}

fn not_entered(error: &StorageError, name: &str) -> Finding {
    let finding = match error {
        StorageError::Refused { number: 1045 | 1698, .. } => {
            Finding::error(CHECK, "the server refuses the log-in of DATABASE_URL's account")
                .fix("Put the right user and password into DATABASE_URL; other letters than A-Z, a-z, 0-9 are %-encoded.")
        }
        StorageError::Refused { number: 1044, .. } => {
            Finding::error(CHECK, "the account of DATABASE_URL may not use the database")
                .fix("As the database's administrator:")
                .paste(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON `{name}`.* TO 'ACCOUNT'@'HOST';"))
        }
        StorageError::Refused { number: 1049, .. } => {
            Finding::error(CHECK, "the server has no database of the name in DATABASE_URL")
                .fix("Correct the name at the end of DATABASE_URL, or create the database:")
                .paste(format!("CREATE DATABASE `{name}`;"))
        }
        other => Finding::error(CHECK, told(other)).fix(
            "Check host and port in DATABASE_URL, that the server runs, and that it lets this machine in; a server \
             without TLS on another machine needs RESOLVER_DATABASE_TLS=off.",
        ),
    };
    finding.because("Without the database nothing is answered but 503 database_unavailable.")
}

/// For a check that the database did not answer.
pub(super) fn silent(check: &'static str, error: &StorageError) -> Finding {
    Finding::error(check, format!("the check came to no end: {}", told(error)))
        .because("A database that answers a log-in but not its statements cannot be served on either.")
        .fix("Look at the database server: its log, its load, its locks. Then run the doctor again.")
}

/// The server's own words may name the account.
pub(super) fn told(error: &StorageError) -> String {
    match error {
        StorageError::Refused { number, state, .. } => {
            format!("the server refused a statement: {number} ({state})")
        }
        other => other.to_string(),
    }
}

fn of_version(server: Option<&Server>) -> Finding {
    let Some(Server { is_mariadb, version: (major, minor, patch) }) = server.cloned() else {
        return Finding::warning(CHECK, "the server does not say which version it is")
            .because("Only MariaDB and MySQL are tested.")
            .fix("Run it on MariaDB 10.11 or later, or MySQL 8.4 or later.");
    };
    let name = if is_mariadb { "MariaDB" } else { "MySQL" };
    let found = format!("the server is {name} {major}.{minor}.{patch}");
    // Before the second it lacks invisible columns.
    let (tested, least) = if is_mariadb { ((10, 11, 0), (10, 3, 0)) } else { ((8, 4, 0), (8, 0, 23)) };
    let version = (major, minor, patch);
    let wanted = if is_mariadb { "MariaDB 10.11" } else { "MySQL 8.4" };
    if version < least {
        return Finding::error(CHECK, format!("{found}, which is too old"))
            .because("It has no invisible columns, which the platform's table needs.")
            .fix(format!("Run it on {wanted} or later."));
    }
    if version < tested {
        return Finding::warning(CHECK, format!("{found}, which is older than what is tested"))
            .because("It may work, and nobody has seen it work.")
            .fix(format!("Run it on {wanted} or later."));
    }
    Finding::ok(CHECK, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn old_servers_are_warned_of_and_too_old_ones_are_errors() {
        for (is_mariadb, version, severity) in [
            (true, (10, 11, 0), Severity::Ok),
            (true, (11, 8, 1), Severity::Ok),
            (true, (10, 6, 99), Severity::Warning),
            (true, (10, 2, 44), Severity::Error),
            (false, (9, 7, 4), Severity::Ok),
            (false, (8, 4, 0), Severity::Ok),
            (false, (8, 0, 36), Severity::Warning),
            (false, (8, 0, 22), Severity::Error),
            (false, (5, 7, 44), Severity::Error),
        ] {
            let finding = of_version(Some(&Server { is_mariadb, version }));
            assert_eq!(finding.severity, severity, "{finding:?}");
        }
        assert_eq!(of_version(None).severity, Severity::Warning);
    }

    #[test]
    fn a_refused_log_in_is_told_without_the_account() {
        let text = ": Access denied for user 'canary'@'canary.example'".to_owned();
        for number in [1045, 1044, 1049, 1130] {
            let error = StorageError::Refused { number, state: "28000".to_owned(), text: text.clone() };
            let finding = not_entered(&error, "users");
            assert!(!format!("{finding:?}").contains("canary"), "{finding:?}");
            assert!(!finding.fix.is_empty() && finding.severity == Severity::Error);
        }
    }
}
