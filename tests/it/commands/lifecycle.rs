//! How `serve` stops, and what `healthcheck` makes of it.

use crate::support::answer::Listener;
use crate::support::client::RESOLVE;
use crate::support::process;
use crate::support::service::{PATIENCE, Setup};
use crate::support::world::World;
use crate::support::{Meanwhile, eventually};
use fake_kratos::{Action, Identity, Rule};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_service_that_is_told_to_stop_ends_well() {
    let World { service, kratos, db: _db, .. } = World::start().await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    service.client.resolve(identity).await;
    let start = Instant::now();
    let (code, text) = service.stop().await;
    assert_eq!(code, Some(0), "{text}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_interrupt_from_the_keyboard_ends_it_as_well() {
    let World { service, kratos: _kratos, db: _db, .. } = World::start().await;
    assert!(process::interrupt(service.id()));
    assert_eq!(service.ended().await.0, Some(0));
}

#[tokio::test]
async fn a_call_under_way_is_still_answered() {
    let World { service, kratos, db, .. } = World::start().await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    kratos.fault(Rule::any(Action::Delay { ms: 700 }));
    let client = service.client.clone();
    let asked = Meanwhile::start(async move { client.resolve(identity).await });
    eventually("Kratos is being asked", PATIENCE, async || (kratos.calls() > 0).then_some(())).await;
    let (code, text) = service.stop().await;
    assert_eq!(code, Some(0), "{text}");
    let answer = asked.done().await;
    assert!(answer.created());
    assert_eq!(db.user_of(identity).await.expect("a user").id, answer.user());
}

#[tokio::test]
async fn while_it_drains_it_is_not_ready_and_still_answers() {
    let World { service, kratos, db: _db, .. } = World::with(&[("RESOLVER_DRAIN_ACCEPT_SECONDS", "4")]).await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    service.terminate();
    eventually("shutting_down", PATIENCE, async || {
        let ready = service.client.operations("/health/ready").await;
        (ready.refusal() == (503, "shutting_down".to_owned())).then_some(())
    })
    .await;
    assert_eq!(service.client.operations("/health/live").await.status, 200);
    assert!(service.client.resolve(identity).await.created());
    assert_eq!(service.ended().await.0, Some(0));
}

#[tokio::test]
async fn once_it_has_stopped_nothing_listens() {
    let World { service, kratos: _kratos, db: _db, .. } = World::start().await;
    let client = service.client.clone();
    assert_eq!(service.stop().await.0, Some(0));
    for (listener, method, path) in
        [(Listener::Internal, "POST", RESOLVE), (Listener::Operations, "GET", "/health/live")]
    {
        assert!(client.try_send(listener, method, path, &[], Vec::new()).await.is_err());
    }
}

#[tokio::test]
async fn a_kratos_that_hangs_does_not_keep_it_from_stopping() {
    let World { service, kratos, db: _db, .. } = World::start().await;
    let identity = kratos.seed(Identity::verified("a@b.example"));
    kratos.fault(Rule::any(Action::Hang));
    let client = service.client.clone();
    let asked = Meanwhile::start(async move { client.resolve(identity).await });
    eventually("Kratos is being asked", PATIENCE, async || (kratos.calls() > 0).then_some(())).await;
    let start = Instant::now();
    assert_eq!(service.stop().await.0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(asked.done().await.refusal(), (503, "kratos_unavailable".to_owned()));
}

#[tokio::test]
async fn healthcheck_tells_ready_from_not_ready() {
    let world = World::start().await;
    let address = world.client().address(Listener::Operations).to_string();
    let check = Setup::empty().set("RESOLVER_OPS_LISTEN", address);
    let ready = check.run(&["healthcheck"]);
    assert_eq!(ready.code, Some(0), "{}", ready.text());
    world.db.execute("DROP TABLE schema_compat").await;
    eventually("not ready", PATIENCE, async || (check.run(&["healthcheck"]).code == Some(1)).then_some(()))
        .await;
}

#[test]
fn healthcheck_of_nothing_fails_and_a_wrong_address_is_wrong_usage() {
    let nothing = Setup::empty().set("RESOLVER_OPS_LISTEN", "127.0.0.1:1").run(&["healthcheck"]);
    assert_eq!(nothing.code, Some(1), "{}", nothing.text());
    let wrong = Setup::empty().set("RESOLVER_OPS_LISTEN", "nonsense").run(&["healthcheck"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.text());
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_failure_and_not_a_silence() {
    let world = World::start().await;
    let taken = world.client().address(Listener::Internal).to_string();
    let done = world.setup().clone().set("RESOLVER_LISTEN", taken).run(&["serve"]);
    assert_eq!(done.code, Some(1), "{}", done.text());
}
