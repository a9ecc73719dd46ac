//! An answer before it is put on the wire, so that faults can still bend it.

use serde_json::Value;

use crate::herodot::Fault;

pub(crate) const JSON: &str = "application/json; charset=utf-8";
const ERROR_JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Status, headers in the order of sending, body.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    fn typed(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("Content-Type".to_owned(), content_type.to_owned())], body }
    }

    /// A JSON answer, ended by the newline that Go's encoder writes.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let mut bytes = serde_json::to_vec(body).unwrap_or_default();
        bytes.push(b'\n');
        Self::typed(status, JSON, bytes)
    }

    /// An error; unlike other JSON its type has no charset.
    pub(crate) fn fault(fault: &Fault) -> Self {
        Self::typed(fault.code, ERROR_JSON, fault.body())
    }

    /// 204.
    pub(crate) fn nothing() -> Self {
        Self { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    /// Bytes under a type of the caller's choice.
    pub(crate) fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::typed(status, content_type, body.into())
    }

    /// What the router of Kratos says of a path that nobody serves.
    pub(crate) fn unrouted() -> Self {
        Self::typed(404, TEXT, b"404 page not found\n".to_vec())
    }

    /// What it says of a known path asked with another verb.
    pub(crate) fn wrong_method(allow: &str) -> Self {
        Self::typed(405, TEXT, b"Method Not Allowed\n".to_vec()).with("Allow", allow)
    }

    /// 307 to the other listener, with the small page that Go adds.
    pub(crate) fn redirect(target: &str) -> Self {
        let page = format!("<a href=\"{target}\">Temporary Redirect</a>.\n\n");
        Self::typed(307, HTML, page.into_bytes()).with("Location", target)
    }

    /// The same answer with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with one header replaced or added.
    pub(crate) fn replacing(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.with(name, value)
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self::fault(&fault)
    }
}
