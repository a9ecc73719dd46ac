//! Bugs that panic, in a handler and in a use case with a transaction open: one caller is told, and nothing is lost.

use crate::support::client::Client;
use crate::support::eventually;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::json;
use uuid::Uuid;

/// Fewer than the panics of each test, so that one lost connection or permit for each would leave none.
const POOL: usize = 4;
const SETTINGS: [(&str, &str); 2] = [("RESOLVER_POOL_SIZE", "4"), ("RESOLVER_CONCURRENCY", "8")];
const PANICS: usize = 12;

#[tokio::test]
async fn a_panic_in_a_handler_is_a_500_in_form_and_the_next_call_is_served() {
    let faults = format!("in_handler=panic@{}", PANICS / 2);
    let world = World::with(&with_faults(&faults)).await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    for call in 1..=PANICS {
        let answer = world.client().resolve(known).await;
        if call == PANICS / 2 {
            assert_eq!(answer.refusal(), (500, "internal_error".to_owned()), "{answer}");
            assert_eq!(answer.json()["retryable"], json!(true), "{answer}");
        } else {
            assert_eq!(answer.status, 200, "{answer}");
        }
    }
    nothing_is_lost(&world, 1, &[known; POOL]).await;
}

#[tokio::test]
async fn panics_before_the_commit_lose_no_connection_and_create_nobody() {
    panics_of_a_use_case("before_commit").await;
}

#[tokio::test]
async fn panics_right_after_the_begin_lose_no_connection() {
    panics_of_a_use_case("after_begin").await;
}

async fn panics_of_a_use_case(point: &str) {
    // Each rule strikes once: the first passage that no rule before it took.
    let faults = vec![format!("{point}=panic@1"); PANICS].join(",");
    let world = World::with(&with_faults(&faults)).await;
    let newcomer = |n| world.kratos.seed(Identity::verified(format!("n{n}@b.example")));
    let newcomers: Vec<Uuid> = (0..PANICS + POOL).map(newcomer).collect();
    for identity in &newcomers[..PANICS] {
        let answer = world.client().resolve(identity).await;
        assert_eq!(answer.refusal(), (500, "internal_error".to_owned()), "{answer}");
        assert_eq!(answer.json()["retryable"], json!(true), "{answer}");
    }
    assert_eq!(world.db.users().await.len(), 0);
    nothing_is_lost(&world, PANICS, &newcomers[PANICS..]).await;
    for identity in &newcomers[..PANICS] {
        assert!(world.client().resolve(identity).await.created());
    }
    assert_eq!(world.db.users().await.len(), newcomers.len());
}

fn with_faults(faults: &str) -> Vec<(&str, &str)> {
    SETTINGS.into_iter().chain([("FAULTS", faults)]).collect()
}

/// The process lives, has counted, and serves as many at once as it has connections; then nothing is held any more.
async fn nothing_is_lost(world: &World, panics: usize, at_once: &[Uuid]) {
    let client: &Client = world.client();
    let calls = at_once.iter().map(|identity| client.resolve(identity));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.status, 200, "{answer}");
    }
    // What a call leaves behind is given back when its answer is on its way already.
    eventually("nothing is held", PATIENCE, async || {
        let metrics = client.operations("/metrics").await.text();
        let of = |name: &str| -> Option<usize> {
            metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.parse().ok()
        };
        assert_eq!(of("identity_resolver_panics_total"), Some(panics), "{metrics}");
        let connections = of("identity_resolver_pool_connections")?;
        assert!((1..=POOL).contains(&connections), "{metrics}");
        let all_idle = of("identity_resolver_pool_idle_connections") == Some(connections);
        (all_idle && of("identity_resolver_requests_in_flight") == Some(0)).then_some(())
    })
    .await;
}
