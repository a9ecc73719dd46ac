//! Questions for a person: asked once, answered once, and what an answer does to links and history.

mod by_hand;
mod commands;
mod races;
mod relink;

use crate::support::eventually;
use crate::support::reviews::{REASON, failed, said};
use crate::support::service::PATIENCE;
use crate::support::world::World;
use fake_kratos::{Action, Identity, Rule};
use serde_json::json;
use uuid::Uuid;

const BY_REVIEW: [(&str, &str); 1] = [("RESOLVER_LINKING", "review")];
const ADDRESS: &str = "a@b.example";

/// A world in which a verified identity matches an unlinked user, and a review of the two is open.
async fn asked() -> (World, String, Uuid) {
    let world = World::with(&BY_REVIEW).await;
    let user = world.db.seed_user(ADDRESS).await;
    let identity = world.kratos.seed(Identity::verified(ADDRESS));
    world.is_left_to_a_person(identity).await;
    (world, user, identity)
}

#[tokio::test]
async fn a_question_is_stored_once_and_tells_its_first_call() {
    let world = World::with(&BY_REVIEW).await;
    let user = world.db.seed_user(ADDRESS).await;
    let identity = world.kratos.seed(Identity::verified(ADDRESS));
    let first = world.client().resolve(identity).await;
    world.is_left_to_a_person(identity).await;
    let review = world.db.review().await;
    assert_eq!((review.identity_id, review.user_id), (identity.to_string(), user));
    assert_eq!((review.kind.as_str(), review.state.as_str()), ("link", "open"));
    assert_eq!(review.first_audit_id, first.string("correlationId"));
    let refusals = world.db.refusals().await;
    assert_eq!((refusals[0].code.as_str(), refusals[0].count), ("identity_link_requires_review", 2));
    assert!(world.db.history().await.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_same_code_asks_nothing() {
    let world = World::with(&[("RESOLVER_LINKING", "off")]).await;
    world.db.seed_user(ADDRESS).await;
    world.is_left_to_a_person(world.kratos.seed(Identity::verified(ADDRESS))).await;
    assert!(world.db.reviews().await.is_empty());
}

#[tokio::test]
async fn an_unverified_identity_does_not_fill_the_queue() {
    let world = World::with(&BY_REVIEW).await;
    world.db.seed_user(ADDRESS).await;
    let identity = world.kratos.seed(Identity::unverified(ADDRESS));
    assert_eq!(world.client().resolve(identity).await.status, 422);
    assert!(world.db.reviews().await.is_empty());
}

#[tokio::test]
async fn an_approval_links_and_tells_who_and_why() {
    let (world, user, identity) = asked().await;
    let review = world.db.review().await;
    let shown = said(&world.approve(&review.id));
    assert_eq!((shown["state"].as_str(), shown["userId"].as_str()), (Some("approved"), Some(user.as_str())));
    let answer = world.client().resolve(identity).await;
    assert_eq!((answer.user(), answer.created()), (user.clone(), false));
    let row = world.db.history_of(identity).await.remove(0);
    assert_eq!((row.event.as_str(), row.why.as_str()), ("identity.linked", REASON));
    assert_eq!((row.user_id, row.proof), (user, Some("admin".to_owned())));
    assert!(row.actor.starts_with("cli:") && row.actor.len() > 4, "{}", row.actor);
    assert_eq!(shown["auditId"], json!(row.audit_id));
    let review = world.db.review().await;
    assert_eq!((review.state.as_str(), review.reason.as_deref()), ("approved", Some(REASON)));
    assert_eq!(review.decided_by, Some(row.actor));
    world.db.links_agree().await;
}

#[tokio::test]
async fn a_rejected_pair_is_refused_and_nobody_is_asked_again() {
    let (world, user, identity) = asked().await;
    assert_eq!(said(&world.reject(&world.db.review().await.id))["state"], "rejected");
    world.is_left_to_a_person(identity).await;
    assert_eq!(world.db.review_states().await, ["rejected"]);
    assert_eq!(world.db.bars().await, [(identity.to_string(), user, "rejected".to_owned())]);
    assert!(world.db.history().await.is_empty());
}

#[tokio::test]
async fn a_rejected_pair_is_refused_under_trust_too_until_a_person_links_it() {
    let (world, user, identity) = asked().await;
    said(&world.reject(&world.db.review().await.id));
    for linking in ["trust", "verified"] {
        let other = world.setup().clone().set("RESOLVER_LINKING", linking).serve().await;
        let answer = other.client.resolve(identity).await;
        assert_eq!(answer.refusal(), (409, "identity_link_requires_review".to_owned()), "{linking}");
        let metrics = other.client.operations("/metrics").await.text();
        assert!(metrics.contains("identity_resolver_policy_refusals_total{row=\"h\"} 1"), "{linking}");
    }
    said(&world.link(&user, identity));
    assert_eq!(world.client().resolve(identity).await.user(), user);
    assert!(world.db.bars().await.is_empty());
    world.db.links_agree().await;
}

#[tokio::test]
async fn a_closed_review_stays_as_it_was_closed() {
    let (world, ..) = asked().await;
    let id = world.db.review().await.id;
    said(&world.approve(&id));
    let closed = world.db.review().await;
    failed(&world.approve(&id), 1, "not open: it was approved by cli:");
    failed(&world.reject(&id), 1, "not open: it was approved by cli:");
    assert_eq!(world.db.review().await, closed);
    assert_eq!(world.db.history().await.len(), 1);
    assert!(world.db.bars().await.is_empty());
}

#[tokio::test]
async fn a_pair_that_was_linked_meanwhile_needs_no_answer() {
    let (world, user, identity) = asked().await;
    let trusting = world.setup().clone().set("RESOLVER_LINKING", "verified").serve().await;
    assert_eq!(trusting.client.resolve(identity).await.user(), user);
    assert_eq!(world.db.review_states().await, ["superseded"]);
    failed(&world.approve(&world.db.review().await.id), 1, "superseded");
    world.db.links_agree().await;
}

#[tokio::test]
async fn a_user_that_was_linked_to_another_identity_meanwhile_is_not_linked_again() {
    let (world, user, identity) = asked().await;
    let other = world.kratos.seed(Identity::verified("other@b.example"));
    said(&world.link(&user, other));
    assert_eq!(world.db.review_states().await, ["superseded"]);
    failed(&world.approve(&world.db.review().await.id), 1, "superseded");
    assert!(world.db.user_of(identity).await.is_none());
}

#[tokio::test]
async fn a_review_that_a_link_overlooked_is_void_when_it_is_approved() {
    let (world, user, identity) = asked().await;
    let other = world.kratos.seed(Identity::verified("other@b.example"));
    said(&world.link(&user, other));
    let id = world.db.review().await.id;
    let reopen =
        format!("UPDATE review SET state = 'open', open_key = '{identity}:{user}' WHERE id = '{id}'");
    world.db.execute(reopen).await;
    failed(&world.approve(&id), 1, "superseded now");
    assert_eq!(world.db.review_states().await, ["superseded"]);
    assert_eq!(world.db.user_of(other).await.unwrap().id, user);
    world.db.links_agree().await;
}

#[tokio::test]
async fn facts_that_made_the_question_void_supersede_it() {
    for (number, spoil) in ["identity", "address", "user"].into_iter().enumerate() {
        let (world, user, identity) = asked().await;
        match number {
            0 => assert!(world.kratos.remove(identity)),
            1 => assert!(world.kratos.update(identity, |json| {
                json["traits"]["email"] = json!("new@b.example");
            })),
            _ => world.db.delete_user(&user).await,
        }
        failed(&world.approve(&world.db.review().await.id), 1, "superseded now");
        assert_eq!(world.db.review_states().await, ["superseded"], "{spoil}");
        assert!(world.db.history().await.is_empty());
    }
}

#[tokio::test]
async fn facts_that_may_pass_leave_the_review_open() {
    let (world, user, identity) = asked().await;
    let id = world.db.review().await.id;
    world.kratos.update(identity, |json| json["state"] = json!("inactive"));
    failed(&world.approve(&id), 1, "identity_inactive");
    world.kratos.update(identity, |json| json["state"] = json!("active"));

    world.kratos.update(identity, |json| json["verifiable_addresses"][0]["verified"] = json!(false));
    failed(&world.approve(&id), 1, "identity_email_unverified");
    world.kratos.update(identity, |json| json["verifiable_addresses"][0]["verified"] = json!(true));

    let twin = world.db.seed_user(ADDRESS).await;
    failed(&world.approve(&id), 1, "identity_email_ambiguous");
    world.db.delete_user(&twin).await;

    let rule = world.kratos.fault(Rule::on(identity, Action::status(500)));
    failed(&world.approve(&id), 1, "Kratos is unavailable");
    world.kratos.clear_fault(rule);

    assert_eq!(world.db.review_states().await, ["open"]);
    assert!(world.db.history().await.is_empty());
    assert_eq!(said(&world.approve(&id))["userId"], json!(user));
}

#[tokio::test]
async fn a_changed_address_asks_about_the_other_user_instead() {
    let (world, _, identity) = asked().await;
    let second = world.db.seed_user("second@b.example").await;
    world.kratos.update(identity, |json| {
        json["traits"]["email"] = json!("second@b.example");
        json["verifiable_addresses"][0]["value"] = json!("second@b.example");
    });
    world.is_left_to_a_person(identity).await;
    assert_eq!(world.db.review_states().await, ["superseded", "open"]);
    assert_eq!(world.db.reviews().await[1].user_id, second);
}

#[tokio::test]
async fn a_newcomer_that_is_created_meanwhile_leaves_no_question() {
    let (world, user, identity) = asked().await;
    world.db.delete_user(&user).await;
    assert!(world.client().resolve(identity).await.created());
    is_superseded(&world).await;
    world.db.links_agree().await;
}

#[tokio::test]
async fn no_newcomer_waits_until_its_questions_are_withdrawn() {
    let (world, user, identity) = asked().await;
    let id = world.db.review().await.id;
    world.db.delete_user(&user).await;
    let mut held = world.db.pool().begin().await.unwrap();
    let lock = sqlx::query("SELECT id FROM review WHERE id = ? FOR UPDATE").bind(&id);
    lock.execute(&mut *held).await.unwrap();
    assert!(world.client().resolve(identity).await.created());
    assert_eq!(world.db.review_states().await, ["open"]);
    held.rollback().await.unwrap();
    is_superseded(&world).await;
    assert_eq!(world.db.review().await.decided_by, world.db.history().await.pop().map(|row| row.actor));
}

/// Waits for what happens after the answer.
async fn is_superseded(world: &World) {
    eventually("the question is withdrawn", PATIENCE, async || {
        (world.db.review_states().await == ["superseded"]).then_some(())
    })
    .await;
}
