//! Creating many: one entry per item in the order given; a bad item fails alone, as with most databases
//! (behind `MySQL` a real Kratos would fail the whole batch).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::create::{self, Body};
use crate::{herodot::Fault, reply::Reply, shared::Shared};

const MOST: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    #[serde(default)]
    identities: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    create: Body,
    #[serde(default)]
    patch_id: Option<Uuid>,
}

#[derive(Serialize)]
struct Entry {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// 200 whatever became of the items.
pub(super) fn answer(body: &[u8], shared: &Shared) -> Result<Reply, Fault> {
    let batch: Batch = create::decoded(body)?;
    if batch.identities.len() > MOST {
        let reason = format!("The maximum number of identities that can be created at once is {MOST}.");
        return Err(Fault::invalid(reason));
    }
    let entries: Vec<Entry> = batch.identities.into_iter().map(|item| create_item(item, shared)).collect();
    Ok(Reply::json(200, &json!({"identities": entries})))
}

fn create_item(item: Item, shared: &Shared) -> Entry {
    let patch_id = item.patch_id;
    match stored(item.create, shared) {
        Ok(id) => Entry { action: "create", identity: Some(id), patch_id, error: None },
        Err(fault) => Entry { action: "error", identity: None, patch_id, error: Some(json!(fault)) },
    }
}

fn stored(body: Body, shared: &Shared) -> Result<Uuid, Fault> {
    let id = Uuid::new_v4();
    let json = create::prepared(id, body, shared)?;
    let mut store = shared.store();
    if store.collides(&json, None) {
        return Err(Fault::change_conflict());
    }
    store.put(id, json);
    Ok(id)
}
