//! Many identities in one call: what is known is read at once; the rest, if users may be made, goes through the
//! very rounds of a single resolve, a few at a time, with Kratos asked in groups. Each identity has its own
//! outcome; only a database that is down is everybody's.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt, stream};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    error::Failure,
    resolve::{Call, How, Resolved, Resolver},
};
use crate::{
    domain::{
        ids::{IdentityId, UserId},
        policy::Refusal,
    },
    kratos::{self, Said},
    storage::{Pool, StorageError, links},
};

/// Identities of one batch that are resolved at once.
const AT_ONCE: usize = 4;

/// The use case; share it behind an `Arc`.
pub struct Batch {
    resolver: Arc<Resolver>,
    pool: Pool,
    /// One for each identity of any batch that is being resolved: single calls must find connections, too.
    places: Semaphore,
}

/// What came of one identity.
pub type Outcome = Result<Resolved, Failure>;

/// What is settled so far, by position; outlives the wait for the batch, so that whoever runs out of time can
/// tell what was done by then.
pub struct Board(Mutex<Vec<Option<Outcome>>>);

impl Board {
    /// Nothing is settled of this many.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self(Mutex::new((0..length).map(|_| None).collect()))
    }

    /// All outcomes so far; `None` is "not done yet". What is settled later is lost, and nobody asks for it.
    pub fn take(&self) -> Vec<Option<Outcome>> {
        std::mem::take(&mut *self.lock())
    }

    fn settle(&self, at: usize, outcome: Outcome) {
        if let Some(place) = self.lock().get_mut(at) {
            *place = Some(outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Outcome>>> {
        // Whole at every point where a panic could happen.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What our own tables say before anybody is asked.
struct Known {
    users: HashMap<IdentityId, Result<UserId, StorageError>>,
    /// Refused without Kratos, as in a single resolve.
    orphans: HashSet<IdentityId>,
}

/// An identity and its place on the board.
type Place = (usize, IdentityId);

impl Batch {
    /// All batches together resolve no more identities at once than take half of the pool's connections.
    #[must_use]
    pub fn new(resolver: Arc<Resolver>, pool: Pool, pool_size: u32) -> Self {
        Self { resolver, pool, places: Semaphore::new((pool_size as usize / 2).max(1)) }
    }

    /// Settles each of the identities, all of them different, on the board. Without `provision` nothing is asked
    /// of Kratos and nothing written. Places still blank at the end had no time left. An error is that of the
    /// batch as a whole; what was written by then stays.
    pub async fn run(
        &self,
        call: &Call,
        identities: &[IdentityId],
        provision: bool,
        board: &Board,
    ) -> Result<(), Failure> {
        let mut known = match self.read(identities, provision).await {
            // A connection that had died while idle is worth another one; a cluster may refuse a mere read.
            Err(StorageError::Unavailable(_) | StorageError::Conflict(_)) => {
                self.read(identities, provision).await?
            }
            known => known?,
        };
        let (mut orphans, mut misses) = (Vec::new(), Vec::new());
        for (at, id) in identities.iter().copied().enumerate() {
            match known.users.remove(&id) {
                Some(Ok(user)) => board.settle(at, Ok(Resolved { user, created: false, how: How::Hit })),
                Some(Err(error)) => board.settle(at, Err(error.into())),
                None if !provision => board.settle(at, Err(Failure::Refused(Refusal::UserNotFound))),
                None if known.orphans.contains(&id) => orphans.push(((at, id), None)),
                None => misses.push((at, id)),
            }
        }
        self.settle_all(call, orphans, board).await?;
        for group in misses.chunks(kratos::MOST_IDS) {
            if Instant::now() >= call.give_up {
                break;
            }
            self.settle_group(call, group, board).await?;
        }
        Ok(())
    }

    async fn read(&self, identities: &[IdentityId], provision: bool) -> Result<Known, StorageError> {
        let mut connection = self.pool.acquire().await?;
        let users: HashMap<_, _> =
            links::list_linked(&mut connection, identities).await?.into_iter().collect();
        let orphans = if provision && users.len() < identities.len() {
            links::list_orphans(&mut connection, identities).await?.into_iter().collect()
        } else {
            HashSet::new()
        };
        Ok(Known { users, orphans })
    }

    async fn settle_group(&self, call: &Call, group: &[Place], board: &Board) -> Result<(), Failure> {
        let ids: Vec<IdentityId> = group.iter().map(|(_, id)| *id).collect();
        match self.resolver.fetch_group(call, &ids).await {
            Ok(said) => {
                let fetched = group.iter().copied().zip(said.into_iter().map(Some)).collect();
                self.settle_all(call, fetched, board).await
            }
            // One by one, so that one odd identity costs only itself; where Kratos itself is ill, the breaker ends this.
            Err(error) if group.len() > 1 && error.may_be_one_identitys() => {
                self.settle_all(call, group.iter().map(|place| (*place, None)).collect(), board).await
            }
            Err(error) => {
                for (at, _) in group {
                    board.settle(*at, Err(error.into()));
                }
                Ok(())
            }
        }
    }

    /// Never drops one that has begun: its connection would be lost.
    async fn settle_all(
        &self,
        call: &Call,
        fetched: Vec<(Place, Option<Said>)>,
        board: &Board,
    ) -> Result<(), Failure> {
        let down = Mutex::new(None);
        let is_down = || down.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let one = async |((at, id), said)| {
            let Ok(_place) = self.places.acquire().await else { return };
            if Instant::now() >= call.give_up || is_down() {
                return;
            }
            match self.outcome(call, id, said).await {
                Err(failure) if is_everybodys(&failure) => {
                    *down.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                }
                outcome => board.settle(at, outcome),
            }
        };
        stream::iter(fetched).for_each_concurrent(AT_ONCE, one).await;
        down.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    async fn outcome(&self, call: &Call, id: IdentityId, said: Option<Said>) -> Outcome {
        match said {
            None => self.resolver.resolve(call, id).await,
            Some(said) => self.resolver.resolve_fetched(call, id, said?).await,
        }
    }
}

/// The database is down for all; contention that did not end is one identity's own.
fn is_everybodys(failure: &Failure) -> bool {
    match failure {
        Failure::DatabaseUnavailable(error) => !matches!(
            error,
            StorageError::Duplicate | StorageError::Conflict(_) | StorageError::OutcomeUnknown
        ),
        _ => false,
    }
}
