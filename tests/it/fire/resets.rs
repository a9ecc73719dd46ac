//! Callers that reset their connections, thousands of them, many while a statement of theirs runs: no place of the pool
//! is lost, nothing stays open, and what they asked for is done. `FIRE_RESETS` is how many, `FIRE_SEED` repeats a run.

use crate::support::answer::Listener;
use crate::support::dice::Dice;
use crate::support::raw::Raw;
use crate::support::service::PATIENCE;
use crate::support::sessions::Hold;
use crate::support::world::World;
use fake_kratos::Identity;
use std::time::{Duration, Instant};
use uuid::Uuid;

const POOL: usize = 12;
/// Three quarters of the pool may write.
const WRITERS: usize = 9;
/// Of twenty resets so many come while a statement is held up.
const HELD: usize = 8;
const LOOSE: usize = 12;
const CANCELLED: &str = "identity_resolver_database_connections_dropped_total{reason=\"cancelled\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_resets_cost_no_place_no_transaction_and_no_user() {
    let aftermath = after_resets(Dice::size("FIRE_RESETS", 2_000), &[]).await;
    assert!(aftermath.wrong.is_empty(), "{:#?}", aftermath.wrong);
    assert!(aftermath.met_a_statement >= 30, "only {} % met a statement", aftermath.met_a_statement);
}

/// The control, a tenth as long because callers wait for places that are lost: what the test above looks for is found
/// where use cases run inside the handler.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_resets_do_harm_where_a_use_case_is_dropped_with_its_handler() {
    let wrong = after_resets(Dice::size("FIRE_RESETS", 2_000) / 10, &[("FAULTS", "not_spawned")]).await.wrong;
    println!("resets, control: {} things are wrong, among them", wrong.len());
    wrong.iter().take(6).for_each(|one| println!("  {one}"));
    for expected in [CANCELLED, "was not done"] {
        assert!(wrong.iter().any(|one| one.contains(expected)), "the test would not notice: {wrong:#?}");
    }
}

/// What resets left behind.
struct Aftermath {
    /// Everything that is wrong, in words.
    wrong: Vec<String>,
    /// Resets of a hundred at whose moment the server ran a statement of the call.
    met_a_statement: usize,
}

async fn after_resets(resets: usize, settings: &[(&str, &str)]) -> Aftermath {
    let pool = POOL.to_string();
    let mut all = vec![("RESOLVER_POOL_SIZE", pool.as_str()), ("RESOLVER_POOL_WAIT_MILLIS", "1000")];
    all.extend(settings);
    let world = World::with(&all).await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    world.client().resolve(known).await;
    let dice = Dice::from_env("FIRE_SEED");
    let mut storm = Storm { world: &world, dice, asked: vec![known], made: 0, running: 0 };
    while storm.made < resets {
        storm.round(known).await;
    }
    let Storm { asked, made, running, dice, .. } = storm;
    let wrong = what_is_wrong(&world, known, &asked).await;
    let (met_a_statement, outcome) = (running * 100 / made, if wrong.is_empty() { "pass" } else { "fail" });
    println!(
        "resets: {made}, {running} ({met_a_statement} %) of them while the server ran their statement: {outcome}, seed {}",
        dice.seed()
    );
    Aftermath { wrong, met_a_statement }
}

struct Storm<'a> {
    world: &'a World,
    dice: Dice,
    /// Everybody who is to have a user in the end.
    asked: Vec<Uuid>,
    made: usize,
    /// Resets at whose moment the server ran a statement of the call.
    running: usize,
}

impl Storm<'_> {
    async fn round(&mut self, known: Uuid) {
        self.held().await;
        for _ in 0..LOOSE {
            let asked = if self.dice.below(3) == 0 { known } else { self.newcomer().0 };
            let caller = self.ask(asked);
            // From not at all to longer than a call takes, so that every point of it is met.
            std::thread::sleep(Duration::from_micros(self.dice.below(6_000) as u64));
            caller.reset();
            self.made += 1;
        }
    }

    /// Callers whose statements all wait for a lock, so that the server can be asked how many it runs.
    async fn held(&mut self) {
        let db = &self.world.db;
        self.nothing_under_way().await;
        let people: Vec<(Uuid, String)> = (0..HELD).map(|_| self.newcomer()).collect();
        let hold = if self.dice.below(2) == 0 {
            let mut users = Vec::new();
            for (_, address) in &people {
                users.push(db.seed_user(address).await);
            }
            Hold::users(db, &users).await
        } else {
            let addresses: Vec<String> = people.iter().map(|(_, address)| address.clone()).collect();
            Hold::claims(db, &addresses).await
        };
        let callers: Vec<Raw> = people.iter().map(|(identity, _)| self.ask(*identity)).collect();
        let before = db.wait_for_running(HELD).await;
        callers.into_iter().for_each(Raw::reset);
        // A statement that waits now has waited through the resets.
        let after = db.running().await;
        hold.release().await;
        self.made += HELD;
        self.running += before.min(after).min(HELD);
    }

    /// So that what the server runs next is what the next callers asked for.
    async fn nothing_under_way(&self) {
        for _ in 0..200 {
            if self.world.client().series("identity_resolver_requests_in_flight").await == Some(0.0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn newcomer(&mut self) -> (Uuid, String) {
        let address = format!("person{}@b.example", self.asked.len());
        let identity = self.world.kratos.seed(Identity::verified(address.as_str()));
        self.asked.push(identity);
        (identity, address)
    }

    fn ask(&self, identity: Uuid) -> Raw {
        let mut caller = Raw::connect(self.world.client().address(Listener::Internal), PATIENCE);
        caller.ask(identity);
        caller
    }
}

async fn what_is_wrong(world: &World, known: Uuid, asked: &[Uuid]) -> Vec<String> {
    let (db, client) = (&world.db, world.client());
    let mut wrong = left_open(world).await;
    let cancelled = client.series(CANCELLED).await;
    if cancelled != Some(0.0) {
        wrong.push(format!("{CANCELLED} {cancelled:?}"));
    }
    let (at_once, answered) = db.hits_at_once(client, known, POOL).await;
    if (at_once, answered) != (POOL, POOL) {
        wrong.push(format!("of {POOL} places {at_once} work at once and {answered} answer"));
    }
    wrong.extend(writers_at_once(world).await);
    wrong.extend(not_answered(world, asked).await);
    wrong.extend(db.broken_users().await);
    wrong
}

/// What is still under way five seconds later, on the server and by the service's own gauges.
async fn left_open(world: &World) -> Vec<String> {
    let start = Instant::now();
    loop {
        let gauge = async |name: &str| world.client().series(&format!("identity_resolver_{name}")).await;
        let in_flight = gauge("requests_in_flight").await;
        let (total, idle) = (gauge("pool_connections").await, gauge("pool_idle_connections").await);
        let is_quiet = world.db.is_quiet_within(Duration::ZERO).await;
        if is_quiet && in_flight == Some(0.0) && total == idle {
            return Vec::new();
        }
        if start.elapsed() > Duration::from_secs(5) {
            let (running, open) = (world.db.running().await, world.db.open_transactions().await);
            return vec![
                format!("{running} statements still run, {open} transactions are open"),
                format!("{in_flight:?} requests are in flight, of {total:?} connections {idle:?} are idle"),
            ];
        }
        // The server's list of transactions is renewed only when nobody reads it for a while.
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
}

/// As many transactions at once as there may be, each of which creates a user.
async fn writers_at_once(world: &World) -> Option<String> {
    let addresses: Vec<String> = (0..WRITERS).map(|number| format!("last{number}@b.example")).collect();
    let seed = |address: &String| world.kratos.seed(Identity::verified(address.as_str()));
    let identities: Vec<Uuid> = addresses.iter().map(seed).collect();
    let hold = Hold::claims(&world.db, &addresses).await;
    let mut running = tokio::task::JoinSet::new();
    for identity in identities {
        let client = world.client().clone();
        running.spawn(async move { client.try_resolve(identity).await });
    }
    let at_once = world.db.wait_for_running(WRITERS).await;
    hold.release().await;
    let answers = running.join_all().await;
    let created = answers.iter().flatten().filter(|answer| answer.status == 200 && answer.created()).count();
    let wrong = (at_once, created) != (WRITERS, WRITERS);
    wrong.then(|| format!("of {WRITERS} transactions {at_once} ran at once and {created} created a user"))
}

/// Those whose caller hung up and who have no user, and those who get none now.
async fn not_answered(world: &World, asked: &[Uuid]) -> Vec<String> {
    let users = world.db.users().await;
    let linked: std::collections::BTreeSet<_> =
        users.iter().filter_map(|user| user.auth_id.as_deref()).collect();
    let undone = asked.iter().filter(|identity| !linked.contains(identity.to_string().as_str())).count();
    let mut wrong = Vec::new();
    if undone > 0 {
        wrong.push(format!("what {undone} callers asked for before they hung up was not done"));
    }
    for identity in asked {
        match world.client().try_resolve(identity).await {
            Ok(answer) if answer.status == 200 => {}
            other => wrong.push(format!("{identity}: {other:?}")),
        }
    }
    wrong
}
