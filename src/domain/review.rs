//! A question that the policy left to a person, and the one way it can go: from open to one of three ends.

use std::str::FromStr;

use time::OffsetDateTime;

use super::{
    ids::{AuditId, IdentityId, ReviewId, UserId},
    policy::Question,
};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// May this unlinked user be linked?
    Link,
    /// May this user's link be moved from an identity that is gone?
    Relink {
        /// The identity that is gone.
        gone: IdentityId,
        /// When Kratos first said so; `None` when it has said otherwise since.
        since: Option<OffsetDateTime>,
    },
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has answered.
    Open,
    /// Yes: the link was made in the same transaction.
    Approved,
    /// No: the pair is barred.
    Rejected,
    /// Nothing is left to answer: linked otherwise, or the facts are others by now.
    Superseded,
}

/// A review as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its id; later ones are greater.
    pub id: ReviewId,
    /// The identity that wants to be linked.
    pub identity: IdentityId,
    /// The user that has its address.
    pub user: UserId,
    /// The question.
    pub asked: Asked,
    /// Open, or how it ended.
    pub state: State,
    /// The call that met it first.
    pub first_audit: AuditId,
    /// When that was.
    pub asked_at: OffsetDateTime,
    /// How it was closed; `None` while it is open.
    pub closed: Option<Closed>,
}

/// How a review was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: OffsetDateTime,
    /// Who, as in the history; what superseded it, for one that nobody answered.
    pub by: String,
    /// In which call.
    pub audit: AuditId,
    /// Why; a review that was superseded by a link has none of its own.
    pub reason: Option<String>,
}

impl Asked {
    /// The question of the policy; a relink's comes with the identity that was found to be gone, and when.
    #[must_use]
    pub fn of(question: Question, gone: Option<(IdentityId, OffsetDateTime)>) -> Option<(UserId, Self)> {
        match (question, gone) {
            (Question::Link(user), _) => Some((user, Self::Link)),
            (Question::Relink(user), Some((gone, at))) => {
                Some((user, Self::Relink { gone, since: Some(at) }))
            }
            (Question::Relink(_), None) => None,
        }
    }

    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Relink { .. } => "relink",
        }
    }

    /// The identity that a relink moves away from.
    #[must_use]
    pub fn gone(self) -> Option<IdentityId> {
        match self {
            Self::Link => None,
            Self::Relink { gone, .. } => Some(gone),
        }
    }

    /// When that identity was first found to be gone.
    #[must_use]
    pub fn gone_since(self) -> Option<OffsetDateTime> {
        match self {
            Self::Link => None,
            Self::Relink { since, .. } => since,
        }
    }
}

/// None of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a review")]
pub struct UnknownState;

impl State {
    /// Every state, the beginning first.
    pub const ALL: [Self; 4] = [Self::Open, Self::Approved, Self::Rejected, Self::Superseded];

    /// As stored, and as operators write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
        }
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or(UnknownState)
    }
}
