//! The admin API of identities: reading one, and what every answer shows of a stored identity.

mod batch;
mod create;
mod list;
mod query;
mod update;

use serde_json::Value;
use uuid::Uuid;

use crate::{herodot::Fault, reply::Reply, route::Call, shared::Shared};
use query::Query;

/// The answer to a call on identities.
pub(crate) fn answer(call: &Call, query: &str, body: &[u8], shared: &Shared) -> Reply {
    let reply = match call {
        Call::List => list::answer(&Query::parse(query), shared),
        Call::Create => create::answer(body, shared),
        Call::Batch => batch::answer(body, shared),
        Call::GetOne(id) => get_one(id, &Query::parse(query), shared),
        Call::ByExternal(id) => by_external(id, &Query::parse(query), shared),
        Call::Put(id) => update::put(id, body, shared),
        Call::Patch(id) => update::patch(id, body, shared),
        Call::Delete(id) => delete(id, shared),
        Call::DeleteCredential(id, kind) => delete_credential(id, kind, shared),
        _ => Ok(Reply::unrouted()),
    };
    reply.unwrap_or_else(Reply::from)
}

/// How much of an identity an answer shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// Without, there is no `credentials` key.
    pub(crate) credentials: bool,
    /// Of these types with their `config`.
    pub(crate) configs: Vec<String>,
    /// A create or replace names `metadata_admin` only if it is not null.
    pub(crate) terse: bool,
}

impl View {
    pub(crate) fn of(&self, stored: &Value) -> Value {
        let mut json = stored.clone();
        let Some(members) = json.as_object_mut() else {
            return json;
        };
        if !self.credentials {
            members.remove("credentials");
        }
        if self.terse && members.get("metadata_admin").is_some_and(Value::is_null) {
            members.remove("metadata_admin");
        }
        for (kind, credential) in
            members.get_mut("credentials").and_then(Value::as_object_mut).into_iter().flatten()
        {
            if let Some(credential) = credential.as_object_mut()
                && !self.configs.contains(kind)
            {
                credential.remove("config");
            }
        }
        json
    }
}

/// Kratos reads a malformed id as the nil one, which nobody has.
pub(crate) fn parsed_id(id: &str) -> Uuid {
    Uuid::try_parse(id).unwrap_or_default()
}

fn get_one(id: &str, query: &Query, shared: &Shared) -> Result<Reply, Fault> {
    let view = View { credentials: true, configs: query.configs()?, terse: false };
    let store = shared.store();
    let stored = store.get(parsed_id(id)).ok_or_else(Fault::missing)?;
    Ok(Reply::json(200, &view.of(stored)))
}

fn by_external(external_id: &str, query: &Query, shared: &Shared) -> Result<Reply, Fault> {
    let view = View { credentials: true, configs: query.configs()?, terse: false };
    let store = shared.store();
    let stored = store.by_external(external_id).ok_or_else(Fault::missing)?;
    Ok(Reply::json(200, &view.of(stored)))
}

fn delete(id: &str, shared: &Shared) -> Result<Reply, Fault> {
    if shared.store().remove(parsed_id(id)) { Ok(Reply::nothing()) } else { Err(Fault::missing()) }
}

/// Second factors can be taken away; what one signs in with cannot.
fn delete_credential(id: &str, kind: &str, shared: &Shared) -> Result<Reply, Fault> {
    let id = parsed_id(id);
    let mut store = shared.store();
    let mut json = store.get(id).cloned().ok_or_else(Fault::missing)?;
    let held = json.get_mut("credentials").and_then(Value::as_object_mut);
    let Some(held) = held.filter(|held| held.contains_key(kind)) else {
        let reason = format!("You tried to remove a {kind} but this user have no {kind} set up.");
        return Err(Fault::missing_part(reason));
    };
    if !matches!(kind, "totp" | "lookup_secret" | "webauthn") {
        return Err(Fault::invalid("You cannot remove first factor credentials."));
    }
    held.remove(kind);
    store.put(id, json);
    Ok(Reply::nothing())
}
