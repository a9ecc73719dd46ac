//! Odd and shared addresses are counted, and shown by the user's id alone.

use super::Ward;
use sqlx::Row;

#[tokio::test]
async fn odd_addresses_are_counted_with_three_examples_by_user_id() {
    let ward = Ward::new().await;
    let mut odd = Vec::new();
    for address in
        ["canary1@b.example.", "ca\u{200b}nary2@b.example", "ｃanary3@b.example", "canary4@b.example\u{a0}"]
    {
        odd.push(ward.db.seed_user(address).await);
    }
    for address in
        ["canary5@b.example", " CANARY6@b.example", "canary@xn--bcher-kva.example", "no address", ""]
    {
        ward.db.seed_user(address).await;
    }
    let told = ward.examine();
    let found = told.is(10).only("warning", "4 of 9 users have an odd address");
    odd.sort();
    assert!(
        odd[..3].iter().all(|id| told.text.contains(id)) && !told.text.contains(&odd[3]),
        "{}",
        told.text
    );
    assert!(
        found["paste"].as_str().unwrap().starts_with(&format!("identity-resolver link {} ", odd[0])),
        "{found}"
    );
    assert!(!told.text.to_lowercase().contains("canary"), "{}", told.text);
}

#[tokio::test]
async fn users_who_share_an_address_are_counted_and_the_pasted_query_finds_them() {
    let ward = Ward::new().await;
    for address in ["canary@b.example", "Canary@B.example ", "bob@b.example", "", ""] {
        ward.db.seed_user(address).await;
    }
    let told = ward.examine();
    let query = told.is(10).paste("warning", "2 of 5 users share their address");
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(ward.db.pool()).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<i64, _>(1)).collect::<Vec<_>>(), [2]);
    assert!(!told.text.to_lowercase().contains("canary"), "{}", told.text);
}

#[tokio::test]
async fn a_table_of_several_pages_is_walked_to_its_end() {
    let ward = Ward::new().await;
    let digit = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 \
                  UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    ward.db
        .execute(format!(
            "INSERT INTO `user` (id, email) SELECT LOWER(UUID()), CONCAT('p', a.d, b.d, c.d, e.d, '@b.example') \
             FROM {digit} a, {digit} b, {digit} c, {digit} e WHERE a.d < 4"
        ))
        .await;
    ward.examine().is(0).only("ok", "the addresses of 4000 users are found, and none is shared");
    ward.db.execute("UPDATE `user` SET email = 'p0000@b.example.' WHERE email LIKE 'p3999%'").await;
    let told = ward.examine();
    told.is(10).only("warning", "1 of 4000 users have an odd address");
    told.only("warning", "2 of 4000 users share their address");
}

#[tokio::test]
async fn the_walk_reads_by_the_key_of_the_id_and_never_sorts() {
    let ward = Ward::unmigrated(&[
        "CREATE TABLE `user` (n INT PRIMARY KEY AUTO_INCREMENT, id CHAR(36) NOT NULL UNIQUE,
        email VARCHAR(255))",
    ])
    .await;
    ward.setup.migrate();
    ward.db.execute("INSERT INTO `user` (id, email) VALUES (LOWER(UUID()), 'a@b.example'), (LOWER(UUID()), 'c@b.example')").await;
    ward.examine().is(0).only("ok", "the addresses of 2 users");
    let source = include_str!("../../../../src/storage/user/addresses.rs");
    let (_, rest) = source.split_once("sqlx::query(").expect("the statement");
    let statement = rest.split('"').nth(1).expect("its text");
    let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {statement}")))
        .bind("")
        .bind(1000)
        .fetch_all(ward.db.pool())
        .await
        .unwrap();
    let key: Option<String> = plan[0].try_get("key").unwrap();
    assert_ne!(key.as_deref(), Some("user_resolver_address_ix"));
}
