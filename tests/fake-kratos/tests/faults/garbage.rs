//! The sorts of nonsense with status 200.

use fake_kratos::{Action, Garbage};
use serde_json::{Value, json};

use crate::wire::{Heard, get, with};

fn with_garbage(kind: Garbage) -> Heard {
    let (fake, id) = with(Action::garbage(kind));
    get(&fake, id)
}

#[test]
fn garbage_html_is_a_page_with_status_200() {
    let answer = with_garbage(Garbage::Html);
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
}

#[test]
fn garbage_empty_has_no_body() {
    let answer = with_garbage(Garbage::Empty);
    assert_eq!((answer.status(), answer.body.len()), (200, 0));
}

#[test]
fn garbage_null_is_null() {
    assert_eq!(with_garbage(Garbage::Null).json(), Value::Null);
}

#[test]
fn garbage_array_is_a_list() {
    assert!(with_garbage(Garbage::Array).json().is_array());
}

#[test]
fn garbage_of_wrong_types_has_a_number_for_the_id() {
    assert!(with_garbage(Garbage::WrongTypes).json()["id"].is_number());
}

#[test]
fn garbage_that_is_not_utf8_is_not_utf8() {
    assert!(String::from_utf8(with_garbage(Garbage::InvalidUtf8).body).is_err());
}

#[test]
fn a_huge_answer_is_true_but_for_its_size() {
    let answer = with_garbage(Garbage::Huge { bytes: 3_000_000 });
    assert!(answer.body.len() > 3_000_000 && answer.json()["traits"]["email"] == json!("ada@example.org"));
}

#[test]
fn a_deep_answer_is_as_deep_as_ordered() {
    let text = String::from_utf8(with_garbage(Garbage::Deep { levels: 5_000 }).body).expect("text");
    assert!(text.starts_with("{\"traits\":[[[") && text.matches('[').count() >= 5_000);
}

#[test]
fn duplicate_keys_are_both_sent() {
    let text = String::from_utf8(with_garbage(Garbage::DuplicateKeys).body).expect("text");
    assert_eq!((text.matches("\"id\":\"0000").count(), text.matches("\"state\":").count()), (1, 2));
}
