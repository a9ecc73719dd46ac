//! The body of a batch: a JSON object with the ids and, if wanted, the word to provision. An id that is no UUID is
//! that item's fault, a body of another shape everybody's.

use std::{collections::HashMap, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::{domain::ids::IdentityId, http::body};

/// Items of one call.
const MOST_ITEMS: usize = 500;

/// What a caller asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// In the order asked.
    pub(super) items: Vec<Item>,
    /// The usable ids, each once.
    pub(super) identities: Vec<IdentityId>,
    pub(super) provision: bool,
}

/// One item of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Not a usable id; its text as it came.
    Bad(String),
    /// By its place in [`Request::identities`].
    Asked { at: usize, is_repeat: bool },
}

const WRONG_SHAPE: &str = "the body must be a JSON object with the key kratosIdentityIds, a list of texts, and \
                           perhaps the key provision, true or false";
const WRONG_NUMBER: &str = "kratosIdentityIds must have 1 to 500 items";

impl Request {
    /// The message names what is wrong and repeats nothing of the body.
    pub(super) fn parse(body: &str) -> Result<Self, &'static str> {
        let raw: Raw = body::parse(body, WRONG_SHAPE)?;
        if raw.ids.is_empty() || raw.ids.len() > MOST_ITEMS {
            return Err(WRONG_NUMBER);
        }
        Ok(Self::of(raw))
    }

    fn of(raw: Raw) -> Self {
        let mut places = HashMap::new();
        let mut identities = Vec::new();
        let mut item = |text: String| {
            let Ok(id) = IdentityId::parse(&text) else { return Item::Bad(text) };
            if let Some(at) = places.get(&id) {
                return Item::Asked { at: *at, is_repeat: true };
            }
            let at = identities.len();
            places.insert(id, at);
            identities.push(id);
            Item::Asked { at, is_repeat: false }
        };
        let items = raw.ids.into_iter().map(&mut item).collect();
        Self { items, identities, provision: raw.provision }
    }
}

struct Raw {
    ids: Vec<String>,
    provision: bool,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TwoKeys)
    }
}

struct TwoKeys;

impl<'de> Visitor<'de> for TwoKeys {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let (mut ids, mut provision) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kratosIdentityIds" if ids.is_none() => ids = Some(map.next_value()?),
                "provision" if provision.is_none() => provision = Some(map.next_value()?),
                _ => return Err(A::Error::custom("an unknown or repeated key")),
            }
        }
        let ids = ids.ok_or_else(|| A::Error::custom("no ids"))?;
        Ok(Raw { ids, provision: provision.unwrap_or(false) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::NOT_JSON;

    const ID: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";
    const OTHER: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d12";

    #[test]
    fn order_and_repeats_are_kept_and_bad_ids_stay_in_their_place() {
        let body = format!(
            r#"{{"provision":true,"kratosIdentityIds":["{OTHER}","x","{ID}","{}","{OTHER}",""]}}"#,
            ID.to_uppercase()
        );
        let request = Request::parse(&body).unwrap();
        let asked = |at, is_repeat| Item::Asked { at, is_repeat };
        let bad = |text: &str| Item::Bad(text.to_owned());
        let wanted = [asked(0, false), bad("x"), asked(1, false), asked(1, true), asked(0, true), bad("")];
        assert_eq!(request.items, wanted);
        assert_eq!(request.identities, [OTHER, ID].map(|id| IdentityId::parse(id).unwrap()));
        assert!(request.provision);
    }

    #[test]
    fn without_a_word_nothing_is_provisioned() {
        let body = format!(r#"{{"kratosIdentityIds":["{ID}"]}}"#);
        assert!(!Request::parse(&body).unwrap().provision);
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let many = |number: usize| format!(r#"{{"kratosIdentityIds":[{}""]}}"#, "\"\",".repeat(number - 1));
        for (body, message) in [
            ("", NOT_JSON),
            ("{", NOT_JSON),
            ("[]", WRONG_SHAPE),
            ("{}", WRONG_SHAPE),
            (r#"{"kratosIdentityIds":[7]}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityIds":"x"}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityIds":["x"],"provision":null}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityIds":["x"],"kratosIdentityIds":["x"]}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityIds":["x"],"x":1}"#, WRONG_SHAPE),
            (r#"{"kratosIdentityIds":[]}"#, WRONG_NUMBER),
            (&many(501), WRONG_NUMBER),
        ] {
            assert_eq!(Request::parse(body), Err(message), "{body}");
        }
        assert_eq!(Request::parse(&many(500)).unwrap().items.len(), 500);
    }
}
