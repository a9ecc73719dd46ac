//! Ways to get at somebody else's user, one test each (classes L1 to L8; old sessions and pending changes belong
//! to Kratos). The attacker never gets the victim's user, and a person is asked where a person can tell.

use crate::support::reviews::{REASON, failed, said};
use crate::support::world::World;
use fake_kratos::{Action, Identity, Rule};
use serde_json::json;

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
