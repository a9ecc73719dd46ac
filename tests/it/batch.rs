//! Many identities in one call: each answered in its place, with what a single call would have said.

mod bounds;
mod input;
mod troubles;

use crate::support::answer::{Answer, Listener};
use crate::support::client::Client;
use crate::support::world::World;
use fake_kratos::{Identity, PathKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const PATH: &str = "/rest/internal/identity/resolve-batch";

/// Posts any body.
async fn post(client: &Client, body: impl Into<Vec<u8>>) -> Answer {
    client.send(Listener::Internal, "POST", PATH, &[("content-type", "application/json")], body.into()).await
}

async fn ask(client: &Client, ids: &[impl ToString], provision: bool) -> Answer {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    post(client, json!({ "kratosIdentityIds": ids, "provision": provision }).to_string()).await
}

/// The results of a 200, as many as asked for.
async fn results(client: &Client, ids: &[impl ToString], provision: bool) -> Vec<Value> {
    let answer = ask(client, ids, provision).await;
    assert_eq!(answer.status, 200, "{answer}");
    let results = answer.json()["results"].as_array().expect("results").clone();
    assert_eq!(results.len(), ids.len());
    results
}

fn resolved(id: &impl ToString, user: &str, created: bool) -> Value {
    json!({ "kratosIdentityId": id.to_string(), "userId": user, "created": created })
}

fn failed(id: &impl ToString, error: &str, retryable: bool) -> Value {
    json!({ "kratosIdentityId": id.to_string(), "error": error, "retryable": retryable })
}

/// Verified newcomers.
fn newcomers(world: &World, number: usize) -> Vec<Uuid> {
    let tag = Uuid::now_v7().simple();
    (0..number).map(|n| world.kratos.seed(Identity::verified(format!("n{n}.{tag}@b.example")))).collect()
}

/// How many were created, by the answers; panics on anything but users.
fn created(results: &[Value]) -> usize {
    results.iter().filter(|one| one["created"].as_bool().unwrap_or_else(|| panic!("{one}"))).count()
}

#[tokio::test]
async fn without_provision_only_the_tables_are_read() {
    let world = World::start().await;
    let ids = newcomers(&world, 3);
    let user = world.client().resolve(ids[1]).await.user();
    world.kratos.reset_calls();
    let before = world.db.checksums().await;
    let not_found = |id| failed(&id, "user_not_found", false);
    let wanted = [not_found(ids[2]), resolved(&ids[1], &user, false), not_found(ids[0])];
    let asked = [ids[2], ids[1], ids[0]];
    assert_eq!(results(world.client(), &asked, false).await, wanted);
    let silent = post(world.client(), json!({ "kratosIdentityIds": asked }).to_string()).await;
    assert_eq!(silent.json()["results"], json!(wanted));
    assert_eq!(world.kratos.calls(), 0);
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn each_item_says_what_a_single_call_would_and_in_the_order_asked() {
    let world = World::start().await;
    let legacy = world.db.seed_user("legacy@b.example").await;
    for _ in 0..2 {
        world.db.seed_user("twins@b.example").await;
    }
    let plant = |identity| world.kratos.seed(identity);
    let known = plant(Identity::verified("known@b.example"));
    let user = world.client().resolve(known).await.user();
    let orphan = plant(Identity::verified("orphan@b.example"));
    world.db.delete_user(&world.client().resolve(orphan).await.user()).await;
    let linked = plant(Identity::verified("LEGACY@b.example"));
    let fresh = plant(Identity::verified("fresh@b.example"));
    let refused = [
        (plant(Identity::verified("KNOWN@b.example")), "identity_linked_elsewhere"),
        (plant(Identity::verified("twins@b.example")), "identity_email_ambiguous"),
        (orphan, "identity_link_requires_review"),
        (plant(Identity::verified("off@b.example").state("inactive")), "identity_inactive"),
        (plant(Identity::without_address()), "identity_traits_missing"),
        (plant(Identity::verified("x@b.example").trait_value("/email", json!(7))), "identity_traits_invalid"),
        (plant(Identity::unverified("un@b.example")), "identity_email_unverified"),
        (Uuid::now_v7(), "identity_not_found"),
    ];
    let asked: Vec<Uuid> = refused.iter().map(|(id, _)| *id).chain([fresh, linked, known]).collect();
    let seen = results(world.client(), &asked, true).await;
    for ((id, code), one) in refused.iter().zip(&seen) {
        assert_eq!(*one, failed(&id, code, false));
        let single = world.client().resolve(id).await.json();
        assert_eq!((&single["error"], &single["retryable"]), (&one["error"], &one["retryable"]));
    }
    let made = world.db.user_of(fresh).await.expect("created").id;
    let wanted =
        [resolved(&fresh, &made, true), resolved(&linked, &legacy, false), resolved(&known, &user, false)];
    assert_eq!(seen[refused.len()..], wanted);
}

#[tokio::test]
async fn what_a_batch_makes_is_history_like_any_other() {
    let world = World::start().await;
    let ids = newcomers(&world, 2);
    let refused = world.kratos.seed(Identity::unverified("u@b.example"));
    let answer = ask(world.client(), &[ids[0], ids[1], refused], true).await;
    let audit = answer.string("auditId");
    for id in ids {
        let history = world.db.history_of(id).await;
        assert_eq!((history.len(), history[0].event.as_str()), (1, "user.created"));
        assert_eq!((&history[0].audit_id, history[0].actor.as_str()), (&audit, "caller 127.0.0.1"));
    }
    let refusals = world.db.refusals().await;
    assert_eq!((refusals.len(), &refusals[0].first_audit_id), (1, &audit));
}

#[tokio::test]
async fn a_repeat_equals_the_first_and_creates_nobody() {
    let world = World::start().await;
    let id = newcomers(&world, 1)[0];
    let unknown = Uuid::now_v7();
    let asked = [id.to_string(), unknown.to_string(), id.to_string().to_uppercase(), unknown.to_string()];
    let seen = results(world.client(), &asked, true).await;
    let user = world.db.user_of(id).await.expect("created").id;
    let missing = failed(&unknown, "identity_not_found", false);
    let wanted = [resolved(&id, &user, true), missing.clone(), resolved(&id, &user, false), missing];
    assert_eq!(seen, wanted);
    assert_eq!(world.db.history().await.len(), 1);
    assert_eq!(world.kratos.calls(), 1);
}

#[tokio::test]
async fn five_hundred_are_created_in_one_call_and_the_same_ever_after() {
    let world = World::start().await;
    let ids = newcomers(&world, 500);
    let first = results(world.client(), &ids, true).await;
    assert_eq!(created(&first), 500);
    let told: Vec<&str> = first.iter().map(|one| one["kratosIdentityId"].as_str().unwrap()).collect();
    assert_eq!(told, ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let users: BTreeSet<&str> = first.iter().map(|one| one["userId"].as_str().unwrap()).collect();
    assert_eq!((users.len(), world.db.users().await.len()), (500, 500));
    let again = results(world.client(), &ids, true).await;
    assert_eq!(created(&again), 0);
    assert!(first.iter().zip(&again).all(|(one, other)| one["userId"] == other["userId"]));
}

#[tokio::test]
async fn kratos_is_asked_for_the_unknown_only_and_for_150_at_a_time() {
    let world = World::start().await;
    for (unknown, lists) in [(1, 1), (150, 1), (151, 2), (450, 3), (451, 4)] {
        let mut ids = newcomers(&world, 40);
        results(world.client(), &ids, true).await;
        ids.extend((0..unknown).map(|_| Uuid::now_v7()));
        world.kratos.reset_calls();
        let seen = results(world.client(), &ids, true).await;
        assert_eq!(created(&seen[..40]), 0);
        assert!(seen[40..].iter().all(|one| one["error"] == "identity_not_found"));
        let calls = (world.kratos.calls(), world.kratos.calls_of(PathKind::List));
        assert_eq!(calls, (lists, lists), "{unknown}");
    }
}
