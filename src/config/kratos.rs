//! The admin API of Kratos: where it is, how we prove who we are, and how patient we are.

use std::{path::PathBuf, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    fault::Faults,
    reader::Reader,
    setting::{Preset, Setting, Unit},
    source::Source,
};

pub(super) const ADMIN_URL: Setting = Setting::text(
    "KRATOS_ADMIN_URL",
    Preset::Required,
    "http://HOST:PORT or https://HOST:PORT, a path after it if need be, no user and no query",
    "Kratos' admin API; a path is kept as a prefix.",
);
pub(super) const PUBLIC_URL: Setting = Setting::text(
    "KRATOS_PUBLIC_URL",
    Preset::Unset,
    "http://HOST:PORT or https://HOST:PORT, a path after it if need be, no user and no query",
    "Kratos' public API, where `doctor` reads the identity schemas; nothing else asks it.",
);
pub(super) const ADMIN_TOKEN: Setting = Setting::secret(
    "KRATOS_ADMIN_TOKEN",
    Preset::Unset,
    "a text of visible ASCII letters",
    "Sent to Kratos' admin API as a bearer token, for a proxy that wants one.",
);
pub(super) const CA_FILE: Setting = Setting::text(
    "KRATOS_CA_FILE",
    Preset::Unset,
    "the name of a PEM file with at least one certificate",
    "Certificates of authorities that are trusted for Kratos beside the system's.",
);
pub(super) const CONNECT: Setting = Setting::number(
    "RESOLVER_KRATOS_CONNECT_MILLIS",
    Preset::Number(500),
    (10, 30_000),
    Unit::Milliseconds,
    "How long a connection to Kratos may take to open.",
);
pub(super) const TOTAL: Setting = Setting::number(
    "RESOLVER_KRATOS_TOTAL_MILLIS",
    Preset::Number(2000),
    (10, 60_000),
    Unit::Milliseconds,
    "How long Kratos may take to answer, the second try included.",
);
pub(super) const ANSWER_MAX: Setting = Setting::number(
    "RESOLVER_KRATOS_ANSWER_MAX_BYTES",
    Preset::Number(262_144),
    (1024, 16_777_216),
    Unit::Bytes,
    "The longest answer that is read for one identity.",
);
pub(super) const PAGE_MAX: Setting = Setting::number(
    "RESOLVER_KRATOS_PAGE_MAX_BYTES",
    Preset::Number(16_777_216),
    (1024, 134_217_728),
    Unit::Bytes,
    "The longest answer that is read for a list of identities.",
);
pub(super) const BREAKER_FAILURES: Setting = Setting::number(
    "RESOLVER_BREAKER_FAILURES",
    Preset::Number(5),
    (1, 1000),
    Unit::Things,
    "After how many failures in a row Kratos is left alone for a while.",
);
pub(super) const BREAKER_MAX: Setting = Setting::number(
    "RESOLVER_BREAKER_MAX_SECONDS",
    Preset::Number(30),
    (1, 3600),
    Unit::Seconds,
    "How long Kratos is left alone at most before it is tried again.",
);
pub(super) const CONCURRENCY: Setting = Setting::number(
    "RESOLVER_KRATOS_CONCURRENCY",
    Preset::Number(64),
    (1, 4096),
    Unit::Things,
    "How many calls to Kratos may be under way at once; as many more wait for a moment, others are refused.",
);

/// How Kratos is reached.
#[derive(Debug, Clone)]
pub struct Kratos {
    /// `http` or `https`, perhaps with a path; no user, no password, no query.
    pub admin_url: Url,
    /// As `admin_url`; only `doctor` needs it.
    pub public_url: Option<Url>,
    /// For `Authorization: Bearer`, on the admin API and nowhere else.
    pub admin_token: Option<SecretString>,
    /// A PEM file that could be read and held a certificate when the settings were loaded.
    pub ca_file: Option<PathBuf>,
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for an answer, all tries together.
    pub total: Duration,
    /// The longest answer for one identity, in bytes.
    pub answer_max_bytes: usize,
    /// The longest answer for a list of identities, in bytes.
    pub page_max_bytes: usize,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// The longest pause between two probes of an open breaker.
    pub breaker_max: Duration,
    /// Calls under way at once, at most.
    pub concurrency: usize,
}

impl Kratos {
    /// Reads this section alone.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let mut reader = Reader::new(source);
        let read = Self::read(&mut reader);
        reader.finish(read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let admin_url = admin_url(reader);
        let public_url = public_url(reader);
        let admin_token = admin_token(reader);
        let ca_file = ca_file(reader);
        let connect = reader.duration(&CONNECT);
        let total = reader.duration(&TOTAL);
        if connect > total && total.is_some() {
            reader.fault(CONNECT.name, format!("is longer than {}; give at most that", TOTAL.name));
        }
        let answer_max_bytes = reader.number(&ANSWER_MAX);
        let page_max_bytes = reader.number(&PAGE_MAX);
        let breaker_failures = reader.number(&BREAKER_FAILURES);
        let breaker_max = reader.duration(&BREAKER_MAX);
        let concurrency = reader.number(&CONCURRENCY);
        Some(Self {
            admin_url: admin_url?,
            public_url: public_url?,
            admin_token: admin_token?,
            ca_file: ca_file?,
            connect: connect?,
            total: total?,
            answer_max_bytes: answer_max_bytes?,
            page_max_bytes: page_max_bytes?,
            breaker_failures: breaker_failures?,
            breaker_max: breaker_max?,
            concurrency: concurrency?,
        })
    }
}

fn admin_url(reader: &mut Reader<'_>) -> Option<Url> {
    if !reader.is_given(&ADMIN_URL) {
        reader.fault(ADMIN_URL.name, format!("is not set; give {}", ADMIN_URL.allowed()));
        return None;
    }
    url(reader, &ADMIN_URL)
}

#[expect(clippy::option_option, reason = "the outer one is a fault, as everywhere in this folder")]
fn public_url(reader: &mut Reader<'_>) -> Option<Option<Url>> {
    if reader.is_given(&PUBLIC_URL) { url(reader, &PUBLIC_URL).map(Some) } else { Some(None) }
}

fn url(reader: &mut Reader<'_>, setting: &Setting) -> Option<Url> {
    let url: Url = reader.parsed(setting)?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && plain && bare {
        return Some(url);
    }
    reader.malformed(setting);
    None
}

#[expect(clippy::option_option, reason = "the outer one is a fault, as everywhere in this folder")]
fn admin_token(reader: &mut Reader<'_>) -> Option<Option<SecretString>> {
    let token = reader.secret(&ADMIN_TOKEN)?;
    let visible = |token: &SecretString| token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
    if token.as_ref().is_some_and(|token| !visible(token)) {
        reader.malformed(&ADMIN_TOKEN);
        return None;
    }
    Some(token)
}

#[expect(clippy::option_option, reason = "the outer one is a fault, as everywhere in this folder")]
fn ca_file(reader: &mut Reader<'_>) -> Option<Option<PathBuf>> {
    if !reader.is_given(&CA_FILE) {
        return Some(None);
    }
    let path = PathBuf::from(reader.text(&CA_FILE)?);
    let text = reader.file(CA_FILE.name, &path)?;
    let certificate = text.split_once("-----BEGIN CERTIFICATE-----").map(|(_, rest)| rest);
    if certificate.is_some_and(|rest| rest.contains("-----END CERTIFICATE-----")) {
        return Some(Some(path));
    }
    reader.fault(CA_FILE.name, format!("names a file without a certificate; give {}", CA_FILE.allowed()));
    None
}

#[cfg(test)]
mod tests;
