//! What cannot be adopted is refused with every reason, before anything is changed.

use super::Foreign;
use super::shapes::{ADA, BOB, LINKED};

const GOOD: &str = "id CHAR(36) NOT NULL PRIMARY KEY";

/// Migrates a database of these statements; gives the message, having checked that nothing was changed.
async fn refusal(statements: &[&str]) -> String {
    let foreign = Foreign::new(statements).await;
    let before = foreign.snapshot(&[]).await.0;
    let done = foreign.setup.run(&["migrate"]);
    assert_eq!(done.code, Some(1), "{}", done.text());
    assert_eq!(foreign.db.tables().await, ["user"], "nothing was made");
    assert_eq!(foreign.snapshot(&[]).await.0, before);
    assert!(done.stderr.contains("the table `user` cannot be adopted: "), "{}", done.stderr);
    assert!(done.stderr.contains("nothing was changed"), "{}", done.stderr);
    done.stderr
}

async fn is_refused(columns: &str, wanted: &str) {
    let said = refusal(&[&format!("CREATE TABLE `user` ({columns})")]).await;
    assert!(said.contains(wanted), "{columns}: {said}");
}

#[tokio::test]
async fn ids_of_another_type() {
    for kind in ["INT", "BINARY(16)", "VARCHAR(255)", "CHAR(32)"] {
        let columns = format!("id {kind} NOT NULL PRIMARY KEY, email VARCHAR(255)");
        is_refused(&columns, "it must be CHAR(36) or VARCHAR(36)").await;
    }
}

#[tokio::test]
async fn missing_columns_all_at_once() {
    is_refused("x INT", "it has no column id; it has no column email").await;
}

#[tokio::test]
async fn an_id_without_a_key_and_an_email_that_is_no_text() {
    is_refused("id CHAR(36) NOT NULL, email TEXT", "no primary or unique key of its own").await;
    is_refused(&format!("{GOOD}, email BLOB"), "its column email is blob").await;
}

#[tokio::test]
async fn a_link_column_that_cannot_be_empty_or_holds_no_uuid() {
    is_refused(&format!("{GOOD}, email TEXT, authId CHAR(36) NOT NULL"), "NULL for users without a link")
        .await;
    is_refused(&format!("{GOOD}, email TEXT, authId BINARY(16)"), "its column authId is binary(16)").await;
}

#[tokio::test]
async fn a_row_format_that_cannot_hold_the_index_and_an_engine_without_transactions() {
    for (options, wanted) in [
        ("ROW_FORMAT=COMPACT", "ROW_FORMAT=DYNAMIC"),
        ("ROW_FORMAT=REDUNDANT", "ROW_FORMAT=DYNAMIC"),
        ("ENGINE=MyISAM", "it must be InnoDB"),
    ] {
        let said = refusal(&[&format!("CREATE TABLE `user` ({GOOD}, email VARCHAR(255)) {options}")]).await;
        assert!(said.contains(wanted), "{options}: {said}");
    }
}

#[tokio::test]
async fn a_view() {
    let foreign = Foreign::new(&[
        "CREATE TABLE people (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255))",
        "CREATE VIEW `user` AS SELECT * FROM people",
    ])
    .await;
    let done = foreign.setup.run(&["migrate"]);
    assert!(done.code == Some(1) && done.stderr.contains("it is a view"), "{}", done.text());
}

#[tokio::test]
async fn ids_that_are_no_uuids_are_counted_and_three_are_named() {
    let table = format!("CREATE TABLE `user` ({GOOD}, email VARCHAR(255)) COLLATE utf8mb4_bin");
    let rows = format!(
        "INSERT INTO `user` (id) VALUES ('1'), ('2'), ('3'), ('4'), ('{}'), \
         ('00000000-0000-0000-0000-000000000000'), ('{ADA}')",
        BOB.to_uppercase()
    );
    let said = refusal(&[&table, &rows]).await;
    assert!(said.contains("6 of its ids are no hyphenated UUIDs in lower case, such as "), "{said}");
    assert_eq!(said.matches('\'').count(), 6, "{said}");
}

#[tokio::test]
async fn links_that_are_no_uuids_or_are_shared_are_named_by_their_users() {
    let shared = format!(
        "INSERT INTO `user` (id, authId) VALUES ('{}', '6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11'), \
         ('{}', '')",
        ADA.replace("8000", "8001"),
        BOB.replace("8000", "8001")
    );
    let said = refusal(&[LINKED[0], LINKED[1], &shared]).await;
    let (empty, twins) = said.split_once("; ").unwrap();
    assert!(empty.contains("1 of its users have an authId that is no UUID"), "{said}");
    assert!(empty.contains(&BOB.replace("8000", "8001")), "{said}");
    assert!(twins.contains("2 of its users share their authId") && twins.contains(ADA), "{said}");
}

#[tokio::test]
async fn tables_of_the_platform_that_bear_names_of_ours_are_all_named_and_stay_as_they_are() {
    let foreign = Foreign::new(&[
        LINKED[0],
        LINKED[1],
        "CREATE TABLE Review (id INT PRIMARY KEY, stars INT) COMMENT='by customers'",
        "CREATE TABLE lease (id INT PRIMARY KEY)",
        "CREATE VIEW refusal AS SELECT * FROM Review",
    ])
    .await;
    let before = foreign.db.tables().await;
    let done = foreign.setup.run(&["migrate"]);
    assert_eq!(done.code, Some(1), "{}", done.text());
    let said = done.stderr.to_ascii_lowercase();
    assert!(said.contains("of names it needs: lease, refusal, review; rename them"), "{said}");
    assert_eq!(foreign.db.tables().await, before, "nothing was made");
    for rename in ["RENAME TABLE Review TO stars, lease TO contract", "DROP VIEW refusal"] {
        foreign.db.execute(rename).await;
    }
    foreign.setup.migrate();
    let down = foreign.setup.run(&["migrate", "down", "--to", "0"]);
    assert_eq!(down.code, Some(0), "{}", down.text());
    let left = foreign.db.tables().await;
    assert!(left.contains(&"stars".to_owned()) && left.contains(&"contract".to_owned()), "{left:?}");
}
