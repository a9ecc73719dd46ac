//! The service's own bounds: its deadline, its concurrency, a database that is slow, gone or odd.

use crate::support::answer::Listener;
use crate::support::proxy::Fault;
use crate::support::raw::Raw;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use crate::support::{Meanwhile, eventually};
use fake_kratos::{Action, Garbage, Identity, Rule};
use serde_json::Value;
use std::time::{Duration, Instant};
use uuid::Uuid;

#[tokio::test]
async fn a_call_that_cannot_be_done_in_time_says_so() {
    let world = World::with(&[
        ("RESOLVER_KRATOS_CONNECT_MILLIS", "200"),
        ("RESOLVER_KRATOS_TOTAL_MILLIS", "300"),
        ("RESOLVER_REQUEST_DEADLINE_MILLIS", "500"),
    ])
    .await;
    let user = world.db.seed_user("a@b.example").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let mut holder = world.db.pool().begin().await.unwrap();
    sqlx::query("UPDATE `user` SET firstName = 'Held' WHERE id = ?")
        .bind(&user)
        .execute(&mut *holder)
        .await
        .unwrap();
    let start = Instant::now();
    let answer = world.client().resolve(identity).await;
    assert_eq!(answer.refusal(), (504, "deadline_exceeded".to_owned()), "{answer}");
    assert!(start.elapsed() < Duration::from_millis(1_500), "{:?}", start.elapsed());
    holder.rollback().await.unwrap();
    let linked = eventually("the link", PATIENCE, async || {
        let answer = world.client().resolve(identity).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert_eq!(linked.user(), user);
    assert_eq!(world.db.history().await.len(), 1);
}

#[tokio::test]
async fn more_calls_than_the_bound_are_refused_at_once_and_hits_too() {
    let world = World::with(&[("RESOLVER_CONCURRENCY", "1")]).await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::Delay { ms: 1_000 }));
    let client = world.client().clone();
    let slow = Meanwhile::start(async move { client.resolve(identity).await });
    eventually("Kratos is being asked", PATIENCE, async || (world.kratos.calls() > 0).then_some(())).await;
    let start = Instant::now();
    let refused = world.client().resolve(Uuid::now_v7()).await;
    assert_eq!(refused.refusal(), (503, "overloaded".to_owned()));
    assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
    // Overload is no reason to send the load to fewer replicas.
    assert_eq!(world.client().operations("/health/ready").await.status, 200);
    assert!(slow.done().await.created());
}

#[tokio::test]
async fn a_database_that_goes_away_and_comes_back_needs_nobody() {
    let (door, world) = World::behind_a_proxy(&[]).await;
    let World { service, kratos, db: _, .. } = &world;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    let user = service.client.resolve(identity).await.user();
    door.fault(Fault::Refuse);
    let start = Instant::now();
    let gone = service.client.resolve(identity).await;
    assert_eq!(gone.refusal(), (503, "database_unavailable".to_owned()), "{gone}");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    eventually("not ready", PATIENCE, async || {
        let ready = service.client.operations("/health/ready").await;
        (ready.refusal() == (503, "database_unavailable".to_owned())).then_some(())
    })
    .await;
    assert_eq!(service.client.operations("/health/live").await.status, 200);
    door.heal();
    service.ready().await;
    let back = eventually("a hit", PATIENCE, async || {
        let answer = service.client.resolve(identity).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert_eq!(back.user(), user);
}

#[tokio::test]
async fn a_table_that_vanishes_is_named_in_the_log_and_the_replica_is_not_ready() {
    let world = World::start().await;
    world.db.execute("DROP TABLE user_link").await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let answer = world.client().resolve(identity).await;
    assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{answer}");
    let probe = world.client().operations("/health/ready").await;
    assert_eq!(probe.refusal(), (503, "database_unavailable".to_owned()), "{probe}");
    eventually("the table's name in the log", PATIENCE, async || {
        world.service.log().text().contains("user_link").then_some(())
    })
    .await;
}

#[tokio::test]
async fn rows_that_nobody_of_ours_wrote_are_an_internal_error_whose_cause_is_not_told() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(identity).await.user();
    world.db.execute(format!("UPDATE `user` SET id = 'not-an-id' WHERE id = '{user}'")).await;
    let answer = world.client().resolve(identity).await;
    assert_eq!(answer.refusal(), (500, "internal_error".to_owned()), "{answer}");
    assert!(!answer.text().contains("not-an-id"), "{answer}");
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_undo_its_own_creation() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::Delay { ms: 300 }).times(1));
    // A reset and not a goodbye: only that makes the framework drop what it was doing.
    let mut impatient = Raw::connect(world.client().address(Listener::Internal), PATIENCE);
    impatient.ask(identity);
    eventually("Kratos is being asked", PATIENCE, async || (world.kratos.calls() > 0).then_some(())).await;
    impatient.reset();
    eventually("the user is there all the same", PATIENCE, async || world.db.user_of(identity).await).await;
    let [change] = world.db.history().await.try_into().unwrap();
    let of_this_call = |line: &Value| {
        line["message"] == "resolve"
            && line["audit_id"] == change.audit_id.as_str()
            && line["outcome"] == "created"
    };
    world.service.log().wait_for("the audit line of the call", PATIENCE, of_this_call);
    let metrics = world.client().operations("/metrics").await.text();
    assert!(
        metrics.contains("method=\"POST\",route=\"/rest/internal/identity/resolve\",status=\"499\"} 1"),
        "{metrics}"
    );
    assert!(!world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn refusals_that_cannot_be_counted_stand_in_nobodys_way() {
    let world = World::with(&[("RESOLVER_POOL_SIZE", "4")]).await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    let refused = world.kratos.seed(Identity::unverified("refused@b.example"));
    world.client().resolve(known).await;
    assert_eq!(world.client().resolve(refused).await.status, 422);
    let mut holder = world.db.pool().begin().await.unwrap();
    sqlx::query("UPDATE refusal SET count = count + 1").execute(&mut *holder).await.unwrap();
    let refusals = (0..30).map(|_| world.client().resolve(refused));
    let hits = async {
        for _ in 0..30 {
            assert_eq!(world.client().resolve(known).await.status, 200);
        }
    };
    let (refusals, ()) = tokio::join!(futures_util::future::join_all(refusals), hits);
    assert!(refusals.iter().all(|answer| answer.status == 422), "{refusals:?}");
    holder.rollback().await.unwrap();
    assert_eq!(world.client().resolve(refused).await.status, 422);
}

#[tokio::test]
async fn no_more_calls_to_kratos_than_the_bound_and_hits_do_not_notice() {
    let world = World::with(&[("RESOLVER_KRATOS_CONCURRENCY", "1")]).await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    world.client().resolve(known).await;
    let slow = world.kratos.seed(Identity::verified("slow@b.example"));
    world.kratos.fault(Rule::on(slow, Action::Delay { ms: 1_500 }));
    let client = world.client().clone();
    let asked = Meanwhile::start(async move { client.resolve(slow).await });
    eventually("Kratos is being asked", PATIENCE, async || (world.kratos.calls_for(slow) > 0).then_some(()))
        .await;
    assert_eq!(world.client().resolve(Uuid::now_v7()).await.refusal(), (503, "overloaded".to_owned()));
    assert!(!world.client().resolve(known).await.created());
    assert!(asked.done().await.created());
}

#[tokio::test]
async fn bounds_that_let_a_kratos_that_hangs_take_every_place_are_warned_of() {
    for (concurrency, is_warned) in [("128", true), ("129", false)] {
        let world =
            World::with(&[("RESOLVER_KRATOS_CONCURRENCY", "64"), ("RESOLVER_CONCURRENCY", concurrency)])
                .await;
        let warned = world.service.log().text().contains("more than twice RESOLVER_KRATOS_CONCURRENCY");
        assert_eq!(warned, is_warned, "{concurrency}");
    }
}

#[tokio::test]
async fn the_bound_of_a_body_is_a_setting() {
    let world = World::with(&[("RESOLVER_BODY_MAX_BYTES", "200")]).await;
    let json = serde_json::json!({ "kratosIdentityId": Uuid::now_v7() }).to_string();
    let over = format!("{json}{}", " ".repeat(201 - json.len()));
    assert_eq!(
        world.client().post(&over[..200], &[]).await.refusal(),
        (404, "identity_not_found".to_owned())
    );
    assert_eq!(world.client().post(over, &[]).await.refusal(), (413, "payload_too_large".to_owned()));
}

#[tokio::test]
async fn the_bound_of_an_answer_of_kratos_is_a_setting() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::garbage(Garbage::Huge { bytes: 300 * 1024 })));
    assert_eq!(world.client().resolve(identity).await.refusal(), (502, "kratos_invalid_response".to_owned()));
    let wider = world.setup().clone().set("RESOLVER_KRATOS_ANSWER_MAX_BYTES", "400000").serve().await;
    assert!(wider.client.resolve(identity).await.created());
}
