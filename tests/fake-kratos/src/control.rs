//! The double's own calls, under `/__fake/` on the admin listener, for those who drive it from another process:
//! identities to plant, faults, counts, and a reset of everything.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    counts::Counts,
    fault::{Faults, Rule, RuleId},
    identity::Identity,
    reply::Reply,
    shared::Shared,
    store::Store,
};

/// A list, or a single one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seeds {
    One(Box<Identity>),
    Many(Vec<Identity>),
}

/// Answers a control call; `path` is what follows `/__fake/`.
pub(crate) fn answer(method: &str, path: &[String], body: &[u8], shared: &Shared) -> Reply {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (method, path.as_slice()) {
        ("POST", ["identities"]) => seed(body, shared),
        ("DELETE", ["identities", id]) => gone(Uuid::try_parse(id).is_ok_and(|id| shared.store().remove(id))),
        ("POST", ["faults"]) => fault(body, shared),
        ("GET", ["faults"]) => {
            let faults = shared.faults();
            let rules: Vec<Value> = faults.list().map(|(id, rule)| json!({"id": id, "rule": rule})).collect();
            Reply::json(200, &Value::Array(rules))
        }
        ("DELETE", ["faults"]) => {
            shared.faults().clear();
            Reply::nothing()
        }
        ("DELETE", ["faults", id]) => gone(id.parse().is_ok_and(|id| shared.faults().remove(RuleId(id)))),
        ("GET", ["calls"]) => Reply::json(200, &json!(*shared.counts())),
        ("DELETE", ["calls"]) => {
            *shared.counts() = Counts::default();
            Reply::nothing()
        }
        ("POST", ["reset"]) => {
            *shared.store() = Store::default();
            *shared.faults() = Faults::default();
            *shared.counts() = Counts::default();
            Reply::nothing()
        }
        _ => refused(404, "no such control call"),
    }
}

fn seed(body: &[u8], shared: &Shared) -> Reply {
    let seeds = match serde_json::from_slice(body) {
        Ok(Seeds::One(one)) => vec![*one],
        Ok(Seeds::Many(many)) => many,
        Err(error) => return refused(400, &error.to_string()),
    };
    let mut store = shared.store();
    let mut ids = Vec::with_capacity(seeds.len());
    for identity in seeds {
        let (id, json) = identity.build(&shared.public_url);
        store.put(id, json);
        ids.push(id);
    }
    Reply::json(201, &json!({"ids": ids}))
}

fn fault(body: &[u8], shared: &Shared) -> Reply {
    match serde_json::from_slice::<Rule>(body) {
        Ok(rule) => Reply::json(201, &json!({"id": shared.faults().add(rule)})),
        Err(error) => refused(400, &error.to_string()),
    }
}

fn gone(was_there: bool) -> Reply {
    if was_there { Reply::nothing() } else { refused(404, "there is none") }
}

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"problem": why}))
}
