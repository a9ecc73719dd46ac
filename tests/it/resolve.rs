//! The main job: a hit, a link, a creation, in both dialects, with the correlation id the caller gave.

use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

fn keys(value: &serde_json::Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_newcomer_gets_a_user_once() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("New@Comer.example").name("New", "Comer"));
    let first = world.client().resolve(identity).await;
    let second = world.client().resolve(identity).await;
    assert_eq!((first.created(), second.created()), (true, false));
    assert_eq!(first.user(), second.user());
    let users = world.db.users().await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].id, first.user());
    assert_eq!(users[0].auth_id, Some(identity.to_string()));
    assert_eq!(users[0].email.as_deref(), Some("New@Comer.example"));
    assert_eq!((users[0].first_name.as_deref(), users[0].last_name.as_deref()), (Some("New"), Some("Comer")));
}

#[tokio::test]
async fn a_creation_is_one_history_row_one_link_and_one_claim() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("New@Comer.example"));
    let answer = world.client().resolve(identity).await;
    let history = world.db.history().await;
    assert_eq!(history.len(), 1);
    let row = &history[0];
    assert_eq!((row.event.as_str(), row.proof.as_deref()), ("user.created", Some("verified_address")));
    assert_eq!((row.user_id.clone(), row.identity_id.clone()), (answer.user(), Some(identity.to_string())));
    assert_eq!((row.audit_id.clone(), row.previous_identity_id.clone()), (answer.string("auditId"), None));
    assert_eq!(Uuid::parse_str(&row.attempt_id).unwrap().get_version_num(), 7);
    assert!(!row.actor.is_empty() && !row.why.is_empty());
    let linked = (answer.user(), Some(identity.to_string()), "linked".to_owned());
    assert_eq!(world.db.links().await, [linked]);
    assert_eq!(world.db.claims().await, [("new@comer.example".to_owned(), answer.user())]);
}

#[tokio::test]
async fn a_user_that_was_there_before_is_linked_and_not_created() {
    let world = World::start().await;
    let legacy = world.db.seed_user("Ada@Example.ORG").await;
    let identity = world.kratos.seed(Identity::verified("ada@example.org"));
    let answer = world.client().resolve(identity).await;
    assert_eq!((answer.user(), answer.created()), (legacy.clone(), false));
    let users = world.db.users().await;
    assert_eq!(users.len(), 1);
    assert_eq!(
        (users[0].auth_id.clone(), users[0].email.as_deref()),
        (Some(identity.to_string()), Some("Ada@Example.ORG"))
    );
    let history = world.db.history().await;
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].event.as_str(), history[0].proof.as_deref()),
        ("identity.linked", Some("verified_address"))
    );
    assert_eq!(world.db.links().await, [(legacy, Some(identity.to_string()), "linked".to_owned())]);
    assert!(world.db.claims().await.is_empty(), "links write no claim");
}

#[tokio::test]
async fn a_hit_writes_nothing_and_does_not_ask_kratos() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve(identity).await;
    let (before, calls) = (world.db.checksums().await, world.kratos.calls());
    for _ in 0..3 {
        assert!(!world.client().resolve(identity).await.created());
    }
    assert_eq!((world.db.checksums().await, world.kratos.calls()), (before, calls));
}

#[tokio::test]
async fn a_known_link_is_answered_whatever_became_of_the_identity() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    world.kratos.update(identity, |json| json["state"] = json!("inactive"));
    assert_eq!(world.client().resolve(identity).await.user(), user);
    world.kratos.remove(identity);
    assert_eq!(world.client().resolve(identity).await.user(), user);
}

#[tokio::test]
async fn the_first_dialect_answers_with_exactly_three_keys() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let (created, hit) = (world.client().resolve(identity).await, world.client().resolve(identity).await);
    for answer in [created, hit] {
        assert_eq!(keys(&answer.json()), set(&["userId", "created", "auditId"]));
    }
}

#[tokio::test]
async fn the_second_dialect_answers_with_exactly_two_keys_that_are_one_id() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let (created, hit) =
        (world.client().resolve_actor(identity).await, world.client().resolve_actor(identity).await);
    for answer in [&created, &hit] {
        assert_eq!(keys(&answer.json()), set(&["userId", "actorID"]));
        assert_eq!(answer.string("userId"), answer.string("actorID"));
    }
    assert_eq!(world.client().resolve(identity).await.user(), created.user());
}

#[tokio::test]
async fn a_creation_through_the_second_dialect_is_told_to_nobody_else() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve_actor(identity).await;
    assert!(!world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn an_identity_in_upper_case_is_the_same_identity() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let upper = identity.to_string().to_uppercase();
    let first = world.client().resolve(&upper).await;
    let second = world.client().resolve(identity).await;
    assert_eq!((first.user(), second.created()), (second.user(), false));
    assert_eq!(world.db.users().await[0].auth_id, Some(identity.to_string()));
    assert_eq!(world.db.history().await[0].identity_id, Some(identity.to_string()));
}

#[tokio::test]
async fn new_users_get_a_version_7_id() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    assert_eq!(Uuid::parse_str(&user).unwrap().get_version_num(), 7);
}

#[tokio::test]
async fn an_identity_id_of_any_version_is_taken() {
    let world = World::start().await;
    for (number, version) in ["1", "3", "4", "5", "7", "0", "f"].iter().enumerate() {
        let id = Uuid::parse_str(&format!("a0000000-0000-{version}000-8000-00000000000{number}")).unwrap();
        world.kratos.seed(Identity::verified(format!("v{number}@b.example")).id(id));
        assert!(world.client().resolve(id).await.created());
    }
}

#[tokio::test]
async fn names_that_are_missing_stay_null() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve(identity).await;
    let users = world.db.users().await;
    assert_eq!((users[0].first_name.clone(), users[0].last_name.clone()), (None, None));
}

#[tokio::test]
async fn a_usable_correlation_id_comes_back_in_lower_case() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let id = "A1B2C3D4-0000-4000-8000-0000000000AF";
    let answer = world.client().resolve_as(identity, &[("X-Correlation-Id", id)]).await;
    assert_eq!(answer.header("x-correlation-id"), Some(id.to_lowercase().as_str()));
    assert_eq!(answer.string("auditId"), id.to_lowercase());
    assert_eq!(world.db.history().await[0].audit_id, id.to_lowercase());
}

const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";

#[tokio::test]
async fn the_first_header_that_is_a_uuid_wins() {
    let world = World::start().await;
    let nil = Uuid::nil().to_string();
    let max = Uuid::max().to_string();
    let bare = ONE.replace('-', "");
    let braced = format!("{{{ONE}}}");
    let rows = [
        (vec![("X-Correlation-Id", ONE)], ONE),
        (vec![("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", ONE), ("X-Request-Id", TWO)], ONE),
        (vec![("X-Request-Id", TWO), ("X-Correlation-Id", ONE)], ONE),
        (vec![("X-Correlation-Id", "abc"), ("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", &nil), ("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", &max), ("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", &bare), ("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", &braced), ("X-Request-Id", TWO)], TWO),
        (vec![("X-Correlation-Id", ""), ("X-Request-Id", TWO)], TWO),
    ];
    for (headers, expected) in rows {
        let answer = world.client().resolve_as(Uuid::now_v7(), &headers).await;
        assert_eq!(answer.header("x-correlation-id"), Some(expected), "{headers:?}");
    }
}

#[tokio::test]
async fn without_a_usable_header_the_id_is_fresh_and_of_version_7() {
    let world = World::start().await;
    let nil = Uuid::nil().to_string();
    let mut seen = BTreeSet::new();
    for headers in
        [vec![], vec![("X-Correlation-Id", "x"), ("X-Request-Id", "y")], vec![("X-Request-Id", nil.as_str())]]
    {
        let answer = world.client().resolve_as(Uuid::now_v7(), &headers).await;
        let id = answer.header("x-correlation-id").unwrap().to_owned();
        assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 7);
        assert!(seen.insert(id), "given twice");
    }
}

#[tokio::test]
async fn the_correlation_id_is_echoed_on_refusals_and_on_operations_too() {
    use crate::support::answer::Listener::{Internal, Operations};
    let world = World::start().await;
    let headers = [("X-Correlation-Id", ONE)];
    let asked = [(Internal, "GET", "/nowhere"), (Internal, "GET", crate::support::client::RESOLVE)];
    let asked =
        asked.into_iter().chain([(Operations, "GET", "/health/live"), (Operations, "POST", "/version")]);
    for (listener, method, path) in asked {
        let answer = world.client().send(listener, method, path, &headers, Vec::new()).await;
        assert_eq!(answer.header("x-correlation-id"), Some(ONE), "{answer}");
    }
}
