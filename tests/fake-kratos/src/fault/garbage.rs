//! The sorts of nonsense that a broken Kratos, or a proxy before it, answers with status 200.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::reply::{JSON, Reply};

/// A body that is not the identity asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// A proxy's page.
    Html,
    /// No body at all.
    Empty,
    /// JSON `null`.
    Null,
    /// A JSON array that holds no identity.
    Array,
    /// An identity's keys with values of other types.
    WrongTypes,
    /// JSON with a byte sequence that no UTF-8 text contains.
    InvalidUtf8,
    /// The true answer, in front of which stands a padding member of that size.
    Huge {
        /// Bytes of padding.
        bytes: usize,
    },
    /// The true answer with traits nested that deep.
    Deep {
        /// Arrays within arrays.
        levels: usize,
    },
    /// The true answer with `id` and `state` twice, each time a foreign value first.
    DuplicateKeys,
}

impl Garbage {
    /// The answer; `honest` is what the double would have said.
    pub(crate) fn reply(self, honest: &Reply) -> Reply {
        let members = honest_members(honest);
        match self {
            Self::Html => {
                Reply::raw(200, "text/html; charset=utf-8", "<!doctype html><title>It works</title>")
            }
            Self::Empty => Reply::raw(200, JSON, Vec::new()),
            Self::Null => Reply::raw(200, JSON, "null\n"),
            Self::Array => Reply::raw(200, JSON, "[1,\"two\",null,[]]\n"),
            Self::WrongTypes => Reply::json(200, &wrong_types()),
            Self::InvalidUtf8 => invalid_utf8(&members),
            Self::Huge { bytes } => huge(&members, bytes),
            Self::Deep { levels } => {
                let nested = format!("\"traits\":{}{}", "[".repeat(levels), "]".repeat(levels));
                let others = without(&members, "traits");
                Reply::raw(200, JSON, format!("{{{nested}{others}}}"))
            }
            Self::DuplicateKeys => {
                let foreign = "\"id\":\"00000000-0000-4000-8000-00000000dead\",\"state\":\"inactive\"";
                Reply::raw(200, JSON, format!("{{{foreign}{}}}", without(&members, "")))
            }
        }
    }
}

/// The honest answer as an object; a list or an error is put below one key of it.
fn honest_members(honest: &Reply) -> Value {
    match serde_json::from_slice(&honest.body) {
        Ok(Value::Object(members)) => Value::Object(members),
        other => json!({"answer": other.unwrap_or_default()}),
    }
}

/// The members but one, each with a comma before it.
fn without(members: &Value, left_out: &str) -> String {
    let mut text = String::new();
    for (key, value) in members.as_object().into_iter().flatten().filter(|(key, _)| *key != left_out) {
        text.push(',');
        text.push_str(&Value::from(key.as_str()).to_string());
        text.push(':');
        text.push_str(&value.to_string());
    }
    text
}

fn wrong_types() -> Value {
    json!({
        "id": 7, "schema_id": [], "state": {"active": true}, "traits": "ada", "verifiable_addresses": {"0": true},
        "recovery_addresses": 1, "created_at": false, "updated_at": {}, "metadata_public": 3, "external_id": [],
    })
}

fn invalid_utf8(members: &Value) -> Reply {
    let mut body = b"{\"note\":\"\xff\xfe\xc3\x28\"".to_vec();
    body.extend_from_slice(without(members, "").as_bytes());
    body.push(b'}');
    Reply::raw(200, JSON, body)
}

fn huge(members: &Value, bytes: usize) -> Reply {
    let mut body = b"{\"padding\":\"".to_vec();
    body.resize(body.len() + bytes, b'p');
    body.push(b'"');
    body.extend_from_slice(without(members, "").as_bytes());
    body.push(b'}');
    Reply::raw(200, JSON, body)
}
