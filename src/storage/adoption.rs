//! The table `user` of somebody else, made fit for this service: what is missing is added, what is added is
//! recorded (table `adoption`), nothing else is touched, and `migrate down` takes back only what is recorded. A
//! DDL statement cannot be rolled back, so every step asks `information_schema` first and can be cut and repeated.

use sqlx::MySqlConnection;

use self::record::What;
use super::{
    StorageError,
    columns::{self, Column},
    lease::Held,
};

mod alter;
mod checks;
mod links;
mod record;
mod steps;
mod undo;

pub(super) use undo::down;

/// The table `adoption` is made by this migration.
pub(super) const MIGRATION: &str = "create adoption";
const TABLE: &str = "adoption";
const USER: &str = "user";

/// Why a table was not adopted, or not given back.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// The database failed; going on is safe.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Somebody must change the table first.
    #[error("the table `user` cannot be adopted: {}; nothing was changed", .0.join("; "))]
    Refused(Vec<String>),
    /// The lease was lost half-way; the one who has it goes on.
    #[error("another migrator took over")]
    Overtaken,
}

impl From<sqlx::Error> for AdoptionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

fn check(lease: &Held) -> Result<(), AdoptionError> {
    if lease.is_ours() { Ok(()) } else { Err(AdoptionError::Overtaken) }
}

/// Refuses what cannot be adopted, before anything is changed. A table that was adopted once, or that this program
/// made, is not looked at again: what the platform writes into it must not hold up later migrations.
pub(super) async fn preflight(raw: &mut MySqlConnection) -> Result<(), AdoptionError> {
    if is_complete(raw).await? || columns::list(&mut *raw, USER).await?.is_empty() || is_ours(raw).await? {
        return Ok(());
    }
    let refusals = checks::refusals(raw).await?;
    if refusals.is_empty() { Ok(()) } else { Err(AdoptionError::Refused(refusals)) }
}

/// Adds what is missing; what it added, by name, in order.
pub(super) async fn up(raw: &mut MySqlConnection, lease: &Held) -> Result<Vec<String>, AdoptionError> {
    let mut done = Vec::new();
    let is_first = !is_complete(raw).await?;
    if is_first {
        // Before anything is added to the table, because what is added is part of the evidence.
        let what = if is_ours(raw).await? { What::TableCreated } else { What::TableFound };
        record::append(raw, USER, what, None).await?;
        preflight(raw).await?;
    }
    steps::add_what_is_missing(raw, lease, &mut done).await?;
    steps::follow_the_id(raw, lease, &mut done).await?;
    if is_first {
        if record::has(raw, USER, What::TableFound).await? {
            links::take_over(raw, lease, &mut done).await?;
        }
        record::append(raw, USER, What::Complete, None).await?;
    }
    Ok(done)
}

async fn exists(raw: &mut MySqlConnection) -> Result<bool, StorageError> {
    Ok(!columns::list(raw, TABLE).await?.is_empty())
}

/// Whether a first adoption came to its end.
pub(super) async fn is_complete(raw: &mut MySqlConnection) -> Result<bool, StorageError> {
    Ok(exists(raw).await? && record::has(raw, USER, What::Complete).await?)
}

/// Whether the table `user` was made by this program. Where there is no record (an older version made it, or the
/// record was taken back a moment ago), the table itself is asked: all that our own CREATE gives it in one
/// statement, our generated column included, is never there in a table that we found.
pub(super) async fn is_ours(raw: &mut MySqlConnection) -> Result<bool, StorageError> {
    if exists(raw).await? {
        if record::has(raw, USER, What::TableFound).await? {
            return Ok(false);
        }
        if record::has(raw, USER, What::TableCreated).await? {
            return Ok(true);
        }
    }
    let columns = columns::list(raw, USER).await?;
    Ok(OUR_COLUMNS.iter().all(|ours| columns.iter().any(|column| is_as_created(column, ours))))
}

/// Name, type, collation, and whether it is generated and invisible.
type Made = (&'static str, &'static str, Option<&'static str>, bool);

const OUR_COLUMNS: [Made; 7] = [
    ("id", "char(36)", Some("ascii_bin"), false),
    ("email", "varchar(255)", Some("utf8mb4_bin"), false),
    ("firstName", "varchar(255)", Some("utf8mb4_bin"), false),
    ("lastName", "varchar(255)", Some("utf8mb4_bin"), false),
    ("createdAt", "datetime(6)", None, false),
    ("authId", "char(36)", Some("ascii_bin"), false),
    ("resolver_address", "varchar(255)", Some("utf8mb4_bin"), true),
];

fn is_as_created(column: &Column, (name, kind, collation, is_hidden): &Made) -> bool {
    column.name == *name
        && column.full_type == *kind
        && column.collation.as_deref() == *collation
        && column.is_generated() == *is_hidden
        && column.is_invisible() == *is_hidden
}
