//! Makes the JSON of an identity from what a caller wants it to be: addresses and credentials follow from the traits,
//! and what was there before (or came with an import) is kept where it still belongs.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{clock, normalise, schema::Findings};

/// The wanted identity; lists and credentials in the form of the admin API.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) schema_id: String,
    pub(crate) state: String,
    pub(crate) traits: Value,
    pub(crate) external_id: Option<String>,
    pub(crate) organization_id: Value,
    pub(crate) metadata_public: Value,
    pub(crate) metadata_admin: Value,
    pub(crate) verifiable: Vec<Value>,
    pub(crate) recovery: Vec<Value>,
    pub(crate) credentials: Value,
}

impl Draft {
    /// The identity as stored; `before` gives times that a change does not touch.
    pub(crate) fn assemble(
        self,
        id: Uuid,
        found: &Findings,
        before: Option<&Value>,
        public_url: &str,
    ) -> Value {
        let now = clock::now();
        let old = |key: &str| before.and_then(|json| json.get(key)).cloned();
        let same_state = old("state").is_some_and(|state| state == self.state.as_str());
        let state_changed_at = old("state_changed_at").filter(|_| same_state);
        let mut json = json!({
            "id": id,
            "credentials": credentials(found, &self.credentials, &now),
            "schema_id": self.schema_id,
            "schema_url": format!("{public_url}/schemas/{}", base64url(self.schema_id.as_bytes())),
            "state": self.state,
            "state_changed_at": state_changed_at.unwrap_or_else(|| now.clone().into()),
            "traits": self.traits,
            "metadata_public": self.metadata_public,
            "metadata_admin": self.metadata_admin,
            "created_at": old("created_at").unwrap_or_else(|| now.clone().into()),
            "updated_at": now,
            "organization_id": self.organization_id,
        });
        let verifiable = found.verifiable.iter().map(|value| verifiable(value, &self.verifiable, &now));
        let recovery = found.recovery.iter().map(|value| recovery(value, &self.recovery, &now));
        add_list(&mut json, "verifiable_addresses", verifiable.collect());
        add_list(&mut json, "recovery_addresses", recovery.collect());
        if let Some(external_id) = self.external_id.filter(|text| !text.is_empty()) {
            set(&mut json, "external_id", external_id.into());
        }
        json
    }
}

fn set(json: &mut Value, key: &str, value: Value) {
    if let Some(members) = json.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

/// An empty list has no key at all.
fn add_list(json: &mut Value, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        set(json, key, Value::Array(list));
    }
}

/// The given address of that value, whatever its case.
fn known<'a>(value: &str, given: &'a [Value]) -> Option<&'a Value> {
    let same = |address: &&Value| {
        address.get("value").and_then(Value::as_str).map(normalise::identifier).as_deref() == Some(value)
    };
    given.iter().find(same)
}

fn verifiable(value: &str, given: &[Value], now: &str) -> Value {
    let known = known(value, given);
    let field =
        |key: &str| known.and_then(|address| address.get(key)).filter(|field| !field.is_null()).cloned();
    let verified = field("verified").and_then(|flag| flag.as_bool()).unwrap_or(false);
    let newly_verified = verified && field("verified_at").is_none();
    let mut address = json!({
        "id": field("id").unwrap_or_else(|| json!(Uuid::new_v4())),
        "value": value,
        "verified": verified,
        "via": field("via").unwrap_or_else(|| json!("email")),
        "status": field("status").unwrap_or_else(|| json!("pending")),
        "created_at": field("created_at").unwrap_or_else(|| json!(now)),
        "updated_at": field("updated_at").filter(|_| !newly_verified).unwrap_or_else(|| json!(now)),
    });
    if verified {
        set(&mut address, "verified_at", field("verified_at").unwrap_or_else(|| json!(now)));
    }
    address
}

fn recovery(value: &str, given: &[Value], now: &str) -> Value {
    let known = known(value, given);
    let field = |key: &str| known.and_then(|address| address.get(key)).cloned();
    json!({
        "id": field("id").unwrap_or_else(|| json!(Uuid::new_v4())),
        "value": value,
        "via": field("via").unwrap_or_else(|| json!("email")),
        "created_at": field("created_at").unwrap_or_else(|| json!(now)),
        "updated_at": field("updated_at").unwrap_or_else(|| json!(now)),
    })
}

/// Every type that the schema calls for, and every type that was given.
fn credentials(found: &Findings, given: &Value, now: &str) -> Value {
    let mut all = Map::new();
    let given = given.as_object();
    let named = found.identifiers.iter().map(|(kind, _)| kind.as_str());
    for kind in named.chain(given.into_iter().flat_map(Map::keys).map(String::as_str)) {
        if !all.contains_key(kind) {
            let old = given.and_then(|given| given.get(kind)).unwrap_or(&Value::Null);
            all.insert(kind.to_owned(), credential(kind, found, old, now));
        }
    }
    Value::Object(all)
}

fn credential(kind: &str, found: &Findings, old: &Value, now: &str) -> Value {
    let of_kind = found.identifiers.iter().filter(|(known, _)| known == kind);
    let mut identifiers: Vec<Value> = of_kind.map(|(_, identifier)| json!(identifier)).collect();
    let config = config(kind, &identifiers, old.get("config"));
    for provider in config.get("providers").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| provider.get(key).and_then(Value::as_str).unwrap_or_default();
        identifiers.push(json!(format!("{}:{}", part("provider"), part("subject"))));
    }
    if identifiers.is_empty() {
        identifiers = old.get("identifiers").and_then(Value::as_array).cloned().unwrap_or_default();
    }
    json!({
        "type": kind,
        "identifiers": identifiers,
        "config": config,
        "version": i32::from(kind == "code"),
        "created_at": old.get("created_at").cloned().unwrap_or_else(|| json!(now)),
        "updated_at": now,
    })
}

fn config(kind: &str, identifiers: &[Value], given: Option<&Value>) -> Value {
    if kind == "code" {
        let addresses = identifiers.iter().map(|address| json!({"channel": "email", "address": address}));
        return json!({"addresses": addresses.collect::<Vec<Value>>()});
    }
    let mut config = given.cloned().unwrap_or_else(|| json!({}));
    if let Some(members) = config.as_object_mut()
        && members.remove("password").is_some()
    {
        // No password is ever kept: a plain one becomes a mark that says only that there is one.
        members.insert("hashed_password".to_owned(), json!("$none$a password was given"));
    }
    config
}

/// Base64 in the URL alphabet without padding, as schema URLs carry the schema's name.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let digit = (word >> (18 - 6 * position)) & 63;
            text.extend(ALPHABET.get(digit as usize).map(|letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn schema_names_are_written_as_recorded() {
        assert_eq!(
            (base64url(b"default"), base64url(b"username")),
            ("ZGVmYXVsdA".into(), "dXNlcm5hbWU".into())
        );
    }
}
