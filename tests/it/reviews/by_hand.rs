//! `link` and `unlink`: what they change, what they refuse, and what they end.

use crate::support::reviews::{REASON, failed, said};
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::json;
use uuid::Uuid;

const ADDRESS: &str = "a@b.example";

async fn linked() -> (World, String, Uuid) {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified(ADDRESS));
    let user = world.client().resolve(identity).await.user();
    (world, user, identity)
}

#[tokio::test]
async fn an_unlink_ends_the_link_and_bars_the_pair() {
    let (world, user, identity) = linked().await;
    let done = said(&world.unlink(&user));
    assert_eq!((done["done"].as_str(), done["changed"].as_bool()), (Some("unlinked"), Some(true)));
    let row = world.db.history().await.remove(1);
    assert_eq!((row.event.as_str(), row.identity_id, row.why.as_str()), ("identity.unlinked", None, REASON));
    assert_eq!(row.previous_identity_id, Some(identity.to_string()));
    assert_eq!(
        (row.proof.as_deref(), done["auditId"].as_str()),
        (Some("admin"), Some(row.audit_id.as_str()))
    );
    assert!(row.actor.starts_with("cli:"));
    world.db.links_agree().await;
    world.is_left_to_a_person(identity).await;
    assert!(world.db.reviews().await.is_empty(), "a barred pair is no question");
    assert_eq!(world.db.user_of(identity).await, None);
}

#[tokio::test]
async fn an_unlinked_pair_is_refused_under_trust_too() {
    let (world, user, identity) = linked().await;
    said(&world.unlink(&user));
    let trusting = world.setup().clone().set("RESOLVER_LINKING", "trust").serve().await;
    let answer = trusting.client.resolve(identity).await;
    assert_eq!(answer.refusal(), (409, "identity_link_requires_review".to_owned()));
}

#[tokio::test]
async fn a_link_by_hand_ends_the_bar() {
    let (world, user, identity) = linked().await;
    said(&world.unlink(&user));
    let done = said(&world.link(&user, identity));
    assert_eq!((done["done"].as_str(), done["changed"].as_bool()), (Some("linked"), Some(true)));
    assert_eq!(world.client().resolve(identity).await.user(), user);
    let events: Vec<String> = world.db.history().await.into_iter().map(|row| row.event).collect();
    assert_eq!(events, ["user.created", "identity.unlinked", "identity.linked"]);
    assert!(world.db.bars().await.is_empty());
    world.db.links_agree().await;
}

#[tokio::test]
async fn another_identity_may_take_the_place_of_an_unlinked_one() {
    let (world, user, _) = linked().await;
    said(&world.unlink(&user));
    let second = world.kratos.seed(Identity::verified(ADDRESS));
    assert_eq!(world.client().resolve(second).await.user(), user);
    world.db.links_agree().await;
}

#[tokio::test]
async fn an_unlinked_user_that_the_platform_deletes_is_not_created_again() {
    let (world, user, identity) = linked().await;
    said(&world.unlink(&user));
    world.db.delete_user(&user).await;
    world.kratos.reset_calls();
    world.is_left_to_a_person(identity).await;
    assert_eq!(world.kratos.calls(), 0);
}

#[tokio::test]
async fn only_a_link_by_hand_ends_that_a_user_was_deleted() {
    let (world, user, identity) = linked().await;
    world.db.delete_user(&user).await;
    let heir = world.db.seed_user(ADDRESS).await;
    world.is_left_to_a_person(identity).await;
    assert!(world.db.reviews().await.is_empty(), "row b asks nobody");
    said(&world.link(&heir, identity));
    assert_eq!(world.client().resolve(identity).await.user(), heir);
    world.db.links_agree().await;
    said(&world.unlink(&heir));
    world.is_left_to_a_person(identity).await;
    said(&world.link(&heir, identity));
    assert_eq!(world.client().resolve(identity).await.user(), heir);
}

#[tokio::test]
async fn a_link_by_hand_that_is_there_already_changes_nothing() {
    let (world, user, identity) = linked().await;
    let before = world.db.checksums().await;
    let done = said(&world.link(&user, identity));
    assert_eq!(done["changed"], json!(false));
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn a_link_by_hand_moves_no_link() {
    let (world, user, identity) = linked().await;
    let second = world.kratos.seed(Identity::verified("second@b.example"));
    let other = world.db.seed_user("other@b.example").await;
    let before = world.db.checksums().await;
    failed(&world.link(&user, second), 1, &format!("linked to identity {identity}"));
    failed(&world.link(&other, identity), 1, &format!("linked to user {user}"));
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn what_is_not_there_is_neither_linked_nor_unlinked() {
    let (world, user, _) = linked().await;
    let nobody = Uuid::now_v7();
    let free = world.db.seed_user("free@b.example").await;
    let before = world.db.checksums().await;
    failed(&world.link(&free, nobody), 1, "no such identity");
    failed(
        &world.link(&nobody.to_string(), world.kratos.seed(Identity::verified("x@b.example"))),
        1,
        "no such user",
    );
    failed(&world.unlink(&nobody.to_string()), 1, "no such user");
    failed(&world.unlink(&free), 1, "not linked");
    assert_eq!(world.db.checksums().await, before);
    said(&world.unlink(&user));
    failed(&world.unlink(&user), 1, "not linked");
    assert_eq!(world.db.history().await.len(), 2);
}
