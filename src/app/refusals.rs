//! Counts refused decisions in the table `refusal` without getting into the way of the calls: a call notes its
//! refusal in memory; whoever notes one while nobody writes, writes what has come together, over one connection of
//! the writers' share. A storm on one identity is a handful of writes, and one caller at most waits for them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use crate::{
    domain::{
        ids::{AuditId, IdentityId},
        policy::Refusal,
    },
    storage::{Pool, StorageError, refusal},
};

/// Different identities and codes that may wait; more than this is an attack, and counting it is not worth memory.
const MOST_WAITING: usize = 10_000;

/// Written in one go: what one caller may have to wait for.
const AT_ONCE: usize = 8;

type Key = (IdentityId, Refusal);

/// What has not been written yet.
#[derive(Default)]
pub(super) struct Tally {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: HashMap<Key, Noted>,
    is_being_written: bool,
}

/// The first call, and how many in all.
#[derive(Debug, Clone, Copy)]
struct Noted {
    first: AuditId,
    count: u64,
}

impl Tally {
    /// Remembers one refusal; false when too many wait already.
    pub(super) fn note(&self, identity: IdentityId, refusal: Refusal, audit: AuditId) -> bool {
        let waiting = &mut self.lock().waiting;
        if waiting.len() >= MOST_WAITING && !waiting.contains_key(&(identity, refusal)) {
            return false;
        }
        waiting.entry((identity, refusal)).or_insert(Noted { first: audit, count: 0 }).count += 1;
        true
    }

    /// Writes a few of those that wait, unless somebody is at it: a lone refusal is in the table before its caller
    /// hears of it. What cannot be written is said and forgotten.
    pub(super) async fn write_some(&self, pool: &Pool, now: OffsetDateTime) {
        let Some(batch) = self.take(AT_ONCE) else { return };
        let _turn = Turn(self);
        let lost = batch.len();
        if let Err(error) = write_all(pool, batch, now).await {
            tracing::warn!(%error, lost, "refusals were not counted");
        }
    }

    /// Writes until none waits, or somebody else is at it.
    pub(super) async fn write_rest(&self, pool: &Pool, now: impl Fn() -> OffsetDateTime) {
        while self.is_waiting() {
            self.write_some(pool, now()).await;
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        let state = self.lock();
        !state.is_being_written && !state.waiting.is_empty()
    }

    fn take(&self, most: usize) -> Option<Vec<(Key, Noted)>> {
        let mut state = self.lock();
        if state.is_being_written || state.waiting.is_empty() {
            return None;
        }
        state.is_being_written = true;
        let keys: Vec<Key> = state.waiting.keys().take(most).copied().collect();
        Some(keys.into_iter().filter_map(|key| state.waiting.remove_entry(&key)).collect())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the writer's turn, also when it panics.
struct Turn<'a>(&'a Tally);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().is_being_written = false;
    }
}

async fn write_all(pool: &Pool, batch: Vec<(Key, Noted)>, now: OffsetDateTime) -> Result<(), StorageError> {
    for ((identity, refusal), noted) in batch {
        // One unit of work each: the time for one must not depend on how many wait.
        let mut connection = pool.acquire_for_writing().await?;
        refusal::append(&mut connection, (identity, refusal.code()), noted.count, noted.first, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> IdentityId {
        IdentityId::fresh()
    }

    #[test]
    fn one_identity_and_code_is_one_entry_with_the_first_call() {
        let (tally, identity, first) = (Tally::default(), identity(), AuditId::fresh());
        assert!(tally.note(identity, Refusal::Inactive, first));
        assert!(tally.note(identity, Refusal::Inactive, AuditId::fresh()));
        let batch = tally.take(AT_ONCE).unwrap();
        let [(_, noted)] = batch.as_slice() else { panic!("{batch:?}") };
        assert_eq!((noted.count, noted.first), (2, first));
    }

    #[test]
    fn only_one_writes_at_a_time_and_what_comes_meanwhile_waits() {
        let tally = Tally::default();
        tally.note(identity(), Refusal::Inactive, AuditId::fresh());
        let _batch = tally.take(AT_ONCE).unwrap();
        let turn = Turn(&tally);
        tally.note(identity(), Refusal::Inactive, AuditId::fresh());
        assert!(tally.take(AT_ONCE).is_none());
        drop(turn);
        assert!(tally.take(AT_ONCE).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let tally = Tally::default();
        let first = identity();
        tally.note(first, Refusal::Inactive, AuditId::fresh());
        for _ in 1..MOST_WAITING {
            assert!(tally.note(identity(), Refusal::Inactive, AuditId::fresh()));
        }
        assert!(!tally.note(identity(), Refusal::Inactive, AuditId::fresh()));
        assert!(tally.note(first, Refusal::Inactive, AuditId::fresh()));
    }
}
