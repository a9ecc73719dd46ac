//! Every fault as a client meets it.

#![expect(clippy::expect_used, reason = "a test without its tools cannot go on")]

mod garbage;
mod wire;

use std::{
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use fake_kratos::{Action, FakeKratos, Identity, PathKind, Rule};
use serde_json::json;
use uuid::Uuid;

use wire::{LIMIT, ask, get, heard, open, with};

#[test]
fn a_status_comes_with_the_error_envelope() {
    let (fake, id) = with(Action::status(500));
    let answer = get(&fake, id);
    assert_eq!((answer.status(), &answer.json()["error"]["code"]), (500, &json!(500)));
}

#[test]
fn a_status_brings_body_headers_and_type_of_ones_own() {
    let (fake, id) = with(Action::Status {
        code: 429,
        body: Some("<p>slow down".into()),
        headers: vec![("Retry-After".into(), "7".into())],
        content_type: Some("text/html".into()),
    });
    let answer = get(&fake, id);
    let seen = (
        answer.status(),
        answer.header("retry-after"),
        answer.header("content-type"),
        answer.body.as_slice(),
    );
    assert_eq!(seen, (429, Some("7"), Some("text/html"), b"<p>slow down".as_slice()));
}

#[test]
fn a_delay_ends_in_the_normal_answer() {
    let (fake, id) = with(Action::Delay { ms: 80 });
    let begun = Instant::now();
    let answer = get(&fake, id);
    assert!(answer.status() == 200 && begun.elapsed() >= Duration::from_millis(80), "{}", answer.status());
}

#[test]
fn a_hanging_call_ends_without_an_answer_when_the_double_stops() {
    let (fake, id) = with(Action::Hang);
    let stream = open(&fake, "GET", &format!("/admin/identities/{id}"), "");
    let begun = Instant::now();
    while fake.calls() == 0 {
        assert!(begun.elapsed() < LIMIT, "the call never arrived");
        thread::yield_now();
    }
    drop(fake);
    assert_eq!(heard(stream).head, "");
}

#[test]
fn stopping_with_hanging_calls_takes_less_than_a_second() {
    let (fake, id) = with(Action::Hang);
    let streams: Vec<TcpStream> =
        (0..20).map(|_| open(&fake, "GET", &format!("/admin/identities/{id}"), "")).collect();
    let begun = Instant::now();
    while fake.calls() < 20 {
        assert!(begun.elapsed() < LIMIT, "the calls never arrived");
        thread::yield_now();
    }
    let begun = Instant::now();
    drop(fake);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?} with {} calls", begun.elapsed(), streams.len());
}

#[test]
fn a_truncated_answer_promises_more_than_it_sends() {
    let (fake, id) = with(Action::Truncate);
    let answer = get(&fake, id);
    assert!(
        answer.status() == 200 && !answer.body.is_empty() && answer.body.len() < answer.promised(),
        "{} of {}",
        answer.body.len(),
        answer.promised()
    );
}

#[test]
fn a_refused_call_gets_not_one_byte() {
    let (fake, id) = with(Action::Refuse);
    assert_eq!(get(&fake, id).head, "");
}

#[test]
fn a_dripped_answer_is_whole_in_the_end() {
    let (fake, id) = with(Action::Drip { ms: 0 });
    let answer = get(&fake, id);
    assert_eq!((answer.body.len(), &answer.json()["id"]), (answer.promised(), &json!(id)));
}

#[test]
fn a_wrong_id_is_the_identity_under_another_id() {
    let (fake, id) = with(Action::WrongId);
    let body = get(&fake, id).json();
    assert!(body["id"] != json!(id) && body["traits"]["email"] == json!("ada@example.org"));
}

#[test]
fn flapping_goes_through_its_steps_and_begins_again() {
    let (fake, id) = with(Action::Flap(vec![404, 200, 503]));
    let seen: Vec<u16> = (0..5).map(|_| get(&fake, id).status()).collect();
    assert_eq!(seen, [404, 200, 503, 404, 200]);
}

#[test]
fn a_flapping_404_is_the_real_one() {
    let (fake, id) = with(Action::Flap(vec![404]));
    let missing = Uuid::from_u128(7);
    let flapped = get(&fake, id);
    fake.clear_faults();
    assert_eq!(flapped.body, get(&fake, missing).body);
}

#[test]
fn a_rule_for_one_identity_spares_the_other() {
    let fake = FakeKratos::start();
    let (one, other) =
        (fake.seed(Identity::verified("a@x.example")), fake.seed(Identity::verified("b@x.example")));
    fake.fault(Rule::on(one, Action::status(500)));
    assert_eq!((get(&fake, one).status(), get(&fake, other).status()), (500, 200));
}

#[test]
fn a_rule_for_lists_spares_single_identities() {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("a@x.example"));
    fake.fault(Rule::any(Action::status(500)).path(PathKind::List));
    assert_eq!((get(&fake, id).status(), ask(&fake, "GET", "/admin/identities", "").status()), (200, 500));
}

#[test]
fn a_rule_taken_back_acts_no_more() {
    let (fake, id) = with(Action::status(500));
    let second = fake.fault(Rule::any(Action::Refuse));
    fake.clear_faults();
    assert_eq!((fake.clear_fault(second), get(&fake, id).status()), (false, 200));
}

#[test]
fn a_fault_can_be_ordered_by_another_process() {
    let fake = FakeKratos::start();
    let rule = json!({"path": "get_one", "times": 1, "action": {"status": {"code": 502, "body": "<html>"}}});
    let ordered = ask(&fake, "POST", "/__fake/faults", &rule.to_string()).status();
    let (listed, met) = (ask(&fake, "GET", "/__fake/faults", "").json(), get(&fake, Uuid::nil()).status());
    assert_eq!((ordered, listed.as_array().map(Vec::len), met), (201, Some(1), 502));
}

#[test]
fn a_delayed_call_does_not_hold_up_another() {
    let (fake, id) = with(Action::Hang);
    let other = fake.seed(Identity::verified("b@x.example"));
    let hanging = open(&fake, "GET", &format!("/admin/identities/{id}"), "");
    fake.clear_faults();
    fake.fault(Rule::on(id, Action::Hang));
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| tell.send(get(&fake, other).status()));
        assert_eq!(told.recv_timeout(LIMIT), Ok(200));
    });
    drop(hanging);
}
