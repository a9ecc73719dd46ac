//! The platform goes on as if nobody had touched its table: it inserts, replaces, renames, drops.

use super::Foreign;
use super::shapes::{ADA, BOB, LATIN1, TYPEORM, TYPEORM_RULES};
use crate::support::log::field;
use crate::support::service::{PATIENCE, Service};
use fake_kratos::Identity;

const EVE: &str = "018f0000-0000-7000-8000-00000000000e";

/// Waits until the probe says no, and for the line that names what is missing.
async fn is_not_ready_for_want_of(service: &Service, what: &str) {
    let ready = service.client.operations("/health/ready").await;
    assert_eq!(ready.refusal(), (503, "database_unavailable".to_owned()), "{ready}");
    service.log().wait_for(what, PATIENCE, |event| {
        field(event, "message") == "not ready"
            && field(event, "error").as_str().unwrap_or_default().contains(what)
    });
}

#[tokio::test]
async fn an_insert_without_a_column_list_goes_on_as_before() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    foreign.db.execute(format!("INSERT INTO `user` VALUES ('{EVE}', 'Eve@b.example', 'Eve', NULL)")).await;
    let eves = foreign.kratos.seed(Identity::verified("eve@b.example"));
    assert_eq!(service.client.resolve(eves).await.user(), EVE);
}

#[tokio::test]
async fn a_replace_empties_the_link_and_the_user_is_an_ordinary_unlinked_one() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    let adas = foreign.kratos.seed(Identity::verified("ada@b.example"));
    assert_eq!(service.client.resolve(adas).await.user(), ADA);
    foreign.db.execute(format!("REPLACE INTO `user` VALUES ('{ADA}', 'Ada@b.example', 'Ada', 'M')")).await;
    let nobody = format!("SELECT authId FROM `user` WHERE id = '{ADA}'");
    assert_eq!(foreign.text(&nobody).await, None);
    let again = service.client.resolve(adas).await;
    assert_eq!((again.user(), again.created()), (ADA.to_owned(), false));
    assert_eq!(foreign.text(&nobody).await, Some(adas.to_string()));
}

#[tokio::test]
async fn a_dropped_column_of_ours_is_named_and_migrate_puts_it_back() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    for column in ["authId", "resolver_address"] {
        foreign.db.execute(format!("ALTER TABLE `user` DROP COLUMN {column}")).await;
        is_not_ready_for_want_of(&service, column).await;
        let bobs = foreign.kratos.seed(Identity::verified("bob@b.example"));
        let answer = service.client.resolve(bobs).await;
        assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{answer}");
        let up = foreign.setup.run(&["migrate"]);
        assert!(up.code == Some(0) && up.stdout.contains(column), "{}", up.text());
        service.ready().await;
    }
    let bobs = foreign.kratos.seed(Identity::verified("bob@b.example"));
    assert_eq!(service.client.resolve(bobs).await.user(), BOB);
}

#[tokio::test]
async fn a_dropped_key_of_ours_is_named_and_migrate_puts_it_back() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    for (key, named) in [("user_authId_uq", "authId"), ("user_resolver_address_ix", "resolver_address")] {
        foreign.db.execute(format!("ALTER TABLE `user` DROP KEY {key}")).await;
        is_not_ready_for_want_of(&service, named).await;
        foreign.setup.migrate();
        service.ready().await;
    }
}

#[tokio::test]
async fn renames_of_its_own_columns_are_noticed_without_a_restart() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    let newcomer = async |address: &str| {
        let identity = foreign.kratos.seed(Identity::verified(address).name("N", "C"));
        service.client.resolve(identity).await
    };
    assert!(newcomer("first@b.example").await.created());
    foreign.db.execute("ALTER TABLE `user` CHANGE lastName surname VARCHAR(20) NULL").await;
    assert!(newcomer("second@b.example").await.created(), "an optional column");
    foreign.db.execute("ALTER TABLE `user` CHANGE firstName given VARCHAR(20) NOT NULL").await;
    let answer = newcomer("third@b.example").await;
    assert_eq!(answer.refusal(), (503, "provisioning_impossible".to_owned()), "{answer}");
    service.ready().await;
    foreign.db.execute("ALTER TABLE `user` CHANGE given given VARCHAR(20) NULL").await;
    service.stop().await;
    let service = foreign.setup.serve().await;
    let fourth = foreign.kratos.seed(Identity::verified("third@b.example"));
    assert!(service.client.resolve(fourth).await.created());
}

#[tokio::test]
async fn a_column_that_becomes_required_is_noticed_by_the_first_newcomer_it_stops() {
    let (foreign, service) = Foreign::new(&TYPEORM).await.with_rules(TYPEORM_RULES).adopted().await;
    let first = foreign.kratos.seed(Identity::verified("first@b.example"));
    assert!(service.client.resolve(first).await.created());
    foreign.db.execute("ALTER TABLE `user` ADD COLUMN tenant INT NOT NULL").await;
    let second = foreign.kratos.seed(Identity::verified("second@b.example"));
    let answer = service.client.resolve(second).await;
    assert_eq!(answer.refusal(), (503, "provisioning_impossible".to_owned()), "{answer}");
    assert_eq!(service.client.resolve(first).await.status, 200);
}

#[tokio::test]
async fn an_address_longer_than_the_index_is_no_hindrance_to_the_platform() {
    let (foreign, _service) = Foreign::new(&[
        "CREATE TABLE `user` (id CHAR(36) NOT NULL PRIMARY KEY, email TEXT) DEFAULT CHARSET=utf8mb4",
    ])
    .await
    .adopted()
    .await;
    let long = format!("INSERT INTO `user` VALUES ('{EVE}', '{}@b.example')", "e".repeat(400));
    foreign.db.execute(long).await;
}

#[tokio::test]
async fn an_id_in_a_spelling_that_the_table_would_not_find_is_named_at_once() {
    let table =
        "CREATE TABLE `user` (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255)) COLLATE utf8mb4_bin";
    let (foreign, service) = Foreign::new(&[table]).await.adopted().await;
    let upper = EVE.to_uppercase();
    foreign.db.execute(format!("INSERT INTO `user` VALUES ('{upper}', 'eve@b.example')")).await;
    let eves = foreign.kratos.seed(Identity::verified("eve@b.example"));
    let answer = service.client.resolve(eves).await;
    assert_eq!(answer.refusal(), (500, "internal_error".to_owned()), "{answer}");
    service.log().wait_for("the column", PATIENCE, |event| {
        field(event, "cause").as_str().unwrap_or_default().contains("table user, column id")
    });
    let linked = "SELECT CAST(COUNT(authId) AS CHAR) FROM `user`";
    assert_eq!(foreign.text(linked).await.as_deref(), Some("0"));
}

#[tokio::test]
async fn migrations_that_the_platform_records_the_same_way_stay_its_own() {
    let record = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
        checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
    let theirs = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        VALUES (99990101000000, 'theirs', TRUE, '', 1)";
    let (foreign, service) = Foreign::new(&[LATIN1[0], LATIN1[1], record, theirs]).await.adopted().await;
    let sum = "SELECT CAST(CONCAT(COUNT(*), ' ', MAX(version)) AS CHAR) FROM _sqlx_migrations";
    assert_eq!(foreign.text(sum).await.as_deref(), Some("1 99990101000000"));
    assert_eq!(service.client.operations("/health/ready").await.status, 200);
    let status = foreign.setup.run(&["migrate", "status"]);
    assert!(!status.stdout.contains("theirs") && !status.stdout.contains("9999"), "{}", status.text());
}
