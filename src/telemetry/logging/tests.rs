//! The form of a log line, and which lines there are.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::{debug, error, info, info_span, subscriber::with_default, trace, warn};

use super::*;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(filter: &str, work: impl FnOnce()) -> Vec<Value> {
    let paper = Paper::default();
    let pen = paper.clone();
    with_default(subscriber(&filter.parse().unwrap(), move || pen.clone()), work);
    let text = paper.0.lock().unwrap().clone();
    String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn everything() {
    trace!("own trace");
    debug!("own debug");
    info!("own info");
    error!("own error");
    trace!(target: "sqlx::query", "sqlx trace");
    debug!(target: "hyper", "hyper debug");
    info!(target: "reqwest", "reqwest info");
    warn!(target: "actix_server", "actix warn");
}

fn messages(filter: &str) -> Vec<String> {
    logged(filter, everything).iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_line_is_a_flat_object_with_time_level_target_and_the_spans_around_it() {
    let lines = logged("info", || {
        let _request = info_span!("request", correlation_id = "0195").entered();
        let _inside = info_span!("step").entered();
        info!(outcome = "hit", millis = 3, "resolved");
    });
    let line = &lines[0];
    assert_eq!(
        (&line["level"], &line["outcome"], &line["millis"]),
        (&"INFO".into(), &"hit".into(), &3.into())
    );
    assert_eq!(line["message"], "resolved");
    assert_eq!(line["target"], "identity_resolver::telemetry::logging::tests");
    assert_eq!(line["spans"][0]["correlation_id"], "0195");
    let format = time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(line["timestamp"].as_str().unwrap(), &format).unwrap();
    assert!(at.offset().is_utc());
}

#[test]
fn a_value_with_line_breaks_and_quotes_stays_inside_its_line() {
    let lines = logged("info", || info!(agent = "a\"}\n{\"level\":\"ERROR\"", "call"));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "INFO");
}

#[test]
fn the_most_talkative_level_is_for_our_own_code_only() {
    let wanted = ["own trace", "own debug", "own info", "own error", "reqwest info", "actix warn"];
    assert_eq!(messages("trace"), wanted);
}

#[test]
fn other_code_stays_at_info_even_when_it_is_asked_for_by_name() {
    let wanted = ["own info", "own error", "reqwest info", "actix warn"];
    assert_eq!(messages("info,sqlx=trace,hyper=debug,sqlx::query=trace"), wanted);
    assert_eq!(messages("sqlx=trace"), wanted);
}

#[test]
fn a_target_of_ours_can_be_talkative_alone() {
    let wanted = ["own trace", "own debug", "own info", "own error", "actix warn"];
    assert_eq!(messages("warn,identity_resolver::telemetry=trace"), wanted);
}

#[test]
fn a_target_can_be_silenced() {
    assert_eq!(messages("error,actix_server=off"), ["own error"]);
    assert!(messages("off").is_empty());
}

#[test]
fn a_text_that_is_no_filter_is_refused() {
    for text in ["", "loud", "debgu", "info,", "=info", "a b=info", "own[span]=info", "a=b=info", "own="] {
        assert_eq!(text.parse::<Levels>().unwrap_err(), BadFilter, "{text}");
    }
}

#[test]
fn a_crate_that_is_only_named_like_ours_is_capped() {
    assert_eq!(capped("identity_resolver", LevelFilter::TRACE), LevelFilter::TRACE);
    assert_eq!(capped("identity_resolver::http", LevelFilter::TRACE), LevelFilter::TRACE);
    assert_eq!(capped("identity_resolver_else", LevelFilter::TRACE), LevelFilter::INFO);
    assert_eq!(capped("ident", LevelFilter::TRACE), LevelFilter::INFO);
}
