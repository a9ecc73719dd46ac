//! What is refused as a whole, and what only in its place.

use super::{PATH, failed, newcomers, post, results};
use crate::support::answer::Listener;
use crate::support::world::World;
use serde_json::{Value, json};
use uuid::Uuid;

const ID: &str = "a0000000-0000-4000-8000-00000000000a";

/// Every body that must be answered 400 as a whole, by name.
fn rows() -> Vec<(&'static str, String)> {
    let list = |list: &str| format!("{{\"kratosIdentityIds\":{list}}}");
    let item = |item: &str| format!("{{\"kratosIdentityIds\":[\"{ID}\",{item}]}}");
    let beside = |more: &str| format!("{{\"kratosIdentityIds\":[\"{ID}\"],{more}}}");
    vec![
        ("nothing", String::new()),
        ("no JSON", "kratosIdentityIds=1".to_owned()),
        ("cut short", format!("{{\"kratosIdentityIds\":[\"{ID}\"")),
        ("something behind", list(&format!("[\"{ID}\"]")) + "x"),
        ("null", "null".to_owned()),
        ("a bare list", json!([ID]).to_string()),
        ("a list of both", json!([[ID], true]).to_string()),
        ("no key", "{}".to_owned()),
        ("only the other key", json!({ "provision": true }).to_string()),
        ("the key of a single call", json!({ "kratosIdentityId": ID }).to_string()),
        ("another letter case", json!({ "KratosIdentityIds": [ID] }).to_string()),
        ("an unknown key", beside("\"x\":1")),
        ("an unknown null", beside("\"x\":null")),
        ("the list twice", beside(&format!("\"kratosIdentityIds\":[\"{ID}\"]"))),
        ("the word twice", beside("\"provision\":false,\"provision\":false")),
        ("a null word", beside("\"provision\":null")),
        ("a word as text", beside("\"provision\":\"true\"")),
        ("a word as number", beside("\"provision\":1")),
        ("a null list", list("null")),
        ("a text for a list", list(&format!("\"{ID}\""))),
        ("an object for a list", list(&format!("{{\"0\":\"{ID}\"}}"))),
        ("no items", list("[]")),
        ("a null item", item("null")),
        ("a number", item("7")),
        ("a truth", item("true")),
        ("a list in the list", item(&format!("[\"{ID}\"]"))),
        ("an object in the list", item(&format!("{{\"id\":\"{ID}\"}}"))),
        ("half a surrogate", item("\"\\ud800\"")),
        ("501 ids", json!({ "kratosIdentityIds": vec![ID; 501] }).to_string()),
        ("501 bad ids", json!({ "kratosIdentityIds": vec![""; 501] }).to_string()),
        ("a nesting of 3,000", list(&"[".repeat(3_000))),
    ]
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_as_a_whole_and_nothing_is_asked_or_written() {
    let world = World::start().await;
    let before = world.db.checksums().await;
    for (what, body) in rows() {
        let answer = post(world.client(), body).await;
        assert_eq!(answer.refusal(), (400, "bad_user_input".to_owned()), "{what}: {answer}");
    }
    assert_eq!(world.kratos.calls(), 0);
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn a_bad_id_is_refused_in_its_place_as_it_was_sent() {
    let world = World::start().await;
    let id = newcomers(&world, 1)[0];
    let bad = [
        String::new(),
        Uuid::nil().to_string(),
        Uuid::max().to_string().to_uppercase(),
        format!("{{{ID}}}"),
        format!("urn:uuid:{ID}"),
        ID.replace('-', ""),
        format!(" {ID}"),
        format!("{ID}\0"),
        ID.replace('a', "\u{430}"),
        "' OR '1'='1' -- aaaaaaaaaaaaaaaaaaaaa".to_owned(),
        "ada@example.org".to_owned(),
        "\"\\\u{2028}</script>".to_owned(),
    ];
    for provision in [true, false] {
        world.kratos.reset_calls();
        let mut asked = bad.to_vec();
        asked.insert(3, id.to_string());
        let seen = results(world.client(), &asked, provision).await;
        let user = world.db.user_of(id).await.expect("created").id;
        assert_eq!(seen[3]["userId"], user);
        for (text, one) in asked.iter().zip(&seen).filter(|(text, _)| **text != id.to_string()) {
            assert_eq!(*one, failed(&text, "bad_user_input", false));
        }
        assert_eq!(world.kratos.calls(), u64::from(provision));
    }
}

#[tokio::test]
async fn bad_ids_alone_ask_nobody() {
    let world = World::start().await;
    let seen = results(world.client(), &["x", "x"], true).await;
    assert_eq!(seen, vec![failed(&"x", "bad_user_input", false); 2]);
    assert_eq!(world.kratos.calls(), 0);
}

#[tokio::test]
async fn a_batch_has_a_limit_of_its_own_on_its_body() {
    let world = World::start().await;
    let id = Uuid::now_v7();
    let json = json!({ "kratosIdentityIds": [id] }).to_string();
    let fits = format!("{json}{}", " ".repeat(32_768 - json.len()));
    assert_eq!(post(world.client(), fits.clone()).await.status, 200);
    let over = post(world.client(), fits + " ").await;
    assert_eq!(over.refusal(), (413, "payload_too_large".to_owned()));
    let narrow = world.setup().clone().set("RESOLVER_BATCH_BODY_MAX_BYTES", "128").serve().await;
    let over = format!("{json}{}", " ".repeat(129 - json.len()));
    assert_eq!(post(&narrow.client, over).await.refusal(), (413, "payload_too_large".to_owned()));
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let world = World::start().await;
    let body = json!({ "kratosIdentityIds": [ID] }).to_string();
    for kind in ["text/plain", "application/json; charset=latin1"] {
        let headers = [("content-type", kind)];
        let sent = world.client().send(Listener::Internal, "POST", PATH, &headers, body.clone().into()).await;
        assert_eq!(sent.refusal(), (415, "unsupported_media_type".to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn the_example_of_the_document_is_taken() {
    let world = World::start().await;
    let document = world.client().operations("/openapi.json").await.json();
    let body = &document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["examples"];
    for example in body.as_object().expect("examples").values() {
        let answer = post(world.client(), Value::to_string(&example["value"])).await;
        assert_eq!(answer.status, 200, "{answer}");
    }
}
