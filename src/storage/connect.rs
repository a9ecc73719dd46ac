//! One connection: how it is opened, what its session is set to, when an idle one is still good.

use std::{
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use deadpool::managed::{Manager, Metrics as Usage, RecycleError, RecycleResult};
use log::LevelFilter;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, Executor, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};
use tokio::time::Instant;

use super::{StorageError, nodelay, reach::Reach};
use crate::config::Database;

/// An idle connection younger than this is used without asking whether it still lives.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);
/// Connections are renewed at this age, so that a moved database address is followed.
const MAX_AGE: Duration = Duration::from_mins(30);

/// How long the server lets one session wait; 0 is "without limit" for statements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) lock_seconds: u32,
    pub(super) statement_seconds: u32,
}

/// Requests: lock waits and statements end on the server before the unit of work ends here. On MySQL the limit
/// for statements holds for SELECT only; a write is bounded by its lock waits.
pub(super) const REQUEST: Limits = Limits { lock_seconds: 1, statement_seconds: 2 };
/// Migrations: a DDL statement that waits for a lock holds up every reader behind it, so it gives up and
/// is repeated; once it runs it may take as long as it takes.
pub(super) const MIGRATION: Limits = Limits { lock_seconds: 5, statement_seconds: 0 };

/// Opens connections for the pool.
pub(super) struct Connector {
    options: MySqlConnectOptions,
    /// Raised when a connection turned out to be dead; idle ones from before are then not trusted either.
    generation: AtomicU64,
    pub(super) reach: Reach,
}

/// A connection and the generation it was opened in.
pub(super) struct Opened {
    pub(super) raw: MySqlConnection,
    pub(super) generation: u64,
}

impl Connector {
    pub(super) fn try_new(config: &Database) -> Result<Self, StorageError> {
        Ok(Self { options: options(config)?, generation: AtomicU64::new(0), reach: Reach::default() })
    }

    /// A connection failed that was lent then, and the server with it unless it has answered others since.
    /// One of an older generation says nothing at all.
    pub(super) fn found_dead(&self, opened_in: u64, lent: Instant) {
        if opened_in == self.generation.load(Ordering::Acquire) {
            self.reach.unanswered(lent);
            self.distrust(opened_in);
        }
    }

    /// Makes every idle connection suspect: the next one to ask for one gets a new one.
    fn distrust(&self, opened_in: u64) {
        if !self.reach.may_distrust() {
            return;
        }
        // Only the first to notice raises it; connections opened since then are good.
        let _ =
            self.generation.compare_exchange(opened_in, opened_in + 1, Ordering::AcqRel, Ordering::Acquire);
    }

    /// A connection outside the pool; `lock_seconds` bounds waits for rows and for table definitions.
    pub(super) async fn open(&self, limits: Limits) -> Result<MySqlConnection, sqlx::Error> {
        let mut raw = self.options.connect().await?;
        nodelay::set_on_all_sockets();
        let (version,): (String,) = sqlx::query_as("SELECT VERSION()").fetch_one(&mut raw).await?;
        let statement_limit = if version.contains("MariaDB") {
            format!("max_statement_time = {}", limits.statement_seconds)
        } else {
            format!("max_execution_time = {}", limits.statement_seconds * 1_000)
        };
        raw.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        raw.execute(AssertSqlSafe(format!(
            "SET SESSION autocommit = 1, completion_type = 'NO_CHAIN', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY', \
             time_zone = '+00:00', innodb_lock_wait_timeout = {0}, lock_wait_timeout = {0}, {statement_limit}",
            limits.lock_seconds
        )))
        .await?;
        Ok(raw)
    }
}

fn options(config: &Database) -> Result<MySqlConnectOptions, StorageError> {
    use secrecy::ExposeSecret;
    // The error of a malformed URL may hold a part of it, and with it the password.
    let malformed = |_| StorageError::Driver("DATABASE_URL is not a database URL".to_owned());
    let mut options = MySqlConnectOptions::from_str(config.url.expose_secret()).map_err(malformed)?;
    if config.needs_tls()
        && matches!(options.get_ssl_mode(), MySqlSslMode::Preferred | MySqlSslMode::Disabled)
    {
        options = options.ssl_mode(MySqlSslMode::Required);
    }
    Ok(options
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .statement_cache_capacity(512)
        .log_statements(LevelFilter::Off)
        .log_slow_statements(LevelFilter::Off, Duration::ZERO))
}

impl Manager for Connector {
    type Type = Opened;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Opened, sqlx::Error> {
        let refused = || sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into());
        let attempt = self.reach.attempt().await.ok_or_else(refused)?;
        let generation = self.generation.load(Ordering::Acquire);
        // Boxed, because the pool holds room for it three times in whatever waits for a connection: 13 KiB in each
        // call, moved with it, for what hardly a call ever does.
        let raw = Box::pin(self.open(REQUEST)).await?;
        attempt.succeed();
        Ok(Opened { raw, generation })
    }

    async fn recycle(&self, opened: &mut Opened, usage: &Usage) -> RecycleResult<sqlx::Error> {
        if opened.generation < self.generation.load(Ordering::Acquire) {
            return Err(RecycleError::message("opened before a connection was found dead"));
        }
        if usage.age() > MAX_AGE {
            return Err(RecycleError::message("old enough to be renewed"));
        }
        if usage.last_used() > TRUSTED_IDLE {
            // The pool bounds this wait and then drops the future: a frozen server must cost one such wait, and
            // not one for each idle connection.
            let mut suspicion = Suspicion { connector: self, generation: Some(opened.generation) };
            opened.raw.ping().await?;
            suspicion.generation = None;
        }
        Ok(())
    }
}

/// Distrusts a connection unless its ping came back.
struct Suspicion<'a> {
    connector: &'a Connector,
    generation: Option<u64>,
}

impl Drop for Suspicion<'_> {
    fn drop(&mut self) {
        if let Some(generation) = self.generation {
            self.connector.distrust(generation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn a_connection_of_before_says_nothing_of_the_server_of_now() {
        let pairs = [("DATABASE_URL", "mysql://u:p@127.0.0.1:1/d")];
        let connector = Connector::try_new(&Database::load(&Source::from_pairs(pairs)).unwrap()).unwrap();
        connector.found_dead(0, Instant::now());
        assert!(connector.reach.is_lost());
        connector.reach.answered();
        connector.found_dead(0, Instant::now());
        assert!(!connector.reach.is_lost());
        connector.found_dead(1, Instant::now());
        assert!(connector.reach.is_lost());
    }
}
