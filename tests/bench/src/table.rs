//! The platform's table and its users, the adoption of it, and what a backfill would have left behind.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Executor as _, MySqlPool, mysql::MySqlPoolOptions};
use url::Url;

use crate::people::{ADDRESS_IN_SQL, IDENTITY, USER, id_in_sql};

/// As an ORM makes it: ids of the table's own collation, an index on the address, a column that is required.
const SHAPE: &str = "CREATE TABLE `user` (
    id varchar(36) NOT NULL,
    email varchar(255) NOT NULL,
    firstName varchar(64) NOT NULL,
    lastName varchar(64) NOT NULL,
    createdDate datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    settings text NULL,
    PRIMARY KEY (id),
    KEY by_email (email)
 ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci";

/// Rows of one transaction.
const BATCH: u32 = 50_000;

/// A database of the bench's own, dropped at the end.
pub struct Database {
    server: Url,
    name: String,
    /// The bench's own connections.
    pub pool: MySqlPool,
}

impl Database {
    /// An empty one; `label` tells those of one bench apart.
    pub async fn create(server: &Url, label: &str, connections: u32) -> anyhow::Result<Self> {
        let name = format!("ir_bench_{}{label}", std::process::id());
        let admin = open(server, 1).await?;
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        admin.close().await;
        let mut url = server.clone();
        url.set_path(&name);
        let pool = open(&url, connections).await?;
        Ok(Self { server: server.clone(), name, pool })
    }

    /// For the service.
    #[must_use]
    pub fn url(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url
    }

    /// Drops it, and what is in it.
    pub async fn drop(self) -> anyhow::Result<()> {
        self.pool.execute(AssertSqlSafe(format!("DROP DATABASE {}", self.name))).await?;
        self.pool.close().await;
        Ok(())
    }

    /// Which server it is, and what it promises of a COMMIT.
    pub async fn described(&self) -> anyhow::Result<String> {
        let row: (String, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT VERSION(), CAST(@@innodb_flush_log_at_trx_commit AS SIGNED), CAST(@@log_bin AS SIGNED), \
             CAST(@@sync_binlog AS SIGNED), CAST(@@innodb_buffer_pool_size DIV 1048576 AS SIGNED)",
        )
        .fetch_one(&self.pool)
        .await?;
        let (version, flush, has_log, sync, memory) = row;
        let log = if has_log == 1 {
            format!("binary log with sync_binlog={sync}")
        } else {
            "no binary log".to_owned()
        };
        Ok(format!("{version}, innodb_flush_log_at_trx_commit={flush}, {log}, buffer pool of {memory} MiB"))
    }

    /// Makes the platform's table with its users.
    pub async fn fill(&self, users: u32) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        self.pool.execute(SHAPE).await?;
        self.pool.execute("CREATE TABLE number (n INT NOT NULL PRIMARY KEY) ENGINE=InnoDB").await?;
        let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL \
                      SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
        let first = format!(
            "INSERT INTO number SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d FROM {digits} a, {digits} b, {digits} c, {digits} e"
        );
        self.pool.execute(AssertSqlSafe(first)).await?;
        for thousands in (10_000..users).step_by(10_000) {
            let more = format!("INSERT INTO number SELECT n + {thousands} FROM number WHERE n < 10000");
            self.pool.execute(AssertSqlSafe(more)).await?;
        }
        let insert = format!(
            "INSERT INTO `user` (id, email, firstName, lastName) SELECT {}, {ADDRESS_IN_SQL}, 'Per', CONCAT('Son ', n) \
             FROM number WHERE n >= ? AND n < ?",
            id_in_sql(USER)
        );
        self.in_batches(&insert, users).await?;
        Ok(begin.elapsed())
    }

    /// Links every other user, as a backfill would.
    pub async fn link_half(&self, users: u32) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        let (user, identity) = (id_in_sql(USER), id_in_sql(IDENTITY));
        let which = "FROM number WHERE n >= ? AND n < ? AND MOD(n, 2) = 0";
        let link = format!(
            "UPDATE number JOIN `user` ON id = {user} SET authId = {identity} WHERE n >= ? AND n < ? AND MOD(n, 2) = 0"
        );
        let record = format!(
            "INSERT INTO user_link (user_id, identity_id, state, linked_at) SELECT {user}, {identity}, 'linked', NOW(6) {which}"
        );
        let history = format!(
            "INSERT INTO link_history (event, user_id, identity_id, actor, why, proof, audit_id, attempt_id, occurred_at) \
             SELECT 'identity.linked', {user}, {identity}, 'bench', 'l', 'verified_address', {user}, {user}, NOW(6) {which}"
        );
        for statement in [link, record, history] {
            self.in_batches(&statement, users).await?;
        }
        for table in ["`user`", "user_link", "link_history"] {
            self.pool.execute(AssertSqlSafe(format!("ANALYZE TABLE {table}"))).await?;
        }
        Ok(begin.elapsed())
    }

    async fn in_batches(&self, statement: &str, users: u32) -> anyhow::Result<()> {
        let mut from = 0;
        while from < users {
            let to = users.min(from + BATCH);
            let batch = sqlx::query(AssertSqlSafe(statement.to_owned())).bind(from).bind(to);
            batch.execute(&self.pool).await.with_context(|| format!("rows {from} to {to}"))?;
            from = to;
        }
        Ok(())
    }
}

async fn open(url: &Url, connections: u32) -> anyhow::Result<MySqlPool> {
    let pool = MySqlPoolOptions::new().max_connections(connections).min_connections(connections);
    pool.connect(url.as_str()).await.context("the database server of BENCH_DATABASE_URL")
}
