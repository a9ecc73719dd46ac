//! Every row of the policy table that can be reached yet, seen from outside: the answer, the tables, the
//! history, the count of refusals.

mod gone;

use crate::support::answer::Answer;
use crate::support::log::field;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::json;
use uuid::Uuid;

const LINKING: &str = "RESOLVER_LINKING";
const PROVISIONING: &str = "RESOLVER_PROVISIONING";

/// Resolves twice: the refusal is the same, nothing changes but its count, which tells the first call.
async fn is_refused(world: &World, identity: Uuid, status: u16, code: &str) {
    let (users, links, history) = (world.db.users().await, world.db.links().await, world.db.history().await);
    let first = world.client().resolve(identity).await;
    let second = world.client().resolve_actor(identity).await;
    for answer in [&first, &second] {
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{answer}");
    }
    assert_eq!(
        (world.db.users().await, world.db.links().await, world.db.history().await),
        (users, links, history)
    );
    let refusals = world.db.refusals().await;
    let counted: Vec<_> = refusals.iter().filter(|row| row.identity_id == identity.to_string()).collect();
    if matches!(status, 409 | 422) {
        assert_eq!(counted.len(), 1, "{refusals:?}");
        assert_eq!((counted[0].code.as_str(), counted[0].count), (code, 2));
        assert_eq!(counted[0].first_audit_id, first.string("correlationId"));
    } else {
        assert!(counted.is_empty(), "only 409 and 422 are counted: {refusals:?}");
    }
}

async fn proof_of(world: &World, answer: &Answer, event: &str) -> String {
    let history = world.db.history().await;
    let row = history.iter().find(|row| row.user_id == answer.user()).expect("a history row");
    assert_eq!(row.event, event);
    row.proof.clone().expect("a proof")
}

#[tokio::test]
async fn b_a_user_the_platform_deleted_is_not_created_again() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    world.db.delete_user(&user).await;
    world.kratos.reset_calls();
    is_refused(&world, identity, 409, "identity_link_requires_review").await;
    assert_eq!(world.kratos.calls(), 0);
}

#[tokio::test]
async fn b_a_linked_user_the_platform_deleted_is_not_created_again() {
    let world = World::start().await;
    let user = world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve(identity).await;
    world.db.delete_user(&user).await;
    is_refused(&world, identity, 409, "identity_link_requires_review").await;
}

#[tokio::test]
async fn c_an_identity_kratos_does_not_have_is_not_found() {
    let world = World::start().await;
    is_refused(&world, Uuid::now_v7(), 404, "identity_not_found").await;
}

#[tokio::test]
async fn d_an_inactive_identity_is_refused() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example").state("inactive"));
    is_refused(&world, identity, 409, "identity_inactive").await;
}

#[tokio::test]
async fn d_an_identity_of_an_unknown_state_is_not_active() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example").state("suspended"));
    is_refused(&world, identity, 409, "identity_inactive").await;
}

#[tokio::test]
async fn d_an_identity_without_an_address_is_refused() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::without_address());
    is_refused(&world, identity, 422, "identity_traits_missing").await;
}

#[tokio::test]
async fn d_an_address_that_is_none_is_refused() {
    let world = World::start().await;
    for broken in [
        json!("no-at-sign"),
        json!("a b@c.example"),
        json!("a@"),
        json!("a\r\n@b.example"),
        json!(7),
        json!(["a@b.c"]),
    ] {
        let overriding = json!({ "traits": { "email": broken } });
        let identity = world.kratos.seed(Identity::verified("x@y.example").overriding(overriding));
        is_refused(&world, identity, 422, "identity_traits_invalid").await;
    }
}

#[tokio::test]
async fn d_an_address_that_is_too_long_is_refused() {
    let world = World::start().await;
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(250));
    let identity = world.kratos.seed(Identity::verified(&long));
    is_refused(&world, identity, 422, "identity_traits_invalid").await;
}

#[tokio::test]
async fn d_inactive_comes_before_a_missing_address() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::without_address().state("inactive"));
    is_refused(&world, identity, 409, "identity_inactive").await;
}

#[tokio::test]
async fn e_two_users_with_one_address_are_ambiguous() {
    let world = World::start().await;
    world.db.seed_user("twin@b.example").await;
    world.db.seed_user(" TWIN@b.example").await;
    let identity = world.kratos.seed(Identity::verified("Twin@B.example"));
    is_refused(&world, identity, 409, "identity_email_ambiguous").await;
}

#[tokio::test]
async fn f_a_user_linked_to_a_living_identity_keeps_its_link() {
    let world = World::start().await;
    let owner = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(owner).await.user();
    let intruder = world.kratos.seed(Identity::verified("a@b.example"));
    is_refused(&world, intruder, 409, "identity_linked_elsewhere").await;
    assert_eq!(world.client().resolve(owner).await.user(), user);
}

#[tokio::test]
async fn g_a_user_whose_identity_is_gone_needs_a_person() {
    let world = World::start().await;
    let gone = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(gone).await.user();
    world.kratos.remove(gone);
    let heir = world.kratos.seed(Identity::verified("a@b.example"));
    is_refused(&world, heir, 409, "identity_link_requires_review").await;
    assert_eq!(world.client().resolve(gone).await.user(), user);
}

#[tokio::test]
async fn g_an_unverified_heir_needs_a_person_too() {
    let world = World::start().await;
    let gone = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve(gone).await;
    world.kratos.remove(gone);
    let heir = world.kratos.seed(Identity::unverified("a@b.example"));
    is_refused(&world, heir, 409, "identity_link_requires_review").await;
}

#[tokio::test]
async fn i_with_linking_off_a_match_is_refused() {
    let world = World::with(&[(LINKING, "off")]).await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    is_refused(&world, identity, 409, "identity_link_requires_review").await;
}

#[tokio::test]
async fn k_with_linking_by_review_a_verified_match_needs_a_person() {
    let world = World::with(&[(LINKING, "review")]).await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    is_refused(&world, identity, 409, "identity_link_requires_review").await;
}

#[tokio::test]
async fn k_with_linking_by_review_an_unverified_match_is_refused() {
    let world = World::with(&[(LINKING, "review")]).await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::unverified("a@b.example"));
    is_refused(&world, identity, 422, "identity_email_unverified").await;
}

#[tokio::test]
async fn l_an_unverified_match_is_refused() {
    let world = World::start().await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::unverified("a@b.example"));
    is_refused(&world, identity, 422, "identity_email_unverified").await;
}

#[tokio::test]
async fn l_an_address_verified_under_another_entry_proves_nothing() {
    let world = World::start().await;
    world.db.seed_user("victim@b.example").await;
    let overriding = json!({ "traits": { "email": "victim@b.example" } });
    let identity = world.kratos.seed(Identity::verified("mallory@b.example").overriding(overriding));
    is_refused(&world, identity, 422, "identity_email_unverified").await;
}

#[tokio::test]
async fn l_once_verified_the_refused_identity_is_linked() {
    let world = World::start().await;
    let user = world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::unverified("a@b.example"));
    is_refused(&world, identity, 422, "identity_email_unverified").await;
    world.kratos.update(identity, |json| json["verifiable_addresses"][0]["verified"] = json!(true));
    assert_eq!(world.client().resolve(identity).await.user(), user);
}

#[tokio::test]
async fn m_under_trust_an_unverified_match_is_linked_and_the_proof_says_so() {
    let world = World::with(&[(LINKING, "trust")]).await;
    let user = world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::unverified("a@b.example"));
    let answer = world.client().resolve(identity).await;
    assert_eq!((answer.user(), answer.created()), (user, false));
    assert_eq!(proof_of(&world, &answer, "identity.linked").await, "trusted_address");
}

#[tokio::test]
async fn m_trust_is_warned_of_at_the_start() {
    let world = World::with(&[(LINKING, "trust")]).await;
    let warns =
        |event: &serde_json::Value| field(event, "level") == "WARN" && event.to_string().contains("trust");
    world.service.log().wait_for("a warning", PATIENCE, warns);
}

#[tokio::test]
async fn m_under_trust_a_verified_match_keeps_the_better_proof() {
    let world = World::with(&[(LINKING, "trust")]).await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let answer = world.client().resolve(identity).await;
    assert_eq!(proof_of(&world, &answer, "identity.linked").await, "verified_address");
}

#[tokio::test]
async fn n_with_provisioning_off_nobody_is_created() {
    let world = World::with(&[(PROVISIONING, "off")]).await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    is_refused(&world, identity, 404, "user_not_found").await;
}

#[tokio::test]
async fn n_an_unverified_newcomer_is_refused() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::unverified("mallory@b.example"));
    is_refused(&world, identity, 422, "identity_email_unverified").await;
}

#[tokio::test]
async fn n_provisioning_any_creates_an_unverified_newcomer_and_the_proof_says_so() {
    let world = World::with(&[(PROVISIONING, "any")]).await;
    let identity = world.kratos.seed(Identity::unverified("a@b.example"));
    let answer = world.client().resolve(identity).await;
    assert!(answer.created());
    assert_eq!(proof_of(&world, &answer, "user.created").await, "unverified_create");
}

#[tokio::test]
async fn addresses_are_compared_letter_by_letter() {
    let world = World::start().await;
    world.db.seed_user("Σofia.ΟΔΟΣ@b.example").await;
    let same = world.kratos.seed(Identity::verified("σofia.οδοσ@B.example"));
    assert!(!world.client().resolve(same).await.created());
    world.db.seed_user("\u{130}@b.example").await;
    let other = world.kratos.seed(Identity::verified("i@b.example"));
    assert!(world.client().resolve(other).await.created());
}

#[tokio::test]
async fn a_plus_tag_is_another_address() {
    let world = World::start().await;
    world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a+tag@b.example"));
    assert!(world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn the_claim_of_a_deleted_user_is_void() {
    let world = World::start().await;
    let first = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(first).await.user();
    world.db.delete_user(&user).await;
    let second = world.kratos.seed(Identity::verified("a@b.example"));
    let answer = world.client().resolve(second).await;
    assert!(answer.created());
    assert_eq!(world.db.claims().await, [("a@b.example".to_owned(), answer.user())]);
}
