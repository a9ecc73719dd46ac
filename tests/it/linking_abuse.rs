//! Ways to get at somebody else's user, one test each (classes L1 to L8; old sessions and pending changes belong
//! to Kratos). The attacker never gets the victim's user, and a person is asked where a person can tell.

use crate::support::reviews::{REASON, failed, said};
use crate::support::service::Service;
use crate::support::world::World;
use fake_kratos::{Action, Identity, Rule};
use serde_json::json;
use uuid::Uuid;

const VICTIM: &str = "victim@b.example";
const REVIEW: (u16, &str) = (409, "identity_link_requires_review");

fn refusal((status, code): (u16, &str)) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn l1_a_user_that_an_attacker_made_is_not_linked_silently() {
    let world = World::with(&[("RESOLVER_LINKING", "review")]).await;
    let planted = world.db.seed_user(VICTIM).await;
    let victim = world.kratos.seed(Identity::verified(VICTIM));
    assert_eq!(world.client().resolve(victim).await.refusal(), refusal(REVIEW));
    assert!(world.db.user_of(victim).await.is_none());
    said(&world.reject(&world.db.review().await.id));
    assert_eq!(world.client().resolve(victim).await.refusal(), refusal(REVIEW));
    assert_eq!(world.db.users().await[0].id, planted);
    assert!(world.db.history().await.is_empty());
}

/// The platform says of each user whether its address is verified.
async fn knowing(linking: &str) -> (World, Service) {
    let world = World::start().await;
    world.db.execute("ALTER TABLE `user` ADD COLUMN emailVerified TINYINT(1) NOT NULL DEFAULT 0").await;
    let service = world.setup().clone().with(&told(linking)).serve().await;
    (world, service)
}

fn told(linking: &str) -> [(&str, &str); 2] {
    [("RESOLVER_USER_VERIFIED_COLUMN", "emailVerified"), ("RESOLVER_LINKING", linking)]
}

/// Nobody is linked, and a person is asked about these two, once.
async fn is_asked(world: &World, service: &Service, planted: &str, identity: Uuid) {
    let first = service.client.resolve(identity).await;
    for answer in [&first, &service.client.resolve_actor(identity).await] {
        assert_eq!(answer.refusal(), refusal(REVIEW), "{answer}");
        assert!(!answer.to_string().contains(planted), "{answer}");
    }
    let users = world.db.users().await;
    assert_eq!((users.len(), users[0].id.as_str(), &users[0].auth_id), (1, planted, &None));
    assert!(world.db.history().await.is_empty() && world.db.links().await.is_empty());
    assert!(world.db.claims().await.is_empty());
    let review = world.db.review().await;
    assert_eq!((review.identity_id, review.user_id.as_str()), (identity.to_string(), planted));
    assert_eq!((review.kind.as_str(), review.state.as_str()), ("link", "open"));
    assert_eq!((review.gone_identity_id, review.first_audit_id), (None, first.string("correlationId")));
    let refusals = world.db.refusals().await;
    assert_eq!((refusals.len(), refusals[0].code.as_str(), refusals[0].count), (1, REVIEW.1, 2));
}

async fn is_decided_by(service: &Service, row: &str) {
    let metrics = service.client.operations("/metrics").await.text();
    let line = format!("identity_resolver_policy_refusals_total{{row=\"{row}\"}} 2");
    assert!(metrics.contains(&line), "{metrics}");
}

#[tokio::test]
async fn l1_an_attackers_unverified_user_is_a_question_when_its_victim_arrives() {
    for (linking, row) in [("verified", "l"), ("trust", "m")] {
        let (world, service) = knowing(linking).await;
        let planted = world.db.seed_user(VICTIM).await;
        let victim = world.kratos.seed(Identity::verified(VICTIM));
        is_asked(&world, &service, &planted, victim).await;
        is_decided_by(&service, row).await;

        said(&world.reject(&world.db.review().await.id));
        assert_eq!(service.client.resolve(victim).await.refusal(), refusal(REVIEW), "{linking}");
        assert_eq!(world.db.review_states().await, ["rejected"]);
        assert!(world.db.user_of(victim).await.is_none() && world.db.history().await.is_empty());
    }
}

#[tokio::test]
async fn l1_a_person_may_say_that_the_unverified_user_is_hers_after_all() {
    for linking in ["verified", "trust"] {
        let (world, service) = knowing(linking).await;
        let legacy = world.db.seed_user(VICTIM).await;
        let owner = world.kratos.seed(Identity::verified(VICTIM));
        is_asked(&world, &service, &legacy, owner).await;
        let id = world.db.review().await.id;
        let setup = world.setup().clone().with(&told(linking));
        said(&setup.run(&["review", "approve", &id, "--reason", REASON]));
        assert_eq!(service.client.resolve(owner).await.user(), legacy);
        let row = world.db.history().await.pop().expect("a history row");
        assert_eq!((row.event.as_str(), row.why.as_str()), ("identity.linked", REASON));
        assert_eq!((row.proof.as_deref(), row.identity_id), (Some("admin"), Some(owner.to_string())));
        assert_eq!(world.db.review_states().await, ["approved"]);
        world.db.links_agree().await;
    }
}

#[tokio::test]
async fn l1_a_user_whose_own_address_was_verified_is_linked() {
    for linking in ["verified", "trust"] {
        let (world, service) = knowing(linking).await;
        let legacy = world.db.seed_user(VICTIM).await;
        world.db.execute("UPDATE `user` SET emailVerified = 1").await;
        let owner = world.kratos.seed(Identity::verified(VICTIM));
        assert_eq!(service.client.resolve(owner).await.user(), legacy, "{linking}");
        assert_eq!(world.db.history().await[0].proof.as_deref(), Some("verified_address"));
        assert!(world.db.reviews().await.is_empty());
        world.db.links_agree().await;
    }
}

#[tokio::test]
async fn l1_whoever_is_not_verified_in_kratos_asks_a_person_under_trust_only() {
    let (world, service) = knowing("verified").await;
    world.db.seed_user(VICTIM).await;
    let unproved = world.kratos.seed(Identity::unverified(VICTIM));
    let answer = service.client.resolve(unproved).await;
    assert_eq!(answer.refusal(), refusal((422, "identity_email_unverified")));
    assert!(world.db.reviews().await.is_empty() && world.db.history().await.is_empty());

    let (world, service) = knowing("trust").await;
    let planted = world.db.seed_user(VICTIM).await;
    let unproved = world.kratos.seed(Identity::unverified(VICTIM));
    is_asked(&world, &service, &planted, unproved).await;
    is_decided_by(&service, "m").await;
}

#[tokio::test]
async fn l3_a_second_identity_or_another_verified_address_gives_no_access() {
    let world = World::start().await;
    let owner = world.kratos.seed(Identity::verified(VICTIM));
    let user = world.client().resolve(owner).await.user();

    let second = world.kratos.seed(Identity::verified(VICTIM));
    let elsewhere = refusal((409, "identity_linked_elsewhere"));
    assert_eq!(world.client().resolve(second).await.refusal(), elsewhere);

    let attacker = world.kratos.seed(Identity::verified("mallory@b.example"));
    let own = world.client().resolve(attacker).await.user();
    world.kratos.update(attacker, |json| {
        json["traits"]["email"] = json!(VICTIM);
        json["verifiable_addresses"][0]["value"] = json!(VICTIM);
    });
    assert_eq!(world.client().resolve(attacker).await.user(), own);

    let secondary = json!({ "verifiable_addresses": [
        { "via": "email", "value": "trojan@b.example", "verified": true },
        { "via": "email", "value": VICTIM, "verified": true },
    ] });
    let trojan = world.kratos.seed(Identity::verified("trojan@b.example").overriding(secondary));
    assert_ne!(world.client().resolve(trojan).await.user(), user);
    assert_eq!(world.client().resolve(owner).await.user(), user);
    world.db.links_agree().await;
}

#[tokio::test]
async fn l5_a_provider_that_verifies_nothing_proves_nothing() {
    let world = World::start().await;
    let user = world.db.seed_user(VICTIM).await;
    let entry = |value: &str, via: &str, verified: bool| json!([{ "via": via, "value": value, "verified": verified, "status": "completed" }]);
    let claims = [
        json!([]),
        json!(null),
        entry(VICTIM, "email", false),
        entry(VICTIM, "sms", true),
        entry("mallory@b.example", "email", true),
    ];
    for addresses in claims {
        let overriding = json!({ "verifiable_addresses": addresses });
        let identity = world.kratos.seed(Identity::verified(VICTIM).overriding(overriding));
        let answer = world.client().resolve(identity).await;
        assert_eq!(answer.refusal(), refusal((422, "identity_email_unverified")), "{addresses}");
    }
    assert_eq!((world.db.users().await[0].id.as_str(), world.db.history().await.len()), (user.as_str(), 0));
    assert!(world.db.reviews().await.is_empty(), "anyone could fill the queue");
}

#[tokio::test]
async fn l6_the_heir_of_a_mailbox_waits_for_a_person() {
    let world = World::start().await;
    let before = world.kratos.seed(Identity::verified(VICTIM));
    let user = world.client().resolve(before).await.user();
    world.kratos.remove(before);
    let heir = world.kratos.seed(Identity::verified(VICTIM));
    assert_eq!(world.client().resolve(heir).await.refusal(), refusal(REVIEW));
    assert_eq!(world.db.user_of(before).await.unwrap().id, user);

    world.db.a_minute_passes().await;
    said(&world.approve(&world.db.review().await.id));
    assert_eq!(world.client().resolve(heir).await.user(), user);
    let row = world.db.history().await.remove(1);
    assert_eq!((row.event.as_str(), row.why.as_str()), ("identity.relinked", REASON));
    world.db.links_agree().await;
}

#[tokio::test]
async fn l7_a_404_that_comes_and_goes_takes_nobody_over() {
    let world = World::start().await;
    let owner = world.kratos.seed(Identity::verified(VICTIM));
    let user = world.client().resolve(owner).await.user();
    let heir = world.kratos.seed(Identity::verified(VICTIM));

    world.kratos.fault(Rule::on(owner, Action::Flap(vec![404])).times(1));
    assert_eq!(world.client().resolve(heir).await.refusal(), refusal(REVIEW));
    world.db.a_minute_passes().await;
    // It lives: the minute counts anew from the next 404.
    assert_eq!(world.client().resolve(heir).await.refusal(), refusal((409, "identity_linked_elsewhere")));
    let id = world.db.review().await.id;
    world.kratos.fault(Rule::on(owner, Action::Flap(vec![404])));
    failed(&world.approve(&id), 1, "ask again in");
    world.db.a_minute_passes().await;
    // Two 404s a minute apart, and still it is in the list.
    failed(&world.approve(&id), 1, "the other identity is not gone");
    world.kratos.clear_faults();

    assert_eq!(world.client().resolve(owner).await.user(), user);
    assert!(world.db.user_of(heir).await.is_none());
    assert_eq!(world.db.history().await.len(), 1);
}

#[tokio::test]
async fn l8_a_refusal_tells_neither_who_nor_what_is_in_use() {
    let world = World::start().await;
    let owner = world.kratos.seed(Identity::verified(VICTIM));
    let user = world.client().resolve(owner).await.user();
    let rival = world.kratos.seed(Identity::verified(VICTIM));
    world.db.seed_user("twin@b.example").await;
    let twin = world.db.seed_user("twin@b.example").await;
    let ambiguous = world.kratos.seed(Identity::verified("twin@b.example"));
    let mut answers = vec![world.client().resolve(rival).await, world.client().resolve(ambiguous).await];
    world.kratos.remove(owner);
    answers.push(world.client().resolve(rival).await);
    let codes = ["identity_linked_elsewhere", "identity_email_ambiguous", "identity_link_requires_review"];
    for (answer, code) in answers.iter().zip(codes) {
        assert_eq!(answer.refusal(), refusal((409, code)));
        let all = answer.to_string();
        for secret in [user.as_str(), &twin, &owner.to_string(), "victim", "twin@"] {
            assert!(!all.contains(secret), "{secret} in {answer}");
        }
    }
}
