//! The policy table once more, written as the contract words it and not as the code is built, and held
//! against `decide` for every combination of inputs.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Decision as D, Refusal as R, *};
use crate::domain::ids::{IdentityId, UserId};

/// One combination, flat, as the table speaks of it.
#[derive(Debug, Clone, Copy)]
struct Case {
    facts: Facts,
    settings: Settings,
}

fn user() -> UserId {
    UserId::parse("018f0000-0000-7000-8000-000000000001").unwrap()
}

fn other() -> IdentityId {
    IdentityId::parse("6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11").unwrap()
}

fn all_matches() -> Vec<Matches> {
    let mut matches = vec![Matches::Nobody, Matches::Several];
    let ties = [
        Tie::Free { barred: false },
        Tie::Free { barred: true },
        Tie::Elsewhere { other: other(), gone: Some(false) },
        Tie::Elsewhere { other: other(), gone: Some(true) },
    ];
    for tie in ties {
        for not_known_unverified in [false, true] {
            matches.push(Matches::One(Match { user: user(), tie, not_known_unverified }));
        }
    }
    matches
}

fn all_cases() -> Vec<Case> {
    let links = [LinkFact::Unlinked, LinkFact::Linked(user()), LinkFact::UserGone];
    let identities = [
        IdentityFact::Missing,
        IdentityFact::Inactive,
        IdentityFact::NoAddress,
        IdentityFact::BrokenAddress,
        IdentityFact::Usable { verified: false },
        IdentityFact::Usable { verified: true },
    ];
    let mut cases = Vec::new();
    for link in links {
        for identity in identities {
            for matches in all_matches() {
                for linking in Linking::ALL {
                    for provisioning in Provisioning::ALL {
                        let facts = Facts { link, identity: Some(identity), matches: Some(matches) };
                        cases.push(Case { facts, settings: Settings { linking, provisioning } });
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn v(&self) -> bool {
        self.facts.identity == Some(IdentityFact::Usable { verified: true })
    }

    fn one(&self) -> Option<Match> {
        match self.facts.matches {
            Some(Matches::One(one)) => Some(one),
            _ => None,
        }
    }

    fn free(&self) -> bool {
        matches!(self.one(), Some(Match { tie: Tie::Free { .. }, .. }))
    }

    fn elsewhere(&self, is_gone: bool) -> bool {
        matches!(self.one(), Some(Match { tie: Tie::Elsewhere { gone: Some(gone), .. }, .. }) if gone == is_gone)
    }
}

/// Whether the facts of a row fit, without regard to the rows above it.
fn fits(row: Row, case: &Case) -> bool {
    let identity = case.facts.identity;
    let linking = case.settings.linking;
    match row {
        Row::A => matches!(case.facts.link, LinkFact::Linked(_)),
        Row::B => case.facts.link == LinkFact::UserGone,
        Row::C => identity == Some(IdentityFact::Missing),
        Row::D => !matches!(identity, Some(IdentityFact::Missing | IdentityFact::Usable { .. })),
        Row::E => case.facts.matches == Some(Matches::Several),
        Row::F => case.elsewhere(false),
        Row::G => case.elsewhere(true),
        Row::H => matches!(case.one(), Some(Match { tie: Tie::Free { barred: true }, .. })),
        Row::I => case.free() && linking == Linking::Off,
        Row::K => case.free() && linking == Linking::Review,
        Row::L => case.free() && linking == Linking::Verified,
        Row::M => case.free() && linking == Linking::Trust,
        Row::N => case.facts.matches == Some(Matches::Nobody),
    }
}

/// The answer of a row that was the first to fit.
#[expect(clippy::match_same_arms, reason = "one arm a row, in the order of the table")]
fn answer(row: Row, case: &Case) -> Decision {
    let v = case.v();
    let u = case.one().is_some_and(|one| one.not_known_unverified);
    let link = |proof| D::Link { user: user(), proof };
    match row {
        Row::A => D::Known(user()),
        Row::B | Row::H | Row::I => D::Refuse(R::RequiresReview),
        Row::C => D::Refuse(R::IdentityNotFound),
        Row::D if case.facts.identity == Some(IdentityFact::Inactive) => D::Refuse(R::Inactive),
        Row::D if case.facts.identity == Some(IdentityFact::NoAddress) => D::Refuse(R::TraitsMissing),
        Row::D => D::Refuse(R::TraitsInvalid),
        Row::E => D::Refuse(R::EmailAmbiguous),
        Row::F => D::Refuse(R::LinkedElsewhere),
        Row::G if v && case.settings.linking != Linking::Off => D::Question(Question::Relink(user())),
        Row::G => D::Refuse(R::RequiresReview),
        Row::K if v => D::Question(Question::Link(user())),
        Row::L if v && u => link(Proof::VerifiedAddress),
        Row::L if v => D::Question(Question::Link(user())),
        Row::K | Row::L => D::Refuse(R::EmailUnverified),
        Row::M if !u => D::Question(Question::Link(user())),
        Row::M => link(if v { Proof::VerifiedAddress } else { Proof::TrustedAddress }),
        Row::N => match case.settings.provisioning {
            Provisioning::Off => D::Refuse(R::UserNotFound),
            _ if v => D::Create { proof: Proof::VerifiedAddress },
            Provisioning::Any => D::Create { proof: Proof::UnverifiedCreate },
            Provisioning::Verified => D::Refuse(R::EmailUnverified),
        },
    }
}

const ROWS: [Row; 13] =
    [Row::A, Row::B, Row::C, Row::D, Row::E, Row::F, Row::G, Row::H, Row::I, Row::K, Row::L, Row::M, Row::N];

#[test]
fn every_combination_is_answered_by_its_first_row_and_no_row_is_unused() {
    let mut used: BTreeMap<Row, usize> = BTreeMap::new();
    for case in all_cases() {
        let first = ROWS.into_iter().find(|row| fits(*row, &case));
        let first = first.unwrap_or_else(|| panic!("no row fits {case:?}"));
        let expected = Step::Done(first, answer(first, &case));
        assert_eq!(decide(&case.facts, case.settings), expected, "{case:?}");
        *used.entry(first).or_default() += 1;
    }
    assert_eq!(used.keys().copied().collect::<Vec<_>>(), ROWS, "{used:?}");
}

#[test]
fn a_missing_fact_is_asked_for_only_when_it_matters() {
    let settings = Settings::default();
    let bare = Facts { link: LinkFact::Unlinked, identity: None, matches: None };
    assert_eq!(decide(&bare, settings), Step::Need(Need::Identity));
    let usable = Facts { identity: Some(IdentityFact::Usable { verified: true }), ..bare };
    assert_eq!(decide(&usable, settings), Step::Need(Need::Matches));
    let tie = Tie::Elsewhere { other: other(), gone: None };
    let one = Matches::One(Match { user: user(), tie, not_known_unverified: true });
    assert_eq!(
        decide(&Facts { matches: Some(one), ..usable }, settings),
        Step::Need(Need::Presence(other()))
    );
    for link in [LinkFact::Linked(user()), LinkFact::UserGone] {
        assert!(matches!(decide(&Facts { link, ..bare }, settings), Step::Done(..)), "{link:?}");
    }
    for identity in [IdentityFact::Missing, IdentityFact::Inactive, IdentityFact::NoAddress] {
        let facts = Facts { identity: Some(identity), ..bare };
        assert!(matches!(decide(&facts, settings), Step::Done(..)), "{identity:?}");
    }
}

#[test]
fn nothing_unverified_links_but_under_trust() {
    for case in all_cases().iter().filter(|case| !case.v()) {
        if let Step::Done(_, D::Link { proof, .. }) = decide(&case.facts, case.settings) {
            assert_eq!((case.settings.linking, proof), (Linking::Trust, Proof::TrustedAddress), "{case:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_input_moves_a_link_away(index in 0..all_cases().len()) {
        let case = all_cases()[index];
        let linked_elsewhere = case.elsewhere(false) || case.elsewhere(true);
        if let Step::Done(_, decision) = decide(&case.facts, case.settings) {
            let links = matches!(decision, D::Link { .. });
            let already = matches!(case.facts.link, LinkFact::Linked(_) | LinkFact::UserGone);
            prop_assert!(!(links && (linked_elsewhere || already)), "{:?}", case);
        }
    }
}
