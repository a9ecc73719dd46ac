//! The double as tests use it: planting, counting, hostile data, the control calls and the program.

#![expect(clippy::expect_used, reason = "a test without its tools cannot go on")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use fake_kratos::{FakeKratos, Identity, PathKind};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::{Value, json};
use uuid::Uuid;

async fn ask(base: &str, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().expect("a client");
    let mut request = client.request(method, format!("{base}{path}"));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn get(fake: &FakeKratos, path: &str) -> (StatusCode, Value) {
    ask(&fake.admin_url(), Method::GET, path, None).await
}

fn sample() -> String {
    format!("{}/samples/identities.json", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn a_seeded_identity_is_answered_under_its_chosen_id() {
    let fake = FakeKratos::start();
    let id = Uuid::from_u128(0xa000_0000_0000_4000_8000_0000_0000_0001);
    fake.seed(Identity::verified("Ada@example.org").id(id).external_id("e1").state("odd"));
    let (_, body) = get(&fake, &format!("/admin/identities/{id}")).await;
    assert_eq!(
        (&body["id"], &body["external_id"], &body["state"]),
        (&json!(id), &json!("e1"), &json!("odd"))
    );
}

#[tokio::test]
async fn several_identities_may_be_planted_with_one_address() {
    let fake = FakeKratos::start();
    fake.seed(Identity::verified("a@x.example"));
    fake.seed(Identity::unverified("A@x.example"));
    let (_, found) = get(&fake, "/admin/identities?credentials_identifier=a@x.example").await;
    assert_eq!(found.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_removed_identity_is_gone_and_its_address_free() {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("a@x.example"));
    fake.remove(id);
    let (status, _) = get(&fake, &format!("/admin/identities/{id}")).await;
    let again = json!({"schema_id": "default", "traits": {"email": "a@x.example"}});
    let (made, _) = ask(&fake.admin_url(), Method::POST, "/admin/identities", Some(again)).await;
    assert_eq!((status, made), (StatusCode::NOT_FOUND, StatusCode::CREATED));
}

#[tokio::test]
async fn an_update_is_seen_by_the_next_call() {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("a@x.example"));
    fake.update(id, |json| json["state"] = json!("inactive"));
    assert_eq!(get(&fake, &format!("/admin/identities/{id}")).await.1["state"], json!("inactive"));
}

#[tokio::test]
async fn updating_nobody_says_so() {
    let fake = FakeKratos::start();
    assert!(!fake.update(Uuid::nil(), |_| panic!("there is nothing to edit")));
}

#[tokio::test]
async fn calls_on_identities_are_counted_and_probes_are_not() {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("a@x.example"));
    for path in ["/health/ready", "/version", "/admin/identities", &format!("/admin/identities/{id}")] {
        get(&fake, path).await;
    }
    let counts =
        (fake.calls(), fake.calls_for(id), fake.calls_of(PathKind::Health), fake.calls_of(PathKind::List));
    assert_eq!(counts, (2, 1, 1, 1));
}

#[tokio::test]
async fn counts_begin_again_after_a_reset() {
    let fake = FakeKratos::start();
    get(&fake, "/admin/identities").await;
    fake.reset_calls();
    assert_eq!(fake.calls(), 0);
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_identity_has_no_next() {
    let fake = FakeKratos::start();
    for number in 0..4 {
        fake.seed(Identity::verified(format!("a{number}@x.example")));
    }
    let client = Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/admin/identities?page_size=4", fake.admin_url());
    let answer = client.get(url).send().await.expect("an answer");
    let link =
        answer.headers().get("Link").and_then(|link| link.to_str().ok()).unwrap_or_default().to_owned();
    assert!(link.contains("rel=\"first\"") && !link.contains("next"), "{link}");
}

#[tokio::test]
async fn following_next_meets_every_identity_once_in_order() {
    let fake = FakeKratos::start();
    let mut seeded: Vec<String> = (0..11)
        .map(|number| fake.seed(Identity::verified(format!("a{number}@x.example"))).to_string())
        .collect();
    seeded.sort();
    let client = Client::builder().no_proxy().build().expect("a client");
    let (mut path, mut met) = (Some("/admin/identities?page_size=4".to_owned()), Vec::new());
    while let Some(next) = path.take() {
        let answer = client.get(format!("{}{next}", fake.admin_url())).send().await.expect("an answer");
        let link = answer.headers()["Link"].to_str().expect("text").to_owned();
        path = link.split(",<").find(|link| link.ends_with("\"next\"")).and_then(|link| {
            link.split_once('>').map(|(target, _)| target.trim_start_matches('<').to_owned())
        });
        let items: Vec<Value> = answer.json().await.expect("a list");
        met.extend(items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()));
    }
    assert_eq!(met, seeded);
}

#[tokio::test]
async fn a_head_request_has_the_headers_and_no_body() {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("a@x.example"));
    let (status, body) = ask(&fake.admin_url(), Method::HEAD, &format!("/admin/identities/{id}"), None).await;
    assert_eq!((status, body), (StatusCode::OK, json!("")));
}

#[tokio::test]
async fn another_process_can_seed_count_and_reset() {
    let fake = FakeKratos::start();
    let admin = fake.admin_url();
    let seeds = json!([{"email": "a@x.example", "verified": true}, {"traits": {"/email": 7}, "state": "x"}]);
    let (_, made) = ask(&admin, Method::POST, "/__fake/identities", Some(seeds)).await;
    let (_, list) = get(&fake, "/admin/identities").await;
    let (_, calls) = get(&fake, "/__fake/calls").await;
    ask(&admin, Method::POST, "/__fake/reset", None).await;
    let lengths = (made["ids"].as_array().map(Vec::len), list.as_array().map(Vec::len));
    assert_eq!((lengths, &calls["total"], fake.identities()), ((Some(2), Some(2)), &json!(1), 0));
}

#[tokio::test]
async fn a_control_call_that_nobody_knows_is_refused() {
    let fake = FakeKratos::start();
    assert_eq!(get(&fake, "/__fake/nonsense").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_public_listener_has_no_control_calls() {
    let fake = FakeKratos::start();
    let (status, _) = ask(&fake.public_url(), Method::POST, "/__fake/reset", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// Ends the program if a test fails before it does.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(arguments: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-kratos"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
    Program(command.spawn().expect("the program starts"))
}

fn first_line(program: &mut Program) -> Value {
    let mut line = String::new();
    let stdout = program.0.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    serde_json::from_str(&line).expect("JSON")
}

#[tokio::test]
async fn the_program_serves_the_sample_and_ends_well_on_sigterm() {
    let seed = sample();
    let free = "127.0.0.1:0";
    let mut program = program(&["--admin-listen", free, "--public-listen", free, "--seed", &seed]);
    let ready = first_line(&mut program);
    let admin = ready["adminUrl"].as_str().expect("a URL").to_owned();
    let path = "/admin/identities/a0000000-0000-4000-8000-000000000001";
    let (_, ada) = ask(&admin, Method::GET, path, None).await;
    let killed =
        Command::new("kill").args(["-TERM", &program.0.id().to_string()]).status().expect("kill runs");
    let ended = program.0.wait().expect("an end").code();
    let outcome = (&ada["traits"]["email"], killed.success(), ended);
    assert_eq!(outcome, (&json!("ada@example.org"), true, Some(0)));
}

#[test]
fn an_unknown_argument_is_wrong_usage() {
    let mut program = program(&["--nonsense"]);
    assert_eq!(program.0.wait().expect("an end").code(), Some(2));
}

#[test]
fn a_seed_file_that_is_not_there_is_a_failure() {
    let free = "127.0.0.1:0";
    let mut program =
        program(&["--admin-listen", free, "--public-listen", free, "--seed", "/nonexistent/seed.json"]);
    assert_eq!(program.0.wait().expect("an end").code(), Some(1));
}
