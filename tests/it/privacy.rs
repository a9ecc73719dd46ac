//! Canaries in every place personal or secret text can come from are looked for in everything the service
//! says, at the most talkative level; and the same search is shown to find one that is there.

use crate::support::answer::Listener;
use crate::support::client::{Client, RESOLVE};
use crate::support::database::TestDb;
use crate::support::service::Setup;
use fake_kratos::{Action, FakeKratos, Garbage, Identity, Rule};
use serde_json::json;
use uuid::Uuid;

const CANARIES: [&str; 9] = [
    "canaryaddress",
    "canarylegacy",
    "canaryfirst",
    "canarylast",
    "canarytoken",
    "canaryerror",
    "canarybody",
    "canarybroken",
    "canaryquery",
];

/// Which canaries a text has, in any letter case.
fn found(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}

/// A user of the database whose password is a canary; gives its name and the URL with both.
async fn with_password(db: &TestDb, password: &str) -> (String, String) {
    let mut url = url::Url::parse(&db.url()).unwrap();
    let user = format!("ir_{}", &Uuid::now_v7().simple().to_string()[20..]);
    db.execute(format!("CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{password}'")).await;
    let name = url.path().trim_start_matches('/').to_owned();
    db.execute(format!("GRANT ALL ON {name}.* TO '{user}'@'127.0.0.1'")).await;
    url.set_username(&user).unwrap();
    url.set_password(Some(password)).unwrap();
    (user, url.to_string())
}

fn person(address: &str) -> Identity {
    Identity::verified(address).name("CanaryFirst", "CanaryLast")
}

/// Every outcome that a person's data can lead to; gives all answers.
async fn decisions(client: &Client, kratos: &FakeKratos, db: &TestDb) -> String {
    db.seed_user("CanaryLegacy@b.example").await;
    let created = kratos.seed(person("CanaryAddress@b.example"));
    let rival = kratos.seed(person("canaryaddress@B.example"));
    let linked = kratos.seed(person("canarylegacy@b.example"));
    let unverified =
        kratos.seed(Identity::unverified("CanaryAddress.two@b.example").name("CanaryFirst", "x"));
    let broken =
        kratos.seed(person("x@b.example").overriding(json!({ "traits": { "email": "CanaryBroken" } })));
    let mut said = String::new();
    for identity in [created, created, rival, linked, unverified, broken, Uuid::now_v7()] {
        said += &client.resolve(identity).await.text();
    }
    said
}

/// A Kratos that quotes people in its errors and its nonsense; gives all answers.
async fn faults(client: &Client, kratos: &FakeKratos) -> String {
    let quoting = json!({ "error": { "code": 500, "message": "Duplicate entry 'CanaryError@b.example'" } });
    let nonsense = json!({ "error": { "code": 404.5, "message": "CanaryError" } });
    let mut said = String::new();
    for fault in [
        Action::answer(500, quoting),
        Action::answer(404, nonsense),
        Action::answer(200, json!("<html>CanaryError</html>")),
        Action::garbage(Garbage::InvalidUtf8),
        Action::garbage(Garbage::DuplicateKeys),
        Action::WrongId,
        Action::Truncate,
    ] {
        kratos.fault(Rule::any(fault));
        let identity = kratos.seed(person("CanaryAddress.three@b.example"));
        said += &client.resolve(identity).await.text();
        kratos.clear_faults();
    }
    said
}

/// Callers that put personal data where it does not belong, and a database that fails; gives all answers.
async fn accidents(client: &Client, kratos: &FakeKratos, db: &TestDb) -> String {
    let mut said = String::new();
    for body in ["{\"kratosIdentityId\":\"CanaryBody\"}", "{\"CanaryBody\":1}", "CanaryBody"] {
        said += &client.post(body, &[]).await.text();
    }
    let path = format!("{RESOLVE}?email=CanaryQuery@b.example");
    let body = json!({ "kratosIdentityId": Uuid::now_v7() }).to_string().into_bytes();
    let headers = [("content-type", "application/json")];
    said += &client.send(Listener::Internal, "POST", &path, &headers, body).await.text();
    db.execute("DROP TABLE user_link").await;
    said += &client.resolve(kratos.seed(person("CanaryAddress.four@b.example"))).await.text();
    for path in ["/metrics", "/health/ready", "/canaryquery"] {
        said += &client.operations(path).await.text();
    }
    said
}

#[tokio::test]
async fn no_address_name_or_secret_is_ever_said() {
    let password = format!("CanaryPassword{}", Uuid::now_v7().simple());
    let (kratos, db) = (FakeKratos::start(), TestDb::create().await);
    let (user, url) = with_password(&db, &password).await;
    let setup = Setup::new(&url, &kratos.admin_url())
        .set("KRATOS_ADMIN_TOKEN", "CanaryToken-1234567890")
        .set("RESOLVER_BREAKER_FAILURES", "1000")
        .set("RUST_LOG", "trace");
    let migrated = setup.run(&["migrate"]);
    assert_eq!(migrated.code, Some(0), "{}", migrated.text());
    let service = setup.serve().await;
    let mut said = migrated.text();
    said += &decisions(&service.client, &kratos, &db).await;
    said += &faults(&service.client, &kratos).await;
    said += &accidents(&service.client, &kratos, &db).await;
    said += &setup.run(&["config"]).text();
    said += &setup.run(&["healthcheck"]).text();
    let (_, log) = service.stop().await;
    db.execute(format!("DROP USER '{user}'@'127.0.0.1'")).await;

    let created = db.users().await[0].auth_id.clone().expect("linked");
    assert!(log.contains(&created), "the log is the one of these calls");
    assert_eq!(found(&log), Vec::<&str>::new(), "in the log");
    assert_eq!(found(&said), Vec::<&str>::new(), "in answers, metrics or commands");
    for text in [&log, &said] {
        assert!(!text.to_lowercase().contains(&password.to_lowercase()), "the password of DATABASE_URL");
    }
}

#[tokio::test]
async fn the_search_finds_what_is_there() {
    let (kratos, db) = (FakeKratos::start(), TestDb::create().await);
    let setup = Setup::new(&db.url(), &kratos.admin_url());
    setup.migrate();
    let service = setup.serve().await;
    service.client.resolve_as(Uuid::now_v7(), &[("User-Agent", "CanaryAddress@b.example")]).await;
    let (_, log) = service.stop().await;
    assert_eq!(found(&log), ["canaryaddress"]);
}
