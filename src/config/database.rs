//! The platform's database: its URL, whether TLS is required, and how connections are shared.

use std::{net::IpAddr, str::FromStr, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    fault::Faults,
    reader::Reader,
    setting::{Preset, Setting, Unit},
    source::Source,
};

pub(super) const URL: Setting = Setting::secret(
    "DATABASE_URL",
    Preset::Required,
    "mysql://USER:PASSWORD@HOST:PORT/DATABASE",
    "The platform's MySQL or MariaDB database; other letters than A-Z, a-z, 0-9 in the password are %-encoded.",
);
pub(super) const TLS: Setting = Setting::text(
    "RESOLVER_DATABASE_TLS",
    Preset::Text("required"),
    "required or off",
    "Whether a database that is neither on a loopback address nor behind a socket must be reached by TLS.",
);
pub(super) const POOL_SIZE: Setting = Setting::number(
    "RESOLVER_POOL_SIZE",
    Preset::Number(16),
    (2, 512),
    Unit::Things,
    "The most database connections of one process.",
);
pub(super) const POOL_WAIT: Setting = Setting::number(
    "RESOLVER_POOL_WAIT_MILLIS",
    Preset::Number(300),
    (1, 60_000),
    Unit::Milliseconds,
    "How long a call waits for a free database connection.",
);
pub(super) const UNIT_OF_WORK: Setting = Setting::number(
    "RESOLVER_DATABASE_UNIT_MILLIS",
    Preset::Number(2500),
    (50, 60_000),
    Unit::Milliseconds,
    "How long one transaction may take before its connection is thrown away.",
);
pub(super) const LEASE: Setting = Setting::number(
    "RESOLVER_LEASE_SECONDS",
    Preset::Number(15),
    (2, 300),
    Unit::Seconds,
    "How long a job of a process that died stays reserved for it.",
);

/// How the database is reached.
#[derive(Debug, Clone)]
pub struct Database {
    /// `mysql://` or `mariadb://`, with a database name.
    pub url: SecretString,
    /// What the operator wants; [`Database::needs_tls`] says what follows.
    pub tls: DatabaseTls,
    /// Connections of this process, at most.
    pub pool_size: u32,
    /// The longest wait for a free connection.
    pub pool_wait: Duration,
    /// The longest life of one unit of work on a connection.
    pub unit_of_work: Duration,
    /// How long a lease lasts without renewal.
    pub lease: Duration,
}

/// Whether a remote database must be reached by TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseTls {
    /// Unless the host is a loopback address or a socket.
    Required,
    /// The network protects the connection, or nothing does.
    Off,
}

impl FromStr for DatabaseTls {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "required" => Ok(Self::Required),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

impl Database {
    /// Reads this section alone, for commands that need nothing but the database.
    pub fn load(source: &Source) -> Result<Self, Faults> {
        let mut reader = Reader::new(source);
        let read = Self::read(&mut reader);
        reader.finish(read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let tls = reader.parsed(&TLS);
        let url = url(reader, tls);
        let pool_size = reader.number(&POOL_SIZE);
        let pool_wait = reader.duration(&POOL_WAIT);
        let unit_of_work = reader.duration(&UNIT_OF_WORK);
        let lease = reader.duration(&LEASE);
        Some(Self {
            url: url?,
            tls: tls?,
            pool_size: pool_size?,
            pool_wait: pool_wait?,
            unit_of_work: unit_of_work?,
            lease: lease?,
        })
    }

    /// Whether a connection without TLS must be refused.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        let local = Url::parse(self.url.expose_secret()).is_ok_and(|url| is_local(&url));
        self.tls == DatabaseTls::Required && !local
    }

    /// Whether connections may cross a network without TLS: the operator switched the requirement off, and the URL
    /// does not ask for it either.
    #[must_use]
    pub fn may_be_plain(&self) -> bool {
        let Ok(url) = Url::parse(self.url.expose_secret()) else {
            return false;
        };
        let asks = matches!(mode(&url).as_deref(), Some("REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY"));
        self.tls == DatabaseTls::Off && !is_local(&url) && !asks
    }

    /// `scheme://host:port/database`: where it is, without who may enter.
    #[must_use]
    pub fn place(&self) -> String {
        let Ok(url) = Url::parse(self.url.expose_secret()) else {
            return String::new();
        };
        let host = url.host_str().unwrap_or("localhost");
        format!("{}://{host}:{}{}", url.scheme(), url.port().unwrap_or(3306), url.path())
    }
}

fn url(reader: &mut Reader<'_>, tls: Option<DatabaseTls>) -> Option<SecretString> {
    let Some(secret) = reader.secret(&URL)? else {
        let file = URL.file_name().unwrap_or_default();
        let form = URL.allowed();
        reader.fault(URL.name, format!("is not set; give {form}, or the name of a file with it in {file}"));
        return None;
    };
    let problem = problem(secret.expose_secret(), tls);
    if let Some(problem) = problem {
        reader.fault(URL.name, problem);
        return None;
    }
    Some(secret)
}

/// What is wrong with the URL; the words are ours alone.
fn problem(text: &str, tls: Option<DatabaseTls>) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else {
        return Some("is not a URL; give mysql://USER:PASSWORD@HOST:PORT/DATABASE, the password %-encoded");
    };
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return Some(
            "has another scheme than mysql:// or mariadb://; give mysql://USER:PASSWORD@HOST:PORT/DATABASE",
        );
    }
    if url.fragment().is_some() {
        return Some("has a # in it; a # in the password is written %23");
    }
    let database = url.path().trim_start_matches('/');
    if database.is_empty() {
        return Some("names no database; end it with /DATABASE");
    }
    if database.contains(['/', '@']) {
        return Some(
            "has a path that is no database name; in the password / is written %2F and @ is written %40",
        );
    }
    let open = match mode(&url).as_deref() {
        None | Some("REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY") => false,
        Some("DISABLED" | "PREFERRED") => true,
        Some(_) => {
            return Some(
                "has an unknown ssl-mode; give REQUIRED, VERIFY_CA or VERIFY_IDENTITY, or leave it out",
            );
        }
    };
    let refused = open && tls == Some(DatabaseTls::Required) && !is_local(&url);
    refused.then_some(
        "has an ssl-mode that allows a remote connection without TLS; leave it out, or set RESOLVER_DATABASE_TLS=off",
    )
}

fn mode(url: &Url) -> Option<String> {
    last_parameter(url, &["ssl-mode", "sslmode"]).map(|mode| mode.to_ascii_uppercase())
}

/// A repeated parameter counts as its last occurrence, as the driver has it.
fn last_parameter(url: &Url, names: &[&str]) -> Option<String> {
    url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last().map(|(_, value)| value.into_owned())
}

fn is_local(url: &Url) -> bool {
    if last_parameter(url, &["socket"]).is_some_and(|path| !path.is_empty()) {
        return true;
    }
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return true;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests;
