//! Table `lease`: singleton work is held by a row, on the database's clock. Safe by `epoch` (a holder that
//! was overtaken changes no row), live by time only.

use std::{cell::Cell, time::Duration};

use sqlx::MySqlConnection;

use super::StorageError;

/// A lease that was granted; every later statement about it names its epoch.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    name: &'static str,
    epoch: u64,
    length: Duration,
}

/// A lease that one renews while another works under it.
pub(super) struct Held {
    lease: Lease,
    is_ours: Cell<bool>,
}

impl Held {
    pub(super) fn new(lease: Lease) -> Self {
        Self { lease, is_ours: Cell::new(true) }
    }

    /// As of the last renewal.
    pub(super) fn is_ours(&self) -> bool {
        self.is_ours.get()
    }

    /// Renews, and so fences the transaction it is part of; false when it is lost, for good.
    pub(super) async fn renew(&self, raw: &mut MySqlConnection) -> Result<bool, StorageError> {
        if !renew(raw, self.lease).await? {
            self.is_ours.set(false);
        }
        Ok(self.is_ours())
    }
}

/// Takes the lease if nobody holds it; `holder` is only for people to read.
pub(super) async fn acquire(
    raw: &mut MySqlConnection,
    name: &'static str,
    holder: &str,
    length: Duration,
) -> Result<Option<Lease>, StorageError> {
    // Run-time SQL: this runs before the first migration, and `.sqlx` is made after the last one.
    let micros = micros(length);
    let taken = sqlx::query(
        "UPDATE lease SET holder = ?, epoch = LAST_INSERT_ID(epoch + 1),
                          expires_at = NOW(6) + INTERVAL ? MICROSECOND
          WHERE name = ? AND expires_at <= NOW(6)",
    )
    .bind(holder)
    .bind(micros)
    .bind(name)
    .execute(&mut *raw)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Some(Lease { name, epoch: taken.last_insert_id(), length }));
    }
    let first = sqlx::query(
        "INSERT INTO lease (name, holder, epoch, expires_at) VALUES (?, ?, 1, NOW(6) + INTERVAL ? MICROSECOND)",
    )
    .bind(name)
    .bind(holder)
    .bind(micros)
    .execute(raw)
    .await
    .map_err(StorageError::from);
    match first {
        Ok(_) => Ok(Some(Lease { name, epoch: 1, length })),
        Err(StorageError::Duplicate) => Ok(None),
        Err(error) => Err(error),
    }
}

/// False when somebody else has taken it over.
pub(super) async fn renew(raw: &mut MySqlConnection, lease: Lease) -> Result<bool, StorageError> {
    // Changes a value each time, or a cluster would not certify the row.
    let done = sqlx::query(
        "UPDATE lease SET expires_at = NOW(6) + INTERVAL ? MICROSECOND WHERE name = ? AND epoch = ?",
    )
    .bind(micros(lease.length))
    .bind(lease.name)
    .bind(lease.epoch)
    .execute(raw)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets the next one have it at once.
pub(super) async fn release(raw: &mut MySqlConnection, lease: Lease) -> Result<(), StorageError> {
    sqlx::query("UPDATE lease SET expires_at = NOW(6) WHERE name = ? AND epoch = ?")
        .bind(lease.name)
        .bind(lease.epoch)
        .execute(raw)
        .await?;
    Ok(())
}

/// Who holds it now, for a message.
pub(super) async fn find_holder(
    raw: &mut MySqlConnection,
    name: &str,
) -> Result<Option<String>, StorageError> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT holder FROM lease WHERE name = ?").bind(name).fetch_optional(raw).await?;
    Ok(row.map(|(holder,)| holder))
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
