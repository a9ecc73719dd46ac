//! What the server itself says of the service's sessions, and side sessions that hold them up: the only honest count of
//! what runs at one moment.

use super::client::Client;
use super::database::TestDb;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A held statement gives up after a second; whoever holds it up lets go before.
const HELD_AT_MOST: Duration = Duration::from_millis(700);
/// The server renews its list of transactions only when nobody has read it for a tenth of a second.
const LIST_AGE: Duration = Duration::from_millis(120);

impl TestDb {
    /// Statements of others in this database that run, or wait for a lock, now.
    pub(crate) async fn running(&self) -> usize {
        let others = "SELECT COUNT(*) FROM information_schema.processlist \
                      WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command NOT IN ('Sleep', 'Daemon')";
        self.count(others).await
    }

    /// Open transactions of others in this database.
    pub(crate) async fn open_transactions(&self) -> usize {
        let others = "SELECT COUNT(*) FROM information_schema.innodb_trx t \
                      JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
                      WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID()";
        self.count(others).await
    }

    /// Changes of links that were written and not committed: a look at what others may not see yet.
    pub(crate) async fn about_to_commit(&self) -> usize {
        let committed = self.count("SELECT COUNT(*) FROM link_history").await;
        let mut session = self.pool().acquire().await.expect("a side session");
        let dirty = sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
        dirty.execute(&mut *session).await.expect("for the next statement");
        let written = sqlx::query_as("SELECT COUNT(*) FROM link_history").fetch_one(&mut *session).await;
        let (written,): (i64,) = written.expect("a count");
        usize::try_from(written).expect("a number of rows").saturating_sub(committed)
    }

    async fn count(&self, question: &'static str) -> usize {
        let (count,): (i64,) = sqlx::query_as(question).fetch_one(self.pool()).await.expect("a count");
        usize::try_from(count).expect("a number of things")
    }

    /// Waits until so many statements run, as long as one may be held; gives how many do.
    pub(crate) async fn wait_for_running(&self, wanted: usize) -> usize {
        let start = Instant::now();
        loop {
            let running = self.running().await;
            if running >= wanted || start.elapsed() > HELD_AT_MOST {
                return running;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Whether within `limit` nothing runs and no transaction is open.
    pub(crate) async fn is_quiet_within(&self, limit: Duration) -> bool {
        let start = Instant::now();
        while self.running().await > 0 || self.open_transactions().await > 0 {
            if start.elapsed() > limit {
                return false;
            }
            tokio::time::sleep(LIST_AGE).await;
        }
        true
    }

    /// Makes so many hits while the table `user` is locked: how many statements the server had at once, and how many
    /// of the calls were answered 200 when it let go.
    pub(crate) async fn hits_at_once(&self, client: &Client, known: Uuid, calls: usize) -> (usize, usize) {
        let mut holder = self.pool().acquire().await.expect("a side session");
        sqlx::raw_sql("LOCK TABLES `user` WRITE").execute(&mut *holder).await.expect("locked");
        let mut running = JoinSet::new();
        for _ in 0..calls {
            let client = client.clone();
            running.spawn(async move { client.try_resolve(known).await });
        }
        let at_once = self.wait_for_running(calls).await;
        sqlx::raw_sql("UNLOCK TABLES").execute(&mut *holder).await.expect("unlocked");
        let answers = running.join_all().await;
        for refused in answers.iter().flatten().filter(|answer| answer.status != 200) {
            println!(
                "a hit was refused: {} {} at {:?}",
                refused.status,
                refused.error(),
                refused.header("date")
            );
        }
        (at_once, answers.iter().flatten().filter(|answer| answer.status == 200).count())
    }
}

/// Somebody else's transaction; rolled back when it is let go.
pub(crate) struct Hold(sqlx::Transaction<'static, sqlx::MySql>);

impl Hold {
    /// Holds the rows of these users, so that nobody links them.
    pub(crate) async fn users(db: &TestDb, ids: &[String]) -> Hold {
        let mut transaction = db.pool().begin().await.expect("a side transaction");
        for id in ids {
            let held = sqlx::query("UPDATE `user` SET firstName = 'Held' WHERE id = ?").bind(id);
            held.execute(&mut *transaction).await.expect("held");
        }
        Hold(transaction)
    }

    /// Claims these addresses without ever committing it, so that nobody creates a user with one.
    pub(crate) async fn claims(db: &TestDb, addresses: &[String]) -> Hold {
        let mut transaction = db.pool().begin().await.expect("a side transaction");
        for address in addresses {
            let claim = "INSERT INTO address_claim (address, user_id, claimed_at) VALUES (?, ?, NOW(6))";
            let claim = sqlx::query(claim).bind(address).bind(Uuid::now_v7().to_string());
            claim.execute(&mut *transaction).await.expect("claimed");
        }
        Hold(transaction)
    }

    /// Lets go.
    pub(crate) async fn release(self) {
        self.0.rollback().await.expect("rolled back");
    }
}
