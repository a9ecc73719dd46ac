//! What a provision asks of the database, asked by nobody but a driver: the same statements in the same order, under the
//! same session, prepared, on as many connections. `counters` proves that they are as many of each kind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, MySqlConnection,
    mysql::MySqlConnectOptions,
};
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::{runtime::Runtime, sync::Mutex};
use url::Url;
use uuid::Uuid;

const LINKED: &str = "SELECT id FROM `user` WHERE authId = ?";
const ORPHAN: &str = "SELECT h.id FROM link_history h LEFT JOIN `user` u ON u.id = h.user_id
          WHERE h.identity_id = ? AND u.id IS NULL
            AND NOT EXISTS (SELECT 1 FROM link_history a
                             WHERE a.identity_id = h.identity_id AND a.proof = 'admin' AND a.id > h.id)
          LIMIT 1";
const CANDIDATES: &str = "SELECT id, email, authId, 'not asked' AS resolver_verified FROM `user` \
                          WHERE resolver_address IN (?, ?, ?) LIMIT 50";
const HOLDER: &str = "SELECT user_id FROM address_claim WHERE address = ?";
const USER: &str = "INSERT INTO `user` (id, email, authId, `firstName`, `lastName`) VALUES (?, ?, ?, ?, ?)";
const LINK: &str = "INSERT INTO user_link (user_id, identity_id, state, linked_at) VALUES (?, ?, 'linked', ?)
         ON DUPLICATE KEY UPDATE identity_id = VALUES(identity_id), state = VALUES(state),
                                 linked_at = VALUES(linked_at)";
const CLAIM: &str = "INSERT INTO address_claim (address, user_id, claimed_at) VALUES (?, ?, ?)";
const HISTORY: &str =
    "INSERT INTO link_history (event, user_id, identity_id, previous_identity_id, actor, why, proof,
                                   audit_id, attempt_id, occurred_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const WITHDRAW: &str =
    "UPDATE review SET state = 'superseded', open_key = NULL, decided_at = ?, decided_by = ?,
                           decision_audit_id = ?
          WHERE identity_id = ? AND state = 'open'";

/// A driver with threads of its own, so that it is the database and not the driver that sets the pace.
pub(crate) struct Bare {
    runtime: Option<Runtime>,
    connections: Vec<Arc<Mutex<MySqlConnection>>>,
    next: Arc<AtomicU32>,
}

impl Bare {
    pub(crate) async fn open(database: &Url, connections: u32) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let mut bare =
            Self { runtime: Some(runtime), connections: Vec::new(), next: Arc::new(AtomicU32::new(0)) };
        for _ in 0..connections {
            let database = database.clone();
            let opened = bare.runtime()?.spawn(async move { open(&database).await }).await??;
            bare.connections.push(Arc::new(Mutex::new(opened)));
        }
        Ok(bare)
    }

    fn runtime(&self) -> anyhow::Result<&Runtime> {
        self.runtime.as_ref().context("the driver has ended")
    }

    /// As `load::closed`: provisions for so long; how many, and the time they took.
    pub(crate) async fn provision(&self, turn: Duration) -> anyhow::Result<(u32, Duration)> {
        let begin = Instant::now();
        let first = self.next.load(Ordering::Relaxed);
        let mut callers = Vec::new();
        for connection in &self.connections {
            let (connection, next) = (Arc::clone(connection), Arc::clone(&self.next));
            callers.push(self.runtime()?.spawn(async move {
                let mut connection = connection.lock().await;
                while begin.elapsed() < turn {
                    create(&mut connection, next.fetch_add(1, Ordering::Relaxed)).await?;
                }
                anyhow::Ok(())
            }));
        }
        for caller in callers {
            caller.await??;
        }
        Ok((self.next.load(Ordering::Relaxed) - first, begin.elapsed()))
    }

    pub(crate) async fn close(mut self) {
        for connection in &self.connections {
            let _ = connection.lock().await.ping().await;
        }
        self.connections.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// As the service opens its own.
async fn open(database: &Url) -> anyhow::Result<MySqlConnection> {
    let options: MySqlConnectOptions = database.as_str().parse()?;
    let options = options.charset("utf8mb4").pipes_as_concat(false).statement_cache_capacity(512);
    let mut connection = options.disable_statement_logging().connect().await?;
    let (version,): (String,) = sqlx::query_as("SELECT VERSION()").fetch_one(&mut connection).await?;
    let limit =
        if version.contains("MariaDB") { "max_statement_time = 2" } else { "max_execution_time = 2000" };
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    let session = format!(
        "SET SESSION autocommit = 1, completion_type = 'NO_CHAIN', \
         sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY', time_zone = '+00:00', \
         innodb_lock_wait_timeout = 1, lock_wait_timeout = 1, {limit}"
    );
    connection.execute(AssertSqlSafe(session)).await?;
    Ok(connection)
}

#[expect(clippy::disallowed_methods, reason = "a bench has no clock but the machine's")]
fn now() -> PrimitiveDateTime {
    let now = OffsetDateTime::now_utc();
    PrimitiveDateTime::new(now.date(), now.time())
}

async fn create(connection: &mut MySqlConnection, number: u32) -> anyhow::Result<()> {
    let (identity, user) = (Uuid::now_v7().hyphenated(), Uuid::now_v7().hyphenated());
    let (audit, attempt) = (Uuid::now_v7().hyphenated(), Uuid::now_v7().hyphenated());
    let address = format!("bare.{number}@b.example");
    for statement in [LINKED, ORPHAN] {
        let row = sqlx::query(statement).bind(identity).fetch_optional(&mut *connection).await?;
        anyhow::ensure!(row.is_none(), "a newcomer is known already");
    }
    connection.execute("START TRANSACTION").await?;
    sqlx::query(ORPHAN).bind(identity).fetch_optional(&mut *connection).await?;
    let candidates = sqlx::query(CANDIDATES).bind(&address).bind(&address).bind(&address);
    candidates.fetch_all(&mut *connection).await?;
    sqlx::query(HOLDER).bind(&address).fetch_optional(&mut *connection).await?;
    let names = ("Per", format!("Son {number}"));
    let row = sqlx::query(USER).bind(user).bind(&address).bind(identity).bind(names.0).bind(names.1);
    row.execute(&mut *connection).await?;
    sqlx::query(LINK).bind(user).bind(identity).bind(now()).execute(&mut *connection).await?;
    sqlx::query(CLAIM).bind(&address).bind(user).bind(now()).execute(&mut *connection).await?;
    let history = sqlx::query(HISTORY).bind("user.created").bind(user).bind(identity).bind(None::<String>);
    let history = history.bind("caller 127.0.0.1").bind("n").bind("verified_address");
    history.bind(audit).bind(attempt).bind(now()).execute(&mut *connection).await?;
    connection.execute("COMMIT").await?;
    let withdraw = sqlx::query(WITHDRAW).bind(now()).bind("caller 127.0.0.1").bind(audit).bind(identity);
    withdraw.execute(&mut *connection).await?;
    Ok(())
}
