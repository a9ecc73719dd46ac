//! What the account may do. The rights of `serve` are proved, each by a statement that needs it and changes nothing:
//! a list of grants would have to be read with its roles, patterns and columns as the server does. Only for
//! `migrate`, whose statements cannot be tried, the grants are read.

use super::{Connection, Pool, StorageError, migrations, user};

mod grants;

pub use grants::list_missing_for_migrate;

/// A table and one right on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The table.
    pub table: &'static str,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub verb: &'static str,
}

/// What came of trying a right.
#[derive(Debug)]
pub enum Tried {
    /// The server let the statement pass.
    Held,
    /// The account lacks the right.
    Missing,
    /// There is no such table or column, which says nothing about rights.
    NoObject,
    /// Something else came between; the right is not known.
    Unknown(StorageError),
}

/// Table, right, and the statement that needs just this right. Columns are named as this program names them, because
/// rights can be given by the column.
const PROOFS: &[(&str, &str, &str)] = &[
    ("resolver_migration", "SELECT", "SELECT version, success FROM resolver_migration LIMIT 0"),
    ("adoption", "SELECT", "SELECT position, object, what FROM adoption LIMIT 0"),
    ("schema_compat", "SELECT", "SELECT id, least_version FROM schema_compat LIMIT 0"),
    ("user_link", "SELECT", "SELECT user_id, identity_id, state, linked_at FROM user_link LIMIT 0"),
    (
        "user_link",
        "INSERT",
        "INSERT INTO user_link (user_id, identity_id, state, linked_at) SELECT NULL, NULL, NULL, NULL FROM DUAL \
         WHERE FALSE",
    ),
    (
        "user_link",
        "UPDATE",
        "UPDATE user_link SET identity_id = NULL, state = 'none', linked_at = NULL WHERE FALSE",
    ),
    ("address_claim", "SELECT", "SELECT address, user_id, claimed_at FROM address_claim LIMIT 0"),
    (
        "address_claim",
        "INSERT",
        "INSERT INTO address_claim (address, user_id, claimed_at) SELECT NULL, NULL, NULL FROM DUAL WHERE FALSE",
    ),
    ("address_claim", "UPDATE", "UPDATE address_claim SET user_id = '', claimed_at = NOW(6) WHERE FALSE"),
    ("link_history", "SELECT", "SELECT id, event, user_id, identity_id FROM link_history LIMIT 0"),
    (
        "link_history",
        "INSERT",
        "INSERT INTO link_history (event, user_id, identity_id, previous_identity_id, actor, why, proof, audit_id, \
         attempt_id, occurred_at) SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM DUAL \
         WHERE FALSE",
    ),
    ("refusal", "SELECT", "SELECT count FROM refusal LIMIT 0"),
    (
        "refusal",
        "INSERT",
        "INSERT INTO refusal (identity_id, code, day, first_audit_id, count) SELECT NULL, NULL, NULL, NULL, NULL \
         FROM DUAL WHERE FALSE",
    ),
    ("refusal", "UPDATE", "UPDATE refusal SET count = 0 WHERE FALSE"),
    ("review", "SELECT", "SELECT id, identity_id, user_id, kind, state, open_key FROM review LIMIT 0"),
    (
        "review",
        "INSERT",
        "INSERT INTO review (id, identity_id, user_id, kind, state, open_key, gone_identity_id, gone_since, \
         first_audit_id, asked_at) SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM DUAL \
         WHERE FALSE",
    ),
    (
        "review",
        "UPDATE",
        "UPDATE review SET state = '', open_key = NULL, gone_since = NULL, decided_at = NULL, decided_by = NULL, \
         decision_audit_id = NULL, reason = NULL WHERE FALSE",
    ),
    ("link_bar", "SELECT", "SELECT identity_id, user_id, cause FROM link_bar LIMIT 0"),
    (
        "link_bar",
        "INSERT",
        "INSERT INTO link_bar (identity_id, user_id, cause, audit_id, barred_at) SELECT NULL, NULL, NULL, NULL, NULL \
         FROM DUAL WHERE FALSE",
    ),
    ("link_bar", "UPDATE", "UPDATE link_bar SET cause = '', audit_id = '', barred_at = NOW(6) WHERE FALSE"),
    ("link_bar", "DELETE", "DELETE FROM link_bar WHERE FALSE"),
];

/// Tables of ours that `serve` has no need of, so that its account need not see them.
pub fn tables_of_others() -> impl Iterator<Item = &'static str> {
    let is_tried = |name: &str| name == "user" || PROOFS.iter().any(|(table, ..)| *table == name);
    migrations::our_tables().filter(move |name| !is_tried(name))
}

/// Tries every right that `serve` needs. An error as a whole is one of getting a connection.
pub async fn try_all(pool: &Pool) -> Result<Vec<(Right, Tried)>, StorageError> {
    let mut tried = Vec::new();
    for verb in ["SELECT", "INSERT", "UPDATE"] {
        let outcome = user::prove(&mut pool.acquire().await?, verb).await;
        tried.push((Right { table: "user", verb }, judged(outcome)));
    }
    for (table, verb, statement) in PROOFS {
        // A connection each, because one may be kept for the time of one unit of work only.
        let outcome = prove(&mut pool.acquire().await?, statement).await;
        tried.push((Right { table, verb }, judged(outcome)));
    }
    Ok(tried)
}

async fn prove(connection: &mut Connection, statement: &'static str) -> Result<(), StorageError> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}

/// 1142, 1143, 1044: no right to the table, its column, the database. 1146, 1054: no such table, column. 1364: a
/// column without a default was left out, which is asked after the rights.
fn judged(outcome: Result<(), StorageError>) -> Tried {
    match outcome {
        Ok(()) | Err(StorageError::Refused { number: 1364, .. }) => Tried::Held,
        Err(StorageError::Refused { number: 1142 | 1143 | 1044, .. }) => Tried::Missing,
        Err(StorageError::Refused { number: 1146 | 1054, .. }) => Tried::NoObject,
        Err(error) => Tried::Unknown(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    /// What the statements of a file of this folder do to which table. `lease` belongs to `migrate`.
    fn spoken(text: &str) -> BTreeSet<(String, &'static str)> {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut found = BTreeSet::new();
        for (phrase, verb) in [
            ("INSERT INTO ", "INSERT"),
            ("UPDATE ", "UPDATE"),
            ("DELETE FROM ", "DELETE"),
            ("FROM ", "SELECT"),
            ("JOIN ", "SELECT"),
        ] {
            for (at, _) in text.match_indices(phrase) {
                let rest = text.get(at + phrase.len()..).unwrap_or_default();
                let table: String =
                    rest.trim_start_matches('`').chars().take_while(|sign| is_of_a_name(*sign)).collect();
                let is_deleted = phrase == "FROM " && text.get(..at).is_some_and(|t| t.ends_with("DELETE "));
                if migrations::our_tables().any(|ours| ours == table) && !is_deleted {
                    found.insert((table.clone(), verb));
                    if verb == "INSERT"
                        && rest.split(';').next().is_some_and(|s| s.contains("ON DUPLICATE KEY UPDATE"))
                    {
                        found.insert((table, "UPDATE"));
                    }
                }
            }
        }
        found
    }

    fn is_of_a_name(sign: char) -> bool {
        sign.is_ascii_alphanumeric() || sign == '_'
    }

    #[test]
    fn every_right_that_a_statement_of_this_folder_needs_is_tried() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/storage");
        let mut needed = BTreeSet::new();
        for folder in [folder.to_owned(), format!("{folder}/user")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                let is_other =
                    ["lease.rs", "migrations.rs", "adoption.rs", "rights.rs"].contains(&name.as_str());
                if path.is_file() && !is_other {
                    needed.append(&mut spoken(&fs::read_to_string(path).unwrap()));
                }
            }
        }
        let tried = PROOFS.iter().map(|(table, verb, _)| ((*table).to_owned(), *verb));
        let users = ["SELECT", "INSERT", "UPDATE"].map(|verb| ("user".to_owned(), verb));
        let tried: BTreeSet<_> = tried.chain(users).collect();
        assert!(needed.len() > 12, "{needed:?}");
        let forgotten: Vec<_> = needed.difference(&tried).collect();
        assert!(forgotten.is_empty(), "{forgotten:?}");
    }

    #[test]
    fn every_statement_begins_with_its_right_and_can_touch_no_row() {
        for (table, verb, statement) in PROOFS {
            assert!(statement.starts_with(verb) && statement.contains(table), "{statement}");
            assert!(statement.ends_with("WHERE FALSE") || statement.ends_with("LIMIT 0"), "{statement}");
        }
    }
}
