//! Whether the schema is one that this binary can serve on.

use std::collections::BTreeSet;

pub use self::examination::{Examination, examine};
use super::{Connection, StorageError, columns, migrations};

mod examination;

/// How the schema and this binary stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Made for each other.
    Current,
    /// So many migrations have not run.
    Pending(usize),
    /// Newer than this binary, which may serve all the same.
    Newer,
    /// Newer, and `schema_compat` says that this binary would do damage.
    TooNew {
        /// The least version a binary must know.
        least: i64,
    },
}

/// Reads real tables, so that a cluster node without quorum is noticed, which still answers `SELECT 1`.
pub async fn standing(connection: &mut Connection) -> Result<Standing, StorageError> {
    let applied = match migrations::list_whole(&mut *connection).await {
        Ok(applied) => applied,
        Err(StorageError::Refused { number: 1146, .. }) => BTreeSet::new(),
        Err(error) => return Err(error),
    };
    let known: BTreeSet<i64> = migrations::versions().collect();
    let pending = known.difference(&applied).count();
    if pending > 0 {
        return Ok(Standing::Pending(pending));
    }
    if !is_adopted(connection).await? {
        return Ok(Standing::Pending(1));
    }
    let least = find_least_version(connection).await?.unwrap_or(0);
    if known.last().is_none_or(|newest| least > *newest) {
        return Ok(Standing::TooNew { least });
    }
    check_columns(connection).await?;
    check_keys(connection).await?;
    if applied.difference(&known).next().is_some() { Ok(Standing::Newer) } else { Ok(Standing::Current) }
}

/// Names every column that a resolve touches and reads no row: one that vanished (the platform's tools may alter
/// `user`) is found by the probe and not by the next caller.
async fn check_columns(connection: &mut Connection) -> Result<(), StorageError> {
    sqlx::query(
        "SELECT u.id, u.email, u.authId, u.resolver_address,
                l.identity_id, l.state, l.linked_at, c.address, c.user_id, h.attempt_id, r.count,
                v.open_key, v.gone_since, v.decided_at, b.cause
           FROM `user` u, user_link l, address_claim c, link_history h, refusal r, review v, link_bar b LIMIT 0",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A key that an ORM took away leaves no error behind, only two users for one identity some day, or slow misses.
async fn check_keys(connection: &mut Connection) -> Result<(), StorageError> {
    match list_vanished_keys(connection).await?.first() {
        Some(vanished) => Err(StorageError::Vanished((*vanished).to_owned())),
        None => Ok(()),
    }
}

/// Keys that `user` must have and has not.
async fn list_vanished_keys(connection: &mut Connection) -> Result<Vec<&'static str>, StorageError> {
    let keys = columns::list_keys(connection, "user").await?;
    let wanted = [
        (columns::keep_links_apart(&keys), "the unique key on user.authId"),
        (columns::lead_to_addresses(&keys), "the index on user.resolver_address"),
    ];
    Ok(wanted.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect())
}

/// Whether the table `user` got all it needs, at least once. Run-time SQL: the table belongs to the migrator.
async fn is_adopted(connection: &mut Connection) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT position FROM adoption WHERE object = 'user' AND what = 'complete'")
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

async fn find_least_version(connection: &mut Connection) -> Result<Option<i64>, StorageError> {
    let row = sqlx::query!("SELECT least_version FROM schema_compat WHERE id = 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.least_version))
}
