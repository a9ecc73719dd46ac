//! Changing an identity: PUT replaces (and clears what it does not name), PATCH edits the stored JSON. Both check the
//! traits again and let addresses and credentials follow them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    View,
    create::{self, Body},
    parsed_id,
};
use crate::{
    draft::Draft,
    herodot::Fault,
    patch::{self, Operation},
    reply::Reply,
    shared::Shared,
    store::Store,
};

/// Replaces traits, metadata and external id; keeps schema and state where the body leaves them empty.
pub(super) fn put(id: &str, body: &[u8], shared: &Shared) -> Result<Reply, Fault> {
    let id = parsed_id(id);
    let body: Body = create::decoded(body)?;
    let mut store = shared.store();
    let before = store.get(id).cloned().ok_or_else(Fault::missing)?;
    let or_before = |given: &str, key: &str| {
        if given.is_empty() { text(&before, key) } else { given.to_owned() }
    };
    let state = create::checked_state(or_before(&body.state, "state"))?;
    let schema_id = or_before(&body.schema_id, "schema_id");
    let mut draft = body.draft(schema_id, state);
    draft.credentials = with_given(&before, &draft.credentials);
    draft.organization_id = before.get("organization_id").cloned().unwrap_or_default();
    draft.verifiable.extend(addresses(&before, "verifiable_addresses"));
    draft.recovery.extend(addresses(&before, "recovery_addresses"));
    let json = changed(id, draft, &before, &mut store, shared)?;
    Ok(Reply::json(200, &View { credentials: true, configs: Vec::new(), terse: true }.of(&json)))
}

/// Applies a JSON Patch; a path that is no field of an identity is accepted and without effect.
pub(super) fn patch(id: &str, body: &[u8], shared: &Shared) -> Result<Reply, Fault> {
    let id = parsed_id(id);
    let operations: Vec<Operation> = create::decoded(body)?;
    let mut store = shared.store();
    let before = store.get(id).cloned().ok_or_else(Fault::missing)?;
    let mut wanted = before.clone();
    patch::apply(&mut wanted, operations).map_err(Fault::unpatchable)?;
    let field = |key: &str| wanted.get(key).cloned().unwrap_or_default();
    let draft = Draft {
        schema_id: text(&wanted, "schema_id"),
        state: create::checked_state(text(&wanted, "state"))?,
        traits: field("traits"),
        external_id: wanted.get("external_id").and_then(Value::as_str).map(str::to_owned),
        organization_id: field("organization_id"),
        metadata_public: field("metadata_public"),
        metadata_admin: field("metadata_admin"),
        verifiable: addresses(&wanted, "verifiable_addresses"),
        recovery: addresses(&wanted, "recovery_addresses"),
        credentials: field("credentials"),
    };
    let json = changed(id, draft, &before, &mut store, shared)?;
    Ok(Reply::json(200, &View { credentials: true, configs: Vec::new(), terse: false }.of(&json)))
}

fn changed(
    id: Uuid,
    draft: Draft,
    before: &Value,
    store: &mut Store,
    shared: &Shared,
) -> Result<Value, Fault> {
    let found = create::checked(&draft)?;
    let json = draft.assemble(id, &found, Some(before), &shared.public_url);
    if store.collides(&json, Some(id)) {
        return Err(Fault::change_conflict());
    }
    store.put(id, json.clone());
    Ok(json)
}

fn text(json: &Value, key: &str) -> String {
    json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn addresses(json: &Value, key: &str) -> Vec<Value> {
    json.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The stored credentials with the given ones laid over them.
fn with_given(before: &Value, given: &Value) -> Value {
    let mut all = before.get("credentials").and_then(Value::as_object).cloned().unwrap_or_default();
    for (kind, credential) in given.as_object().into_iter().flatten() {
        let stored = all.entry(kind).or_insert_with(|| json!({}));
        if let (Some(stored), Some(config)) = (stored.as_object_mut(), credential.get("config")) {
            stored.insert("config".to_owned(), config.clone());
        }
    }
    Value::Object(all)
}
