//! Routes ↔ document, both ways: what the program says it has, what the document lists, what answers.

use crate::support::answer::Listener;
use crate::support::world::World;
use std::collections::BTreeSet;

fn other(listener: Listener) -> Listener {
    match listener {
        Listener::Internal => Listener::Operations,
        Listener::Operations => Listener::Internal,
    }
}

fn name(listener: Listener) -> &'static str {
    match listener {
        Listener::Internal => "internal",
        Listener::Operations => "ops",
    }
}

#[tokio::test]
async fn the_document_lists_exactly_the_routes_of_the_program() {
    let world = World::start().await;
    let documented: BTreeSet<(String, String, String)> = world
        .client()
        .contract()
        .routes()
        .into_iter()
        .map(|(listener, method, path)| (name(listener).to_owned(), method, path))
        .collect();
    let built: BTreeSet<(String, String, String)> = identity_resolver::http::routes()
        .iter()
        .map(|(listener, method, path)| {
            (listener.name().to_owned(), (*method).to_owned(), (*path).to_owned())
        })
        .collect();
    assert_eq!(documented, built);
}

#[tokio::test]
async fn every_documented_route_answers_on_its_listener() {
    let world = World::start().await;
    for (listener, method, path) in world.client().contract().routes() {
        let answer = world.client().send(listener, &method, &path, &[], Vec::new()).await;
        assert!(!matches!(answer.status, 404 | 405 | 500..), "{answer}");
    }
}

#[tokio::test]
async fn every_documented_route_is_unknown_to_the_other_listener() {
    let world = World::start().await;
    for (listener, method, path) in world.client().contract().routes() {
        let answer = world.client().send(other(listener), &method, &path, &[], Vec::new()).await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{answer}");
    }
}

#[tokio::test]
async fn every_route_says_which_methods_it_has() {
    let world = World::start().await;
    for (listener, own, path) in world.client().contract().routes() {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"] {
            if method == own {
                continue;
            }
            let answer = world.client().send(listener, method, &path, &[], Vec::new()).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some(own.as_str())), "{answer}");
        }
    }
}

#[tokio::test]
async fn the_health_routes_say_so_in_their_exact_form() {
    let world = World::start().await;
    let live = world.client().operations("/health/live").await;
    assert_eq!(live.json(), serde_json::json!({ "status": "live" }));
    let ready = world.client().operations("/health/ready").await;
    assert_eq!(ready.json()["status"], "ready");
}

#[tokio::test]
async fn the_document_and_the_program_have_one_version() {
    let world = World::start().await;
    let told = world.client().operations("/version").await;
    let document = world.client().operations("/openapi.json").await;
    assert_eq!(told.json()["version"], document.json()["info"]["version"]);
    assert_eq!(told.string("version"), env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn metrics_are_text_with_the_series_of_the_service() {
    let world = World::start().await;
    let answer = world.client().operations("/metrics").await;
    assert!(answer.text().contains("identity_resolver_resolve_outcomes_total"), "{answer}");
}
