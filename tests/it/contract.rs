//! The check every answer goes through is shown to see: a planted extra key, a missing key, a missing or
//! malformed header, an unlisted status or media type, two ids that differ.

use crate::support::answer::{Answer, Listener};
use crate::support::client::RESOLVE;
use crate::support::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

const ID: &str = "0198c5a0-0000-7000-8000-000000000001";

fn seen(status: u16, body: &Value) -> Answer {
    Answer {
        listener: Listener::Internal,
        method: "POST".to_owned(),
        path: RESOLVE.to_owned(),
        status,
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-correlation-id".to_owned(), ID.to_owned()),
            ("retry-after".to_owned(), "1".to_owned()),
        ],
        body: body.to_string().into_bytes(),
    }
}

fn hit() -> Value {
    json!({ "userId": ID, "created": false, "auditId": ID })
}

fn linked() -> Value {
    json!({ "userId": ID, "kratosIdentityId": ID, "linkedAt": "2026-11-21T10:00:00.5Z" })
}

/// A path that the document only has as a template.
fn reverse() -> String {
    format!("/rest/internal/users/{ID}/identity")
}

fn batch(result: &Value) -> Answer {
    let body = json!({ "results": [result], "auditId": ID });
    on(seen(200, &body), "POST", "/rest/internal/identity/resolve-batch")
}

fn refused(code: &str, retryable: bool) -> Value {
    json!({ "error": code, "message": "why", "correlationId": ID, "retryable": retryable })
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn renamed(mut answer: Answer, header: &str, to: &str) -> Answer {
    answer.headers.iter_mut().filter(|(name, _)| name == header).for_each(|(name, _)| to.clone_into(name));
    answer
}

fn on(mut answer: Answer, method: &str, path: &str) -> Answer {
    method.clone_into(&mut answer.method);
    path.clone_into(&mut answer.path);
    answer
}

#[tokio::test]
async fn sound_answers_pass() {
    let world = World::start().await;
    let contract = world.client().contract();
    let actor = json!({ "userId": ID, "actorID": ID });
    let sound = [
        seen(200, &hit()),
        seen(200, &actor),
        batch(&json!({ "kratosIdentityId": ID, "userId": ID, "created": false })),
        batch(&json!({ "kratosIdentityId": "x", "error": "bad_user_input", "retryable": false })),
        seen(400, &refused("bad_user_input", false)),
        seen(503, &refused("database_unavailable", true)),
        on(seen(404, &refused("not_found", false)), "GET", "/health/live"),
        on(seen(200, &linked()), "GET", &reverse()),
        on(seen(200, &with(linked(), "linkedAt", Value::Null)), "GET", &reverse()),
        on(seen(404, &refused("not_found", false)), "GET", &format!("{}/", reverse())),
    ];
    for answer in &sound {
        assert_eq!(contract.problems(answer), Vec::<String>::new(), "{answer}");
    }
}

#[tokio::test]
async fn planted_faults_are_reported() {
    let world = World::start().await;
    let contract = world.client().contract();
    let other = json!("0198c5a0-0000-7000-8000-000000000002");
    let planted = [
        ("an extra key in a hit", seen(200, &with(hit(), "email", json!("x")))),
        (
            "an extra key in a refusal",
            seen(409, &with(refused("identity_inactive", false), "details", json!(1))),
        ),
        ("a mixture of the dialects", seen(200, &with(hit(), "actorID", json!(ID)))),
        ("a missing key", seen(200, &json!({ "userId": ID, "created": false }))),
        ("a key of another type", seen(200, &with(hit(), "created", json!("false")))),
        ("an id in upper case", seen(200, &with(hit(), "userId", json!(ID.to_uppercase())))),
        ("the nil id", seen(200, &with(hit(), "userId", json!(Uuid::nil())))),
        ("a code of another status", seen(400, &refused("identity_inactive", false))),
        ("a code nobody knows", seen(409, &refused("whatever", false))),
        ("a retryable that is wrong", seen(503, &refused("database_unavailable", false))),
        ("an unlisted status", seen(418, &refused("not_found", false))),
        ("a body that is no JSON", Answer { body: b"<html>".to_vec(), ..seen(200, &hit()) }),
        ("an unlisted media type", renamed(seen(200, &hit()), "content-type", "x-type")),
        ("no correlation id", renamed(seen(200, &hit()), "x-correlation-id", "x-other")),
        (
            "a 503 without Retry-After",
            renamed(seen(503, &refused("overloaded", true)), "retry-after", "x-other"),
        ),
        ("a 405 without Allow", on(seen(405, &refused("method_not_allowed", false)), "GET", RESOLVE)),
        ("an answer where nothing is", on(seen(200, &hit()), "POST", "/elsewhere")),
        ("an audit id of another call", seen(200, &with(hit(), "auditId", other.clone()))),
        (
            "a correlation id of another call",
            seen(500, &with(refused("internal_error", true), "correlationId", other)),
        ),
    ];
    for (what, answer) in &planted {
        assert!(!contract.problems(answer).is_empty(), "not reported: {what}");
    }
}

#[tokio::test]
async fn planted_faults_of_items_and_behind_templates_are_reported() {
    let world = World::start().await;
    let contract = world.client().contract();
    let planted = [
        ("an extra key in a link", on(seen(200, &with(linked(), "email", json!("x"))), "GET", &reverse())),
        (
            "a time that is not UTC",
            on(seen(200, &with(linked(), "linkedAt", json!("2026-11-21T10:00:00+01:00"))), "GET", &reverse()),
        ),
        ("a template's method that is none", on(seen(200, &linked()), "POST", &reverse())),
        (
            "an extra key in an item",
            batch(&json!({ "kratosIdentityId": ID, "userId": ID, "created": true, "x": 1 })),
        ),
        (
            "a wrong retryable in an item",
            batch(&json!({ "kratosIdentityId": ID, "error": "kratos_unavailable", "retryable": false })),
        ),
        (
            "a message in an item",
            batch(
                &json!({ "kratosIdentityId": ID, "error": "overloaded", "retryable": true, "message": "" }),
            ),
        ),
    ];
    for (what, answer) in &planted {
        assert!(!contract.problems(answer).is_empty(), "not reported: {what}");
    }
}
