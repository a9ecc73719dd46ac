//! Table `link_bar`: pairs that only a person may link, because a person parted or rejected them.

use time::OffsetDateTime;

use super::{Connection, StorageError, stored};
use crate::domain::ids::{AuditId, IdentityId, UserId};

/// What barred a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A review was rejected.
    Rejected,
    /// Its link was ended or moved away by hand.
    Unlinked,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Unlinked => "unlinked",
        }
    }
}

/// Whether a person barred this pair.
pub async fn is_barred(
    connection: &mut Connection,
    identity: IdentityId,
    user: UserId,
) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        "SELECT cause FROM link_bar WHERE identity_id = ? AND user_id = ?",
        identity.hyphenated(),
        user.hyphenated()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Bars a pair, barred or not.
pub async fn set(
    connection: &mut Connection,
    (identity, user): (IdentityId, UserId),
    cause: Cause,
    audit: AuditId,
    at: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO link_bar (identity_id, user_id, cause, audit_id, barred_at) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE cause = VALUES(cause), audit_id = VALUES(audit_id),
                                 barred_at = VALUES(barred_at)",
        identity.hyphenated(),
        user.hyphenated(),
        cause.as_str(),
        audit.hyphenated(),
        stored(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what barred this pair, and also what barred the identity for users whose rows are gone.
pub async fn remove(
    connection: &mut Connection,
    identity: IdentityId,
    user: UserId,
) -> Result<(), StorageError> {
    sqlx::query!(
        "DELETE FROM link_bar
          WHERE identity_id = ?
            AND (user_id = ? OR NOT EXISTS (SELECT 1 FROM `user` u WHERE u.id = link_bar.user_id))",
        identity.hyphenated(),
        user.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(())
}
