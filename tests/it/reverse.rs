//! From a user to its identity: read, never made.

use crate::support::answer::{Answer, Listener};
use crate::support::client::Client;
use crate::support::eventually;
use crate::support::log::field;
use crate::support::proxy::Fault;
use crate::support::raw::Raw;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use fake_kratos::Identity;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

async fn ask(client: &Client, user: impl std::fmt::Display) -> Answer {
    let path = format!("/rest/internal/users/{user}/identity");
    client.send(Listener::Internal, "GET", &path, &[], Vec::new()).await
}

#[tokio::test]
async fn a_linked_user_is_answered_with_its_identity_and_the_time_of_the_link() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let before = OffsetDateTime::from(SystemTime::now()) - Duration::from_secs(1);
    let user = world.client().resolve(identity).await.user();
    for asked in [user.clone(), user.to_uppercase()] {
        let answer = ask(world.client(), asked).await;
        assert_eq!((answer.status, answer.string("userId")), (200, user.clone()), "{answer}");
        assert_eq!(answer.string("kratosIdentityId"), identity.to_string());
        let at = OffsetDateTime::parse(&answer.string("linkedAt"), &Rfc3339).expect("RFC 3339");
        assert!(at >= before && at <= OffsetDateTime::from(SystemTime::now()), "{at}");
        assert!(answer.string("linkedAt").ends_with('Z'));
    }
}

#[tokio::test]
async fn the_time_is_that_of_the_row() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    for (stored, told) in [
        ("2026-03-29 02:30:00.123456", "2026-03-29T02:30:00.123456Z"),
        ("2001-01-01 00:00:00", "2001-01-01T00:00:00Z"),
    ] {
        world.db.execute(format!("UPDATE user_link SET linked_at = '{stored}'")).await;
        assert_eq!(ask(world.client(), &user).await.string("linkedAt"), told);
    }
}

#[tokio::test]
async fn a_link_without_a_record_of_ours_is_told_without_a_time() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    let other = Uuid::now_v7();
    for lost in [format!("UPDATE user_link SET identity_id = '{other}'"), "DELETE FROM user_link".to_owned()]
    {
        world.db.execute(lost).await;
        let answer = ask(world.client(), &user).await;
        assert_eq!(answer.string("kratosIdentityId"), identity.to_string());
        assert_eq!(answer.json()["linkedAt"], Value::Null);
    }
}

#[tokio::test]
async fn an_unknown_an_unlinked_and_a_deleted_user_are_not_found_and_nobody_is_linked_for_it() {
    let world = World::start().await;
    let unlinked = world.db.seed_user("a@b.example").await;
    world.kratos.seed(Identity::verified("a@b.example"));
    let gone = world.kratos.seed(Identity::verified("b@b.example"));
    let deleted = world.client().resolve(gone).await.user();
    world.db.delete_user(&deleted).await;
    world.kratos.reset_calls();
    let before = world.db.checksums().await;
    for user in [unlinked, deleted, Uuid::now_v7().to_string(), gone.to_string()] {
        let answer = ask(world.client(), user).await;
        assert_eq!(answer.refusal(), (404, "user_not_found".to_owned()), "{answer}");
        assert_eq!(answer.json()["retryable"], false);
    }
    assert_eq!(world.kratos.calls(), 0);
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn a_malformed_id_is_refused() {
    let world = World::start().await;
    let id = "a0000000-0000-4000-8000-00000000000a";
    let bad = [
        "x".to_owned(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
        format!("{id}%20"),
        format!("%20{id}"),
        format!("{id}%00"),
        format!("{id}%2F.."),
        "%FF%FE".to_owned(),
        "'%20OR%201=1%20--".to_owned(),
        "a".repeat(4_000),
    ];
    for id in bad {
        let answer = ask(world.client(), &id).await;
        assert_eq!(answer.refusal(), (400, "bad_user_input".to_owned()), "{answer}");
    }
}

#[tokio::test]
async fn paths_beside_it_are_no_routes() {
    let world = World::start().await;
    let id = Uuid::now_v7();
    for path in [
        format!("/rest/internal/users/{id}"),
        format!("/rest/internal/users/{id}/identity/"),
        "/rest/internal/users//identity".to_owned(),
    ] {
        let answer = world.client().send(Listener::Internal, "GET", &path, &[], Vec::new()).await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{answer}");
    }
}

#[tokio::test]
async fn it_needs_the_database_and_not_kratos() {
    let (door, world) = World::behind_a_proxy(&[]).await;
    let World { service, kratos, db: _db, .. } = world;
    let user = service.client.resolve(kratos.seed(Identity::verified("a@b.example"))).await.user();
    drop(kratos);
    assert_eq!(ask(&service.client, &user).await.status, 200);
    door.fault(Fault::Refuse);
    let answer = ask(&service.client, &user).await;
    assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{answer}");
    door.heal();
    service.ready().await;
    assert_eq!(ask(&service.client, &user).await.status, 200);
}

#[tokio::test]
async fn it_has_one_audit_line() {
    let World { service, kratos, db: _db, .. } = World::start().await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    let user = service.client.resolve(identity).await.user();
    let told = ask(&service.client, &user).await;
    ask(&service.client, "x").await;
    let log = service.log().clone();
    assert_eq!(service.stop().await.0, Some(0));
    let lines: Vec<Value> =
        log.events().into_iter().filter(|event| field(event, "message") == "reverse").collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(field(&lines[0], "audit_id").as_str(), told.header("x-correlation-id"));
    assert_eq!((field(&lines[0], "user_id"), field(&lines[0], "outcome")), (&user.into(), &"hit".into()));
    assert_eq!(field(&lines[0], "identity_id"), identity.to_string().as_str());
    assert_eq!(
        (field(&lines[1], "user_id"), field(&lines[1], "outcome")),
        (&Value::Null, &"bad_user_input".into())
    );
}

#[tokio::test]
async fn a_caller_that_hangs_up_has_its_audit_line_all_the_same() {
    let (door, world) = World::behind_a_proxy(&[]).await;
    let World { service, kratos, db: _, .. } = &world;
    let user = service.client.resolve(kratos.seed(Identity::verified("a@b.example"))).await.user();
    door.freeze_what_is_connected();
    let mut impatient = Raw::connect(service.client.address(Listener::Internal), PATIENCE);
    let path = format!("/rest/internal/users/{user}/identity");
    impatient.write(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    let in_flight = "identity_resolver_requests_in_flight 1\n";
    eventually("the database is being asked", PATIENCE, async || {
        service.client.operations("/metrics").await.text().contains(in_flight).then_some(())
    })
    .await;
    impatient.reset();
    service.log().wait_for("the line of the call", PATIENCE, |event| {
        field(event, "message") == "reverse" && field(event, "user_id") == user.as_str()
    });
}
