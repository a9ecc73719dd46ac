//! Every statement that sets the `authId` of a row that is there; each names the link that it expects.

use sqlx::{AssertSqlSafe, MySqlConnection};

use super::linked_to;
use crate::{
    domain::ids::{IdentityId, UserId},
    storage::{Connection, StorageError},
};

/// Links a user that is not linked; false when it is linked by now, or gone.
pub async fn set_identity(
    connection: &mut Connection,
    id: UserId,
    identity: IdentityId,
) -> Result<bool, StorageError> {
    let done = sqlx::query("UPDATE `user` SET authId = ? WHERE id = ? AND authId IS NULL")
        .bind(identity.hyphenated())
        .bind(id.hyphenated())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes an identity id that is there in another letter case, and nothing else: `kept` are quoted columns that
/// would follow an UPDATE. Nothing happens where another identity stands by now.
pub(in crate::storage) async fn set_letter_case(
    raw: &mut MySqlConnection,
    id: &str,
    (from, to): (&str, &str),
    kept: &[String],
) -> Result<(), StorageError> {
    let kept: Vec<String> = kept.iter().map(|column| format!("{column} = {column}, ")).collect();
    let kept = kept.concat();
    // Safe: the columns' names come from `information_schema`, quoted.
    let statement = format!("UPDATE `user` SET {kept}authId = ? WHERE id = ? AND authId = ?");
    sqlx::query(AssertSqlSafe(statement)).bind(to).bind(id).bind(from).execute(raw).await?;
    Ok(())
}

/// A user's row, locked until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked {
    /// The identity it is linked to.
    pub linked_to: Option<IdentityId>,
}

/// Locks a user's row, so that its link stays what it is until the transaction ends; first of its statements.
pub async fn lock(connection: &mut Connection, id: UserId) -> Result<Option<Locked>, StorageError> {
    let row = sqlx::query("SELECT authId FROM `user` WHERE id = ? FOR UPDATE")
        .bind(id.hyphenated())
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok(Locked { linked_to: linked_to(&row)? })).transpose()
}

/// Moves a link from one identity to another; false when it is not what it was, or the user is gone.
pub async fn set_other_identity(
    connection: &mut Connection,
    id: UserId,
    from: IdentityId,
    to: IdentityId,
) -> Result<bool, StorageError> {
    let done = sqlx::query("UPDATE `user` SET authId = ? WHERE id = ? AND authId = ?")
        .bind(to.hyphenated())
        .bind(id.hyphenated())
        .bind(from.hyphenated())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a link; false when it is not what it was, or the user is gone.
pub async fn set_no_identity(
    connection: &mut Connection,
    id: UserId,
    from: IdentityId,
) -> Result<bool, StorageError> {
    let done = sqlx::query("UPDATE `user` SET authId = NULL WHERE id = ? AND authId = ?")
        .bind(id.hyphenated())
        .bind(from.hyphenated())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Proves a right on the table by a statement that needs it and touches no row.
pub(in crate::storage) async fn prove(connection: &mut Connection, verb: &str) -> Result<(), StorageError> {
    let statement = match verb {
        "INSERT" => "INSERT INTO `user` (id, email, authId) SELECT NULL, NULL, NULL FROM DUAL WHERE FALSE",
        "UPDATE" => "UPDATE `user` SET authId = NULL WHERE FALSE",
        _ => "SELECT id, email, authId, resolver_address FROM `user` LIMIT 0",
    };
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}
