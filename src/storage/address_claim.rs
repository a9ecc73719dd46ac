//! Table `address_claim`: the last wall against two users for one address. Keyed by `confusable()`, so that
//! two that may be taken for each other cannot be created side by side.

use time::OffsetDateTime;

use super::{Connection, StorageError, stored};
use crate::domain::{email::EmailAddress, ids::UserId};

/// Who claimed the address; the claim may be void.
pub async fn find_holder(
    connection: &mut Connection,
    address: &EmailAddress,
) -> Result<Option<UserId>, StorageError> {
    let row = sqlx::query!("SELECT user_id FROM address_claim WHERE address = ?", address.confusable())
        .fetch_optional(connection)
        .await?;
    let inconsistent = |_| StorageError::Inconsistent { table: "address_claim", column: "user_id" };
    row.map(|row| UserId::parse(&row.user_id).map_err(inconsistent)).transpose()
}

/// Refused with [`StorageError::Duplicate`] when somebody has claimed the address.
pub async fn insert(
    connection: &mut Connection,
    address: &EmailAddress,
    user: UserId,
    at: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO address_claim (address, user_id, claimed_at) VALUES (?, ?, ?)",
        address.confusable(),
        user.hyphenated(),
        stored(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes over a void claim; false when its holder is another one by now.
pub async fn set_holder(
    connection: &mut Connection,
    address: &EmailAddress,
    void_holder: UserId,
    user: UserId,
    at: OffsetDateTime,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE address_claim SET user_id = ?, claimed_at = ? WHERE address = ? AND user_id = ?",
        user.hyphenated(),
        stored(at),
        address.confusable(),
        void_holder.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
