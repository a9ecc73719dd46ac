//! Kratos down for a while, under a steady load of calls that need it: it is left alone but for one call per back-off
//! step and replica, it is asked again by everybody after the first success, and what needs no Kratos does not notice.

use crate::support::answer::Listener;
use crate::support::client::Client;
use crate::support::lean::Lean;
use crate::support::load::{Shot, open_loop_until, percentile};
use crate::support::service::{PATIENCE, Service};
use crate::support::world::World;
use crate::support::{Meanwhile, eventually, goal, number};
use fake_kratos::{Action, Identity, Rule};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Calls that need Kratos, and as many that do not, per second and replica.
const RATE: u32 = 20;
const LONGEST_STEP: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_kratos_that_is_down_is_asked_once_per_step_and_by_all_after_the_first_success() {
    let down = Duration::from_secs(number("FIRE_KRATOS_DOWN_SECONDS", 9));
    let world = World::with(&[("RESOLVER_BREAKER_MAX_SECONDS", &LONGEST_STEP.as_secs().to_string())]).await;
    let other = world.replica().await;
    let replicas = [&world.service, &other];
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    assert!(world.client().resolve(known).await.created());
    assert_eq!(open_breakers(&replicas).await, [false, false]);
    let over = Arc::new(AtomicBool::new(false));
    let loads = replicas.map(|replica| Meanwhile::start(load(replica, known, Arc::clone(&over))));

    let start = Instant::now();
    let fault = world.kratos.fault(Rule::any(Action::status(503)));
    eventually("both breakers open", PATIENCE, async || {
        (open_breakers(&replicas).await == [true, true]).then_some(())
    })
    .await;
    world.kratos.reset_calls();
    let opened = Instant::now();
    tokio::time::sleep(down.saturating_sub(start.elapsed())).await;
    assert_eq!(open_breakers(&replicas).await, [true, true]);
    let asked = usize::try_from(world.kratos.calls()).unwrap();
    // Counted from the first failure there are no more; and not many fewer, though each step ends with the next call
    // that comes and not with the clock.
    let most = probes_within(start.elapsed());
    let least = probes_within((opened.elapsed() * 9 / 10).saturating_sub(LONGEST_STEP / 8));
    world.kratos.clear_fault(fault);
    let back = Instant::now();
    for replica in replicas {
        first_success(&replica.client, &world).await;
    }
    let recovered = back.elapsed();
    assert_eq!(open_breakers(&replicas).await, [false, false]);
    world.kratos.reset_calls();
    eventually("the load reaches Kratos again", PATIENCE, async || (world.kratos.calls() >= 8).then_some(()))
        .await;
    over.store(true, Ordering::SeqCst);
    let mut shots = Vec::new();
    for load in loads {
        shots.extend(load.done().await);
    }

    let figure = format!("{asked} calls of 2 replicas in {down:?}, {most} steps each");
    goal("breaker: one call per step and replica", figure, (2 * least..=2 * most).contains(&asked));
    // The step in force, and what a machine that is busy adds.
    let bound = LONGEST_STEP + Duration::from_millis(500);
    goal("breaker: closes by the end of the step", format!("{recovered:?}"), recovered <= bound);
    hits_did_not_notice(&shots);
}

/// How many steps of 1, 2, 4 … seconds up to the longest end in this time.
fn probes_within(time: Duration) -> usize {
    let steps =
        std::iter::successors(Some(Duration::from_secs(1)), |step| Some((*step * 2).min(LONGEST_STEP)));
    let ends = steps.scan(Duration::ZERO, |end, step| {
        *end += step;
        Some(*end)
    });
    ends.take_while(|end| *end <= time).count()
}

async fn open_breakers(replicas: &[&Service; 2]) -> [bool; 2] {
    let mut open = [false; 2];
    for (open, replica) in open.iter_mut().zip(replicas) {
        let metrics = replica.client.operations("/metrics").await.text();
        let value =
            metrics.lines().find_map(|line| line.strip_prefix("identity_resolver_kratos_breaker_open "));
        *open = value.expect("the series") == "1";
    }
    open
}

/// By turns a hit and an identity that nobody knows, until it is over.
fn load(replica: &Service, known: Uuid, over: Arc<AtomicBool>) -> impl Future<Output = Vec<Shot>> + use<> {
    let lean = Lean::new(replica.client.address(Listener::Internal));
    open_loop_until(2 * RATE, over, move |n| {
        let lean = lean.clone();
        let identity = if n.is_multiple_of(2) { known } else { Uuid::now_v7() };
        async move { lean.resolve(identity).await }
    })
}

async fn first_success(client: &Client, world: &World) {
    let newcomer = world.kratos.seed(Identity::verified(format!("{}@b.example", Uuid::now_v7())));
    eventually("a newcomer is served", PATIENCE, async || {
        (client.resolve(newcomer).await.status == 200).then_some(())
    })
    .await;
}

fn hits_did_not_notice(shots: &[Shot]) {
    let (hits, misses): (Vec<&Shot>, Vec<&Shot>) =
        shots.iter().partition(|shot| shot.number.is_multiple_of(2));
    let lost = hits.iter().filter(|shot| shot.status() != 200).count();
    let figure = format!("{lost} of {}, p99 {:?}", hits.len(), percentile(hits.iter().copied(), 99.0));
    goal("breaker: no hit fails", figure, lost == 0 && !hits.is_empty());
    let told = |code: &str| {
        misses.iter().filter(|shot| shot.answer.as_ref().is_some_and(|answer| answer.error() == code)).count()
    };
    let (unavailable, unknown) = (told("kratos_unavailable"), told("identity_not_found"));
    assert!(unavailable > 0 && unknown > 0, "{unavailable} {unknown}");
    assert_eq!(unavailable + unknown, misses.len(), "misses were told something else");
}
