//! Table `refusal`: refused decisions, counted per identity, code and UTC day.

use time::OffsetDateTime;

use super::{Connection, StorageError};
use crate::domain::ids::{AuditId, IdentityId};

/// Counts `count` refusals of an identity with one code; the audit id is kept of the first of its day.
pub async fn append(
    connection: &mut Connection,
    (identity, code): (IdentityId, &str),
    count: u64,
    audit: AuditId,
    at: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO refusal (identity_id, code, day, first_audit_id, count) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE count = count + VALUES(count)",
        identity.hyphenated(),
        code,
        at.date(),
        audit.hyphenated(),
        count
    )
    .execute(connection)
    .await?;
    Ok(())
}
