//! Faults on demand: which calls a rule meets and what it does to them. Rules are asked in the order in which they
//! were given; the first that fits acts, and only that one.

pub(crate) mod garbage;
pub(crate) mod play;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use garbage::Garbage;

use crate::route::PathKind;

/// What happens to a call instead of, or on top of, its normal answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Another answer. No body: the error envelope of that status; a JSON string: these very bytes as text; other JSON: itself.
    Status {
        /// The HTTP status.
        code: u16,
        /// See above.
        #[serde(default)]
        body: Option<Value>,
        /// Further headers, such as `Retry-After` or `Location`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Instead of `application/json`, or of `text/plain` for a text.
        #[serde(default)]
        content_type: Option<String>,
    },
    /// The normal answer, later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer while the connection lives; released when the double stops.
    Hang,
    /// 200 with a body that is not the identity asked for.
    Garbage {
        /// Of which sort.
        kind: Garbage,
    },
    /// The normal answer's head, half of its body, then the end of the connection.
    Truncate,
    /// 200 with the identity, under an id that nobody asked for.
    WrongId,
    /// One step per call, then from the beginning: 200 is the normal answer, 404 the real "no such identity", any
    /// other status its error envelope.
    Flap(Vec<u16>),
    /// The connection ends without one byte of an answer.
    Refuse,
    /// The normal answer, one byte at a time.
    Drip {
        /// Milliseconds before each byte.
        ms: u64,
    },
}

impl Action {
    /// That status with the error envelope Kratos would send.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Self::Status { code, body: None, headers: Vec::new(), content_type: None }
    }

    /// That status with a body of one's own; see [`Action::Status`] for what becomes of a string.
    #[must_use]
    pub fn answer(code: u16, body: impl Into<Value>) -> Self {
        Self::Status { code, body: Some(body.into()), headers: Vec::new(), content_type: None }
    }

    /// Short for [`Action::Garbage`].
    #[must_use]
    pub fn garbage(kind: Garbage) -> Self {
        Self::Garbage { kind }
    }
}

/// An action and the calls it meets; health and version only when their kind is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    identity: Option<Uuid>,
    #[serde(default)]
    path: PathKind,
    #[serde(default)]
    times: Option<u32>,
    action: Action,
}

impl Rule {
    /// For every call on identities.
    #[must_use]
    pub fn any(action: Action) -> Self {
        Self { identity: None, path: PathKind::Any, times: None, action }
    }

    /// For calls whose path names this identity.
    #[must_use]
    pub fn on(identity: Uuid, action: Action) -> Self {
        Self { identity: Some(identity), ..Self::any(action) }
    }

    /// Only for this many calls; then the rule is gone.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only for this kind of call.
    #[must_use]
    pub fn path(mut self, path: PathKind) -> Self {
        self.path = path;
        self
    }
}

/// Names a rule, to take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub(crate) u64);

struct Active {
    id: RuleId,
    rule: Rule,
    step: usize,
}

/// The rules in force.
#[derive(Default)]
pub(crate) struct Faults {
    active: Vec<Active>,
    given: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: Rule) -> RuleId {
        self.given += 1;
        let id = RuleId(self.given);
        self.active.push(Active { id, rule, step: 0 });
        id
    }

    pub(crate) fn remove(&mut self, id: RuleId) -> bool {
        let before = self.active.len();
        self.active.retain(|active| active.id != id);
        self.active.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    /// Each rule with its id, in the order of asking.
    pub(crate) fn list(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.active.iter().map(|active| (active.id, &active.rule))
    }

    /// The action for one call, which this call uses up.
    pub(crate) fn take(&mut self, kind: PathKind, identity: Option<Uuid>) -> Option<Action> {
        let fits = |active: &Active| {
            let rule = &active.rule;
            rule.path.covers(kind)
                && rule.times != Some(0)
                && (rule.identity.is_none() || rule.identity == identity)
        };
        let active = self.active.iter_mut().find(|active| fits(active))?;
        let action = match &active.rule.action {
            Action::Flap(steps) => {
                let code = steps.get(active.step % steps.len().max(1)).copied().unwrap_or(200);
                if code == 200 { Action::Delay { ms: 0 } } else { Action::status(code) }
            }
            other => other.clone(),
        };
        active.step += 1;
        if let Some(times) = &mut active.rule.times {
            *times -= 1;
        }
        self.active.retain(|active| active.rule.times != Some(0));
        Some(action)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::{Action, Faults, Rule};
    use crate::route::PathKind;

    #[test]
    fn a_rule_for_two_times_is_gone_after_two() {
        let mut faults = Faults::default();
        faults.add(Rule::any(Action::Hang).times(2));
        let taken: Vec<bool> = (0..3).map(|_| faults.take(PathKind::GetOne, None).is_some()).collect();
        assert_eq!(taken, [true, true, false]);
    }

    #[test]
    fn a_rule_for_one_identity_leaves_the_others_alone() {
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut faults = Faults::default();
        faults.add(Rule::on(mine, Action::Hang));
        assert_eq!(faults.take(PathKind::GetOne, Some(other)), None);
    }

    #[test]
    fn a_rule_is_read_from_json_as_the_readme_writes_it() {
        let rule =
            json!({"path": "get_one", "times": 3, "action": {"garbage": {"kind": {"huge": {"bytes": 9}}}}});
        assert!(serde_json::from_value::<Rule>(rule).is_ok());
    }
}
