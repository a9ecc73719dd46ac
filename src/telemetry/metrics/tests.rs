//! Every series by its name and labels, as Prometheus reads them.

use std::collections::BTreeSet;

use super::*;

fn has(metrics: &Metrics, line: &str) {
    let text = metrics.render().unwrap();
    assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
}

#[test]
fn exactly_these_series_exist_before_the_first_event() {
    let metrics = Metrics::try_new().unwrap();
    metrics.http_request("internal", "/x", ("GET", 200), Duration::ZERO);
    let text = metrics.render().unwrap();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE identity_resolver_"));
    let wanted = [
        "batch_items_total counter",
        "build_info gauge",
        "database_connections_dropped_total counter",
        "database_retries_total counter",
        "http_request_duration_seconds histogram",
        "http_requests_total counter",
        "kratos_breaker_open gauge",
        "kratos_call_duration_seconds histogram",
        "kratos_calls_total counter",
        "log_lines_dropped_total counter",
        "panics_total counter",
        "policy_refusals_total counter",
        "pool_connections gauge",
        "pool_idle_connections gauge",
        "requests_in_flight gauge",
        "requests_refused_total counter",
        "resolve_outcomes_total counter",
    ];
    assert_eq!(kinds.collect::<BTreeSet<_>>(), wanted.into_iter().collect());
}

#[test]
fn known_labels_start_at_zero() {
    let metrics = Metrics::try_new().unwrap();
    for line in [
        r#"identity_resolver_resolve_outcomes_total{outcome="created"} 0"#,
        r#"identity_resolver_resolve_outcomes_total{outcome="deadline_exceeded"} 0"#,
        r#"identity_resolver_policy_refusals_total{row="n"} 0"#,
        r#"identity_resolver_kratos_calls_total{outcome="invalid"} 0"#,
        r#"identity_resolver_database_retries_total{reason="1213"} 0"#,
        r#"identity_resolver_database_connections_dropped_total{reason="cancelled"} 0"#,
        r#"identity_resolver_requests_refused_total{reason="shutting_down"} 0"#,
        "identity_resolver_panics_total 0",
        "identity_resolver_log_lines_dropped_total 0",
    ] {
        has(&metrics, line);
    }
}

#[test]
fn a_request_counts_once_and_its_time_is_kept_by_route() {
    let metrics = Metrics::try_new().unwrap();
    metrics.http_request("internal", "/a/{id}", ("POST", 409), Duration::from_millis(40));
    let labels = r#"{listener="internal",method="POST",route="/a/{id}",status="409"}"#;
    has(&metrics, &format!("identity_resolver_http_requests_total{labels} 1"));
    let bucket = r#"_bucket{listener="internal",route="/a/{id}",le="0.05"} 1"#;
    has(&metrics, &format!("identity_resolver_http_request_duration_seconds{bucket}"));
}

#[test]
fn a_method_that_a_caller_made_up_becomes_no_label() {
    let metrics = Metrics::try_new().unwrap();
    metrics.http_request("internal", "unmatched", ("BREW", 405), Duration::ZERO);
    let labels = r#"{listener="internal",method="other",route="unmatched",status="405"}"#;
    has(&metrics, &format!("identity_resolver_http_requests_total{labels} 1"));
}

#[test]
fn what_happens_is_counted_under_its_name() {
    let metrics = Metrics::try_new().unwrap();
    metrics.resolve_outcome("hit");
    metrics.resolve_outcome("linked");
    metrics.batch_items("created", 3);
    metrics.kratos_call("not_found", Duration::from_millis(1));
    metrics.database_retry("unknown_outcome");
    metrics.database_connection_dropped("expired");
    metrics.policy_refusal("e");
    metrics.request_refused("overloaded");
    metrics.panicked();
    metrics.log_lines_dropped().inc();
    for line in [
        r#"resolve_outcomes_total{outcome="hit"} 1"#,
        r#"resolve_outcomes_total{outcome="linked"} 1"#,
        r#"batch_items_total{outcome="created"} 3"#,
        r#"kratos_calls_total{outcome="not_found"} 1"#,
        "kratos_call_duration_seconds_count 1",
        r#"database_retries_total{reason="unknown_outcome"} 1"#,
        r#"database_connections_dropped_total{reason="expired"} 1"#,
        r#"policy_refusals_total{row="e"} 1"#,
        r#"requests_refused_total{reason="overloaded"} 1"#,
        "panics_total 1",
        "log_lines_dropped_total 1",
    ] {
        has(&metrics, &format!("identity_resolver_{line}"));
    }
}

#[test]
fn every_row_of_the_policy_that_gives_no_user_starts_at_zero() {
    use crate::domain::policy::Row;
    let metrics = Metrics::try_new().unwrap();
    for row in
        [Row::B, Row::C, Row::D, Row::E, Row::F, Row::G, Row::H, Row::I, Row::K, Row::L, Row::M, Row::N]
    {
        let letter = row.letter();
        has(&metrics, &format!(r#"identity_resolver_policy_refusals_total{{row="{letter}"}} 0"#));
    }
}

#[test]
fn a_request_is_under_way_until_its_guard_is_dropped() {
    let metrics = Metrics::try_new().unwrap();
    let request = metrics.request_started();
    has(&metrics, "identity_resolver_requests_in_flight 1");
    drop(request);
    has(&metrics, "identity_resolver_requests_in_flight 0");
}

#[test]
fn the_breaker_shows_whether_it_is_open() {
    let metrics = Metrics::try_new().unwrap();
    metrics.set_breaker_open(true);
    has(&metrics, "identity_resolver_kratos_breaker_open 1");
    metrics.set_breaker_open(false);
    has(&metrics, "identity_resolver_kratos_breaker_open 0");
}

#[test]
fn the_pool_is_counted_when_the_metrics_are_read() {
    let metrics = Metrics::try_new().unwrap();
    metrics.watch_pool(|| PoolCount { connections: 5, idle: 2 });
    has(&metrics, "identity_resolver_pool_connections 5");
    has(&metrics, "identity_resolver_pool_idle_connections 2");
}

#[test]
fn the_help_of_a_series_is_its_documentation() {
    let metrics = Metrics::try_new().unwrap();
    has(&metrics, "# HELP identity_resolver_requests_in_flight Requests under way.");
}

#[test]
fn the_version_and_on_linux_the_process_are_told() {
    let metrics = Metrics::try_new().unwrap();
    has(&metrics, &format!(r#"identity_resolver_build_info{{version="{}"}} 1"#, env!("CARGO_PKG_VERSION")));
    let process = metrics.render().unwrap().contains("process_resident_memory_bytes");
    assert_eq!(process, cfg!(target_os = "linux"));
}
