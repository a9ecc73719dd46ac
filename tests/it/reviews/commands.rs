//! What the commands print and how they end.

use super::{ADDRESS, BY_REVIEW, asked};
use crate::support::reviews::{REASON, failed, said};
use crate::support::service::{Finished, Setup};
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn lines(done: &Finished) -> Vec<Value> {
    assert_eq!(done.code, Some(0), "{}", done.text());
    done.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn the_list_is_paged_oldest_first_and_without_a_repetition() {
    let world = World::with(&BY_REVIEW).await;
    for number in 0..5 {
        let address = format!("p{number}@b.example");
        world.db.seed_user(&address).await;
        world.is_left_to_a_person(world.kratos.seed(Identity::verified(address.as_str()))).await;
    }
    let ids: Vec<String> = world.db.reviews().await.into_iter().map(|review| review.id).collect();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut arguments = vec!["review", "list", "--limit", "2"];
        arguments.extend(after.iter().flat_map(|id| ["--after", id.as_str()]));
        let page = lines(&world.setup().run(&arguments));
        let Some(last) = page.last() else { break };
        after = last["id"].as_str().map(str::to_owned);
        assert!(page.len() <= 2);
        seen.extend(page.iter().map(|line| line["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ids);
    said(&world.reject(&ids[0]));
    assert_eq!(lines(&world.setup().run(&["review", "list"])).len(), 4);
    assert_eq!(lines(&world.setup().run(&["review", "list", "--state", "rejected"])).len(), 1);
    assert!(lines(&world.setup().run(&["review", "list", "--state", "approved"])).is_empty());
}

#[tokio::test]
async fn a_review_is_shown_without_an_address() {
    let (world, user, identity) = asked().await;
    let id = world.db.review().await.id;
    let shown = said(&world.setup().run(&["review", "show", &id]));
    let keys: BTreeSet<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "id",
        "state",
        "kind",
        "userId",
        "kratosIdentityId",
        "goneIdentityId",
        "goneSince",
        "askedAt",
        "firstAuditId",
        "decidedAt",
        "decidedBy",
        "auditId",
        "reason",
    ];
    assert_eq!(keys, wanted.into_iter().collect());
    assert_eq!((shown["userId"].clone(), shown["kratosIdentityId"].clone()), (json!(user), json!(identity)));
    assert!(!shown.to_string().contains(ADDRESS));
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_touches_nothing() {
    let (world, user, identity) = asked().await;
    let (id, identity) = (world.db.review().await.id, identity.to_string());
    let before = world.db.checksums().await;
    let cases: [&[&str]; 11] = [
        &["review"],
        &["review", "approve", &id],
        &["review", "approve", &id, "--reason", "too short"],
        &["review", "reject", &id, "--reason", "          "],
        &["review", "approve", "x", "--reason", REASON],
        &["review", "list", "--state", "closed"],
        &["review", "list", "--limit", "501"],
        &["link", &user, "--reason", REASON],
        &["link", &user, &identity],
        &["link", "{}", &identity, "--reason", REASON],
        &["unlink", &user, "--reason", "because"],
    ];
    for arguments in cases {
        let done = world.setup().run(arguments);
        assert_eq!(done.code, Some(2), "{arguments:?}: {}", done.text());
    }
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn an_unknown_review_is_a_failure() {
    let (world, user, _) = asked().await;
    failed(&world.approve(&user), 1, "no such review");
    failed(&world.reject(&user), 1, "no such review");
    failed(&world.setup().run(&["review", "show", &user]), 1, "no such review");
}

#[tokio::test]
async fn a_schema_that_must_be_migrated_first_ends_with_2() {
    let db = crate::support::database::TestDb::create().await;
    let setup = Setup::new(&db.url(), "http://127.0.0.1:1");
    failed(&setup.run(&["review", "list"]), 2, "identity-resolver migrate");
    let settings = setup.without("KRATOS_ADMIN_URL").run(&["review", "list"]);
    failed(&settings, 2, "KRATOS_ADMIN_URL");
}

#[tokio::test]
async fn without_a_database_the_commands_fail() {
    let setup = Setup::new("mysql://x:y@127.0.0.1:1/z", "http://127.0.0.1:1");
    failed(&setup.run(&["review", "list"]), 1, "the database");
}
