//! How often was called what. Health and version are counted by kind only: probes must not blur a test's total.

use std::collections::BTreeMap;

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
