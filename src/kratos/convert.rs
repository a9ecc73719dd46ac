//! From Kratos' JSON to the domain. Only the few keys that matter are named; all else may change freely.

use serde::Deserialize;
use serde_json::Value;

use super::KratosError;
use crate::domain::{
    email::{self, EmailAddress},
    identity::{AddressTrait, Identity, Names},
    ids::IdentityId,
    traits::TraitMap,
};

#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(default)]
    schema_id: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    traits: Value,
    #[serde(default)]
    verifiable_addresses: Option<Vec<Value>>,
}

pub(super) fn identity(body: &[u8], map: &TraitMap) -> Result<Identity, KratosError> {
    let not_json = KratosError::Invalid("not an identity in JSON");
    // Checked first, because the parser does not look into the keys it skips.
    let json = std::str::from_utf8(body).map_err(|_| not_json)?;
    let body: Body = serde_json::from_str(json).map_err(|_| not_json)?;
    let id =
        IdentityId::parse(&body.id).map_err(|_| KratosError::Invalid("an identity without a usable id"))?;
    let paths = map.paths(&body.schema_id);
    let address = address(&body.traits, &paths.email);
    let verified = match &address {
        AddressTrait::Present(address) => {
            let same = address.same();
            body.verifiable_addresses.unwrap_or_default().iter().any(|entry| proves(entry, &same))
        }
        AddressTrait::Missing | AddressTrait::Broken => false,
    };
    let names = Names {
        first: text(&body.traits, &paths.first_name),
        last: text(&body.traits, &paths.last_name),
        picture: text(&body.traits, &paths.picture),
    };
    Ok(Identity { id, active: body.state.as_deref() == Some("active"), address, verified, names })
}

fn address(traits: &Value, pointers: &[String]) -> AddressTrait {
    match pointers.iter().filter_map(|pointer| traits.pointer(pointer)).find(|value| !is_blank(value)) {
        None => AddressTrait::Missing,
        Some(Value::String(text)) => {
            EmailAddress::parse(text).map_or(AddressTrait::Broken, AddressTrait::Present)
        }
        Some(_) => AddressTrait::Broken,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn text(traits: &Value, pointers: &[String]) -> Option<String> {
    let texts = pointers.iter().filter_map(|pointer| traits.pointer(pointer)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// Whether an entry of `verifiable_addresses` says that this address was verified by email.
fn proves(entry: &Value, same: &str) -> bool {
    let text = |key| entry.get(key).and_then(Value::as_str);
    text("via") == Some("email")
        && entry.get("verified") == Some(&Value::Bool(true))
        && text("value").is_some_and(|value| email::same(value) == same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn convert(json: &Value) -> Result<Identity, KratosError> {
        identity(json.to_string().as_bytes(), &TraitMap::default())
    }

    fn whole() -> Value {
        json!({
            "id": "6F1C2A7E-9A54-4B2E-8D0A-1F3E5C7B9D11", "schema_id": "default", "state": "active",
            "traits": {"email": "Ada@Example.ORG", "name": {"first": " Ada ", "last": ""}, "picture": "p"},
            "verifiable_addresses": [{"via": "email", "value": "ada@example.org", "verified": true}],
            "credentials": {"x": {"type": "deviceauthn"}}, "unknown": [1, 2]
        })
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut json = whole();
        *json.pointer_mut(pointer).unwrap() = value;
        json
    }

    #[test]
    fn a_whole_identity_is_taken_with_the_address_as_typed() {
        let identity = convert(&whole()).unwrap();
        assert_eq!(identity.id.to_string(), "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11");
        assert!(identity.active && identity.verified);
        assert!(matches!(identity.address, AddressTrait::Present(a) if a.as_typed() == "Ada@Example.ORG"));
        assert_eq!(
            identity.names,
            Names { first: Some("Ada".into()), last: None, picture: Some("p".into()) }
        );
    }

    #[test]
    fn only_the_state_active_is_active() {
        for state in [json!("inactive"), json!("suspended"), json!(null), json!("ACTIVE")] {
            assert!(!convert(&with("/state", state)).unwrap().active);
        }
    }

    #[test]
    fn an_unverified_another_or_another_kind_of_address_proves_nothing() {
        for (pointer, value) in [
            ("/verifiable_addresses/0/verified", json!(false)),
            ("/verifiable_addresses/0/verified", json!("true")),
            ("/verifiable_addresses/0/verified", json!(1)),
            ("/verifiable_addresses/0/via", json!("sms")),
            ("/verifiable_addresses/0/via", json!("whatsapp")),
            ("/verifiable_addresses/0/value", json!("eve@example.org")),
            ("/verifiable_addresses", json!([])),
            ("/verifiable_addresses", json!(null)),
        ] {
            assert!(!convert(&with(pointer, value.clone())).unwrap().verified, "{pointer} {value}");
        }
    }

    #[test]
    fn a_missing_and_a_broken_address_are_told_apart() {
        for missing in [json!({}), json!({"email": null}), json!({"email": "  "}), json!(null), json!([])] {
            assert_eq!(convert(&with("/traits", missing)).unwrap().address, AddressTrait::Missing);
        }
        for broken in [json!("nobody"), json!(7), json!(["a@b.example"]), json!({"a": 1}), json!("a\r\n@b")] {
            assert_eq!(convert(&with("/traits/email", broken)).unwrap().address, AddressTrait::Broken);
        }
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        for garbage in ["", "null", "[]", "{}", "<html>", "{\"id\":7}", "{\"id\":\"x\"}", "\u{feff}{}"] {
            assert!(identity(garbage.as_bytes(), &TraitMap::default()).is_err(), "{garbage}");
        }
        let mut unreadable = whole().to_string().into_bytes();
        let at = unreadable.windows(9).position(|part| part == b"\"unknown\"").unwrap();
        unreadable[at + 2] = 0xff;
        assert!(identity(&unreadable, &TraitMap::default()).is_err());
        let nil = with("/id", json!("00000000-0000-0000-0000-000000000000"));
        assert!(convert(&nil).is_err());
        let twice =
            br#"{"id":"6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11","id":"6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d12"}"#;
        assert!(identity(twice, &TraitMap::default()).is_err());
    }
}
