//! Table `link_history`: one row per change of a link, appended and never touched again.

use time::OffsetDateTime;

use super::{Connection, StorageError, stored};
use crate::domain::{
    history::{Change, Event},
    ids::{AttemptId, IdentityId},
};

/// Appends a row; it must be the last statement of its transaction, so that the order of a user's rows is
/// the order of its changes.
pub async fn append(
    connection: &mut Connection,
    change: &Change<'_>,
    actor: &str,
    at: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO link_history (event, user_id, identity_id, previous_identity_id, actor, why, proof,
                                   audit_id, attempt_id, occurred_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        change.event.as_str(),
        change.user.hyphenated(),
        change.identity.map(IdentityId::hyphenated),
        change.previous.map(IdentityId::hyphenated),
        actor,
        change.why.to_string(),
        change.proof.as_str(),
        change.audit.hyphenated(),
        change.attempt.hyphenated(),
        stored(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether this attempt, whose COMMIT was never answered, created its user after all.
pub async fn find_created(connection: &mut Connection, attempt: AttemptId) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        "SELECT id FROM link_history WHERE attempt_id = ? AND event = ?",
        attempt.hyphenated(),
        Event::UserCreated.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Whether this identity was linked by us, at whatever time, to a user whose row is gone. Only a link by hand since
/// then ends it.
pub async fn find_orphan(connection: &mut Connection, identity: IdentityId) -> Result<bool, StorageError> {
    let orphan = sqlx::query!(
        "SELECT h.id FROM link_history h LEFT JOIN `user` u ON u.id = h.user_id
          WHERE h.identity_id = ? AND u.id IS NULL
            AND NOT EXISTS (SELECT 1 FROM link_history a
                             WHERE a.identity_id = h.identity_id AND a.proof = 'admin' AND a.id > h.id)
          LIMIT 1",
        identity.hyphenated()
    )
    .fetch_optional(connection)
    .await?;
    Ok(orphan.is_some())
}
