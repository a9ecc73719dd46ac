//! Identities that Kratos does not know, hammered: the permits bound what reaches it, and nothing is remembered, so
//! that who has just registered is found at once.

use crate::support::answer::{Answer, Listener};
use crate::support::lean::Lean;
use crate::support::load::{Shot, open_loop, percentile};
use crate::support::service::PATIENCE;
use crate::support::world::World;
use crate::support::{Meanwhile, goal, number};
use fake_kratos::{Action, Identity, Rule};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PERMITS: u64 = 8;
const KRATOS_MILLIS: u64 = 20;
/// Half of them ask for the same few again and again, half for one that nobody asked for before.
const THE_SAME: usize = 10;

#[tokio::test]
async fn unknown_identities_do_not_take_kratos_down_and_a_new_one_is_found_at_once() {
    let rate = u32::try_from(number("FIRE_UNKNOWN_RATE", 2_000)).unwrap();
    let length = Duration::from_secs(number("FIRE_UNKNOWN_SECONDS", 8));
    // Few enough at once that most are refused before they cost anything: two processors are to carry this.
    let world =
        World::with(&[("RESOLVER_KRATOS_CONCURRENCY", &PERMITS.to_string()), ("RESOLVER_CONCURRENCY", "16")])
            .await;
    world.kratos.fault(Rule::any(Action::Delay { ms: KRATOS_MILLIS }));
    let lean = Lean::new(world.client().address(Listener::Internal));
    let same: Vec<Uuid> = (0..THE_SAME).map(|_| Uuid::now_v7()).collect();
    let asked = same.clone();
    let hammer = Meanwhile::start(open_loop(rate, length, move |n| {
        let (lean, fresh) = (lean.clone(), Uuid::now_v7());
        let identity = if n.is_multiple_of(2) { asked[n / 2 % THE_SAME] } else { fresh };
        async move { lean.resolve(identity).await }
    }));
    let mut slowest = Duration::ZERO;
    for identity in &same[..2] {
        slowest = slowest.max(registered(&world, *identity).await);
    }
    let shots = hammer.done().await;

    let most = world.kratos.most_calls_at_once();
    let figure = format!("{most} of {} at {rate}/s", shots.len());
    goal("unknown: calls at Kratos at once ≤ the permits", figure, most <= PERMITS && most > PERMITS / 2);
    goal(
        "unknown: a new identity is found at once",
        format!("{slowest:?}"),
        slowest < Duration::from_secs(5),
    );
    told(&shots);
}

/// Asks for an unknown identity until Kratos was heard, lets it register, and asks on: gives how long it took to find
/// it. Refusals for want of a place are the hammer's doing; the answer 404 must not come again.
async fn registered(world: &World, identity: Uuid) -> Duration {
    let heard = async || {
        let start = Instant::now();
        loop {
            let answer = world.client().resolve(identity).await;
            if answer.status != 503 {
                return answer;
            }
            assert_eq!(answer.error(), "overloaded", "{answer}");
            assert!(start.elapsed() < PATIENCE, "never heard");
        }
    };
    assert_eq!(heard().await.refusal(), (404, "identity_not_found".to_owned()));
    let mut new = Identity::verified(format!("{identity}@b.example"));
    new = new.id(identity);
    world.kratos.seed(new);
    let start = Instant::now();
    assert_eq!(heard().await.status, 200);
    start.elapsed()
}

fn told(shots: &[Shot]) {
    let mut by_code: BTreeMap<String, Vec<&Shot>> = BTreeMap::new();
    for shot in shots {
        let code = shot.answer.as_ref().map_or("no answer".to_owned(), Answer::error);
        by_code.entry(code).or_default().push(shot);
    }
    let counts: BTreeMap<&str, usize> =
        by_code.iter().map(|(code, shots)| (code.as_str(), shots.len())).collect();
    let known = ["", "identity_not_found", "overloaded"];
    assert!(counts.keys().all(|code| known.contains(code)), "{counts:?}");
    let slowest = percentile(by_code["overloaded"].iter().copied(), 99.0);
    let figure = format!("p99 {slowest:?}, {counts:?}");
    goal("unknown: refusals p99 < 100 ms", figure, slowest < Duration::from_millis(100));
}
