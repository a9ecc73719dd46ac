//! The checker on histories made by hand: a good one, and one bad one for each rule, which breaks that rule alone.

use super::{Call, Told, Violation, violations};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);

fn given(user: &str, created: bool) -> Told {
    Told::User { user: user.to_owned(), created }
}

fn refused(retryable: impl Into<Option<bool>>) -> Told {
    Told::Refused { status: 503, error: "x".to_owned(), retryable: retryable.into() }
}

fn call(identity: Uuid, began: u64, ended: u64, told: Told) -> Call {
    let [began, ended] = [began, ended].map(Duration::from_millis);
    Call { identity, began, ended, told }
}

fn broken(calls: &[Call], links: &[(Uuid, &str)]) -> Vec<Violation> {
    let links: BTreeMap<Uuid, String> = links.iter().map(|(id, user)| (*id, (*user).to_owned())).collect();
    violations(calls, &links).into_iter().collect()
}

#[test]
fn a_history_that_can_be_true_breaks_nothing() {
    let calls = [
        call(A, 0, 9, given("1", true)),
        call(A, 1, 5, given("1", false)),
        call(A, 2, 3, refused(true)),
        call(A, 10, 11, Told::Nothing),
        call(A, 12, 13, refused(true)),
        call(B, 0, 4, refused(false)),
        call(B, 5, 6, given("2", false)),
    ];
    assert_eq!(broken(&calls, &[(A, "1"), (B, "2")]), []);
}

#[test]
fn what_was_never_answered_may_be_there_or_not() {
    let calls = [call(A, 0, 1, Told::Nothing), call(B, 0, 1, Told::Nothing)];
    assert_eq!(broken(&calls, &[(A, "1")]), []);
}

#[test]
fn two_users_for_one_identity_and_one_of_them_lost() {
    let calls = [call(A, 0, 1, given("1", false)), call(A, 0, 1, given("2", false))];
    assert_eq!(broken(&calls, &[(A, "1")]), [Violation::SeveralUsers(A), Violation::Lost(A)]);
}

#[test]
fn one_user_for_two_identities() {
    let calls = [call(A, 0, 1, given("1", false)), call(B, 0, 1, given("1", false))];
    assert_eq!(broken(&calls, &[(A, "1"), (B, "1")]), [Violation::SharedUser("1".to_owned())]);
}

#[test]
fn a_user_that_only_the_table_gives_to_another_identity() {
    let calls = [call(A, 0, 1, given("1", false)), call(B, 0, 1, Told::Nothing)];
    assert_eq!(broken(&calls, &[(A, "1"), (B, "1")]), [Violation::SharedUser("1".to_owned())]);
}

#[test]
fn created_for_two_callers_at_once() {
    let calls = [call(A, 0, 2, given("1", true)), call(A, 1, 2, given("1", true))];
    assert_eq!(broken(&calls, &[(A, "1")]), [Violation::CreatedTwice(A)]);
}

#[test]
fn an_acknowledged_link_that_is_gone_or_another_one() {
    let calls = [call(A, 0, 1, given("1", true))];
    assert_eq!(broken(&calls, &[]), [Violation::Lost(A)]);
    assert_eq!(broken(&calls, &[(A, "2")]), [Violation::Lost(A)]);
}

#[test]
fn a_link_of_an_identity_that_nobody_asked_for() {
    assert_eq!(broken(&[], &[(B, "1")]), [Violation::Ghost(B)]);
}

#[test]
fn created_or_refused_for_good_after_the_user_was_known() {
    for late in [given("1", true), refused(false)] {
        let calls = [call(A, 0, 1, given("1", false)), call(A, 2, 3, late.clone())];
        assert_eq!(broken(&calls, &[(A, "1")]), [Violation::OutOfOrder(A)], "{late:?}");
        let at_once = [call(A, 0, 3, given("1", false)), call(A, 2, 3, late)];
        assert_eq!(broken(&at_once, &[(A, "1")]), [], "at once, either may be first");
    }
}

#[test]
fn an_error_that_does_not_say_whether_to_try_again() {
    assert_eq!(broken(&[call(A, 0, 1, refused(None))], &[]), [Violation::Mute(A)]);
}
