//! A Kratos that hangs, and callers that go on asking for what only it knows: whoever needs no Kratos is served as ever.

use crate::support::answer::{Answer, Listener};
use crate::support::lean::Lean;
use crate::support::load::{Shot, open_loop, percentile};
use crate::support::service::PATIENCE;
use crate::support::world::World;
use crate::support::{Meanwhile, eventually, goal};
use fake_kratos::{Action, Identity, Rule};
use std::time::Duration;
use uuid::Uuid;

const KRATOS_CONCURRENCY: u64 = 8;
const CONCURRENCY: &str = "64";
const HITS: u32 = 50;
/// More in the third of a second that the line is patient than all places together.
const MISSES: u32 = 300;
const LENGTH: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_kratos_that_hangs_takes_no_place_of_a_hit() {
    let world = World::with(&[
        ("RESOLVER_CONCURRENCY", CONCURRENCY),
        ("RESOLVER_KRATOS_CONCURRENCY", &KRATOS_CONCURRENCY.to_string()),
        // It stays stuck: no breaker ends the misses' waiting.
        ("RESOLVER_BREAKER_FAILURES", "1000"),
    ])
    .await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    assert!(world.client().resolve(known).await.created());
    let lean = Lean::new(world.client().address(Listener::Internal));
    let quiet = open_loop(HITS, LENGTH / 2, hits(&lean, known)).await;

    world.kratos.fault(Rule::any(Action::Hang));
    let asking = lean.clone();
    let misses = Meanwhile::start(open_loop(MISSES, LENGTH + LENGTH / 5, move |_| {
        let lean = asking.clone();
        async move { lean.resolve(Uuid::now_v7()).await }
    }));
    eventually("every call that may ask Kratos does", PATIENCE, async || {
        (world.kratos.most_calls_at_once() == KRATOS_CONCURRENCY).then_some(())
    })
    .await;
    let busy = open_loop(HITS, LENGTH, hits(&lean, known)).await;
    let misses = misses.done().await;

    let lost = busy.iter().filter(|shot| shot.status() != 200).count();
    goal("stuck Kratos: no hit is refused", format!("{lost} of {}", busy.len()), lost == 0);
    let [base, now] = [&quiet, &busy].map(|shots| percentile(shots.iter(), 99.0));
    let bound = base * 3 + Duration::from_millis(20);
    goal("stuck Kratos: hits' p99 stays", format!("{now:?}, before {base:?}"), now <= bound);
    refused_in_form(&misses);
}

fn hits(lean: &Lean, known: Uuid) -> impl Fn(usize) -> Asking + Send + Sync + 'static {
    let lean = lean.clone();
    move |_| {
        let lean = lean.clone();
        Box::pin(async move { lean.resolve(known).await })
    }
}

type Asking = std::pin::Pin<Box<dyn Future<Output = Result<Answer, std::io::Error>> + Send>>;

/// Most for want of a place, at once; the others when Kratos' time was over.
fn refused_in_form(misses: &[Shot]) {
    let told = |code: &str| {
        let is = |shot: &&Shot| {
            shot.answer.as_ref().is_some_and(|answer| answer.refusal() == (503, code.to_owned()))
        };
        misses.iter().filter(is).count()
    };
    let (overloaded, unavailable) = (told("overloaded"), told("kratos_unavailable"));
    assert_eq!(overloaded + unavailable, misses.len(), "misses were told something else");
    assert!(overloaded > misses.len() / 2 && unavailable > 0, "{overloaded} {unavailable}");
}
