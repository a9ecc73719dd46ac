//! `migrate`, and `serve` on a schema that does not fit.

use crate::support::database::TestDb;
use crate::support::log::field;
use crate::support::service::{Finished, PATIENCE, Setup};
use crate::support::world::World;
use crate::support::{eventually, proxy::Proxy};
use fake_kratos::{FakeKratos, Identity};
use serde_json::Value;

/// A database, the double, and the environment of a service; nothing migrated yet.
async fn bare() -> (TestDb, FakeKratos, Setup) {
    let (db, kratos) = (TestDb::create().await, FakeKratos::start());
    let setup = Setup::new(&db.url(), &kratos.admin_url());
    (db, kratos, setup)
}

const TABLES: [&str; 9] = [
    "address_claim",
    "lease",
    "link_bar",
    "link_history",
    "refusal",
    "review",
    "schema_compat",
    "user",
    "user_link",
];

async fn ours(db: &TestDb) -> Vec<String> {
    db.tables().await.into_iter().filter(|table| TABLES.contains(&table.as_str())).collect()
}

fn lines(done: &Finished) -> Vec<Value> {
    done.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn states(done: &Finished, state: &str) -> usize {
    lines(done).iter().filter(|line| !line["migration"].is_null() && line["state"] == state).count()
}

/// What `migrate status` says of the table `user`.
fn adoption(setup: &Setup) -> Value {
    let status = setup.run(&["migrate", "status"]);
    let lines = lines(&status);
    let line = lines.iter().find(|line| line["adoption"] == "user").expect("a line");
    line["state"].clone()
}

#[tokio::test]
async fn a_table_user_that_did_not_get_all_it_needs_is_pending_in_the_status() {
    let (db, _kratos, setup) = bare().await;
    assert_eq!(adoption(&setup), "pending");
    setup.migrate();
    assert_eq!(adoption(&setup), "applied");
    db.execute("DELETE FROM adoption WHERE what = 'complete'").await;
    assert_eq!(adoption(&setup), "pending");
    setup.migrate();
    assert_eq!(adoption(&setup), "applied");
}

#[tokio::test]
async fn the_schema_goes_up_and_down_and_up_again() {
    let (db, _kratos, setup) = bare().await;
    let before = setup.run(&["migrate", "status"]);
    assert_eq!((before.code, states(&before, "applied")), (Some(0), 0), "{}", before.text());
    let all = states(&before, "pending");
    assert!(all >= TABLES.len());

    let up = setup.run(&["migrate", "up"]);
    assert_eq!((up.code, states(&up, "applied")), (Some(0), all), "{}", up.text());
    assert_eq!(ours(&db).await, TABLES);
    assert_eq!(states(&setup.run(&["migrate", "status"]), "applied"), all);

    let again = setup.run(&["migrate"]);
    assert_eq!(
        (again.code, states(&again, "applied")),
        (Some(0), 0),
        "nothing is left to do: {}",
        again.text()
    );

    let down = setup.run(&["migrate", "down", "--to", "0"]);
    assert_eq!(down.code, Some(0), "{}", down.text());
    let left: Vec<String> = ours(&db).await.into_iter().filter(|table| table != "lease").collect();
    assert!(left.is_empty(), "{left:?}");

    setup.migrate();
    assert_eq!(ours(&db).await, TABLES);
    setup.serve().await;
}

fn down_one_step(setup: &Setup) {
    let status = setup.run(&["migrate", "status"]);
    let versions: Vec<i64> = lines(&status).iter().filter_map(|line| line["migration"].as_i64()).collect();
    let down = setup.run(&["migrate", "down", "--to", &versions[versions.len() - 2].to_string()]);
    assert_eq!((down.code, states(&down, "reverted")), (Some(0), 1), "{}", down.text());
}

#[tokio::test]
async fn one_step_down_and_up_keeps_the_rest() {
    let (db, _kratos, setup) = bare().await;
    setup.migrate();
    let user = db.seed_user("a@b.example").await;
    down_one_step(&setup);
    assert_eq!(states(&setup.run(&["migrate", "status"]), "pending"), 1);
    setup.migrate();
    assert_eq!(db.users().await[0].id, user);
}

#[tokio::test]
async fn several_migrators_at_once_do_every_step_once() {
    let (db, _kratos, setup) = bare().await;
    let mut running: Vec<_> = (0..4).map(|_| setup.spawn(&["migrate"])).collect();
    let mut applied = 0;
    for migrator in &mut running {
        assert_eq!(migrator.wait(), Some(0), "{}", migrator.log.text());
        applied += migrator.log.events().iter().filter(|line| line["state"] == "applied").count();
    }
    assert_eq!(ours(&db).await, TABLES);
    assert_eq!(applied, states(&setup.run(&["migrate", "status"]), "applied"));
}

#[tokio::test]
async fn a_migrator_that_died_is_followed_once_its_lease_is_over() {
    let (db, _kratos, setup) = bare().await;
    setup.migrate();
    down_one_step(&setup);
    db.execute("DELETE FROM lease").await;
    let dead = "INSERT INTO lease (name, holder, epoch, expires_at) \
                VALUES ('migrate', 'dead', 7, UTC_TIMESTAMP(6) + INTERVAL 2 SECOND)";
    db.execute(dead).await;
    setup.set("RESOLVER_LEASE_SECONDS", "2").migrate();
    let (is_over, epoch): (i64, u64) =
        sqlx::query_as("SELECT expires_at >= UTC_TIMESTAMP(6) - INTERVAL 30 SECOND, epoch FROM lease")
            .fetch_one(db.pool())
            .await
            .unwrap();
    assert!(is_over == 1 && epoch > 7, "epoch {epoch}");
    assert_eq!(ours(&db).await, TABLES);
}

#[tokio::test]
async fn serve_on_a_pending_migration_ends_with_the_command_to_run() {
    let (_db, _kratos, setup) = bare().await;
    let done = setup.run(&["serve"]);
    assert_eq!(done.code, Some(2), "{}", done.text());
    assert!(done.text().contains("identity-resolver migrate"), "{}", done.text());
}

#[tokio::test]
async fn serve_on_a_schema_of_tomorrow_warns_and_serves() {
    let (db, kratos, setup) = bare().await;
    setup.migrate();
    newer(&db).await;
    let service = setup.serve().await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    assert!(service.client.resolve(identity).await.created());
    let warned = |event: &Value| field(event, "message").as_str().is_some_and(|text| text.contains("newer"));
    service.log().wait_for("the warning", PATIENCE, warned);
}

#[tokio::test]
async fn serve_on_a_schema_that_names_a_higher_least_version_does_not_start() {
    let (db, _kratos, setup) = bare().await;
    setup.migrate();
    newer(&db).await;
    db.execute("REPLACE INTO schema_compat (id, least_version) VALUES (1, 99990101000000)").await;
    let done = setup.run(&["serve"]);
    assert_eq!(done.code, Some(2), "{}", done.text());
}

#[tokio::test]
async fn a_least_version_that_this_program_has_is_no_obstacle() {
    let (db, _kratos, setup) = bare().await;
    setup.migrate();
    newer(&db).await;
    db.execute("REPLACE INTO schema_compat (id, least_version) VALUES (1, 20260101000000)").await;
    setup.serve().await;
}

/// As a later version of this program would leave it.
async fn newer(db: &TestDb) {
    db.execute(
        "INSERT INTO resolver_migration (version, description, success, checksum, execution_time) \
         VALUES (99990101000000, 'of tomorrow', 1, x'00', 1)",
    )
    .await;
}

#[tokio::test]
async fn a_user_table_of_somebody_else_is_left_alone() {
    let (db, _kratos, setup) = bare().await;
    db.execute("CREATE TABLE `user` (id INT PRIMARY KEY, email TEXT)").await;
    db.execute("INSERT INTO `user` VALUES (7, 'a@b.example')").await;
    let before = db.tables().await;
    let done = setup.run(&["migrate"]);
    assert!(matches!(done.code, Some(1 | 2)), "{}", done.text());
    assert!(done.text().contains("user"), "{}", done.text());
    assert_eq!(db.tables().await, before, "nothing was changed");
}

#[tokio::test]
async fn down_never_drops_a_user_table_of_somebody_else() {
    let (db, _kratos, setup) = bare().await;
    db.execute("CREATE TABLE `user` (id INT PRIMARY KEY, email TEXT)").await;
    setup.run(&["migrate"]);
    setup.run(&["migrate", "down", "--to", "0"]);
    assert!(db.tables().await.contains(&"user".to_owned()));
}

#[tokio::test]
async fn down_where_nothing_was_made_makes_nothing() {
    let (db, _kratos, setup) = bare().await;
    db.execute("CREATE TABLE lease (id INT PRIMARY KEY)").await;
    let down = setup.run(&["migrate", "down", "--to", "0"]);
    assert_eq!((down.code, db.tables().await), (Some(0), vec!["lease".to_owned()]), "{}", down.text());
    db.execute("DROP TABLE lease").await;
    setup.migrate();
    for _ in 0..2 {
        let down = setup.run(&["migrate", "down", "--to", "0"]);
        assert_eq!((down.code, ours(&db).await), (Some(0), Vec::new()), "{}", down.text());
    }
}

#[tokio::test]
async fn down_to_a_version_that_is_none_is_wrong_usage() {
    let (_db, _kratos, setup) = bare().await;
    setup.migrate();
    for version in ["1", "-1", "x", "20991231000000"] {
        let done = setup.run(&["migrate", "down", "--to", version]);
        assert_eq!(done.code, Some(2), "{version}: {}", done.text());
    }
    assert_eq!(setup.run(&["migrate", "down"]).code, Some(2));
}

#[tokio::test]
async fn migrate_without_a_database_fails() {
    let done = Setup::empty().set("DATABASE_URL", "mysql://x:y@127.0.0.1:1/z").run(&["migrate"]);
    assert_eq!(done.code, Some(1), "{}", done.text());
}

#[tokio::test]
async fn without_its_database_the_service_is_live_and_not_ready_and_then_ready_by_itself() {
    let (db, kratos, setup) = bare().await;
    setup.migrate();
    let door = Proxy::shut(db.address());
    let service = setup.set("DATABASE_URL", db.url_through(door.port())).launch().await;
    let client = &service.client;
    assert_eq!(client.operations("/health/live").await.status, 200);
    let ready = client.operations("/health/ready").await;
    assert_eq!(ready.refusal(), (503, "database_unavailable".to_owned()));
    let identity = kratos.seed(Identity::verified("a@b.example"));
    assert_eq!(client.resolve(identity).await.refusal(), (503, "database_unavailable".to_owned()));
    assert_eq!(kratos.calls(), 0);
    door.heal();
    service.ready().await;
    let created = eventually("a creation", PATIENCE, async || {
        let answer = client.resolve(identity).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert!(created.created());
}

#[tokio::test]
async fn a_pending_migration_found_only_later_is_the_reason_for_not_being_ready() {
    let (db, _kratos, setup) = bare().await;
    let door = Proxy::shut(db.address());
    let service = setup.clone().set("DATABASE_URL", db.url_through(door.port())).launch().await;
    door.heal();
    eventually("the reason", PATIENCE, async || {
        let ready = service.client.operations("/health/ready").await;
        assert_eq!(ready.refusal(), (503, "database_unavailable".to_owned()));
        ready.string("message").starts_with("migration_pending").then_some(())
    })
    .await;
    assert_eq!(service.client.operations("/health/live").await.status, 200);
    setup.migrate();
    service.ready().await;
}

#[tokio::test]
async fn every_table_has_a_primary_key() {
    let world = World::start().await;
    let without: Vec<(String,)> = sqlx::query_as(
        "SELECT CAST(t.table_name AS CHAR) FROM information_schema.tables t WHERE t.table_schema = DATABASE() \
         AND NOT EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.table_schema = t.table_schema \
         AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY')",
    )
    .fetch_all(world.db.pool())
    .await
    .unwrap();
    assert!(without.is_empty(), "{without:?}");
}
