//! Table `user_link`: our own facts about a user. It outlives the row of a user that the platform deleted.

use time::OffsetDateTime;

use super::{Connection, StorageError, stored};
use crate::domain::ids::{IdentityId, UserId};

/// Records the link of a user, new or not.
pub async fn set_linked(
    connection: &mut Connection,
    user: UserId,
    identity: IdentityId,
    at: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO user_link (user_id, identity_id, state, linked_at) VALUES (?, ?, 'linked', ?)
         ON DUPLICATE KEY UPDATE identity_id = VALUES(identity_id), state = VALUES(state),
                                 linked_at = VALUES(linked_at)",
        user.hyphenated(),
        identity.hyphenated(),
        stored(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that a user has no identity any more.
pub async fn set_unlinked(connection: &mut Connection, user: UserId) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO user_link (user_id, identity_id, state, linked_at) VALUES (?, NULL, 'none', NULL)
         ON DUPLICATE KEY UPDATE identity_id = NULL, state = 'none', linked_at = NULL",
        user.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(())
}
