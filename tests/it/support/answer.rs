//! One answer as it was seen on the wire, whoever read it: the client or a raw socket.

use serde_json::Value;

/// Which of the two listeners was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// `RESOLVER_LISTEN`.
    Internal,
    /// `RESOLVER_OPS_LISTEN`.
    Operations,
}

/// An answer together with what was asked, so that it can be judged alone.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The listener that gave it.
    pub(crate) listener: Listener,
    /// The method asked with, upper case.
    pub(crate) method: String,
    /// The path asked for, without a query.
    pub(crate) path: String,
    /// The status line's number.
    pub(crate) status: u16,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, whole.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, which is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; panics with the body when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A string member of the body, empty when it is absent.
    pub(crate) fn string(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap_or_default().to_owned()
    }

    /// The value of `error`, empty for an answer that is no refusal.
    pub(crate) fn error(&self) -> String {
        self.string("error")
    }

    /// Status and `error` at once: what most tests are about.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.error())
    }

    /// The user id of a 200; panics on anything else.
    pub(crate) fn user(&self) -> String {
        assert_eq!(self.status, 200, "{self}");
        self.string("userId")
    }

    /// Whether a 200 says that this call created the user; panics on anything else.
    pub(crate) fn created(&self) -> bool {
        assert_eq!(self.status, 200, "{self}");
        self.json()["created"].as_bool().expect("created is a boolean")
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(600).collect();
        write!(f, "{} {} → {} {:?} {body}", self.method, self.path, self.status, self.headers)
    }
}
