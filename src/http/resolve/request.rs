//! The body of a resolve: a JSON object with exactly one of two keys. Read by a visitor of its own, because a
//! derived one takes an array for an object too.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::{domain::ids::IdentityId, http::body};

/// What a caller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Request {
    pub(in crate::http) identity: IdentityId,
    pub(super) dialect: Dialect,
}

/// By which key it asked; the answer has the matching shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `kratosIdentityId`
    Kratos,
    /// `authenticationId`
    Authentication,
}

const WRONG_SHAPE: &str =
    "the body must be a JSON object with exactly one key, kratosIdentityId, whose value is text";
const NOT_A_UUID: &str =
    "the id must be a UUID of 36 characters with hyphens, neither the nil nor the max UUID";

impl Request {
    /// The message names what is wrong and repeats nothing of the body.
    pub(super) fn parse(body: &str) -> Result<Self, &'static str> {
        let raw: Raw = body::parse(body, WRONG_SHAPE)?;
        let identity = IdentityId::parse(&raw.id).map_err(|_| NOT_A_UUID)?;
        Ok(Self { identity, dialect: raw.dialect })
    }
}

struct Raw {
    id: String,
    dialect: Dialect,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneKey)
    }
}

struct OneKey;

impl<'de> Visitor<'de> for OneKey {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with exactly one key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            let dialect = match key.as_str() {
                "kratosIdentityId" => Dialect::Kratos,
                "authenticationId" => Dialect::Authentication,
                _ => return Err(A::Error::custom("unknown key")),
            };
            if found.is_some() {
                return Err(A::Error::custom("more than one key"));
            }
            found = Some(Raw { id: map.next_value()?, dialect });
        }
        found.ok_or_else(|| A::Error::custom("no key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::NOT_JSON;

    const ID: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";

    #[test]
    fn both_dialects_are_read() {
        for (key, dialect) in
            [("kratosIdentityId", Dialect::Kratos), ("authenticationId", Dialect::Authentication)]
        {
            let request = Request::parse(&format!("{{\"{key}\": \"{ID}\"}}")).unwrap();
            assert_eq!(request, Request { identity: IdentityId::parse(ID).unwrap(), dialect });
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let both = format!(r#"{{"kratosIdentityId":"{ID}","authenticationId":"{ID}"}}"#);
        let twice = format!(r#"{{"kratosIdentityId":"{ID}","kratosIdentityId":"{ID}"}}"#);
        let more = format!(r#"{{"kratosIdentityId":"{ID}","x":1}}"#);
        let array = format!(r#"["{ID}"]"#);
        let behind = format!(r#"{{"kratosIdentityId":"{ID}"}} x"#);
        for (body, message) in [
            ("", NOT_JSON),
            ("{", NOT_JSON),
            (&behind, NOT_JSON),
            ("null", WRONG_SHAPE),
            ("{}", WRONG_SHAPE),
            (&array, WRONG_SHAPE),
            (&both, WRONG_SHAPE),
            (&twice, WRONG_SHAPE),
            (&more, WRONG_SHAPE),
            (r#"{"kratosIdentityId":null}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityId":7}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityId":"x"}"#, NOT_A_UUID),
        ] {
            assert_eq!(Request::parse(body), Err(message), "{body}");
        }
    }
}
