//! A schema that is not what it was, or not yet what it will be; what is pasted puts it right.

use super::{Told, Ward};

#[tokio::test]
async fn a_pending_migration_is_told_with_its_command() {
    let ward = Ward::unmigrated(&[]).await;
    let told = ward.examine();
    assert_eq!(told.is(1).paste("error", "migration(s) pending"), "identity-resolver migrate");
    told.only("ok", "Kratos v26.2.0 answers");
    ward.setup.migrate();
    ward.examine().is(0);
}

#[tokio::test]
async fn an_adoption_that_was_cut_is_told_with_its_command() {
    let ward = Ward::new().await;
    ward.db.execute("DELETE FROM adoption WHERE what = 'complete'").await;
    let paste = ward.examine().is(1).paste("error", "begun and not finished");
    assert_eq!(paste, "identity-resolver migrate");
    ward.setup.migrate();
    ward.examine().is(0);
}

/// Breaks the schema, and examines it.
async fn broken(ward: &Ward, statements: &[&str]) -> Told {
    for statement in statements {
        ward.db.execute(*statement).await;
    }
    ward.examine()
}

#[tokio::test]
async fn what_the_platforms_tools_dropped_is_named_and_put_back_by_migrate() {
    let ward = Ward::new().await;
    let told = broken(&ward, &["ALTER TABLE `user` DROP KEY user_authId_uq"]).await;
    told.is(1).only("error", "the unique key on user.authId");
    let drop = "ALTER TABLE `user` DROP COLUMN authId, DROP COLUMN resolver_address";
    let told = broken(&ward, &[drop]).await;
    let all = "user.authId, user.resolver_address, the unique key on user.authId, the index on user.resolver_address";
    assert_eq!(told.is(1).paste("error", all), "identity-resolver migrate");
    ward.setup.migrate();
    ward.examine().is(0);
}

#[tokio::test]
async fn a_table_that_has_vanished_is_made_anew_by_what_is_pasted() {
    let ward = Ward::new().await;
    for table in ["review", "schema_compat", "adoption"] {
        let told = broken(&ward, &[&format!("DROP TABLE {table}")]).await;
        let paste = told.is(1).paste("error", &format!("the table {table} has vanished"));
        let (statement, command) = paste.split_once(";\n").unwrap();
        assert_eq!(command, "identity-resolver migrate");
        ward.db.execute(statement).await;
        ward.setup.migrate();
        ward.examine().is(0);
    }
}

#[tokio::test]
async fn columns_and_keys_of_ours_that_have_vanished_are_named() {
    let ward = Ward::new().await;
    let told = broken(
        &ward,
        &[
            "ALTER TABLE link_bar DROP COLUMN cause",
            "ALTER TABLE link_history DROP KEY link_history_attempt_uq",
        ],
    )
    .await;
    told.is(1).only("error", "the key link_history_attempt_uq of link_history, link_bar.cause");
}

#[tokio::test]
async fn user_ids_in_another_collation_are_named_and_put_right_by_migrate() {
    let ward = Ward::new().await;
    let modify = "MODIFY user_id CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL";
    let told =
        broken(&ward, &[&format!("ALTER TABLE user_link {modify}"), &format!("ALTER TABLE review {modify}")])
            .await;
    let paste = told.is(10).paste("warning", "user_link.user_id, review.user_id");
    assert_eq!(paste, "identity-resolver migrate");
    ward.setup.migrate();
    ward.examine().is(0);
}

#[tokio::test]
async fn a_newer_schema_is_a_warning_and_one_that_forbids_this_version_an_error() {
    let ward = Ward::new().await;
    let newer = "INSERT INTO resolver_migration (version, description, success, checksum, execution_time) \
                 VALUES (99990101000000, 'of tomorrow', 1, x'00', 1)";
    broken(&ward, &[newer]).await.is(10).only("warning", "the schema is newer than this program");
    let least = "INSERT INTO schema_compat (id, least_version) VALUES (1, 99990101000000)";
    broken(&ward, &[least]).await.is(1).only("error", "asks for version 99990101000000 or later");
}
