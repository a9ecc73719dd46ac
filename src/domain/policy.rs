//! The whole linking policy as one pure, total function. **The first row that fits wins.**
//!
//! V: Kratos says the mapped email trait is a verified email address. U: the user's own row does not say
//! that its address is unverified. *Question*: 409 `identity_link_requires_review`, for a person to answer;
//! *refusal*: the same code, nothing to answer.
//!
//! | | facts | answer |
//! |---|---|---|
//! | a | identity linked | the user, without Kratos |
//! | b | identity was linked by us to a user whose row is gone | refusal, without Kratos |
//! | c | Kratos has no such identity | 404 `identity_not_found` |
//! | d | not active · no address · broken or too long address | 409 `identity_inactive` · 422 `identity_traits_missing` · 422 `identity_traits_invalid` |
//! | e | several users match, or any confusable one does | 409 `identity_email_ambiguous` |
//! | f | one match, linked elsewhere, the other identity not gone | 409 `identity_linked_elsewhere` |
//! | g | one match, linked elsewhere, the other identity gone | V and linking is on: question (relink); else refusal |
//! | h | one match, unlinked; this pair was rejected, or unlinked by hand | refusal |
//! | i | one match, unlinked, linking `off` | refusal |
//! | k | one match, unlinked, `review` | V: question; not V: 422 `identity_email_unverified` |
//! | l | one match, unlinked, `verified` | not V: 422; V and U: **link**; V, not U: question |
//! | m | one match, unlinked, `trust` | not U: question; else **link** |
//! | n | no match | provisioning `off`: 404 `user_not_found`; V: **create**; not V: `any` creates, `verified` 422 |

pub use self::{
    facts::{Facts, IdentityFact, LinkFact, Match, Matches, Tie},
    settings::{Linking, Provisioning, Settings, UnknownName},
    verdict::{Decision, Need, Question, Refusal, Row, Step},
};
use super::proof::Proof;

mod facts;
mod settings;
#[cfg(test)]
mod tests;
mod verdict;

/// Applies the table at the top of this module.
#[must_use]
pub fn decide(facts: &Facts, settings: Settings) -> Step {
    use Decision::{Known, Refuse};
    match facts.link {
        LinkFact::Linked(user) => return Step::Done(Row::A, Known(user)),
        LinkFact::UserGone => return Step::Done(Row::B, Refuse(Refusal::RequiresReview)),
        LinkFact::Unlinked => {}
    }
    let verified = match facts.identity {
        None => return Step::Need(Need::Identity),
        Some(IdentityFact::Missing) => return Step::Done(Row::C, Refuse(Refusal::IdentityNotFound)),
        Some(IdentityFact::Inactive) => return Step::Done(Row::D, Refuse(Refusal::Inactive)),
        Some(IdentityFact::NoAddress) => return Step::Done(Row::D, Refuse(Refusal::TraitsMissing)),
        Some(IdentityFact::BrokenAddress) => return Step::Done(Row::D, Refuse(Refusal::TraitsInvalid)),
        Some(IdentityFact::Usable { verified }) => verified,
    };
    match facts.matches {
        None => Step::Need(Need::Matches),
        Some(Matches::Several) => Step::Done(Row::E, Refuse(Refusal::EmailAmbiguous)),
        Some(Matches::One(one)) => decide_match(one, verified, settings.linking),
        Some(Matches::Nobody) => Step::Done(Row::N, decide_create(verified, settings.provisioning)),
    }
}

/// Rows f to m.
fn decide_match(one: Match, verified: bool, linking: Linking) -> Step {
    use Decision::{Link, Question, Refuse};
    let ask = Question(self::Question::Link(one.user));
    let unverified = Refuse(Refusal::EmailUnverified);
    let (row, decision) = match (one.tie, linking) {
        (Tie::Elsewhere { other, gone: None }, _) => return Step::Need(Need::Presence(other)),
        (Tie::Elsewhere { gone: Some(false), .. }, _) => (Row::F, Refuse(Refusal::LinkedElsewhere)),
        (Tie::Elsewhere { gone: Some(true), .. }, _) if verified && linking != Linking::Off => {
            (Row::G, Question(self::Question::Relink(one.user)))
        }
        (Tie::Elsewhere { gone: Some(true), .. }, _) => (Row::G, Refuse(Refusal::RequiresReview)),
        (Tie::Free { barred: true }, _) => (Row::H, Refuse(Refusal::RequiresReview)),
        (Tie::Free { .. }, Linking::Off) => (Row::I, Refuse(Refusal::RequiresReview)),
        (Tie::Free { .. }, Linking::Review) => (Row::K, if verified { ask } else { unverified }),
        (Tie::Free { .. }, Linking::Verified) => (
            Row::L,
            match (verified, one.not_known_unverified) {
                (false, _) => unverified,
                (true, true) => Link { user: one.user, proof: Proof::VerifiedAddress },
                (true, false) => ask,
            },
        ),
        (Tie::Free { .. }, Linking::Trust) => (
            Row::M,
            match (verified, one.not_known_unverified) {
                (_, false) => ask,
                (true, true) => Link { user: one.user, proof: Proof::VerifiedAddress },
                (false, true) => Link { user: one.user, proof: Proof::TrustedAddress },
            },
        ),
    };
    Step::Done(row, decision)
}

/// Row n.
fn decide_create(verified: bool, provisioning: Provisioning) -> Decision {
    match (provisioning, verified) {
        (Provisioning::Off, _) => Decision::Refuse(Refusal::UserNotFound),
        (_, true) => Decision::Create { proof: Proof::VerifiedAddress },
        (Provisioning::Any, false) => Decision::Create { proof: Proof::UnverifiedCreate },
        (Provisioning::Verified, false) => Decision::Refuse(Refusal::EmailUnverified),
    }
}
