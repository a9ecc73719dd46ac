//! All users' addresses, page by page, with what the index of candidates holds for each.

use sqlx::Row;

use crate::storage::{Connection, StorageError};

/// For a person at a client of the database: it goes by the stored text, and not by the virtual column.
pub const LIST_SHARED_ADDRESSES: &str = "SELECT GROUP_CONCAT(id), COUNT(*) FROM `user` WHERE email <> '' GROUP BY LOWER(TRIM(email)) HAVING COUNT(*) > 1;";

/// A user's address; hidden in `Debug`.
pub struct Listed {
    /// The user, as the row writes it.
    pub id: String,
    /// The address, as the row writes it.
    pub stored: Option<String>,
    /// What candidates are looked up by.
    pub indexed: Option<String>,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The next users behind an id, in the order of their ids. It reads by the key of `id`: the index of the virtual
/// column has no part in it.
pub async fn list_addresses(
    connection: &mut Connection,
    after: &str,
    limit: u32,
) -> Result<Vec<Listed>, StorageError> {
    let rows = sqlx::query("SELECT id, email, resolver_address FROM `user` WHERE id > ? ORDER BY id LIMIT ?")
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    let listed = |row: &sqlx::mysql::MySqlRow| {
        Ok(Listed { id: row.try_get(0)?, stored: row.try_get(1)?, indexed: row.try_get(2)? })
    };
    rows.iter().map(listed).collect()
}
