//! Creating one identity: the body Kratos takes, its strictness, and the checks that a batch item shares.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

use super::View;
use crate::{draft::Draft, herodot::Fault, reply::Reply, schema, shared::Shared};

/// The body of POST, PUT and of a batch item; an unknown key is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Body {
    #[serde(deserialize_with = "or_default")]
    pub(super) schema_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) state: String,
    traits: Value,
    pub(super) credentials: Value,
    #[serde(deserialize_with = "or_default")]
    verifiable_addresses: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    recovery_addresses: Vec<Value>,
    metadata_public: Value,
    metadata_admin: Value,
    external_id: Option<String>,
    organization_id: Value,
}

/// Go reads null as the zero value.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(input)?.unwrap_or_default())
}

impl Body {
    /// What to assemble; `schema_id` and `state` are decided by the caller.
    pub(super) fn draft(self, schema_id: String, state: String) -> Draft {
        Draft {
            schema_id,
            state,
            traits: if self.traits.is_null() { Value::Object(serde_json::Map::new()) } else { self.traits },
            external_id: self.external_id,
            organization_id: self.organization_id,
            metadata_public: self.metadata_public,
            metadata_admin: self.metadata_admin,
            verifiable: self.verifiable_addresses,
            recovery: self.recovery_addresses,
            credentials: self.credentials,
        }
    }
}

/// 201 with the identity, whose credentials were not stored yet when it was printed.
pub(super) fn answer(body: &[u8], shared: &Shared) -> Result<Reply, Fault> {
    let body: Body = decoded(body)?;
    let id = Uuid::new_v4();
    let json = prepared(id, body, shared)?;
    let mut store = shared.store();
    if store.collides(&json, None) {
        return Err(Fault::create_conflict());
    }
    let mut shown = View { credentials: true, configs: Vec::new(), terse: true }.of(&json);
    store.put(id, json);
    for credential in shown
        .get_mut("credentials")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        credential["created_at"] = crate::clock::NEVER.into();
        credential["updated_at"] = crate::clock::NEVER.into();
    }
    let location = format!("{}/identities/{id}", shared.admin_url);
    Ok(Reply::json(201, &shown).with("Location", &location))
}

/// The JSON to store, unless schema, traits or state are refused.
pub(super) fn prepared(id: Uuid, body: Body, shared: &Shared) -> Result<Value, Fault> {
    let or = |given: &str, usual: &str| {
        if given.is_empty() { usual.to_owned() } else { given.to_owned() }
    };
    let draft_state = checked_state(or(&body.state, "active"))?;
    let schema_id = or(&body.schema_id, "default");
    let draft = body.draft(schema_id, draft_state);
    let found = checked(&draft)?;
    Ok(draft.assemble(id, &found, None, &shared.public_url))
}

/// What the schema finds, or the 400 that says why the traits do not fit.
pub(super) fn checked(draft: &Draft) -> Result<schema::Findings, Fault> {
    if schema::by_name(&draft.schema_id).is_none() {
        return Err(Fault::invalid(format!("Unable to find JSON Schema ID: {}", draft.schema_id)));
    }
    let found = schema::examine(&draft.schema_id, &draft.traits);
    match found.objection() {
        Some(reason) => Err(Fault::invalid(reason)),
        None => Ok(found),
    }
}

/// One of the two states that Kratos knows.
pub(super) fn checked_state(state: String) -> Result<String, Fault> {
    if matches!(state.as_str(), "active" | "inactive") {
        Ok(state)
    } else {
        Err(Fault::invalid("identity state is not valid"))
    }
}

/// The body, or a 400 that words the trouble roughly as Go's decoder does.
pub(super) fn decoded<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        Fault::undecodable(match error.classify() {
            serde_json::error::Category::Eof if body.is_empty() => "EOF".to_owned(),
            serde_json::error::Category::Eof => "unexpected EOF".to_owned(),
            serde_json::error::Category::Syntax => {
                "invalid character looking for beginning of value".to_owned()
            }
            _ => format!("json: {error}"),
        })
    })
}
