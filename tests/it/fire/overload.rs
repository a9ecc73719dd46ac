//! Ten times more than can be done. The capacity is set, and not the machine's. What is not done is refused quickly and
//! in form, and nothing that can be done is lost to it.

use crate::support::answer::{Answer, Listener};
use crate::support::lean::Lean;
use crate::support::load::{self, Shot, percentile};
use crate::support::process;
use crate::support::world::World;
use crate::support::{goal, number};
use fake_kratos::{Action, Identity, Rule};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// As many of what the setting bounds.
const PERMITS: u32 = 8;
const TIMES_TOO_MUCH: u32 = 10;
/// How long the peak is measured, after a second of the same that is not.
const PEAK: Duration = Duration::from_secs(4);

/// A load and the bound that it meets.
struct Overload {
    name: &'static str,
    setting: &'static str,
    kratos_millis: u32,
    /// Who wait for their answers when the peak is measured: as many as the bound lets in.
    callers: u32,
    /// One call in so many asks for what is linked; none for 0.
    one_hit_in: usize,
    length: Duration,
}

impl Overload {
    /// A second.
    fn capacity(&self) -> u32 {
        PERMITS * 1_000 / self.kratos_millis
    }

    fn is_hit(&self, number: usize) -> bool {
        self.one_hit_in != 0 && number.is_multiple_of(self.one_hit_in)
    }
}

/// Everything a load asks for.
struct Asked {
    lean: Lean,
    known: Uuid,
    /// Refused by the policy each time, and each time only after Kratos was asked.
    misses: Vec<Uuid>,
}

impl Asked {
    async fn of(world: &World) -> Asked {
        let known = world.kratos.seed(Identity::verified("known@b.example"));
        assert!(world.client().resolve(known).await.created());
        let unverified = |n| world.kratos.seed(Identity::unverified(format!("n{n}@b.example")));
        let lean = Lean::new(world.client().address(Listener::Internal));
        Asked { lean, known, misses: (0..500).map(unverified).collect() }
    }

    /// Makes the call of a number: a miss, or every so often a hit.
    fn calls(&self, one_hit_in: usize) -> impl Fn(usize) -> Call + Send + Sync + use<> {
        let (lean, known, misses) = (self.lean.clone(), self.known, self.misses.clone());
        move |number| {
            let is_hit = one_hit_in != 0 && number.is_multiple_of(one_hit_in);
            let identity = if is_hit { known } else { misses[number % misses.len()] };
            let lean = lean.clone();
            Box::pin(async move { lean.resolve(identity).await })
        }
    }
}

type Call = std::pin::Pin<Box<dyn Future<Output = Result<Answer, std::io::Error>> + Send>>;

/// 160 calls a second can be done, by 8 at once of 50 ms each; 1,600 come.
#[tokio::test]
async fn ten_times_too_many_calls_cost_no_goodput_and_are_refused_quickly() {
    judge(&Overload {
        name: "overload",
        setting: "RESOLVER_CONCURRENCY",
        kratos_millis: 50,
        callers: PERMITS,
        one_hit_in: 0,
        length: Duration::from_secs(number("FIRE_OVERLOAD_SECONDS", 20)),
    })
    .await;
}

/// Here a call is let in and refused only once it needs Kratos. That costs a look into the database each time, for
/// which two processors and a build that is not optimised are just too slow at 1,600 a second: half of it there.
#[tokio::test]
async fn ten_times_too_many_calls_for_kratos_cost_no_goodput_and_no_hit() {
    judge(&Overload {
        name: "overload of Kratos",
        setting: "RESOLVER_KRATOS_CONCURRENCY",
        kratos_millis: 100,
        callers: 2 * PERMITS,
        one_hit_in: 20,
        length: Duration::from_secs(number("FIRE_OVERLOAD_KRATOS_SECONDS", 8)),
    })
    .await;
}

async fn judge(load: &Overload) {
    let world = World::with(&[(load.setting, &PERMITS.to_string())]).await;
    let asked = Asked::of(&world).await;
    world.kratos.fault(Rule::any(Action::Delay { ms: load.kratos_millis.into() }));
    let peak = peak(&asked, load).await;

    let before = process::resident_kib(world.service.id());
    let watch = process::watch_resident(world.service.id());
    let rate = TIMES_TOO_MUCH * load.capacity();
    let shots = load::open_loop(rate, load.length, asked.calls(load.one_hit_in)).await;
    let grown = watch.so_far().saturating_sub(before) / 1024;
    let normal_after = until_normal(&world, &asked).await;

    let good = goodput(&shots, load.length);
    let figure = format!("{good:.1}/s of a peak of {peak:.1}/s, {} offered at {rate}/s", shots.len());
    goal(&format!("{}: goodput ≥ 90 %", load.name), figure, good >= 0.9 * peak);
    hits_and_refusals(&world, &shots, load);
    let figure = format!("+{grown} MiB over {} MiB", before / 1024);
    goal(&format!("{}: memory ≤ +64 MiB", load.name), figure, grown <= 64);
    let figure = format!("{normal_after:?}");
    goal(&format!("{}: normal ≤ 5 s after", load.name), figure, normal_after <= Duration::from_secs(5));
}

/// What can be done at most, by callers that wait for their answers.
async fn peak(asked: &Asked, load: &Overload) -> f64 {
    let callers = load.callers.try_into().unwrap();
    load::closed_loop(callers, Duration::from_secs(1), asked.calls(0)).await;
    let shots = load::closed_loop(callers, PEAK, asked.calls(0)).await;
    let (peak, capacity) = (goodput(&shots, PEAK), f64::from(load.capacity()));
    assert!(peak > 0.6 * capacity && peak < 1.1 * capacity, "{peak}/s is not the capacity that was set");
    peak
}

fn goodput(shots: &[Shot], length: Duration) -> f64 {
    let in_time = shots.iter().filter(|shot| shot.due + shot.took <= length);
    let good = in_time.filter(|shot| shot.status() == 422).count();
    f64::from(u32::try_from(good).unwrap()) / length.as_secs_f64()
}

fn hits_and_refusals(world: &World, shots: &[Shot], load: &Overload) {
    let (hits, misses): (Vec<&Shot>, Vec<&Shot>) = shots.iter().partition(|shot| load.is_hit(shot.number));
    if !hits.is_empty() {
        let lost = hits.iter().filter(|shot| shot.status() != 200).count();
        let figure = format!("{lost} of {}, p99 {:?}", hits.len(), percentile(hits.iter().copied(), 99.0));
        goal(&format!("{}: no hit is refused", load.name), figure, lost == 0);
    }
    let refused: Vec<&Shot> = misses.iter().copied().filter(|shot| shot.status() != 422).collect();
    assert!(refused.len() > misses.len() / 2, "only {} of {} were refused", refused.len(), misses.len());
    for shot in &refused {
        let answer = shot.answer.as_ref().unwrap_or_else(|| panic!("no answer: {shot:?}"));
        assert_eq!(answer.refusal(), (503, "overloaded".to_owned()), "{answer}");
        let wait = answer.header("retry-after").and_then(|value| value.parse::<u32>().ok());
        assert!(wait.is_some_and(|wait| wait > 0), "{answer}");
    }
    world.client().judge(refused[0].answer.as_ref().unwrap());
    let slowest = percentile(refused.iter().copied(), 99.0);
    let figure = format!("{slowest:?} of {}", refused.len());
    goal(&format!("{}: refusals p99 < 20 ms", load.name), figure, slowest < Duration::from_millis(20));
}

/// How long it takes until a hit and a newcomer are served again.
async fn until_normal(world: &World, asked: &Asked) -> Duration {
    let newcomer = world.kratos.seed(Identity::verified("last@b.example"));
    let start = Instant::now();
    for identity in [asked.known, newcomer] {
        let mut answer = world.client().resolve(identity).await;
        while answer.status != 200 && start.elapsed() < Duration::from_secs(10) {
            answer = world.client().resolve(identity).await;
        }
        assert_eq!(answer.status, 200, "{answer}");
    }
    start.elapsed()
}
