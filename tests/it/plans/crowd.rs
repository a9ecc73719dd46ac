//! A database of 100,000 users in an adopted table of an awkward shape, and as much in our own tables as gives the
//! server a choice. Person number n has the user id, the identity, the address … number n.

use crate::support::database::TestDb;
use crate::support::service::Setup;
use sqlx::MySql;
use sqlx::mysql::MySqlArguments;
use sqlx::query::Query;
use time::macros::{date, datetime};

/// How many users there are; the even ones are linked.
const USERS: i64 = 100_000;

/// Ids of another character set than addresses, both without letter case; unique columns of the platform's own.
const SHAPE: &str = "CREATE TABLE `user` (
    id varchar(36) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
    email varchar(255) NOT NULL,
    handle varchar(60) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
    email_verified tinyint(1) NOT NULL DEFAULT 1,
    name varchar(60) DEFAULT NULL,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY email (email),
    UNIQUE KEY handle (handle)
 ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci";

/// What stands for a `?`, of the type that the service binds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    User(u32),
    Identity(u32),
    Attempt(u32),
    Audit(u32),
    Review(u32),
    /// As typed.
    Email(u32),
    /// In the form that candidates are looked up by.
    Address(u32),
    /// Identity and user of the same number, as one key.
    Pair(u32),
    Text(&'static str),
    Number(i64),
    Count(u64),
    Today,
    Now,
    Null,
}

impl Value {
    /// Binds it as the service does: ids as hyphenated text, times without a zone.
    pub(super) fn bind_to(self, query: Query<'_, MySql, MySqlArguments>) -> Query<'_, MySql, MySqlArguments> {
        let id = |number: u32, kind: &str| format!("{number:08x}-0000-{kind}-8000-000000000000");
        match self {
            Value::User(number) => query.bind(id(number, USER)),
            Value::Identity(number) => query.bind(id(number, IDENTITY)),
            Value::Attempt(number) => query.bind(id(number, ATTEMPT)),
            Value::Audit(number) => query.bind(id(number, AUDIT)),
            Value::Review(number) => query.bind(id(number, REVIEW)),
            Value::Email(number) => query.bind(format!("Person{number}@b.example")),
            Value::Address(number) => query.bind(format!("person{number}@b.example")),
            Value::Pair(number) => query.bind(format!("{}:{}", id(number, IDENTITY), id(number, USER))),
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Count(number) => query.bind(number),
            Value::Today => query.bind(date!(2026 - 11 - 02)),
            Value::Now => query.bind(datetime!(2026 - 11 - 02 10:00)),
            Value::Null => query.bind(None::<String>),
        }
    }
}

// The third group of an id says whose it is.
const USER: &str = "7000";
const IDENTITY: &str = "4000";
const ATTEMPT: &str = "7001";
const AUDIT: &str = "7002";
const REVIEW: &str = "7003";

/// As `Value::bind_to`, of the column `n`.
fn id(kind: &str) -> String {
    format!("CONCAT(LPAD(LOWER(HEX(n)), 8, '0'), '-0000-{kind}-8000-000000000000')")
}

/// Makes the platform's table, fills it, has it adopted, fills ours.
pub(super) async fn gather() -> TestDb {
    let db = TestDb::create().await;
    db.execute(SHAPE).await;
    db.execute("CREATE TABLE number (n INT NOT NULL PRIMARY KEY) ENGINE=InnoDB").await;
    let digit = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL \
                 SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    db.execute(format!(
        "INSERT INTO number SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d \
         FROM {digit} a, {digit} b, {digit} c, {digit} e, {digit} f"
    ))
    .await;
    db.execute(format!(
        "INSERT INTO `user` (id, email, handle) \
         SELECT {}, CONCAT('Person', n, '@b.example'), CONCAT('person-', n) FROM number",
        id(USER)
    ))
    .await;
    Setup::new(&db.url(), "http://127.0.0.1:1").migrate();
    for statement in ours() {
        db.execute(statement).await;
    }
    db.execute("DROP TABLE number").await;
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM `user`").fetch_one(db.pool()).await.expect("a count");
    assert_eq!(count, USERS, "a smaller crowd would prove less");
    for table in db.tables().await {
        db.execute(format!("ANALYZE TABLE `{table}`")).await;
    }
    db
}

/// One statement or more per table of ours. Every fifth link has a longer history, every twentieth review is open.
fn ours() -> Vec<String> {
    let (user, identity, audit) = (&id(USER), &id(IDENTITY), &id(AUDIT));
    let history = |attempt: &str, event: &str, proof: &str, every: u32| {
        let attempt = id(attempt);
        format!(
            "INSERT INTO link_history (event, user_id, identity_id, actor, why, proof, audit_id, attempt_id, occurred_at) \
             SELECT '{event}', {user}, {identity}, 'api', 'l', '{proof}', {audit}, {attempt}, NOW(6) FROM number \
             WHERE MOD(n, {every}) = 0"
        )
    };
    vec![
        // `updated_at` is the platform's: only the order of columns matters here.
        format!("UPDATE `user` JOIN number ON id = {user} SET authId = {identity} WHERE MOD(n, 2) = 0"),
        format!(
            "INSERT INTO user_link (user_id, identity_id, state, linked_at) \
             SELECT {user}, {identity}, 'linked', NOW(6) FROM number WHERE MOD(n, 2) = 0"
        ),
        history(ATTEMPT, "identity.linked", "verified_address", 2),
        history("7004", "identity.unlinked", "admin", 10),
        history("7005", "identity.linked", "admin", 10),
        format!(
            "INSERT INTO address_claim (address, user_id, claimed_at) \
             SELECT CONCAT('person', n, '@b.example'), {user}, NOW(6) FROM number WHERE MOD(n, 2) = 1"
        ),
        format!(
            "INSERT INTO review (id, identity_id, user_id, kind, state, open_key, first_audit_id, asked_at) \
             SELECT {}, {identity}, {user}, 'link', IF(MOD(n, 100) = 0, 'open', 'rejected'), \
             IF(MOD(n, 100) = 0, CONCAT({identity}, ':', {user}), NULL), {audit}, NOW(6) FROM number \
             WHERE MOD(n, 5) = 0",
            id(REVIEW)
        ),
        format!(
            "INSERT INTO link_bar (identity_id, user_id, cause, audit_id, barred_at) \
             SELECT {identity}, {user}, 'rejected', {audit}, NOW(6) FROM number WHERE MOD(n, 5) < 2"
        ),
        format!(
            "INSERT INTO refusal (identity_id, code, day, first_audit_id, count) \
             SELECT {identity}, 'identity_email_unverified', '2026-11-01' + INTERVAL MOD(n, 3) DAY, {audit}, 2 \
             FROM number WHERE MOD(n, 2) = 1"
        ),
        format!(
            "INSERT INTO adoption (object, what, old_value, recorded_at) \
             SELECT CONCAT('user.authId:', {user}), 'value_changed', {identity}, NOW(6) FROM number WHERE MOD(n, 5) = 0"
        ),
        "INSERT INTO schema_compat VALUES (1, 1)".to_owned(),
    ]
}
