//! The answer to COMMIT is lost, or COMMIT itself: the call looks again and tells what became of it, and nobody gets a
//! second user. `FIRE_CUTS` is in how many rounds commits are cut under load, `FIRE_SEED` repeats a run.

use crate::support::answer::Answer;
use crate::support::crowd::Crowd;
use crate::support::dice::Dice;
use crate::support::proxy::{Fault, Proxy};
use crate::support::service::PATIENCE;
use crate::support::world::World;
use crate::support::{Meanwhile, eventually};
use fake_kratos::Identity;
use std::time::Duration;
use uuid::Uuid;

/// Long enough to set a fault between the last statement and COMMIT.
const SLOW_COMMIT: [(&str, &str); 1] = [("FAULTS", "before_commit=sleep:800")];
const UNKNOWN: &str = "identity_resolver_database_retries_total{reason=\"unknown_outcome\"}";

const CALLERS: usize = 8;

struct Scene {
    door: Proxy,
    world: World,
}

impl Scene {
    async fn open() -> Scene {
        let (door, world) = World::behind_a_proxy(&SLOW_COMMIT).await;
        Scene { door, world }
    }

    fn newcomer(&self, address: &str) -> Uuid {
        self.world.kratos.seed(Identity::verified(address))
    }

    fn ask(&self, identity: Uuid) -> Meanwhile<Answer> {
        let client = self.world.client().clone();
        Meanwhile::start(async move { client.resolve(identity).await })
    }

    /// Everything but COMMIT was done.
    async fn is_about_to_commit(&self) {
        let written = async || (self.world.db.about_to_commit().await == 1).then_some(());
        eventually("the last row before the commit", PATIENCE, written).await;
    }

    async fn unknown_outcomes(&self) -> Option<f64> {
        self.world.client().series(UNKNOWN).await
    }

    /// Its one user and the one row that tells how it came about.
    async fn one_user(&self, identity: Uuid, event: &str) -> String {
        let history = self.world.db.history_of(identity).await;
        assert_eq!(history.iter().map(|row| row.event.as_str()).collect::<Vec<_>>(), [event]);
        assert_eq!(self.world.db.broken_users().await, Vec::<String>::new());
        self.world.db.user_of(identity).await.expect("linked").id
    }
}

#[tokio::test]
async fn a_create_whose_commit_is_not_answered_or_never_arrives_is_told_as_created_once() {
    let scene = Scene::open().await;
    for (fault, unknown) in [(Fault::CutDown, 1.0), (Fault::CutUp, 2.0)] {
        let identity = scene.newcomer(&format!("a{unknown}@b.example"));
        let call = scene.ask(identity);
        scene.is_about_to_commit().await;
        scene.door.fault_times(fault, 1);
        let answer = call.done().await;
        assert!(answer.created(), "{fault:?}: {answer}");
        assert_eq!(answer.user(), scene.one_user(identity, "user.created").await, "{fault:?}");
        assert_eq!(scene.unknown_outcomes().await, Some(unknown), "{fault:?}");
        assert!(!scene.world.client().resolve(identity).await.created(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_link_whose_commit_is_not_answered_or_never_arrives_is_made_once() {
    let scene = Scene::open().await;
    for (fault, unknown) in [(Fault::CutDown, 1.0), (Fault::CutUp, 2.0)] {
        let address = format!("a{unknown}@b.example");
        let legacy = scene.world.db.seed_user(&address).await;
        let identity = scene.newcomer(&address);
        let call = scene.ask(identity);
        scene.is_about_to_commit().await;
        scene.door.fault_times(fault, 1);
        let answer = call.done().await;
        assert_eq!((answer.user(), answer.created()), (legacy.clone(), false), "{fault:?}: {answer}");
        assert_eq!(scene.one_user(identity, "identity.linked").await, legacy, "{fault:?}");
        assert_eq!(scene.unknown_outcomes().await, Some(unknown), "{fault:?}");
    }
}

#[tokio::test]
async fn where_nobody_can_be_asked_what_became_of_it_the_call_is_to_be_repeated() {
    let scene = Scene::open().await;
    for (fault, was_done) in [(Fault::CutDown, true), (Fault::CutUp, false)] {
        let identity = scene.newcomer(&format!("{was_done}@b.example"));
        let call = scene.ask(identity);
        scene.is_about_to_commit().await;
        scene.door.fault(fault);
        let answer = call.done().await;
        assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{fault:?}: {answer}");
        assert_eq!(scene.world.db.user_of(identity).await.is_some(), was_done, "{fault:?}");
        scene.door.heal();
        scene.world.service.ready().await;
        let again = eventually("an answer", PATIENCE, async || {
            let answer = scene.world.client().resolve(identity).await;
            (answer.status == 200).then_some(answer)
        });
        let again = again.await;
        assert_eq!(again.created(), !was_done, "{fault:?}: {again}");
        assert_eq!(again.user(), scene.one_user(identity, "user.created").await, "{fault:?}");
    }
}

#[tokio::test]
async fn of_two_callers_one_of_whom_does_not_know_one_creates() {
    let scene = Scene::open().await;
    let identity = scene.newcomer("a@b.example");
    let first = scene.ask(identity);
    scene.is_about_to_commit().await;
    let second = scene.ask(identity);
    // Its INSERT waits for the first one's row, so that the next bytes are those after the commit.
    assert_eq!(scene.world.db.wait_for_running(1).await, 1);
    scene.door.fault_times(Fault::CutDown, 1);
    let answers = [first.done().await, second.done().await];
    let user = scene.one_user(identity, "user.created").await;
    assert!(answers.iter().all(|answer| answer.user() == user), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.created()).count(), 1, "{answers:?}");
}

/// Several commits at once, and whatever else is under way then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_are_cut_under_load_lose_nothing() {
    let (cuts, mut dice) = (Dice::size("FIRE_CUTS", 6), Dice::from_env("FIRE_SEED"));
    let settings = [("FAULTS", "before_commit=sleep:300"), ("RESOLVER_POOL_WAIT_MILLIS", "1000")];
    let (door, world) = World::behind_a_proxy(&settings).await;
    let mut crowd = Crowd::gather();
    let (mut rounds, mut unknown) = (0, 0.0);
    // A cut meets other statements too, on a busy machine more often: then there are more rounds.
    while rounds < cuts || unknown < enough(cuts) && rounds < 5 * cuts {
        rounds += 1;
        let mut whom = crowd.newcomers(&world.kratos, &world.db, 12).await;
        whom.extend(crowd.some(&mut dice, 4));
        let asking = crowd.ask(world.client(), &whom, CALLERS, &mut dice);
        let several = async || (world.db.about_to_commit().await >= CALLERS / 2).then_some(());
        eventually("several commits are due", PATIENCE, several).await;
        door.fault_times(*dice.one_of(&[Fault::CutDown, Fault::CutUp]), 1 + dice.below(CALLERS));
        tokio::time::sleep(Duration::from_millis(400)).await;
        door.heal();
        asking.stop().await;
        unknown = world.client().series(UNKNOWN).await.unwrap_or_default();
    }
    crowd.settle(world.client()).await;
    let wrong = crowd.wrongs(&world.db).await;
    let ((calls, users, _), outcome) = (crowd.tally(), if wrong.is_empty() { "pass" } else { "fail" });
    println!(
        "cut commits: {unknown} of unknown outcome in {rounds} rounds; {calls} calls, {users} answered 200: {outcome}, seed {}",
        dice.seed()
    );
    assert!(unknown >= enough(cuts), "few commits were met");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// So many unknown outcomes say something.
fn enough(cuts: usize) -> f64 {
    f64::from(u32::try_from(cuts.div_ceil(2)).expect("a small number"))
}
