//! The answer to a batch: `{"results", "auditId"}`, each result one of two shapes, and the tally for the log.

use std::collections::BTreeMap;

use serde::Serialize;

use super::request::{Item, Request};
use crate::{
    app::batch::Outcome,
    domain::ids::AuditId,
    http::{problem::Problem, resolve::how},
    io::IoError,
};

/// `{"results", "auditId"}`.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    results: Vec<Entry>,
    #[serde(rename = "auditId")]
    audit: String,
    /// How many items came to what, by the names of the metric.
    #[serde(skip)]
    pub(super) tally: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Entry {
    Resolved { kratos_identity_id: String, user_id: String, created: bool },
    Failed { kratos_identity_id: String, error: &'static str, retryable: bool },
}

impl Answer {
    /// Outcomes by the places of [`Request::identities`]; one that is not there was not done in time.
    pub(super) fn of(request: Request, outcomes: &[Option<Outcome>], audit: AuditId) -> Self {
        let Request { items, identities, .. } = request;
        let mut tally = BTreeMap::new();
        let mut result = |item: Item| {
            let (result, name) = match item {
                Item::Bad(text) => failed(text, Problem::bad_user_input("")),
                Item::Asked { at, is_repeat } => {
                    let id = identities.get(at).map(ToString::to_string).unwrap_or_default();
                    one(id, outcomes.get(at).and_then(Option::as_ref), is_repeat)
                }
            };
            *tally.entry(name).or_default() += 1;
            result
        };
        let results = items.into_iter().map(&mut result).collect();
        Self { results, audit: audit.to_string(), tally }
    }

    /// `created 2, hit 7`.
    pub(super) fn told(&self) -> String {
        let parts: Vec<String> = self.tally.iter().map(|(name, number)| format!("{name} {number}")).collect();
        parts.join(", ")
    }
}

fn one(id: String, outcome: Option<&Outcome>, is_repeat: bool) -> (Entry, &'static str) {
    match outcome {
        None => failed(id, Problem::from(&IoError::Deadline)),
        Some(Err(failure)) => failed(id, Problem::from(failure)),
        Some(Ok(resolved)) => {
            let result = Entry::Resolved {
                kratos_identity_id: id,
                user_id: resolved.user.to_string(),
                created: resolved.created && !is_repeat,
            };
            (result, if is_repeat { "hit" } else { how(resolved.how) })
        }
    }
}

fn failed(id: String, problem: Problem) -> (Entry, &'static str) {
    let result = Entry::Failed { kratos_identity_id: id, error: problem.code, retryable: problem.retryable };
    (result, problem.code)
}
