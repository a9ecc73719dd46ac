//! The series an operator watches move when what they count happens, and carry nobody's data.

use crate::support::eventually;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use fake_kratos::{Action, Identity, Rule};
use uuid::Uuid;

async fn is(world: &World, series: &str, expected: f64) {
    let series = format!("identity_resolver_{series}");
    let found = world.client().series(&series).await;
    assert!(found.is_some_and(|found| (found - expected).abs() < f64::EPSILON), "{series}: {found:?}");
}

#[tokio::test]
async fn outcomes_are_counted_and_start_at_zero() {
    let world = World::start().await;
    let outcomes = ["hit", "linked", "created", "identity_email_unverified", "bad_user_input"];
    for outcome in outcomes {
        is(&world, &format!("resolve_outcomes_total{{outcome=\"{outcome}\"}}"), 0.0).await;
    }
    world.db.seed_user("l@b.example").await;
    let created = world.kratos.seed(Identity::verified("c@b.example"));
    let linked = world.kratos.seed(Identity::verified("l@b.example"));
    let refused = world.kratos.seed(Identity::unverified("u@b.example"));
    for identity in [created, created, linked, refused] {
        world.client().resolve(identity).await;
    }
    world.client().post("{}", &[]).await;
    for outcome in outcomes {
        is(&world, &format!("resolve_outcomes_total{{outcome=\"{outcome}\"}}"), 1.0).await;
    }
    is(&world, "policy_refusals_total{row=\"n\"}", 1.0).await;
}

#[tokio::test]
async fn calls_to_kratos_are_counted_by_what_came_of_them() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.client().resolve(Uuid::now_v7()).await;
    world.kratos.fault(Rule::any(Action::WrongId).times(1));
    world.client().resolve(identity).await;
    world.client().resolve(identity).await;
    for outcome in ["ok", "not_found", "invalid"] {
        let series = format!("identity_resolver_kratos_calls_total{{outcome=\"{outcome}\"}}");
        assert_eq!(world.client().series(&series).await, Some(1.0), "{series}");
    }
}

#[tokio::test]
async fn an_open_breaker_shows() {
    let world = World::start().await;
    is(&world, "kratos_breaker_open", 0.0).await;
    world.kratos.fault(Rule::any(Action::status(500)));
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    for _ in 0..6 {
        world.client().resolve(identity).await;
    }
    is(&world, "kratos_breaker_open", 1.0).await;
    world.kratos.clear_faults();
    eventually("the breaker closes", PATIENCE, async || {
        (world.client().resolve(identity).await.status == 200).then_some(())
    })
    .await;
    is(&world, "kratos_breaker_open", 0.0).await;
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let world = World::start().await;
    for path in ["/canary-path", "/canary-path/2"] {
        world.client().operations(path).await;
    }
    world.client().resolve(Uuid::now_v7()).await;
    let text = world.client().operations("/metrics").await.text();
    assert!(!text.contains("canary-path"), "{text}");
    let series = |listener, method, route, status| {
        format!(
            "http_requests_total{{listener=\"{listener}\",method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"
        )
    };
    is(&world, &series("ops", "GET", "unmatched", 404), 2.0).await;
    is(&world, &series("internal", "POST", crate::support::client::RESOLVE, 404), 1.0).await;
}

#[tokio::test]
async fn the_version_and_the_pool_show() {
    let world = World::start().await;
    is(&world, &format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0).await;
    let connections = world.client().series("identity_resolver_pool_connections").await;
    assert!(connections.is_some_and(|number| number >= 1.0), "{connections:?}");
}
