//! One database per test, named after the process that made it, dropped at the end; what killed runs left
//! behind is swept by the next run.

use super::process;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Executor, MySqlPool};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;
use url::Url;

const PREFIX: &str = "ir_test_";
static NEXT: AtomicU32 = AtomicU32::new(1);
static SWEPT: OnceCell<()> = OnceCell::const_new();

/// An empty database of its own on the server of `TEST_DATABASE_URL`.
pub(crate) struct TestDb {
    server: Url,
    name: String,
    pool: MySqlPool,
}

impl TestDb {
    /// Creates it; the first call in a process also sweeps.
    pub(crate) async fn create() -> TestDb {
        TestDb::on(super::database_server()).await
    }

    /// As `create`, on a server of the test's own.
    pub(crate) async fn on(server: Url) -> TestDb {
        let name = format!("{PREFIX}{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = connect(&server, None).await;
        SWEPT.get_or_init(|| sweep(&admin)).await;
        run(&admin, format!("CREATE DATABASE {name}")).await;
        admin.close().await;
        let pool = connect(&server, Some(&name)).await;
        TestDb { server, name, pool }
    }

    /// The setting `DATABASE_URL` for this database.
    pub(crate) fn url(&self) -> String {
        self.located().to_string()
    }

    fn located(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url
    }

    /// The same with another host and port, for a forwarder in between.
    pub(crate) fn url_through(&self, port: u16) -> String {
        let mut url = self.located();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        url.to_string()
    }

    /// Host and port of the server.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.server.host_str().expect("a host"), self.server.port().unwrap_or(3306))
    }

    /// For questions that `rows` does not have.
    pub(crate) fn pool(&self) -> &MySqlPool {
        &self.pool
    }

    /// Runs one statement.
    pub(crate) async fn execute(&self, statement: impl Into<String>) {
        run(&self.pool, statement.into()).await;
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // A test that stopped half-way may have left a table locked: better a database than a run that never ends.
        let statement = format!("SET SESSION lock_wait_timeout = 20; DROP DATABASE IF EXISTS {}", self.name);
        let server = self.server.clone();
        // A thread of its own, because this may run inside a runtime, which cannot be blocked on.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let admin = connect(&server, None).await;
                run(&admin, statement).await;
                admin.close().await;
            });
        });
        if dropped.join().is_err() {
            eprintln!("the database {} could not be dropped", self.name);
        }
    }
}

async fn connect(server: &Url, database: Option<&str>) -> MySqlPool {
    let options = MySqlConnectOptions::from_str(server.as_str()).expect("TEST_DATABASE_URL is mysql://…");
    let options = match database {
        Some(name) => options.database(name),
        None => options,
    };
    let pool = MySqlPoolOptions::new().min_connections(1).max_connections(2).connect_with(options).await;
    pool.unwrap_or_else(|error| panic!("the database server of TEST_DATABASE_URL: {error}"))
}

async fn run(pool: &MySqlPool, statement: String) {
    let done = pool.execute(sqlx::raw_sql(AssertSqlSafe(statement.clone()))).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Drops databases of dead processes. One that a session is still in belongs to a run on another machine.
async fn sweep(admin: &MySqlPool) {
    let found: Vec<(String,)> = sqlx::query_as(
        "SELECT CAST(s.schema_name AS CHAR) FROM information_schema.schemata s \
         WHERE s.schema_name LIKE 'ir\\_test\\_%' \
         AND NOT EXISTS (SELECT 1 FROM information_schema.processlist p WHERE p.db = s.schema_name)",
    )
    .fetch_all(admin)
    .await
    .expect("the list of databases");
    for (name,) in found {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| pid != std::process::id() && !process::is_alive(pid)) {
            run(admin, format!("DROP DATABASE IF EXISTS {name}")).await;
        }
    }
}
