//! A table `user` of somebody else: taken over, worked on, given back. The shapes are in `shapes`; here is what
//! all tests of the folder stand in.

use crate::support::database::TestDb;
use crate::support::service::{Service, Setup};
use fake_kratos::FakeKratos;
use sqlx::{AssertSqlSafe, Row};
use std::path::PathBuf;

mod cycle;
mod killed;
mod platform;
mod refused;
mod rules;
mod shapes;

/// A database with a table `user` of somebody else, the double, and the environment of a service.
struct Foreign {
    kratos: FakeKratos,
    setup: Setup,
    /// The settings files are deleted with it.
    rules: Vec<RulesFile>,
    db: TestDb,
}

/// A file for `RESOLVER_USER_COLUMNS_FILE`.
struct RulesFile(PathBuf);

impl RulesFile {
    fn new(json: &str) -> RulesFile {
        let path = std::env::temp_dir().join(format!("ir-rules-{}.json", uuid::Uuid::now_v7()));
        std::fs::write(&path, json).expect("a file");
        RulesFile(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for RulesFile {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

impl Foreign {
    /// Runs the statements in an empty database; nothing is migrated yet.
    async fn new(statements: &[&str]) -> Foreign {
        let (db, kratos) = (TestDb::create().await, FakeKratos::start());
        for statement in statements {
            db.execute(*statement).await;
        }
        let setup = Setup::new(&db.url(), &kratos.admin_url());
        Foreign { kratos, setup, rules: Vec::new(), db }
    }

    /// The same with rules for its columns.
    fn with_rules(mut self, json: &str) -> Foreign {
        let rules = RulesFile::new(json);
        self.setup = self.setup.set("RESOLVER_USER_COLUMNS_FILE", rules.path());
        self.rules.push(rules);
        self
    }

    async fn adopted(self) -> (Foreign, Service) {
        self.setup.migrate();
        let service = self.setup.serve().await;
        (self, service)
    }

    /// How the table is made, and all its rows in the columns given.
    async fn snapshot(&self, columns: &[String]) -> (String, Vec<String>) {
        let made =
            sqlx::query("SHOW CREATE TABLE `user`").fetch_one(self.db.pool()).await.expect("the table");
        if columns.is_empty() {
            return (made.get(1), Vec::new());
        }
        let parts: Vec<String> = columns.iter().map(|name| format!("IFNULL(`{name}`, '-')")).collect();
        let statement =
            format!("SELECT CAST(CONCAT_WS('|', {}) AS CHAR) FROM `user` ORDER BY id", parts.join(", "));
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(statement)).fetch_all(self.db.pool()).await.expect("the rows");
        (made.get(1), rows.into_iter().map(|(row,)| row).collect())
    }

    /// The names of the columns that a `SELECT *` shows.
    async fn visible_columns(&self) -> Vec<String> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE() \
             AND table_name = 'user' AND extra NOT LIKE '%INVISIBLE%' ORDER BY ordinal_position",
        )
        .fetch_all(self.db.pool())
        .await
        .expect("columns");
        rows.into_iter().map(|(name,)| name).collect()
    }

    /// What `adoption` says: object, what, old value, in order.
    async fn adoption(&self) -> Vec<(String, String, Option<String>)> {
        sqlx::query_as("SELECT object, what, old_value FROM adoption ORDER BY position")
            .fetch_all(self.db.pool())
            .await
            .expect("the record")
    }

    /// One text of the database.
    async fn text(&self, statement: &str) -> Option<String> {
        let row: (Option<String>,) = sqlx::query_as(AssertSqlSafe(statement.to_owned()))
            .fetch_one(self.db.pool())
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        row.0
    }

    fn down(&self) {
        let down = self.setup.run(&["migrate", "down", "--to", "0"]);
        assert_eq!(down.code, Some(0), "{}", down.text());
    }
}
