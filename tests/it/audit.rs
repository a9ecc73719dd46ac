//! One audit line per call, with what an auditor asks for, and never an address or a name.

use crate::support::log::field;
use crate::support::service::Service;
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Stops the service, so that every line is out, and gives the audit lines.
async fn lines(service: Service) -> Vec<Value> {
    let log = service.log().clone();
    assert_eq!(service.stop().await.0, Some(0));
    log.events().into_iter().filter(|event| field(event, "message") == "resolve").collect()
}

#[tokio::test]
async fn every_call_has_exactly_one_audit_line() {
    let World { service, kratos, db: _db, .. } = World::start().await;
    let created = kratos.seed(Identity::verified("a@b.example"));
    let refused = kratos.seed(Identity::unverified("b@b.example"));
    let mut ids = BTreeSet::new();
    for identity in [created, created, refused, Uuid::now_v7()] {
        let answer = service.client.resolve(identity).await;
        ids.insert(answer.header("x-correlation-id").unwrap().to_owned());
    }
    ids.insert(service.client.post("{}", &[]).await.string("correlationId"));
    let lines = lines(service).await;
    let logged: Vec<String> =
        lines.iter().map(|line| field(line, "audit_id").as_str().unwrap().to_owned()).collect();
    assert_eq!(logged.len(), 5, "{lines:?}");
    assert_eq!(logged.into_iter().collect::<BTreeSet<_>>(), ids);
}

#[tokio::test]
async fn the_audit_line_says_who_asked_for_whom_and_what_came_of_it() {
    let World { service, kratos, db, .. } = World::start().await;
    let legacy = db.seed_user("c@b.example").await;
    let known = kratos.seed(Identity::verified("a@b.example"));
    let linked = kratos.seed(Identity::verified("c@b.example"));
    let refused = kratos.seed(Identity::unverified("b@b.example"));
    let agent = [("User-Agent", "billing/7.1")];
    let user = service.client.resolve_as(known, &agent).await.user();
    let asked = [known, linked, refused];
    for identity in asked {
        service.client.resolve_as(identity, &agent).await;
    }
    let lines = lines(service).await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (field(line, "outcome").as_str().unwrap(), field(line, "status").as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("created", 200), ("hit", 200), ("linked", 200), ("identity_email_unverified", 422)]);
    let users: Vec<_> = lines.iter().map(|line| field(line, "user_id").as_str()).collect();
    assert_eq!(users, [Some(user.as_str()), Some(user.as_str()), Some(legacy.as_str()), None]);
    for (line, identity) in lines.iter().zip([known, known, linked, refused]) {
        assert_eq!(field(line, "identity_id").as_str(), Some(identity.to_string().as_str()));
        assert_eq!(field(line, "caller_addr").as_str(), Some("127.0.0.1"));
        assert_eq!(field(line, "caller_agent").as_str(), Some("billing/7.1"));
        assert!(field(line, "duration_ms").is_u64(), "{line}");
    }
}

#[tokio::test]
async fn a_bad_call_has_an_audit_line_without_ids() {
    let World { service, kratos: _kratos, db: _db, .. } = World::start().await;
    let sent = service.client.post("nonsense", &[]).await;
    let lines = lines(service).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(field(&lines[0], "audit_id").as_str(), sent.header("x-correlation-id"));
    assert_eq!(field(&lines[0], "outcome"), "bad_user_input");
    assert!(field(&lines[0], "identity_id").is_null() && field(&lines[0], "user_id").is_null());
}

#[tokio::test]
async fn an_agent_cannot_write_lines_of_its_own() {
    let World { service, kratos: _kratos, db: _db, .. } = World::start().await;
    let long = format!("{}\"}}{{\"message\":\"resolve\"}}", "x".repeat(5_000));
    service.client.resolve_as(Uuid::now_v7(), &[("User-Agent", &long)]).await;
    let lines = lines(service).await;
    assert_eq!(lines.len(), 1);
    let agent = field(&lines[0], "caller_agent").as_str().unwrap();
    assert!(!agent.is_empty() && agent.len() < 1_000, "{} characters", agent.len());
}

#[tokio::test]
async fn every_line_of_the_log_is_json() {
    let World { service, kratos, db: _db, .. } = World::with(&[("RUST_LOG", "trace")]).await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    service.client.resolve(identity).await;
    let (code, text) = service.stop().await;
    assert_eq!(code, Some(0));
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|value| value.is_object()), "{line:?}");
    }
}
