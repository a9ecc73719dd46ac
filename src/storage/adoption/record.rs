//! Table `adoption`: what was done to tables of others, written before it is done. Run-time SQL: it is spoken on
//! the migrator's own connection.

use sqlx::MySqlConnection;

use crate::storage::StorageError;

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The table was made by this program.
    TableCreated,
    /// The table was there.
    TableFound,
    ColumnAdded,
    KeyAdded,
    ColumnModified,
    ValueChanged,
    /// A first adoption came to its end.
    Complete,
}

impl What {
    const ALL: [Self; 7] = [
        Self::TableCreated,
        Self::TableFound,
        Self::ColumnAdded,
        Self::KeyAdded,
        Self::ColumnModified,
        Self::ValueChanged,
        Self::Complete,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TableCreated => "table_created",
            Self::TableFound => "table_found",
            Self::ColumnAdded => "column_added",
            Self::KeyAdded => "key_added",
            Self::ColumnModified => "column_modified",
            Self::ValueChanged => "value_changed",
            Self::Complete => "complete",
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) position: u64,
    pub(super) object: String,
    pub(super) what: What,
    pub(super) old_value: Option<String>,
}

/// Once more is no second row: the old value of the first time is the one to go back to.
pub(super) async fn append(
    raw: &mut MySqlConnection,
    object: &str,
    what: What,
    old_value: Option<&str>,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO adoption (object, what, old_value, recorded_at) VALUES (?, ?, ?, NOW(6))
         ON DUPLICATE KEY UPDATE what = VALUES(what)",
    )
    .bind(object)
    .bind(what.as_str())
    .bind(old_value)
    .execute(raw)
    .await?;
    Ok(())
}

pub(super) async fn has(raw: &mut MySqlConnection, object: &str, what: What) -> Result<bool, StorageError> {
    let row: Option<(u64,)> = sqlx::query_as("SELECT position FROM adoption WHERE object = ? AND what = ?")
        .bind(object)
        .bind(what.as_str())
        .fetch_optional(raw)
        .await?;
    Ok(row.is_some())
}

/// The newest rows before a position, newest first.
pub(super) async fn list_before(
    raw: &mut MySqlConnection,
    position: u64,
    limit: u32,
) -> Result<Vec<Entry>, StorageError> {
    let rows: Vec<(u64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT position, object, what, old_value FROM adoption WHERE position < ?
          ORDER BY position DESC LIMIT ?",
    )
    .bind(position)
    .bind(limit)
    .fetch_all(raw)
    .await?;
    let entry = |(position, object, what, old_value): (u64, String, String, Option<String>)| {
        let what = What::ALL.into_iter().find(|known| known.as_str() == what);
        let what = what.ok_or(StorageError::Inconsistent { table: "adoption", column: "what" })?;
        Ok(Entry { position, object, what, old_value })
    };
    rows.into_iter().map(entry).collect()
}

pub(super) async fn delete(raw: &mut MySqlConnection, position: u64) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM adoption WHERE position = ?").bind(position).execute(raw).await?;
    Ok(())
}
