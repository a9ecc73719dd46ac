//! Accounts with less than they need, by grants, by columns and by roles.

use super::{Ward, examine};
use crate::support::database::TestDb;
use crate::support::service::Setup;
use sqlx::{AssertSqlSafe, Executor};

/// An account, or a role, of its own; dropped at the end.
struct Account<'a> {
    db: &'a TestDb,
    /// As statements write it.
    name: String,
    url: String,
}

impl<'a> Account<'a> {
    async fn new(db: &'a TestDb) -> Account<'a> {
        let mut url: url::Url = db.url().parse().unwrap();
        let user = format!("ir_{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
        url.set_username(&user).unwrap();
        url.set_password(Some("Canary1")).unwrap();
        let name = format!("'{user}'@'%'");
        db.execute(format!("CREATE USER {name} IDENTIFIED BY 'Canary1'")).await;
        Account { db, name, url: url.to_string() }
    }

    async fn grant(&self, rights: &str, target: &str) {
        let database = self.db.url().rsplit('/').next().unwrap().to_owned();
        let target = target.replace("DB", &format!("`{database}`"));
        self.db.execute(format!("GRANT {rights} ON {target} TO {}", self.name)).await;
    }

    fn setup(&self, ward: &Ward) -> Setup {
        ward.setup.clone().set("DATABASE_URL", &self.url)
    }

    async fn drop(self) {
        self.db.execute(format!("DROP USER {}", self.name)).await;
    }
}

const TABLES: [&str; 10] = [
    "resolver_migration",
    "adoption",
    "schema_compat",
    "user",
    "user_link",
    "address_claim",
    "link_history",
    "refusal",
    "review",
    "link_bar",
];

#[tokio::test]
async fn missing_rights_are_told_by_table_and_what_is_pasted_gives_them() {
    let ward = Ward::new().await;
    ward.db.seed_user("ada@b.example").await;
    let account = Account::new(&ward.db).await;
    for table in TABLES {
        account.grant("SELECT", &format!("DB.`{table}`")).await;
    }
    account.grant("UPDATE", "DB.review").await;
    let told = examine(&account.setup(&ward));
    told.is(1);
    for (table, verbs) in [
        ("user", "INSERT, UPDATE"),
        ("user_link", "INSERT, UPDATE"),
        ("address_claim", "INSERT, UPDATE"),
        ("link_history", "INSERT"),
        ("refusal", "INSERT, UPDATE"),
        ("review", "INSERT"),
        ("link_bar", "INSERT, UPDATE, DELETE"),
    ] {
        let paste = told.paste("error", &format!("lacks {verbs} on the table {table}$"));
        ward.db.execute(paste.replace("'ACCOUNT'@'HOST'", &account.name)).await;
    }
    told.only("ok", "the addresses of 1 users");
    let migrate = told.paste("warning", "lacks what `migrate` needs: SELECT, INSERT");
    assert!(!told.text.contains("Canary") && !told.text.contains(&account.name[1..10]), "{}", told.text);

    let told = examine(&account.setup(&ward));
    told.is(10).only("ok", "every right that `serve` needs");
    assert_eq!(told.trouble().len(), 1, "{}", told.text);
    ward.db.execute(migrate.replace("'ACCOUNT'@'HOST'", &account.name)).await;
    examine(&account.setup(&ward)).is(0);
    account.drop().await;
}

#[tokio::test]
async fn an_account_that_may_not_see_a_table_is_not_told_that_it_has_vanished() {
    let ward = Ward::new().await;
    let account = Account::new(&ward.db).await;
    for table in TABLES.into_iter().filter(|table| !["review", "user"].contains(table)) {
        account.grant("SELECT, INSERT, UPDATE, DELETE", &format!("DB.`{table}`")).await;
    }
    let told = examine(&account.setup(&ward));
    told.is(1).only("error", "lacks SELECT, INSERT, UPDATE on the table review$");
    told.only("error", "lacks SELECT, INSERT, UPDATE on the table user$");
    assert!(!told.text.contains("vanished"), "{}", told.text);
    account.drop().await;
}

#[tokio::test]
async fn an_account_that_may_read_nothing_of_the_schema_is_told_just_that() {
    let ward = Ward::new().await;
    let account = Account::new(&ward.db).await;
    account.grant("SELECT", "DB.refusal").await;
    let told = examine(&account.setup(&ward));
    told.is(1).only("error", "lacks SELECT on the table resolver_migration$");
    assert!(!told.text.contains("pending"), "{}", told.text);
    let stranger = Account::new(&ward.db).await;
    let paste = examine(&stranger.setup(&ward)).is(1).paste("error", "may not use the database");
    assert!(paste.starts_with("GRANT SELECT, INSERT, UPDATE, DELETE ON"), "{paste}");
    account.drop().await;
    stranger.drop().await;
}

#[tokio::test]
async fn rights_by_the_column_are_enough_where_they_name_what_is_written() {
    let ward = Ward::new().await;
    let account = Account::new(&ward.db).await;
    for table in TABLES.into_iter().filter(|table| *table != "user") {
        account.grant("SELECT, INSERT, UPDATE, DELETE", &format!("DB.`{table}`")).await;
    }
    account.grant("SELECT, INSERT, UPDATE (email)", "DB.`user`").await;
    let told = examine(&account.setup(&ward));
    told.is(1).only("error", "lacks UPDATE on the table user$");
    account.grant("UPDATE (authId)", "DB.`user`").await;
    examine(&account.setup(&ward)).is(10).only("ok", "every right that `serve` needs");
    account.drop().await;
}

#[tokio::test]
async fn the_rights_of_a_default_role_count() {
    let ward = Ward::new().await;
    let account = Account::new(&ward.db).await;
    let role = format!("ir_{}", &uuid::Uuid::new_v4().simple().to_string()[..20]);
    let database = ward.db.url().rsplit('/').next().unwrap().to_owned();
    ward.db.execute(format!("CREATE ROLE {role}")).await;
    ward.db.execute(format!("GRANT ALL ON `{database}`.* TO {role}")).await;
    ward.db.execute(format!("GRANT {role} TO {}", account.name)).await;
    // The one is MariaDB's, the other MySQL's.
    let mariadb = format!("SET DEFAULT ROLE {role} FOR {}", account.name);
    let mysql = format!("SET DEFAULT ROLE {role} TO {}", account.name);
    if ward.db.pool().execute(sqlx::raw_sql(AssertSqlSafe(mariadb))).await.is_err() {
        ward.db.execute(mysql).await;
    }
    examine(&account.setup(&ward)).is(0);
    account.drop().await;
    ward.db.execute(format!("DROP ROLE {role}")).await;
}
