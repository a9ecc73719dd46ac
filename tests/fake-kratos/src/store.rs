//! The identities, each as the JSON that the admin API shows (credentials with their config), in id order.
//! Uniqueness is asked for by the callers that want it, so that a test can plant what Kratos would refuse.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use serde_json::Value;
use uuid::Uuid;

use crate::normalise;

const BY_TYPED: [&str; 3] = ["password", "webauthn", "code"];
const BY_RAW: [&str; 2] = ["oidc", "saml"];

struct Record {
    json: Value,
    keys: Vec<String>,
}

/// All identities of one double and an index over what must be unique.
#[derive(Default)]
pub(crate) struct Store {
    records: BTreeMap<Uuid, Record>,
    index: HashMap<String, BTreeSet<Uuid>>,
}

impl Store {
    pub(crate) fn get(&self, id: Uuid) -> Option<&Value> {
        self.records.get(&id).map(|record| &record.json)
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Everything after `token`, in id order.
    pub(crate) fn after(&self, token: Uuid) -> impl Iterator<Item = (Uuid, &Value)> {
        let rest = (Bound::Excluded(token), Bound::Unbounded);
        self.records.range(rest).map(|(id, record)| (*id, &record.json))
    }

    /// Replaces or adds, whatever it collides with.
    pub(crate) fn put(&mut self, id: Uuid, json: Value) {
        self.remove(id);
        let keys = unique_keys(&json);
        for key in &keys {
            self.index.entry(key.clone()).or_default().insert(id);
        }
        self.records.insert(id, Record { json, keys });
    }

    /// False when there was none.
    pub(crate) fn remove(&mut self, id: Uuid) -> bool {
        let Some(record) = self.records.remove(&id) else {
            return false;
        };
        for key in record.keys {
            if let Some(owners) = self.index.get_mut(&key) {
                owners.remove(&id);
            }
        }
        true
    }

    /// Whether some other identity already has an address, identifier or external id of this one.
    pub(crate) fn collides(&self, json: &Value, own: Option<Uuid>) -> bool {
        let taken = |key: &String| {
            self.index.get(key).is_some_and(|owners| owners.iter().any(|owner| Some(*owner) != own))
        };
        unique_keys(json).iter().any(taken)
    }

    pub(crate) fn by_external(&self, external_id: &str) -> Option<&Value> {
        let owners = self.index.get(&format!("external {external_id}"))?;
        owners.first().and_then(|id| self.get(*id))
    }

    /// Those that the query `credentials_identifier` finds, in id order.
    pub(crate) fn by_identifier(&self, asked: &str) -> BTreeSet<Uuid> {
        let typed = normalise::identifier(asked);
        let typed_keys = BY_TYPED.iter().map(|kind| format!("credential {kind} {typed}"));
        let raw_keys = BY_RAW.iter().map(|kind| format!("credential {kind} {asked}"));
        let owners = typed_keys.chain(raw_keys).filter_map(|key| self.index.get(&key));
        owners.flatten().copied().collect()
    }

    /// Those with an identifier that begins like this, in id order.
    pub(crate) fn by_identifier_prefix(&self, asked: &str) -> BTreeSet<Uuid> {
        let prefix = normalise::identifier(asked);
        let fits = |key: &str| {
            let credential = key.strip_prefix("credential ").and_then(|rest| rest.split_once(' '));
            credential.is_some_and(|(_, identifier)| identifier.starts_with(&prefix))
        };
        let owners = self.index.iter().filter(|(key, _)| fits(key)).map(|(_, owners)| owners);
        owners.flatten().copied().collect()
    }
}

/// What no two identities may share; tolerant, because planted JSON can have any form.
fn unique_keys(json: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some(external_id) = json.get("external_id").and_then(Value::as_str) {
        keys.push(format!("external {external_id}"));
    }
    for list in ["verifiable_addresses", "recovery_addresses"] {
        for address in json.get(list).and_then(Value::as_array).into_iter().flatten() {
            if let Some(value) = address.get("value").and_then(Value::as_str) {
                let via = address.get("via").and_then(Value::as_str).unwrap_or_default();
                keys.push(format!("{list} {via} {value}"));
            }
        }
    }
    for (kind, credential) in json.get("credentials").and_then(Value::as_object).into_iter().flatten() {
        let identifiers = credential.get("identifiers").and_then(Value::as_array);
        for identifier in identifiers.into_iter().flatten().filter_map(Value::as_str) {
            keys.push(format!("credential {kind} {identifier}"));
        }
    }
    keys
}
