//! Turns an action into an answer on the wire.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    fault::Action,
    herodot::Fault,
    reply::{JSON, Reply},
    shared::Shared,
    wire::Delivery,
};

/// How the call ends that meets this action; `honest` is the answer that it would have got.
pub(crate) async fn play(action: Action, honest: Reply, shared: &Shared) -> (Reply, Delivery) {
    match action {
        Action::Status { code, body, headers, content_type } => {
            let mut reply = answer(code, body, content_type.as_deref());
            reply.headers.extend(headers);
            (reply, Delivery::Whole)
        }
        Action::Delay { ms } => {
            pause(ms, shared).await;
            (honest, Delivery::Whole)
        }
        Action::Hang => {
            shared.stopped().await;
            (honest, Delivery::Nothing)
        }
        Action::Garbage { kind } => (kind.reply(&honest), Delivery::Whole),
        Action::Truncate => (honest, Delivery::Half),
        Action::WrongId => (wrong_id(&honest), Delivery::Whole),
        Action::Flap(_) => (honest, Delivery::Whole),
        Action::Refuse => (honest, Delivery::Nothing),
        Action::Drip { ms } => (honest, Delivery::Drip(Duration::from_millis(ms))),
    }
}

async fn pause(ms: u64, shared: &Shared) {
    if ms > 0 {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(ms)) => {}
            () = shared.stopped() => {}
        }
    }
}

fn answer(code: u16, body: Option<Value>, content_type: Option<&str>) -> Reply {
    let reply = match body {
        None => Reply::fault(&Fault::ordered(code)),
        Some(Value::String(text)) => Reply::raw(code, "text/plain; charset=utf-8", text),
        Some(json) => Reply::raw(code, "application/json", json.to_string()),
    };
    match content_type {
        Some(content_type) => reply.replacing("Content-Type", content_type),
        None => reply,
    }
}

/// The honest identity (of a list: the first) under a fresh id; an identity of nobody if there is none.
fn wrong_id(honest: &Reply) -> Reply {
    let fresh = Value::String(Uuid::new_v4().to_string());
    let mut body = serde_json::from_slice(&honest.body).unwrap_or(Value::Null);
    let identity = if body.is_array() { body.get_mut(0) } else { Some(&mut body) };
    if let Some(Value::Object(members)) = identity
        && honest.status == 200
    {
        members.insert("id".to_owned(), fresh);
        return Reply::json(200, &body);
    }
    Reply::raw(
        200,
        JSON,
        format!("{{\"id\":{fresh},\"schema_id\":\"default\",\"state\":\"active\",\"traits\":{{}}}}\n"),
    )
}
