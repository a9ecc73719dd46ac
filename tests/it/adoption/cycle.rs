//! Before, up, use, down, after: what is left is what was there, but for the rows that were meant.

use super::Foreign;
use super::shapes::{ADA, ADAS_IDENTITY, BOB, LATIN1, LINKED, TYPEORM, TYPEORM_RULES, UNIQUE_EMAIL};
use fake_kratos::Identity;
use sqlx::{AssertSqlSafe, Row};

/// Adopts, links Bob, creates a newcomer, migrates again, gives back; gives the newcomer's row as it is left.
async fn goes_up_and_down(foreign: Foreign) -> String {
    let columns = foreign.visible_columns().await;
    let before = foreign.snapshot(&columns).await;
    let (foreign, service) = foreign.adopted().await;
    assert_eq!(foreign.visible_columns().await, columns, "what was added is invisible");
    let joins = explained_joins(&foreign).await;
    assert!(
        joins.iter().all(|access| access == "eq_ref" || access == "const" || access == "ref"),
        "{joins:?}"
    );

    let bobs = foreign.kratos.seed(Identity::verified("BOB@b.example"));
    let linked = service.client.resolve(bobs).await;
    assert_eq!((linked.user(), linked.created()), (BOB.to_owned(), false), "{linked}");
    let newcomer = foreign.kratos.seed(Identity::verified("New.Comer@b.example").name("Zoë", "Łuk"));
    let created = service.client.resolve(newcomer).await;
    assert!(created.created(), "{created}");
    assert_eq!(service.client.resolve(newcomer).await.user(), created.user());
    assert_eq!(service.stop().await.0, Some(0));

    let again = foreign.setup.run(&["migrate"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""), "nothing is left to do: {}", again.text());
    foreign.down();
    let after = foreign.snapshot(&columns).await;
    assert_eq!(after.0, before.0);
    let (new, old): (Vec<_>, Vec<_>) = after.1.into_iter().partition(|row| row.contains(&created.user()));
    let but_links =
        |rows: &[String]| -> Vec<String> { rows.iter().filter(|row| !row.contains(BOB)).cloned().collect() };
    assert_eq!(but_links(&old), but_links(&before.1));
    assert_eq!(new.len(), 1);
    let left = foreign.db.tables().await;
    assert!(
        left.iter().all(|table| matches!(table.as_str(), "user" | "lease" | "resolver_migration")),
        "{left:?}"
    );
    new[0].clone()
}

/// The access types of the joins between our tables and `user`, by `user.id` and by our own keys.
async fn explained_joins(foreign: &Foreign) -> Vec<String> {
    // Enough rows that a scan would be worth avoiding.
    for number in 0..200 {
        let statement = format!(
            "INSERT INTO user_link (user_id, identity_id, state) VALUES ('f{number:07}-0000-4000-8000-000000000000', \
             'e{number:07}-0000-4000-8000-000000000000', 'linked')"
        );
        foreign.db.execute(statement).await;
    }
    let mut found = Vec::new();
    for statement in [
        "SELECT h.user_id FROM link_history h LEFT JOIN `user` u ON u.id = h.user_id WHERE h.identity_id = 'x'",
        "SELECT u.id FROM `user` u STRAIGHT_JOIN user_link l ON l.user_id = u.id WHERE u.resolver_address = 'x'",
        "SELECT u.id FROM `user` u STRAIGHT_JOIN link_history l ON l.user_id = u.id WHERE u.resolver_address = 'x'",
    ] {
        let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {statement}")));
        for row in explain.fetch_all(foreign.db.pool()).await.expect("a plan") {
            found.push(row.get::<Option<String>, _>("type").unwrap_or_default());
        }
    }
    foreign.db.execute("DELETE FROM user_link WHERE user_id LIKE 'f%'").await;
    found
}

#[tokio::test]
async fn a_table_of_typeorm() {
    let foreign = Foreign::new(&TYPEORM).await.with_rules(TYPEORM_RULES);
    let row = goes_up_and_down(foreign).await;
    for part in
        ["|1|zo-uk-", "|New.Comer@b.example|Zoë|Łuk|New.Comer@b.example||none|0|{\"from\":\"kratos\"}"]
    {
        assert!(row.contains(part), "{row}");
    }
}

#[tokio::test]
async fn a_table_with_a_unique_email_and_ids_of_any_letter_case() {
    let row = goes_up_and_down(Foreign::new(&UNIQUE_EMAIL).await).await;
    assert!(row.contains("|New.Comer@b.example|-|0|"), "{row}");
}

#[tokio::test]
async fn a_table_in_latin1_takes_the_letters_it_has() {
    let row = goes_up_and_down(Foreign::new(&LATIN1).await).await;
    assert!(row.ends_with("|New.Comer@b.example|Zoë|?uk"), "{row}");
}

#[tokio::test]
async fn a_table_with_links_in_upper_case() {
    let row = goes_up_and_down(Foreign::new(&LINKED).await).await;
    assert!(row.contains("|New.Comer@b.example|"), "{row}");
}

#[tokio::test]
async fn links_that_were_there_are_known_and_have_their_history() {
    let (foreign, service) = Foreign::new(&LINKED).await.adopted().await;
    let known = service.client.resolve(ADAS_IDENTITY).await;
    assert_eq!((known.user(), known.created()), (ADA.to_owned(), false));
    assert_eq!(foreign.kratos.calls(), 0);
    let history = foreign.db.history().await;
    assert_eq!(history.len(), 1);
    let row = &history[0];
    assert_eq!(
        (row.event.as_str(), row.why.as_str(), row.user_id.as_str()),
        ("identity.linked", "adopted", ADA)
    );
    assert_eq!((row.proof.as_deref(), row.identity_id.as_deref()), (Some("adopted"), Some(ADAS_IDENTITY)));
    assert_eq!(
        foreign.db.links().await,
        [(ADA.to_owned(), Some(ADAS_IDENTITY.to_owned()), "linked".to_owned())]
    );
    let updated = "SELECT CAST(MAX(updatedAt) AS CHAR) FROM `user`";
    assert_eq!(foreign.text(updated).await.as_deref(), Some("2024-01-01 00:00:00"), "nobody updated a row");
    let keys = "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.statistics WHERE table_schema = DATABASE() \
                AND table_name = 'user' AND column_name = 'authId'";
    assert_eq!(foreign.text(keys).await.as_deref(), Some("1"), "one unique key is enough, whatever its name");
}

#[tokio::test]
async fn what_was_added_is_recorded_and_nothing_else() {
    let (foreign, _service) = Foreign::new(&LATIN1).await.adopted().await;
    let record: Vec<(String, String)> =
        foreign.adoption().await.into_iter().map(|(object, what, _)| (object, what)).collect();
    let record: Vec<(&str, &str)> = record.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        record[..5],
        [
            ("user", "table_found"),
            ("user.authId", "column_added"),
            ("user.user_authId_uq", "key_added"),
            ("user.resolver_address", "column_added"),
            ("user.user_resolver_address_ix", "key_added"),
        ]
    );
    assert!(record.contains(&("user_link.user_id", "column_modified")), "{record:?}");
    assert_eq!(record.last(), Some(&("user", "complete")));
    let all = foreign.adoption().await;
    let modified = all.iter().find(|(object, _, _)| object == "user_link.user_id").unwrap();
    assert_eq!(modified.2.as_deref(), Some("ascii_bin"));
}

#[tokio::test]
async fn a_table_of_our_own_is_recorded_as_such_and_dropped_by_down() {
    let foreign = Foreign::new(&[]).await;
    foreign.setup.migrate();
    let whats: Vec<String> = foreign.adoption().await.into_iter().map(|(_, what, _)| what).collect();
    assert_eq!(whats, ["table_created", "complete"]);
    foreign.down();
    assert!(!foreign.db.tables().await.contains(&"user".to_owned()));
}

#[tokio::test]
async fn a_table_of_our_own_from_before_the_record_is_known_by_its_columns() {
    let foreign = Foreign::new(&[]).await;
    foreign.setup.migrate();
    foreign.db.execute("DROP TABLE adoption").await;
    foreign.db.execute("DELETE FROM resolver_migration WHERE description = 'create adoption'").await;
    let serve = foreign.setup.run(&["serve"]);
    assert_eq!(serve.code, Some(2), "{}", serve.text());
    foreign.setup.migrate();
    assert_eq!(foreign.adoption().await[0].1, "table_created");
}
