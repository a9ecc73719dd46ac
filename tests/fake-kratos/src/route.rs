//! Which call a method and a path are, on which listener: the whole routing table, with Kratos' two kinds of path
//! (with and without `/admin`), its redirects to the other listener and its `Allow` lists.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which listener was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Admin,
    Public,
}

/// The kinds of call that are counted apart and that a fault can be limited to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// In a rule: every call on identities; never the kind of a call.
    #[default]
    Any,
    /// One identity by its id.
    GetOne,
    /// One identity by its external id.
    ByExternal,
    /// The list, with whatever filter.
    List,
    /// Creating one.
    Create,
    /// Creating many.
    Batch,
    /// PUT or PATCH of one.
    Change,
    /// Deleting one, or one of its credentials.
    Delete,
    /// `/health/alive` and `/health/ready`.
    Health,
    /// `/version`.
    Version,
    /// The identity schemas of the public listener.
    Schemas,
    /// Redirects, and whatever Kratos does not serve.
    Other,
}

impl PathKind {
    /// Whether the call reads or writes identities, and so counts into the total.
    #[must_use]
    pub fn concerns_identities(self) -> bool {
        !matches!(self, Self::Health | Self::Version | Self::Schemas | Self::Other)
    }

    pub(crate) fn covers(self, kind: Self) -> bool {
        self == kind || (self == Self::Any && kind.concerns_identities())
    }
}

/// A call with what its path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    List,
    Create,
    Batch,
    GetOne(String),
    ByExternal(String),
    Put(String),
    Patch(String),
    Delete(String),
    DeleteCredential(String, String),
    Health,
    Version,
    Schemas,
    Schema(String),
    Control(Vec<String>),
    /// 307 to the same path of the other listener.
    Elsewhere,
    WrongMethod(&'static str),
    Unrouted,
}

impl Call {
    pub(crate) fn kind(&self) -> PathKind {
        match self {
            Self::List => PathKind::List,
            Self::Create => PathKind::Create,
            Self::Batch => PathKind::Batch,
            Self::GetOne(_) => PathKind::GetOne,
            Self::ByExternal(_) => PathKind::ByExternal,
            Self::Put(_) | Self::Patch(_) => PathKind::Change,
            Self::Delete(_) | Self::DeleteCredential(..) => PathKind::Delete,
            Self::Health => PathKind::Health,
            Self::Version => PathKind::Version,
            Self::Schemas | Self::Schema(_) => PathKind::Schemas,
            Self::Control(_) | Self::Elsewhere | Self::WrongMethod(_) | Self::Unrouted => PathKind::Other,
        }
    }

    /// The identity that the path names, if it is a UUID at all.
    pub(crate) fn identity(&self) -> Option<Uuid> {
        match self {
            Self::GetOne(id)
            | Self::Put(id)
            | Self::Patch(id)
            | Self::Delete(id)
            | Self::DeleteCredential(id, _) => Uuid::try_parse(id).ok(),
            _ => None,
        }
    }
}

/// Finds the call; `path` is still percent-encoded.
pub(crate) fn find(side: Side, method: &str, path: &str) -> Call {
    let decoded: Vec<String> = path.trim_start_matches('/').split('/').map(percent_decoded).collect();
    let mut segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let prefixed = segments.first() == Some(&"admin");
    if prefixed {
        segments.remove(0);
    }
    match side {
        Side::Admin => on_admin(method, &segments, &decoded),
        Side::Public => on_public(method, &segments, prefixed),
    }
}

fn on_admin(method: &str, segments: &[&str], decoded: &[String]) -> Call {
    let owned = |text: &&str| (*text).to_owned();
    match (method, segments) {
        (_, ["__fake", ..]) => Call::Control(decoded.iter().skip(1).cloned().collect()),
        ("GET" | "HEAD", ["identities"]) => Call::List,
        ("POST", ["identities"]) => Call::Create,
        ("PATCH", ["identities"]) => Call::Batch,
        (_, ["identities"]) => Call::WrongMethod("GET, HEAD, PATCH, POST"),
        ("GET" | "HEAD", ["identities", "by", "external", id]) => Call::ByExternal(owned(id)),
        (_, ["identities", "by", "external", _]) => Call::WrongMethod("GET, HEAD"),
        ("GET" | "HEAD", ["identities", id]) => Call::GetOne(owned(id)),
        ("PUT", ["identities", id]) => Call::Put(owned(id)),
        ("PATCH", ["identities", id]) => Call::Patch(owned(id)),
        ("DELETE", ["identities", id]) => Call::Delete(owned(id)),
        (_, ["identities", _]) => Call::WrongMethod("DELETE, GET, HEAD, PATCH, PUT"),
        ("DELETE", ["identities", id, "credentials", kind]) => Call::DeleteCredential(owned(id), owned(kind)),
        (_, ["identities", _, "credentials", _]) => Call::WrongMethod("DELETE"),
        (_, ["health", "alive" | "ready"]) => read_only(method, Call::Health),
        (_, ["version"]) => read_only(method, Call::Version),
        (_, ["schemas" | "self-service", ..] | ["sessions", "whoami"]) => Call::Elsewhere,
        _ => Call::Unrouted,
    }
}

fn on_public(method: &str, segments: &[&str], prefixed: bool) -> Call {
    match segments {
        ["identities", ..] => Call::Elsewhere,
        ["health", "alive" | "ready"] if !prefixed => read_only(method, Call::Health),
        ["schemas"] if !prefixed => read_only(method, Call::Schemas),
        ["schemas", id] if !prefixed => read_only(method, Call::Schema((*id).to_owned())),
        _ => Call::Unrouted,
    }
}

fn read_only(method: &str, call: Call) -> Call {
    if matches!(method, "GET" | "HEAD") { call } else { Call::WrongMethod("GET, HEAD") }
}

fn percent_decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Call, PathKind, Side, find};

    #[test]
    fn the_admin_prefix_is_optional_on_the_admin_listener() {
        assert_eq!(
            find(Side::Admin, "GET", "/identities/x"),
            find(Side::Admin, "GET", "/admin/identities/x")
        );
    }

    #[test]
    fn a_path_segment_is_percent_decoded_once() {
        let call = find(Side::Admin, "GET", "/admin/identities/by/external/a%2Fb%2520");
        assert_eq!(call, Call::ByExternal("a/b%20".to_owned()));
    }

    #[test]
    fn a_rule_for_any_path_leaves_health_alone() {
        assert!(!PathKind::Any.covers(PathKind::Health) && PathKind::Any.covers(PathKind::List));
    }
}
