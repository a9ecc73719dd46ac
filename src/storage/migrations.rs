//! The schema's way up and down, one migrator at a time over all hosts (lease `migrate`). A migration that
//! was cut half-way is simply repeated: its file can be run twice (`migrations/README.md`).

use std::{collections::BTreeSet, time::Duration};

use sqlx::{
    Executor, MySql, MySqlConnection,
    migrate::{Migrate, MigrateError, Migration, Migrator},
};

pub use self::made::repeat_statement;
pub(super) use self::{
    made::{MadeTable, made_tables},
    ours::our_tables,
};
use self::{ours::MARK, run::Run};
use super::{
    StorageError,
    adoption::{self, AdoptionError},
    connect::{Connector, MIGRATION},
    lease::Held,
    pool::open_alone,
};
use crate::config::Database;

mod made;
mod ours;
mod run;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
const TABLE: &str = "resolver_migration";
const CREATE_USER: &str = "create user";
/// A DDL statement that waited too long for its table is repeated so often.
const LOCK_TRIES: u32 = 5;
/// How long opening a connection may take.
const OPEN_TIME: Duration = Duration::from_secs(10);

/// Why the schema could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Another host holds the lease.
    #[error("another migrator is at work: {0}")]
    Held(String),
    /// The lease was lost half-way; the one who has it goes on.
    #[error("another migrator took over")]
    Overtaken,
    /// A migration that ran was changed afterwards.
    #[error("migration {0} is not the one that was applied")]
    Changed(i64),
    /// A migration failed; running it again is safe.
    #[error("migration {version} failed: {source}")]
    Failed {
        /// Its version.
        version: i64,
        /// The cause.
        source: StorageError,
    },
    /// A table `user` that was there before us.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
    /// The platform has tables of these names.
    #[error(
        "there are tables that this program did not make, of names it needs: {}; rename them; nothing was changed \
         (one of ours that lost its mark gets it back by ALTER TABLE … COMMENT='{MARK}')",
        .0.join(", ")
    )]
    Strangers(Vec<String>),
    /// There is no such version to go down to.
    #[error("{0} is not the version of a migration, nor 0")]
    UnknownVersion(i64),
}

/// One migration and whether it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// `YYYYMMDDHHMMSS`.
    pub version: i64,
    /// From the file's name.
    pub name: String,
    /// Whether it ran to its end.
    pub applied: bool,
}

/// The versions this binary knows, in order.
pub fn versions() -> impl Iterator<Item = i64> {
    ups().map(|migration| migration.version)
}

fn ups() -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(|migration| migration.migration_type.is_up_migration())
}

fn downs() -> impl DoubleEndedIterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(|migration| migration.migration_type.is_down_migration())
}

/// Before each step, on the connection that makes it: one that was overtaken while it slept changes nothing more.
async fn check(raw: &mut MySqlConnection, lease: &Held) -> Result<(), MigrationError> {
    if lease.renew(raw).await? { Ok(()) } else { Err(MigrationError::Overtaken) }
}

/// Where the schema stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Every known migration, in order.
    pub lines: Vec<StatusLine>,
    /// Whether the table `user` got all it needs; while it did not, a migration is pending.
    pub adopted: bool,
}

/// Every known migration with its state, and the adoption of `user`; changes nothing.
pub async fn status(config: &Database) -> Result<Status, MigrationError> {
    let mut raw = open(config).await?;
    let applied =
        if table_exists(&mut raw, TABLE).await? { list_whole(&mut raw).await? } else { BTreeSet::new() };
    let line = |migration: &Migration| StatusLine {
        version: migration.version,
        name: migration.description.to_string(),
        applied: applied.contains(&migration.version),
    };
    Ok(Status { lines: ups().map(line).collect(), adopted: adoption::is_complete(&mut raw).await? })
}

/// What a way up came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The versions that ran, in order.
    pub versions: Vec<i64>,
    /// What the table `user` got, and columns that follow it, in order; in words for people.
    pub adopted: Vec<String>,
}

/// Runs what has not run, and adds to the table `user` what it lacks.
pub async fn up(config: &Database, holder: &str) -> Result<Done, MigrationError> {
    let mut run = Run::begin(config, holder, true).await?;
    let outcome = run.holding_the_lease(async |raw, lease| run_up(raw, lease).await).await;
    run.end(true).await;
    outcome
}

/// Takes back every migration after `target`, newest first; the versions it took back.
pub async fn down(config: &Database, holder: &str, target: i64) -> Result<Vec<i64>, MigrationError> {
    if target != 0 && !versions().any(|version| version == target) {
        return Err(MigrationError::UnknownVersion(target));
    }
    if !has_begun(config).await? {
        return Ok(Vec::new());
    }
    let mut run = Run::begin(config, holder, false).await?;
    let outcome = run.holding_the_lease(async |raw, lease| run_down(raw, lease, target).await).await;
    run.end(target != 0).await;
    outcome
}

/// Where nothing was made there is nothing to take back; and a lease would leave its table behind.
async fn has_begun(config: &Database) -> Result<bool, MigrationError> {
    let mut raw = open(config).await?;
    if !table_exists(&mut raw, TABLE).await? {
        return Ok(false);
    }
    let begun = raw.list_applied_migrations(TABLE).await.map_err(|error| from_migrate(0, error))?;
    Ok(!begun.is_empty())
}

async fn run_up(raw: &mut MySqlConnection, lease: &Held) -> Result<Done, MigrationError> {
    if !table_exists(raw, TABLE).await? {
        raw.ensure_migrations_table(TABLE).await.map_err(|error| from_migrate(0, error))?;
    }
    let whole = list_whole(&mut *raw).await?;
    let started = raw.list_applied_migrations(TABLE).await.map_err(|error| from_migrate(0, error))?;
    let mut ran = Vec::new();
    for migration in ups() {
        check(raw, lease).await?;
        let begun = started.iter().find(|applied| applied.version == migration.version);
        if whole.contains(&migration.version) {
            if begun.is_some_and(|applied| applied.checksum != migration.checksum) {
                return Err(MigrationError::Changed(migration.version));
            }
            continue;
        }
        apply(raw, migration).await?;
        ran.push(migration.version);
    }
    // After every way up, because tables that are new by now have columns that follow `user.id`.
    Ok(Done { versions: ran, adopted: adoption::up(raw, lease).await? })
}

async fn apply(raw: &mut MySqlConnection, migration: &Migration) -> Result<(), MigrationError> {
    let mut tries = 1;
    loop {
        forget(raw, migration.version).await?;
        match raw.apply(TABLE, migration).await.map_err(|error| from_migrate(migration.version, error)) {
            Ok(_) => return Ok(()),
            Err(MigrationError::Failed { source, .. }) if source.is_transient() && tries < LOCK_TRIES => {
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn run_down(raw: &mut MySqlConnection, lease: &Held, target: i64) -> Result<Vec<i64>, MigrationError> {
    if !table_exists(raw, TABLE).await? {
        return Ok(Vec::new());
    }
    // Those that only began are taken back too: their files may be run twice, either way.
    let begun = raw.list_applied_migrations(TABLE).await.map_err(|error| from_migrate(0, error))?;
    let keeps_users = !adoption::is_ours(raw).await?;
    let mut reverted = Vec::new();
    for migration in downs().rev().filter(|migration| migration.version > target) {
        check(raw, lease).await?;
        if begun.iter().any(|applied| applied.version == migration.version) {
            if &*migration.description == adoption::MIGRATION {
                adoption::down(raw, lease).await?;
            }
            if keeps_users && &*migration.description == CREATE_USER {
                strike_out(raw, migration.version).await?;
            } else {
                let outcome = raw.revert(TABLE, migration).await;
                outcome.map_err(|error| from_migrate(migration.version, error))?;
            }
            reverted.push(migration.version);
        }
    }
    Ok(reverted)
}

/// Forgets a migration without taking it back: a table `user` that we found is never dropped.
async fn strike_out(raw: &mut MySqlConnection, version: i64) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM resolver_migration WHERE version = ?").bind(version).execute(raw).await?;
    Ok(())
}

/// Deletes the row that a migration cut half-way left behind.
async fn forget(raw: &mut MySqlConnection, version: i64) -> Result<(), StorageError> {
    let statement = "DELETE FROM resolver_migration WHERE version = ? AND NOT success";
    sqlx::query(statement).bind(version).execute(raw).await?;
    Ok(())
}

/// The versions that ran to their end. Run-time SQL: the table is not there before the first run.
pub(super) async fn list_whole<'c>(
    executor: impl Executor<'c, Database = MySql>,
) -> Result<BTreeSet<i64>, StorageError> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT version FROM resolver_migration WHERE success ORDER BY version LIMIT 10000")
            .fetch_all(executor)
            .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

async fn table_exists(raw: &mut MySqlConnection, name: &str) -> Result<bool, StorageError> {
    let statement = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.tables
                      WHERE table_schema = DATABASE() AND table_name = ?";
    let (count,): (i64,) = sqlx::query_as(statement).bind(name).fetch_one(raw).await?;
    Ok(count > 0)
}

async fn open(config: &Database) -> Result<MySqlConnection, StorageError> {
    open_alone(&Connector::try_new(config)?, MIGRATION, OPEN_TIME).await
}

fn from_migrate(version: i64, error: MigrateError) -> MigrationError {
    let source = match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => StorageError::from(error),
        _ => StorageError::Driver("the migrator failed".to_owned()),
    };
    MigrationError::Failed { version, source }
}
