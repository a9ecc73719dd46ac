//! Links that were there before this service: their identity ids get the one letter case, and each link its rows
//! in `user_link` and `link_history`. In batches, each in a transaction that first renews the lease and so is
//! void when somebody else has it.

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection};

use super::{
    AdoptionError, USER,
    record::{self, What},
};
use crate::{
    domain::{
        history::Event,
        ids::{AttemptId, AuditId, IdentityId},
        proof::Proof,
    },
    storage::{StorageError, columns, lease::Held, user},
};

const BATCH: u32 = 500;
const TRIES: u32 = 5;
const ACTOR: &str = "migrate";
const WHY: &str = "adopted";
/// A value's object is this and the user's id.
pub(super) const VALUE_OF: &str = "user.authId:";

pub(super) async fn take_over(
    raw: &mut MySqlConnection,
    lease: &Held,
    done: &mut Vec<String>,
) -> Result<(), AdoptionError> {
    let normalised = all_batches(raw, lease, normalise).await?;
    if normalised > 0 {
        done.push(format!("{normalised} values of user.authId in lower case"));
    }
    let linked = all_batches(raw, lease, write_down).await?;
    if linked > 0 {
        done.push(format!("{linked} links in link_history"));
    }
    Ok(())
}

/// Repeats a batch, which gets the last id of the one before, until one finds nothing more to do.
async fn all_batches(
    raw: &mut MySqlConnection,
    lease: &Held,
    batch: impl AsyncFn(&mut MySqlConnection, &Held, &str) -> Result<Vec<String>, AdoptionError>,
) -> Result<usize, AdoptionError> {
    let (mut after, mut count, mut tries) = (String::new(), 0, 1);
    loop {
        match batch(&mut *raw, lease, &after).await {
            Ok(ids) => {
                count += ids.len();
                tries = 1;
                match ids.into_iter().last() {
                    Some(last) => after = last,
                    None => return Ok(count),
                }
            }
            Err(AdoptionError::Storage(StorageError::Conflict(_))) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

async fn normalise(
    raw: &mut MySqlConnection,
    lease: &Held,
    after: &str,
) -> Result<Vec<String>, AdoptionError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(id AS CHAR), CAST(authId AS CHAR) FROM `user`
          WHERE id > ? AND CONVERT(authId USING utf8mb4) COLLATE utf8mb4_bin
                           <> LOWER(CONVERT(authId USING utf8mb4)) COLLATE utf8mb4_bin
          ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(BATCH)
    .fetch_all(&mut *raw)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let kept = columns_that_follow_updates(raw).await?;
    let mut tx = raw.begin().await?;
    fence(&mut tx, lease).await?;
    for (id, identity) in &rows {
        record::append(&mut tx, &format!("{VALUE_OF}{id}"), What::ValueChanged, Some(identity)).await?;
        user::set_letter_case(&mut tx, id, (identity, &identity.to_ascii_lowercase()), &kept).await?;
    }
    tx.commit().await?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// Columns such as `updatedAt`, which are to keep their values.
pub(super) async fn columns_that_follow_updates(
    raw: &mut MySqlConnection,
) -> Result<Vec<String>, StorageError> {
    let columns = columns::list(raw, USER).await?;
    Ok(columns.iter().filter(|column| column.follows_updates()).map(columns::Column::quoted).collect())
}

async fn write_down(
    raw: &mut MySqlConnection,
    lease: &Held,
    after: &str,
) -> Result<Vec<String>, AdoptionError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(u.id AS CHAR), CAST(u.authId AS CHAR)
           FROM `user` u LEFT JOIN user_link l ON l.user_id = u.id
          WHERE u.id > ? AND u.authId IS NOT NULL AND l.user_id IS NULL ORDER BY u.id LIMIT ?",
    )
    .bind(after)
    .bind(BATCH)
    .fetch_all(&mut *raw)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = raw.begin().await?;
    fence(&mut tx, lease).await?;
    insert_links(&mut tx, &rows).await?;
    insert_history(&mut tx, &rows).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

async fn insert_links(tx: &mut MySqlConnection, rows: &[(String, String)]) -> Result<(), StorageError> {
    let values = vec!["(?, ?, 'linked', NOW(6))"; rows.len()].join(", ");
    // Safe: a literal, repeated.
    let statement = format!("INSERT INTO user_link (user_id, identity_id, state, linked_at) VALUES {values}");
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for (user, identity) in rows {
        query = query.bind(user.to_ascii_lowercase()).bind(identity.to_ascii_lowercase());
    }
    query.execute(tx).await?;
    Ok(())
}

async fn insert_history(tx: &mut MySqlConnection, rows: &[(String, String)]) -> Result<(), StorageError> {
    let audit = AuditId::fresh();
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, NOW(6))"; rows.len()].join(", ");
    // Safe: a literal, repeated.
    let statement = format!(
        "INSERT INTO link_history (event, user_id, identity_id, actor, why, proof, audit_id, attempt_id, \
         occurred_at) VALUES {values}"
    );
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for (user, identity) in rows {
        let identity = IdentityId::parse(identity)
            .map_err(|_| StorageError::Inconsistent { table: "user", column: "authId" })?;
        query = query
            .bind(Event::IdentityLinked.as_str())
            .bind(user.to_ascii_lowercase())
            .bind(identity.hyphenated())
            .bind(ACTOR)
            .bind(WHY)
            .bind(Proof::Adopted.as_str())
            .bind(audit.hyphenated())
            .bind(AttemptId::fresh().hyphenated());
    }
    query.execute(tx).await?;
    Ok(())
}

pub(super) async fn fence(tx: &mut MySqlConnection, lease: &Held) -> Result<(), AdoptionError> {
    if lease.renew(tx).await? { Ok(()) } else { Err(AdoptionError::Overtaken) }
}
