//! The recorded answers of a real Kratos, replayed: each case against a double of its own, or all against a real,
//! empty Kratos when `KRATOS_ADMIN_URL` and `KRATOS_PUBLIC_URL` are set. What is not replayed is listed here with the
//! reason; an unlisted gap fails.

#![expect(clippy::expect_used, reason = "a test without its tools cannot go on")]

mod compare;
mod links;
mod memory;
mod replay;
mod target;
mod transcript;

use replay::{Replay, differences, tampered};
use target::Answer;
use transcript::{Exchange, Transcript};

/// Cases that are replayed, with how many identities were there before the recording of each began.
const REPLAYED: [(&str, usize); 7] = [
    ("admin_create_and_get", 0),
    ("admin_create_errors", 0),
    ("admin_import_credentials", 0),
    ("admin_batch_import", 0),
    ("admin_list_and_page", 12),
    ("admin_change_and_delete", 0),
    ("misc", 24),
];

/// Exchanges of replayed cases that are left out.
const LEFT_OUT: [(&str, usize, &str); 3] = [
    ("misc", 5, "the double offers no metrics"),
    ("misc", 18, "recovery codes come with the flows"),
    ("misc", 19, "recovery codes come with the flows"),
];

/// Cases that are left out as a whole, because the double has neither sessions nor flows nor hooks yet.
const LATER: [&str; 14] = [
    "admin_sessions",
    "browser_login_and_logout",
    "flows_other",
    "login_and_whoami",
    "registration_errors",
    "registration_hook_400_messages",
    "registration_hook_all_fail",
    "registration_hook_retries",
    "registration_hooks",
    "registration_parse_hook_changes",
    "registration_parse_hook_refuses",
    "registration_slow_hook",
    "settings_change_hook",
    "verification_by_code",
];

fn skipped(case: &str) -> Vec<usize> {
    LEFT_OUT.iter().filter(|(listed, ..)| *listed == case).map(|(_, index, _)| *index).collect()
}

fn before(case: &str) -> usize {
    REPLAYED
        .iter()
        .find(|(listed, _)| *listed == case)
        .map(|(_, before)| *before)
        .expect("the case is listed")
}

async fn agrees(case: &str) {
    let Replay { replayed, differences } = differences(case, before(case), &skipped(case)).await;
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(replayed + skipped(case).len(), Transcript::read(case).exchanges.len(), "an unlisted gap");
}

#[tokio::test]
async fn creating_and_reading_answers_as_recorded() {
    agrees("admin_create_and_get").await;
}

#[tokio::test]
async fn refused_creates_answer_as_recorded() {
    agrees("admin_create_errors").await;
}

#[tokio::test]
async fn imported_credentials_answer_as_recorded() {
    agrees("admin_import_credentials").await;
}

#[tokio::test]
async fn batch_imports_answer_as_recorded() {
    agrees("admin_batch_import").await;
}

#[tokio::test]
async fn lists_and_pages_answer_as_recorded() {
    agrees("admin_list_and_page").await;
}

#[tokio::test]
async fn changes_and_deletions_answer_as_recorded() {
    agrees("admin_change_and_delete").await;
}

#[tokio::test]
async fn health_version_and_misdirected_calls_answer_as_recorded() {
    agrees("misc").await;
}

#[test]
fn every_recorded_case_is_replayed_or_listed() {
    let mut listed: Vec<String> =
        REPLAYED.iter().map(|(case, _)| *case).chain(LATER).map(str::to_owned).collect();
    listed.sort();
    assert_eq!(transcript::cases(), listed);
}

#[tokio::test]
async fn a_missing_identity_answered_with_200_is_noticed() {
    let spoil = |_: &Exchange, answer: &mut Answer| {
        if answer.status == 404 {
            answer.status = 200;
        }
    };
    noticed("admin_create_and_get", spoil, "6: status: recorded 404, got 200").await;
}

#[tokio::test]
async fn a_list_without_its_next_link_is_noticed() {
    let spoil = |_: &Exchange, answer: &mut Answer| {
        for (name, value) in &mut answer.headers {
            if name == "Link" {
                *value = value.split(",<").next().unwrap_or_default().to_owned();
            }
        }
    };
    noticed("admin_list_and_page", spoil, "5: Link: recorded rels first next, got first").await;
}

#[tokio::test]
async fn an_error_with_the_content_type_of_a_success_is_noticed() {
    let spoil = |_: &Exchange, answer: &mut Answer| {
        for (name, value) in &mut answer.headers {
            if name == "Content-Type" && value == "application/json" {
                value.push_str("; charset=utf-8");
            }
        }
    };
    let expected = "1: Content-Type: recorded \"application/json\", got \"application/json; charset=utf-8\"";
    noticed("admin_create_errors", spoil, expected).await;
}

#[tokio::test]
async fn an_identity_without_one_of_its_keys_is_noticed() {
    let spoil = |_: &Exchange, answer: &mut Answer| {
        if let Some(members) = answer.body.as_object_mut() {
            members.remove("organization_id");
        }
    };
    noticed("admin_change_and_delete", spoil, "1: body: key organization_id is missing").await;
}

#[tokio::test]
async fn a_flag_that_became_a_text_is_noticed() {
    let spoil = |_: &Exchange, answer: &mut Answer| {
        if let Some(flag) = answer.body.pointer_mut("/verifiable_addresses/0/verified") {
            *flag = "true".into();
        }
    };
    let expected = "0: body/verifiable_addresses/0/verified: recorded a boolean, got a string";
    noticed("admin_import_credentials", spoil, expected).await;
}

/// Replays a case whose answers are altered on their way, and wants to be told of it.
async fn noticed(case: &str, spoil: fn(&Exchange, &mut Answer), expected: &str) {
    let found = tampered(case, before(case), &skipped(case), spoil).await.differences;
    let expected = format!("{case} {expected}");
    assert!(found.contains(&expected), "{expected}\nis not among\n{}", found.join("\n"));
}
