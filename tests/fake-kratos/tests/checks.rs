//! Checks of the admin API that no recording shows: what is refused, and what follows from a change.

#![expect(clippy::expect_used, reason = "a test without its tools cannot go on")]

use fake_kratos::{FakeKratos, Identity};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

async fn ask(fake: &FakeKratos, method: Method, path: &str, body: Value) -> (u16, Value) {
    let client = Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/admin/identities{path}", fake.admin_url());
    let answer = client.request(method, url).json(&body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn two() -> (FakeKratos, Uuid) {
    let fake = FakeKratos::start();
    fake.seed(Identity::verified("taken@x.example").external_id("taken"));
    let id = fake.seed(Identity::verified("a@x.example"));
    (fake, id)
}

#[tokio::test]
async fn a_change_to_an_address_in_use_is_a_conflict() {
    let (fake, id) = two();
    let patch = json!([{"op": "replace", "path": "/traits/email", "value": "TAKEN@x.example"}]);
    assert_eq!(ask(&fake, Method::PATCH, &format!("/{id}"), patch).await.0, 409);
}

#[tokio::test]
async fn a_change_to_an_external_id_in_use_is_a_conflict() {
    let (fake, id) = two();
    let body = json!({"traits": {"email": "a@x.example"}, "external_id": "taken"});
    assert_eq!(ask(&fake, Method::PUT, &format!("/{id}"), body).await.0, 409);
}

#[tokio::test]
async fn a_refused_change_changes_nothing() {
    let (fake, id) = two();
    let patch = json!([
        {"op": "replace", "path": "/state", "value": "inactive"},
        {"op": "replace", "path": "/traits/email", "value": "nope"},
    ]);
    let refused = ask(&fake, Method::PATCH, &format!("/{id}"), patch).await.0;
    let now = ask(&fake, Method::GET, &format!("/{id}"), Value::Null).await.1;
    assert_eq!((refused, &now["state"]), (400, &json!("active")));
}

#[tokio::test]
async fn a_verified_address_stays_verified_when_another_trait_changes() {
    let (fake, id) = two();
    let patch = json!([{"op": "add", "path": "/traits/mobile", "value": "+49 30 901820"}]);
    let (_, now) = ask(&fake, Method::PATCH, &format!("/{id}"), patch).await;
    assert_eq!(now["verifiable_addresses"][0]["verified"], json!(true));
}

#[tokio::test]
async fn an_emptied_external_id_has_no_key() {
    let (fake, _) = two();
    let id = fake.seed(Identity::verified("c@x.example").external_id("c"));
    let patch = json!([{"op": "replace", "path": "/external_id", "value": ""}]);
    let (status, now) = ask(&fake, Method::PATCH, &format!("/{id}"), patch).await;
    assert_eq!((status, now.get("external_id")), (200, None));
}

#[tokio::test]
async fn an_unknown_key_in_a_create_is_refused() {
    let fake = FakeKratos::start();
    let body = json!({"schema_id": "default", "traits": {"email": "a@x.example"}, "id": Uuid::nil()});
    assert_eq!(ask(&fake, Method::POST, "", body).await.0, 400);
}

#[tokio::test]
async fn a_batch_of_more_than_a_thousand_is_refused() {
    let fake = FakeKratos::start();
    let items: Vec<Value> = (0..1_001).map(|_| json!({"create": {}})).collect();
    assert_eq!(ask(&fake, Method::PATCH, "", json!({"identities": items})).await.0, 400);
}

#[tokio::test]
async fn a_password_is_not_kept() {
    let fake = FakeKratos::start();
    let config = json!({"config": {"password": "correct horse"}});
    let body = json!({"traits": {"email": "a@x.example"}, "credentials": {"password": config}});
    let id = ask(&fake, Method::POST, "", body).await.1["id"].as_str().expect("an id").to_owned();
    let path = format!("/{id}?include_credential=password");
    let shown = ask(&fake, Method::GET, &path, Value::Null).await.1.to_string();
    assert!(shown.contains("hashed_password") && !shown.contains("correct horse"), "{shown}");
}

#[tokio::test]
async fn an_unknown_credential_type_is_refused() {
    let (fake, id) = two();
    let path = format!("/{id}?include_credential=nonsense");
    assert_eq!(ask(&fake, Method::GET, &path, Value::Null).await.0, 400);
}
