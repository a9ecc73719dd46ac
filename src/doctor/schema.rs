//! The schema: whether it is what this program wants, and what of it has vanished.

use super::{Finding, Report};
use crate::storage::{
    Pool, StorageError, migrations,
    schema::{self, Examination},
};

const CHECK: &str = "schema";
const MIGRATE: &str = "identity-resolver migrate";

/// Whether the table `user` can be looked into.
pub(super) async fn check(
    pool: &Pool,
    unseen: &[&'static str],
    report: &mut Report<'_>,
) -> Result<bool, StorageError> {
    // The missing right has been told.
    if ["resolver_migration", "adoption", "schema_compat"].iter().any(|table| unseen.contains(table)) {
        return Ok(false);
    }
    let found = schema::examine(&mut pool.acquire().await?, unseen).await?;
    let is_usable = found.pending == 0
        && !found.is_half_adopted
        && found.vanished_of_user.is_empty()
        && !unseen.contains(&"user");
    let findings = findings(&found);
    if findings.is_empty() {
        report.add(Finding::ok(CHECK, "every table, column and key is as the migrations left it"));
    }
    for finding in findings {
        report.add(finding);
    }
    Ok(is_usable)
}

fn findings(found: &Examination) -> Vec<Finding> {
    let mut told = Vec::new();
    let to_migrate = |finding: Finding| finding.fix("From any host:").paste(MIGRATE);
    if found.pending > 0 {
        let text = format!("{} migration(s) pending", found.pending);
        told.push(to_migrate(Finding::error(CHECK, text).because("`serve` does not start (exit code 2).")));
    }
    if found.is_half_adopted {
        let finding = Finding::error(CHECK, "the adoption of the table user was begun and not finished");
        told.push(to_migrate(finding.because("`serve` does not start (exit code 2); going on is safe.")));
    }
    if !found.vanished_of_user.is_empty() {
        let text = format!("vanished from the platform's table: {}", found.vanished_of_user.join(", "));
        let why = "The service is not ready; whatever needs it is answered 503 database_unavailable.";
        let fix =
            "Stop the platform's tool from dropping what it does not know (an ORM's `synchronize`), then:";
        told.push(Finding::error(CHECK, text).because(why).fix(fix).paste(MIGRATE));
    }
    for (table, version) in &found.vanished_tables {
        let why = "What needs it is answered 503 database_unavailable, and what stood in it is lost.";
        let fix = "Restore it from a backup; where there is none, let it be made anew, empty:";
        let paste = format!("{};\n{MIGRATE}", migrations::repeat_statement(*version));
        let finding = Finding::error(CHECK, format!("the table {table} has vanished"));
        told.push(finding.because(why).fix(fix).paste(paste));
    }
    if !found.vanished.is_empty() {
        let text = format!("vanished from tables of ours: {}", found.vanished.join(", "));
        told.push(
            Finding::error(CHECK, text)
                .because("What needs it fails, or is slow, or is no longer guarded against twins.")
                .fix("Somebody altered the table: restore it from a backup, as its file in migrations/ makes it."),
        );
    }
    if !found.strays.is_empty() {
        let text = format!("of another character set or collation than user.id: {}", found.strays.join(", "));
        let why = "Every join by user id reads the whole table.";
        told.push(to_migrate(Finding::warning(CHECK, text).because(why)));
    }
    if let Some(least) = found.least {
        let finding =
            Finding::error(CHECK, format!("the schema asks for version {least} or later of this program"));
        let why = "`serve` does not start (exit code 2): this version would do damage.";
        told.push(finding.because(why).fix("Install the version that the schema was migrated with."));
    } else if found.is_newer {
        let finding = Finding::warning(CHECK, "the schema is newer than this program");
        let why = "It serves all the same, as during a rolling upgrade; what is new it does not do.";
        told.push(finding.because(why).fix("Install the version that the schema was migrated with."));
    }
    told
}
