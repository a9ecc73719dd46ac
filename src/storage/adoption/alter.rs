//! One ALTER, repeated when it waited too long for its table: a statement that waits holds up every reader behind
//! it, so it gives up early (`MIGRATION` in `connect`).

use sqlx::{AssertSqlSafe, MySqlConnection};

use crate::storage::StorageError;

const TRIES: u32 = 5;

/// How a change is made while the platform works on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// Only the table's description changes.
    Instant,
    /// Rows are read, and may be written meanwhile.
    InPlace,
    /// Of our own small tables: as the server likes.
    Any,
}

impl Manner {
    fn clause(self) -> &'static str {
        match self {
            Self::Instant => ", ALGORITHM=INSTANT",
            Self::InPlace => ", ALGORITHM=INPLACE, LOCK=NONE",
            Self::Any => "",
        }
    }
}

/// `change` is put together from literals and from identifiers of `information_schema`.
pub(super) async fn run(
    raw: &mut MySqlConnection,
    table: &str,
    change: &str,
    mut manner: Manner,
) -> Result<(), StorageError> {
    let mut tries = 1;
    loop {
        let statement = format!("ALTER TABLE {table} {change}{}", manner.clause());
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *raw).await;
        match done.map_err(StorageError::from) {
            Ok(_) => return Ok(()),
            // 1845, 1846: this table cannot be changed in that manner (a full-text index, for one).
            Err(StorageError::Refused { number: 1845 | 1846, .. }) if !matches!(manner, Manner::Any) => {
                manner = Manner::Any;
            }
            Err(error) if error.is_transient() && !is_duplicate(&error) && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

fn is_duplicate(error: &StorageError) -> bool {
    matches!(error, StorageError::Duplicate)
}
