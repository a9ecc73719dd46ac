//! What the account may do: for `serve`, and apart from it for `migrate`, which may have an account of its own.

use std::collections::BTreeMap;

use super::{Finding, Report, database::told};
use crate::storage::{
    Pool, StorageError,
    rights::{self, Right, Tried},
};

const CHECK: &str = "rights";

/// The tables that the account may not see whole, or need not, for the checks that follow.
pub(super) async fn check(
    pool: &Pool,
    database: &str,
    report: &mut Report<'_>,
) -> Result<Vec<&'static str>, StorageError> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut unseen: Vec<&str> = rights::tables_of_others().collect();
    let mut is_known = true;
    for (Right { table, verb }, tried) in rights::try_all(pool).await? {
        match tried {
            Tried::Held | Tried::NoObject => {}
            Tried::Missing => missing.entry(table).or_default().push(verb),
            Tried::Unknown(error) => {
                if is_known {
                    report.add(unknown(&error, table, verb));
                }
                is_known = false;
            }
        }
    }
    for (table, verbs) in &missing {
        if verbs.contains(&"SELECT") {
            unseen.push(*table);
        }
        let verbs = verbs.join(", ");
        let finding =
            Finding::error(CHECK, format!("the account of DATABASE_URL lacks {verbs} on the table {table}"));
        report.add(
            finding
                .because("What needs it is answered 503 or 500.")
                .fix("As the database's administrator:")
                .paste(format!("GRANT {verbs} ON `{database}`.`{table}` TO 'ACCOUNT'@'HOST';")),
        );
    }
    if missing.is_empty() && is_known {
        report.add(Finding::ok(CHECK, "the account of DATABASE_URL has every right that `serve` needs"));
    }
    report.add(of_migrate(rights::list_missing_for_migrate(&mut pool.acquire().await?).await, database));
    Ok(unseen)
}

fn unknown(error: &StorageError, table: &str, verb: &str) -> Finding {
    if matches!(error, StorageError::ReadOnly(_)) {
        return Finding::error(CHECK, format!("the server takes no writes: {}", told(error)))
            .because("Known links are answered; nobody can be linked or created.")
            .fix("Let DATABASE_URL name the primary server, and not one that only follows it.");
    }
    Finding::warning(
        CHECK,
        format!("whether the account has {verb} on the table {table} is not known: {}", told(error)),
    )
    .because("What needs it may be answered 503 or 500.")
    .fix("Run the doctor again; if that changes nothing, look at the grants of the account of DATABASE_URL.")
}

fn of_migrate(missing: Result<Vec<&'static str>, StorageError>, database: &str) -> Finding {
    match missing {
        Ok(missing) if missing.is_empty() => {
            Finding::ok(CHECK, "the account of DATABASE_URL has every right that `migrate` needs")
        }
        Ok(missing) => {
            let verbs = missing.join(", ");
            Finding::warning(
                CHECK,
                format!("the account of DATABASE_URL lacks what `migrate` needs: {verbs}"),
            )
            .because("`serve` does without; `migrate` may be run with an account of its own.")
            .fix("Give `migrate` a DATABASE_URL with an account that has them, or this one:")
            .paste(format!("GRANT {verbs} ON `{database}`.* TO 'ACCOUNT'@'HOST';"))
        }
        Err(error) => Finding::warning(CHECK, format!("the grants cannot be read: {}", told(&error)))
            .because(
                "Whether `migrate` can do its work with this account is not known; `serve` does without.",
            )
            .fix("Look at the grants of the account that `migrate` is run with."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn a_server_that_takes_no_writes_is_an_error_and_what_cannot_be_tried_a_warning() {
        let finding = unknown(&StorageError::ReadOnly(1290), "user", "UPDATE");
        assert!(
            finding.severity == Severity::Error && finding.found.contains("takes no writes"),
            "{finding:?}"
        );
        let finding = unknown(&StorageError::Conflict(1213), "user", "UPDATE");
        assert!(finding.severity == Severity::Warning && finding.found.contains("not known"), "{finding:?}");
        assert_eq!(of_migrate(Err(StorageError::Conflict(1213)), "users").severity, Severity::Warning);
    }
}
