//! The pool's promises, met with the pool itself: a connection that something went wrong on is never handed out
//! again, its place is free at once, and after an error a transaction takes no more statements.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use identity_resolver::{
    config::{Database, Source},
    storage::{Connection, Pool, StorageError},
    telemetry::Metrics,
};
use sqlx::Row;

use crate::support::{database::TestDb, proxy::Proxy};

struct Setup {
    db: TestDb,
    pool: Pool,
    metrics: Arc<Metrics>,
}

async fn setup(settings: &[(&str, &str)]) -> Setup {
    let db = TestDb::create().await;
    db.execute("CREATE TABLE thing (id INT PRIMARY KEY, text VARCHAR(20)) ENGINE=InnoDB").await;
    let mut pairs = vec![("DATABASE_URL".to_owned(), db.url())];
    pairs.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let config = Database::load(&Source::from_pairs(pairs)).unwrap();
    let metrics = Arc::new(Metrics::try_new().unwrap());
    let pool = Pool::try_new(&config, Arc::clone(&metrics)).unwrap();
    Setup { db, pool, metrics }
}

async fn things(setup: &Setup) -> i64 {
    let row = sqlx::query("SELECT COUNT(*) FROM thing").fetch_one(setup.db.pool()).await.unwrap();
    row.get(0)
}

async fn session_of(connection: &mut Connection) -> u64 {
    let row = sqlx::query("SELECT CONNECTION_ID()").fetch_one(connection).await.unwrap();
    row.get(0)
}

fn failure(outcome: Result<sqlx::mysql::MySqlQueryResult, sqlx::Error>) -> StorageError {
    StorageError::from(outcome.unwrap_err())
}

#[tokio::test]
async fn after_an_error_a_transaction_takes_no_more_statements() {
    let setup = setup(&[]).await;
    let mut tx = setup.pool.begin().await.unwrap();
    let insert = |id: i32| sqlx::query("INSERT INTO thing VALUES (?, 'a')").bind(id);
    insert(1).execute(&mut *tx).await.unwrap();
    let second = insert(1).execute(&mut *tx).await;
    assert!(matches!(failure(second), StorageError::Duplicate));
    let third = insert(2).execute(&mut *tx).await;
    assert!(matches!(failure(third), StorageError::Over));
    tx.rollback().await;
    assert_eq!(things(&setup).await, 0);
}

#[tokio::test]
async fn a_transaction_that_met_an_error_cannot_be_committed() {
    let setup = setup(&[]).await;
    let mut tx = setup.pool.begin().await.unwrap();
    sqlx::query("INSERT INTO thing VALUES (1, 'a')").execute(&mut *tx).await.unwrap();
    sqlx::query("INSERT INTO thing VALUES (1, 'a')").execute(&mut *tx).await.unwrap_err();
    assert!(matches!(tx.commit().await, Err(StorageError::Over)));
    assert_eq!(things(&setup).await, 0);
}

#[tokio::test]
async fn a_transaction_that_is_forgotten_is_rolled_back_and_its_place_is_free() {
    let setup = setup(&[("RESOLVER_POOL_SIZE", "2")]).await;
    for id in 0..10 {
        let mut tx = setup.pool.begin().await.unwrap();
        sqlx::query("INSERT INTO thing VALUES (?, 'a')").bind(id).execute(&mut *tx).await.unwrap();
        drop(tx);
    }
    let mut tx = setup.pool.begin().await.unwrap();
    sqlx::query("INSERT INTO thing VALUES (1, 'a')").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(things(&setup).await, 1);
}

#[tokio::test]
async fn a_statement_whose_future_is_dropped_costs_its_connection_and_no_place() {
    let setup = setup(&[("RESOLVER_POOL_SIZE", "2")]).await;
    for _ in 0..20 {
        let mut connection = setup.pool.acquire().await.unwrap();
        let sleeping = sqlx::query("SELECT SLEEP(1)").fetch_one(&mut connection);
        assert!(tokio::time::timeout(Duration::from_millis(5), sleeping).await.is_err());
    }
    let mut one = setup.pool.acquire().await.unwrap();
    let mut two = setup.pool.acquire().await.unwrap();
    assert_ne!(session_of(&mut one).await, session_of(&mut two).await);
    let text = setup.metrics.render().unwrap();
    let dropped = "identity_resolver_database_connections_dropped_total{reason=\"cancelled\"} 20";
    assert!(text.contains(dropped), "{text}");
}

#[tokio::test]
async fn a_unit_of_work_ends_at_its_limit_and_its_connection_is_closed() {
    let setup = setup(&[("RESOLVER_DATABASE_UNIT_MILLIS", "200")]).await;
    let mut connection = setup.pool.acquire().await.unwrap();
    let session = session_of(&mut connection).await;
    let slow = sqlx::query("SELECT SLEEP(10)").execute(&mut connection).await;
    assert!(matches!(failure(slow), StorageError::Expired));
    let next = sqlx::query("SELECT 1").execute(&mut connection).await;
    assert!(matches!(failure(next), StorageError::Over));
    drop(connection);
    let mut fresh = setup.pool.acquire().await.unwrap();
    assert_ne!(session_of(&mut fresh).await, session);
}

#[tokio::test]
async fn a_server_ends_a_statement_before_the_unit_of_work_does() {
    let setup = setup(&[("RESOLVER_DATABASE_UNIT_MILLIS", "10000")]).await;
    let mut connection = setup.pool.acquire().await.unwrap();
    let started = Instant::now();
    let slow = sqlx::query("SELECT SLEEP(8)").execute(&mut connection).await;
    // MySQL lets an interrupted SLEEP return 1 instead of an error.
    assert!(slow.is_ok() || matches!(failure(slow), StorageError::Expired));
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(sqlx::query("SELECT 1").fetch_one(&mut connection).await.unwrap().get::<i32, _>(0), 1);
}

#[tokio::test]
async fn a_statement_that_was_refused_outside_a_transaction_leaves_the_connection_good() {
    let setup = setup(&[]).await;
    let mut connection = setup.pool.acquire().await.unwrap();
    let session = session_of(&mut connection).await;
    let refused = sqlx::query("SELECT * FROM no_such_table").execute(&mut connection).await;
    assert!(matches!(failure(refused), StorageError::Refused { number: 1146, .. }));
    drop(connection);
    let mut again = setup.pool.acquire().await.unwrap();
    assert_eq!(session_of(&mut again).await, session);
}

#[tokio::test]
async fn writers_leave_a_share_of_the_connections_to_readers() {
    let setup = setup(&[("RESOLVER_POOL_SIZE", "4"), ("RESOLVER_POOL_WAIT_MILLIS", "50")]).await;
    let mut writers = Vec::new();
    for _ in 0..3 {
        writers.push(setup.pool.begin().await.unwrap());
    }
    assert!(matches!(setup.pool.begin().await, Err(StorageError::Exhausted)));
    let reader = setup.pool.acquire().await.unwrap();
    assert!(matches!(setup.pool.acquire().await, Err(StorageError::Exhausted)));
    drop(reader);
    assert!(setup.pool.acquire().await.is_ok());
}

#[tokio::test]
async fn a_server_that_refuses_connections_is_told_apart_from_a_busy_pool() {
    let pairs = [("DATABASE_URL", "mysql://u:p@127.0.0.1:1/d")];
    let config = Database::load(&Source::from_pairs(pairs)).unwrap();
    let pool = Pool::try_new(&config, Arc::new(Metrics::try_new().unwrap())).unwrap();
    assert!(matches!(pool.acquire().await, Err(StorageError::Unavailable(_))));
}

#[tokio::test]
async fn a_log_in_that_is_refused_is_no_bug_of_ours() {
    let db = TestDb::create().await;
    let mut url = url::Url::parse(&db.url()).unwrap();
    url.set_username("nobody_of_ours").unwrap();
    url.set_password(Some("CanaryPassword")).unwrap();
    let config = Database::load(&Source::from_pairs([("DATABASE_URL", url.as_str())])).unwrap();
    let pool = Pool::try_new(&config, Arc::new(Metrics::try_new().unwrap())).unwrap();
    let error = pool.acquire().await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable(_)), "{error}");
    assert!(!error.to_string().contains("Canary"), "{error}");
}

#[tokio::test]
async fn a_duplicate_key_is_told_without_the_key() {
    let setup = setup(&[]).await;
    let mut connection = setup.pool.acquire().await.unwrap();
    sqlx::query("CREATE TABLE address (a VARCHAR(50) PRIMARY KEY)").execute(&mut connection).await.unwrap();
    let insert = || sqlx::query("INSERT INTO address VALUES ('canary@example.org')");
    insert().execute(&mut connection).await.unwrap();
    let refused = failure(insert().execute(&mut connection).await);
    let too_long = sqlx::query("INSERT INTO thing VALUES (1, 'canary@example.org canary')");
    let too_long = failure(too_long.execute(&mut connection).await);
    for error in [refused, too_long] {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn every_session_is_set_alike_whatever_the_server_presets() {
    let setup = setup(&[]).await;
    let mut connection = setup.pool.acquire().await.unwrap();
    let row = sqlx::query(
        "SELECT CAST(@@session.time_zone AS CHAR), CAST(@@session.sql_mode AS CHAR), \
         CAST(@@session.innodb_lock_wait_timeout AS SIGNED), CAST(@@session.lock_wait_timeout AS SIGNED), \
         CAST(@@session.autocommit AS SIGNED), CAST(@@session.completion_type AS CHAR)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(row.get::<String, _>(0), "+00:00");
    assert!(row.get::<String, _>(1).contains("STRICT_ALL_TABLES"));
    assert_eq!((row.get::<i64, _>(2), row.get::<i64, _>(3), row.get::<i64, _>(4)), (1, 1, 1));
    assert_eq!(row.get::<String, _>(5), "NO_CHAIN");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_statement_does_not_wait_for_a_delayed_acknowledgement() {
    let db = TestDb::create().await;
    let door = Proxy::open(db.address());
    let config =
        Database::load(&Source::from_pairs([("DATABASE_URL", db.url_through(door.port()))])).unwrap();
    let pool = Pool::try_new(&config, Arc::new(Metrics::try_new().unwrap())).unwrap();
    let connection = pool.acquire().await.unwrap();
    let with_option: Vec<bool> =
        sockets_to(door.port()).iter().map(|socket| socket.tcp_nodelay().unwrap()).collect();
    assert_eq!(with_option, [true]);
    drop(connection);
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "sqlx hides its socket; only the descriptor's number can be had")]
fn sockets_to(port: u16) -> Vec<socket2::Socket> {
    use std::os::fd::{BorrowedFd, RawFd};
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    let copies = numbers.filter_map(|number| {
        // SAFETY: borrowed for the time of one duplication; a number that was closed meanwhile fails.
        let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
        Some(socket2::Socket::from(borrowed.try_clone_to_owned().ok()?))
    });
    let to_port = |socket: &socket2::Socket| {
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        peer.is_some_and(|peer| peer.port() == port)
    };
    copies.filter(to_port).collect()
}
