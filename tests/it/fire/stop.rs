//! Replicas that are stopped and started again under load, behind a balancer that honours readiness: nobody notices.

use crate::support::answer::{Answer, Listener};
use crate::support::balancer::Balancer;
use crate::support::lean::Lean;
use crate::support::load::{Shot, open_loop_until, percentile};
use crate::support::service::Service;
use crate::support::world::World;
use crate::support::{Meanwhile, goal, number};
use fake_kratos::Identity;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

const RATE: u32 = 300;
/// One call in this many is the first for its identity.
const ONE_NEWCOMER_IN: usize = 10;
const KNOWN: usize = 50;

#[tokio::test]
async fn replicas_that_are_stopped_under_load_fail_no_request() {
    let stops = number("FIRE_STOPS", 5);
    let world = World::with(&[("RESOLVER_DRAIN_ACCEPT_SECONDS", "1")]).await;
    let mut replicas = [Some(world.replica().await), Some(world.replica().await)];
    let balancer = Balancer::over(&replicas.each_ref().map(|one| one.as_ref().unwrap())).await;
    let over = Arc::new(AtomicBool::new(false));
    let load = Meanwhile::start(load(&world, &balancer, stops, Arc::clone(&over)).await);

    let mut slowest = Duration::ZERO;
    for stop in 0..stops {
        let number = usize::try_from(stop % 2).unwrap();
        let given = balancer.given();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_ne!(balancer.given()[number], 0, "the replica had nothing to do");
        let replica = replicas[number].take().unwrap();
        slowest = slowest.max(ends_well(replica, &balancer, number).await);
        let next = world.setup().launch().await;
        balancer.put(number, &next);
        balancer.sees(number, true).await;
        assert!(balancer.given()[1 - number] > given[1 - number], "nobody moved to the other replica");
        replicas[number] = Some(next);
    }
    over.store(true, Ordering::SeqCst);
    let shots = load.done().await;

    let failed: Vec<&Shot> = shots.iter().filter(|shot| shot.status() != 200).collect();
    let p99 = percentile(&shots, 99.0);
    let figure = format!("{} of {} at {RATE}/s over {stops} stops, p99 {p99:?}", failed.len(), shots.len());
    if let Some(first) = failed.first() {
        println!("the first that failed: {first:?}");
    }
    goal("stop: no failed request", figure, failed.is_empty());
    let created = shots.iter().filter(|shot| shot.answer.as_ref().is_some_and(Answer::created));
    assert_eq!(created.count(), shots.len().div_ceil(ONE_NEWCOMER_IN), "each newcomer is created once");
    let figure = format!("{slowest:?}");
    goal("stop: exit 0 within 20 s", figure, slowest < Duration::from_secs(20));
}

/// Asks for newcomers and known identities through the balancer until it is over.
async fn load(
    world: &World,
    balancer: &Balancer,
    stops: u64,
    over: Arc<AtomicBool>,
) -> impl Future<Output = Vec<Shot>> + use<> {
    let mut known = Vec::new();
    for n in 0..KNOWN {
        let identity = world.kratos.seed(Identity::verified(format!("known{n}@b.example")));
        assert!(world.client().resolve(identity).await.created());
        known.push(identity);
    }
    // Enough for half a minute a stop.
    let newcomers = 30 * usize::try_from(stops).unwrap() * RATE as usize / ONE_NEWCOMER_IN;
    let newcomer = |n| world.kratos.seed(Identity::verified(format!("new{n}@b.example")));
    let newcomers: Vec<Uuid> = (0..newcomers).map(newcomer).collect();
    let lean = Lean::new(balancer.address());
    open_loop_until(RATE, over, move |n| {
        let is_new = n.is_multiple_of(ONE_NEWCOMER_IN);
        let identity = if is_new { newcomers[n / ONE_NEWCOMER_IN] } else { known[n % known.len()] };
        let lean = lean.clone();
        async move { lean.resolve(identity).await }
    })
}

/// Stops a replica; gives the time it took from the signal to its end.
async fn ends_well(replica: Service, balancer: &Balancer, number: usize) -> Duration {
    let start = Instant::now();
    replica.terminate();
    balancer.sees(number, false).await;
    let (code, text) = replica.ended().await;
    assert_eq!(code, Some(0), "{text}");
    start.elapsed()
}

#[tokio::test]
async fn callers_that_keep_idle_connections_do_not_hold_up_a_stop() {
    let world = World::with(&[("RESOLVER_DRAIN_ACCEPT_SECONDS", "0")]).await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let World { service, kratos: _kratos, db: _db, .. } = world;
    let lean = Lean::new(service.client.address(Listener::Internal));
    for _ in 0..3 {
        assert_eq!(lean.resolve(identity).await.unwrap().status, 200);
    }
    assert_eq!(lean.resting(), 1);
    let start = Instant::now();
    let (code, text) = service.stop().await;
    assert_eq!(code, Some(0), "{text}");
    let took = start.elapsed();
    goal("stop: idle connections", format!("{took:?}"), took < Duration::from_secs(5));
}
