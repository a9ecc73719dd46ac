//! The two listeners and the limits of the HTTP side.

use std::{net::SocketAddr, time::Duration};

use super::{
    fault::Faults,
    kratos::{self, Kratos},
    reader::Reader,
    setting::{Preset, Setting, Unit},
    source::Source,
};

pub(super) const LISTEN: Setting = Setting::text(
    "RESOLVER_LISTEN",
    Preset::Text("127.0.0.1:8080"),
    "an address and port, such as 127.0.0.1:8080",
    "Where the internal API listens; port 0 takes a free one.",
);
pub(super) const OPS_LISTEN: Setting = Setting::text(
    "RESOLVER_OPS_LISTEN",
    Preset::Text("127.0.0.1:8081"),
    "an address and port, such as 127.0.0.1:8081",
    "Where operations listen: health, metrics, version, OpenAPI.",
);
pub(super) const WORKERS: Setting = Setting::number(
    "RESOLVER_HTTP_WORKERS",
    Preset::Processors,
    (1, 512),
    Unit::Things,
    "How many threads read requests and write answers.",
);
pub(super) const BODY_MAX: Setting = Setting::number(
    "RESOLVER_BODY_MAX_BYTES",
    Preset::Number(4096),
    (128, 1_048_576),
    Unit::Bytes,
    "The longest request body.",
);
pub(super) const BATCH_BODY_MAX: Setting = Setting::number(
    "RESOLVER_BATCH_BODY_MAX_BYTES",
    Preset::Number(32_768),
    (128, 1_048_576),
    Unit::Bytes,
    "The longest request body of a batch.",
);
pub(super) const BODY_TIME: Setting = Setting::number(
    "RESOLVER_BODY_MILLIS",
    Preset::Number(2000),
    (10, 60_000),
    Unit::Milliseconds,
    "How long a request body may take to arrive.",
);
pub(super) const REQUEST_DEADLINE: Setting = Setting::number(
    "RESOLVER_REQUEST_DEADLINE_MILLIS",
    Preset::Number(3000),
    (10, 120_000),
    Unit::Milliseconds,
    "How long a call may take; longer than RESOLVER_KRATOS_TOTAL_MILLIS.",
);
pub(super) const BATCH_DEADLINE: Setting = Setting::number(
    "RESOLVER_BATCH_DEADLINE_MILLIS",
    Preset::Number(10_000),
    (10, 120_000),
    Unit::Milliseconds,
    "How long a batch may take; longer than RESOLVER_KRATOS_TOTAL_MILLIS.",
);
pub(super) const CONCURRENCY: Setting = Setting::number(
    "RESOLVER_CONCURRENCY",
    Preset::Number(256),
    (1, 65_536),
    Unit::Things,
    "How many calls may be under way at once; one more is refused as overloaded.",
);

/// The listeners and their limits.
#[derive(Debug, Clone)]
pub struct Http {
    /// The internal API.
    pub listen: SocketAddr,
    /// Operations; cannot be the same listener.
    pub ops_listen: SocketAddr,
    /// Threads of each listener's server.
    pub workers: usize,
    /// The longest body, in bytes.
    pub body_max_bytes: usize,
    /// The longest body of a batch, in bytes.
    pub batch_body_max_bytes: usize,
    /// The longest a body may take to arrive.
    pub body_time: Duration,
    /// The longest a call may take.
    pub request_deadline: Duration,
    /// The longest a batch may take; what is not done by then is told item by item.
    pub batch_deadline: Duration,
    /// Calls under way at once, at most.
    pub concurrency: usize,
}

impl Http {
    /// Reads this section alone, for commands that only talk to a listener.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let mut reader = Reader::new(source);
        let read = Self::read(&mut reader);
        reader.finish(read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let listen = reader.parsed(&LISTEN);
        let ops_listen = reader.parsed(&OPS_LISTEN);
        if let (Some(one), Some(other)) = (listen, ops_listen)
            && collide(one, other)
        {
            reader.fault(OPS_LISTEN.name, format!("is the same as {}; give another port", LISTEN.name));
        }
        let workers = reader.number(&WORKERS);
        let body_max_bytes = reader.number(&BODY_MAX);
        let batch_body_max_bytes = reader.number(&BATCH_BODY_MAX);
        let body_time = reader.duration(&BODY_TIME);
        let request_deadline = reader.duration(&REQUEST_DEADLINE);
        let batch_deadline = reader.duration(&BATCH_DEADLINE);
        let concurrency = reader.number(&CONCURRENCY);
        Some(Self {
            listen: listen?,
            ops_listen: ops_listen?,
            workers: workers?,
            body_max_bytes: body_max_bytes?,
            batch_body_max_bytes: batch_body_max_bytes?,
            body_time: body_time?,
            request_deadline: request_deadline?,
            batch_deadline: batch_deadline?,
            concurrency: concurrency?,
        })
    }

    /// A call that spends all of Kratos' time must still be able to answer that Kratos is unavailable.
    pub(super) fn leaves_time_for(&self, kratos: &Kratos, reader: &mut Reader<'_>) {
        let deadlines = [(self.request_deadline, &REQUEST_DEADLINE), (self.batch_deadline, &BATCH_DEADLINE)];
        for (_, setting) in deadlines.iter().filter(|(deadline, _)| *deadline <= kratos.total) {
            let problem = format!("is not longer than {}; give more than that", kratos::TOTAL.name);
            reader.fault(setting.name, problem);
        }
    }
}

/// Whether both cannot be listened on; port 0 is a free port, never the same one twice.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let wide = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (wide || one.ip() == other.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Http, String> {
        Http::load(&Source::from_pairs(pairs.iter().copied())).map_err(|faults| faults.to_string())
    }

    #[test]
    fn without_settings_both_listen_on_loopback_only() {
        let http = load(&[]).unwrap();
        assert_eq!(http.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(http.ops_listen.to_string(), "127.0.0.1:8081");
        assert_eq!((http.body_max_bytes, http.concurrency), (4096, 256));
        assert_eq!((http.body_time.as_millis(), http.request_deadline.as_millis()), (2000, 3000));
        assert_eq!((http.batch_body_max_bytes, http.batch_deadline.as_millis()), (32_768, 10_000));
        assert!(http.workers >= 1);
    }

    #[test]
    fn one_address_for_both_listeners_is_a_fault() {
        let pairs = [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "[::]:8080"),
        ];
        for (one, other) in pairs {
            let faults = load(&[("RESOLVER_LISTEN", one), ("RESOLVER_OPS_LISTEN", other)]).unwrap_err();
            let wanted = "RESOLVER_OPS_LISTEN: is the same as RESOLVER_LISTEN; give another port";
            assert_eq!(faults, wanted, "{one} {other}");
        }
    }

    #[test]
    fn a_free_port_for_both_listeners_is_fine() {
        let both = [("RESOLVER_LISTEN", "127.0.0.1:0"), ("RESOLVER_OPS_LISTEN", "127.0.0.1:0")];
        assert!(load(&both).is_ok());
    }

    #[test]
    fn two_addresses_may_share_a_port_number() {
        let both = [("RESOLVER_LISTEN", "127.0.0.1:80"), ("RESOLVER_OPS_LISTEN", "127.0.0.2:80")];
        assert!(load(&both).is_ok());
    }

    #[test]
    fn what_is_not_an_address_and_port_is_a_fault() {
        for value in ["canary", ":8080", "localhost:8080", "127.0.0.1", "127.0.0.1:65536", "8080"] {
            let faults = load(&[("RESOLVER_LISTEN", value)]).unwrap_err();
            let wanted =
                "RESOLVER_LISTEN: is not of the right form; give an address and port, such as 127.0.0.1:8080";
            assert_eq!(faults, wanted, "{value}");
        }
    }
}
