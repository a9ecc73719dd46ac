//! What the framework answers by itself has the same form: unknown routes, other methods, bodies too large,
//! too slow or broken off, over bare sockets where a proper client refuses to be that rude.

use super::Watched;
use crate::support::answer::{Answer, Listener};
use crate::support::client::RESOLVE;
use crate::support::raw::Raw;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(10);

fn head(rest: &str) -> String {
    format!("POST {RESOLVE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{rest}\r\n\r\n")
}

fn raw(watched: &Watched) -> Raw {
    Raw::connect(watched.world.client().address(Listener::Internal), LIMIT)
}

fn answer(watched: &Watched, raw: &mut Raw) -> Answer {
    let answer = raw.answer(Listener::Internal, "POST", RESOLVE).expect("an answer");
    watched.world.client().judge(&answer);
    answer
}

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let watched = Watched::start().await;
    let paths = [
        "/",
        "/rest",
        "/rest/internal/identity/resolve/",
        "/rest/internal/identity/resolve/x",
        "/REST/internal/identity/resolve",
        "/rest//internal/identity/resolve",
        "/rest/internal/identity/resolve-batches",
        "/rest/internal/events",
        "/auth/kratos/webhook",
        "/admin/",
        "/metrics",
        "/favicon.ico",
        "/%00",
        "/%ff",
        "/..;/version",
    ];
    for path in paths {
        for method in ["GET", "POST", "PUT", "OPTIONS", "HEAD"] {
            let answer = watched.world.client().send(Listener::Internal, method, path, &[], Vec::new()).await;
            assert_eq!(answer.status, 404, "{answer}");
        }
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn another_method_is_refused_and_told_which_one_is_right() {
    let watched = Watched::start().await;
    let body = serde_json::json!({ "kratosIdentityId": watched.known }).to_string();
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "post"] {
        let headers = [("content-type", "application/json")];
        let sent = body.clone().into_bytes();
        let answer = watched.world.client().send(Listener::Internal, method, RESOLVE, &headers, sent).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{answer}");
        assert!(method == "HEAD" || answer.error() == "method_not_allowed", "{answer}");
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn a_missing_type_is_refused() {
    let watched = Watched::start().await;
    let mut raw = raw(&watched);
    raw.write(format!("POST {RESOLVE} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes());
    assert_eq!(answer(&watched, &mut raw).refusal(), (415, "unsupported_media_type".to_owned()));
}

#[tokio::test]
async fn a_body_announced_too_large_is_refused() {
    let watched = Watched::start().await;
    for length in ["4097", "1000000000", "18446744073709551615"] {
        let mut raw = raw(&watched);
        raw.write(head(&format!("Content-Length: {length}")).as_bytes());
        raw.write(&[b' '; 4097]);
        assert_eq!(answer(&watched, &mut raw).refusal(), (413, "payload_too_large".to_owned()), "{length}");
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn a_body_in_chunks_that_grows_too_large_is_refused() {
    let watched = Watched::start().await;
    let mut raw = raw(&watched);
    raw.write(head("Transfer-Encoding: chunked").as_bytes());
    for _ in 0..5 {
        raw.write(format!("400\r\n{}\r\n", " ".repeat(1024)).as_bytes());
    }
    assert_eq!(answer(&watched, &mut raw).refusal(), (413, "payload_too_large".to_owned()));
    watched.is_unharmed().await;
}

#[tokio::test]
async fn a_body_in_chunks_that_fits_is_read() {
    let watched = Watched::start().await;
    let mut raw = raw(&watched);
    let body = serde_json::json!({ "kratosIdentityId": watched.known }).to_string();
    raw.write(head("Transfer-Encoding: chunked").as_bytes());
    for piece in body.as_bytes().chunks(10) {
        raw.write(format!("{:x}\r\n", piece.len()).as_bytes());
        raw.write(piece);
        raw.write(b"\r\n");
    }
    raw.write(b"0\r\n\r\n");
    assert_eq!(answer(&watched, &mut raw).status, 200);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let watched = Watched::with(&[("RESOLVER_BODY_MILLIS", "300")]).await;
    let mut raw = raw(&watched);
    let start = Instant::now();
    raw.write(head("Content-Length: 60").as_bytes());
    raw.write(b"{\"kratosIdentityId\":");
    assert_eq!(answer(&watched, &mut raw).refusal(), (408, "request_timeout".to_owned()));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    watched.is_unharmed().await;
}

#[tokio::test]
async fn a_body_that_only_trickles_is_given_up_too() {
    let watched = Watched::with(&[("RESOLVER_BODY_MILLIS", "400")]).await;
    let mut raw = raw(&watched);
    raw.write(head("Content-Length: 4000").as_bytes());
    let start = Instant::now();
    // A byte every 50 ms never lets the connection rest; only the time of the whole body can end it.
    while start.elapsed() < Duration::from_millis(900) && raw.write(b" ") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(answer(&watched, &mut raw).refusal(), (408, "request_timeout".to_owned()));
}

#[tokio::test]
async fn a_body_broken_off_is_no_call() {
    let watched = Watched::start().await;
    for _ in 0..20 {
        let mut raw = raw(&watched);
        raw.write(head("Content-Length: 60").as_bytes());
        raw.write(b"{\"kratosIdentityId\":\"a0000000-");
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn refusals_leave_the_connection_in_step() {
    let watched = Watched::start().await;
    let mut raw = raw(&watched);
    let good = serde_json::json!({ "kratosIdentityId": watched.known }).to_string();
    for body in ["{}", "[]", "nonsense", good.as_str(), "", good.as_str()] {
        raw.write(format!("{}{body}", head(&format!("Content-Length: {}", body.len()))).as_bytes());
        let answer = answer(&watched, &mut raw);
        assert_eq!(answer.status, if body == good { 200 } else { 400 }, "{body}: {answer}");
    }
}

#[tokio::test]
async fn what_is_no_request_at_all_gets_no_body_and_no_second_chance() {
    let watched = Watched::start().await;
    let clash = head("Content-Length: 2\r\nTransfer-Encoding: chunked");
    for bytes in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", clash.as_str()] {
        let mut raw = raw(&watched);
        raw.write(bytes.as_bytes());
        let seen = raw.answer(Listener::Internal, "POST", RESOLVE).expect("an answer");
        assert_eq!((seen.status, seen.text().as_str()), (400, ""), "{bytes:?}");
        assert!(raw.is_closed_now(), "{bytes:?}");
    }
    watched.is_unharmed().await;
}
