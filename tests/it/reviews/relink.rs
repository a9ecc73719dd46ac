//! Moving a link away from an identity that is gone: a person, two 404s a minute apart, and Kratos' own list.

use crate::support::reviews::{REASON, failed, said};
use crate::support::world::World;
use fake_kratos::{Action, Identity, Rule};
use serde_json::json;
use uuid::Uuid;

const ADDRESS: &str = "a@b.example";

/// A user whose identity is gone, and another identity with its address, about which a person is asked.
async fn asked() -> (World, String, [Uuid; 2]) {
    let world = World::start().await;
    let gone = world.kratos.seed(Identity::verified(ADDRESS));
    let user = world.client().resolve(gone).await.user();
    world.kratos.remove(gone);
    let heir = world.kratos.seed(Identity::verified(ADDRESS));
    world.is_left_to_a_person(heir).await;
    (world, user, [gone, heir])
}

#[tokio::test]
async fn a_link_is_moved_a_minute_after_the_first_404() {
    let (world, user, [gone, heir]) = asked().await;
    let review = world.db.review().await;
    assert_eq!((review.kind.as_str(), review.gone_identity_id), ("relink", Some(gone.to_string())));
    failed(&world.approve(&review.id), 1, "ask again in");
    assert_eq!(world.db.review_states().await, ["open"]);
    assert_eq!(world.client().resolve(gone).await.user(), user);

    world.db.a_minute_passes().await;
    assert_eq!(said(&world.approve(&review.id))["state"], "approved");
    let answer = world.client().resolve(heir).await;
    assert_eq!((answer.user(), answer.created()), (user, false));
    let row = world.db.history().await.remove(1);
    assert_eq!((row.event.as_str(), row.why.as_str()), ("identity.relinked", REASON));
    assert_eq!((row.identity_id, row.previous_identity_id), (Some(heir.to_string()), Some(gone.to_string())));
    assert_eq!(row.proof.as_deref(), Some("admin"));
    assert_eq!(world.client().resolve(gone).await.status, 404);
    world.db.links_agree().await;
}

#[tokio::test]
async fn the_wait_counts_from_the_first_time_it_is_asked() {
    let (world, _, [_, heir]) = asked().await;
    world.db.a_minute_passes().await;
    world.is_left_to_a_person(heir).await;
    assert_eq!(said(&world.approve(&world.db.review().await.id))["state"], "approved");
}

#[tokio::test]
async fn an_identity_that_came_back_keeps_its_user() {
    let (world, user, [gone, heir]) = asked().await;
    world.db.a_minute_passes().await;
    world.kratos.seed(Identity::verified(ADDRESS).id(gone));
    failed(&world.approve(&world.db.review().await.id), 1, "superseded now: the other identity is not gone");
    assert_eq!(world.db.review_states().await, ["superseded"]);
    assert_eq!(world.db.user_of(gone).await.unwrap().id, user);
    assert!(world.db.user_of(heir).await.is_none());
}

#[tokio::test]
async fn an_identity_that_is_still_listed_keeps_its_user() {
    let (world, user, [gone, _]) = asked().await;
    world.db.a_minute_passes().await;
    world.kratos.seed(Identity::verified(ADDRESS).id(gone));
    world.kratos.fault(Rule::on(gone, Action::Flap(vec![404])));
    failed(&world.approve(&world.db.review().await.id), 1, "superseded now: the other identity is not gone");
    assert_eq!(world.db.user_of(gone).await.unwrap().id, user);
}

#[tokio::test]
async fn a_kratos_that_cannot_say_moves_nothing_and_closes_nothing() {
    let (world, user, [gone, _]) = asked().await;
    world.db.a_minute_passes().await;
    let id = world.db.review().await.id;
    let answers =
        [Action::status(500), Action::answer(404, "404 page not found"), Action::answer(200, json!({}))];
    for action in answers {
        world.kratos.fault(Rule::on(gone, action));
        let done = world.approve(&id);
        assert_eq!(done.code, Some(1), "{}", done.text());
        world.kratos.clear_faults();
    }
    assert_eq!(world.db.review_states().await, ["open"]);
    assert_eq!(world.db.user_of(gone).await.unwrap().id, user);
}

#[tokio::test]
async fn a_rejected_heir_is_not_asked_about_again() {
    let (world, _, [_, heir]) = asked().await;
    said(&world.reject(&world.db.review().await.id));
    world.is_left_to_a_person(heir).await;
    assert_eq!(world.db.review_states().await, ["rejected"]);
}

#[tokio::test]
async fn an_unlink_leaves_nothing_to_move_and_the_heir_may_come_by_itself() {
    let (world, user, [_, heir]) = asked().await;
    said(&world.unlink(&user));
    assert_eq!(world.db.review_states().await, ["superseded"]);
    assert_eq!(world.client().resolve(heir).await.user(), user);
    world.db.links_agree().await;
}

#[tokio::test]
async fn a_moved_link_does_not_fall_back_to_the_identity_it_left() {
    let (world, user, [gone, heir]) = asked().await;
    world.db.a_minute_passes().await;
    said(&world.approve(&world.db.review().await.id));
    world.kratos.seed(Identity::verified(ADDRESS).id(gone));
    assert_eq!(world.client().resolve(gone).await.refusal(), (409, "identity_linked_elsewhere".to_owned()));
    said(&world.unlink(&user));
    world.is_left_to_a_person(gone).await;
    assert!(world.db.user_of(heir).await.is_none());
    world.db.links_agree().await;
}
