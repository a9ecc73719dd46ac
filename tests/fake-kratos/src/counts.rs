//! How often was called what. Health and version are counted by kind only: probes must not blur a test's total.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::Serialize;
use uuid::Uuid;

use crate::route::PathKind;

/// The tallies since the last reset.
#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) by_path: BTreeMap<PathKind, u64>,
    pub(crate) by_identity: BTreeMap<Uuid, u64>,
}

impl Counts {
    /// Notes one call; the total grows only by calls on identities.
    pub(crate) fn note(&mut self, kind: PathKind, id: Option<Uuid>) {
        *self.by_path.entry(kind).or_default() += 1;
        if kind.concerns_identities() {
            self.total += 1;
        }
        if let Some(id) = id {
            *self.by_identity.entry(id).or_default() += 1;
        }
    }
}

/// How many calls on identities are being answered at this moment, and were at most.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    now: AtomicU64,
    most: AtomicU64,
}

/// One call on its way; over when dropped, also because its caller is gone.
pub(crate) struct OnItsWay<'a>(&'a UnderWay);

impl UnderWay {
    pub(crate) fn begin(&self) -> OnItsWay<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        OnItsWay(self)
    }

    pub(crate) fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }

    /// Forgets how many there were.
    pub(crate) fn reset(&self) {
        self.most.store(self.now.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
