//! Answers that need no identity: health, version, the identity schemas.

use serde_json::{Value, json};

use crate::{herodot::Fault, reply::Reply, route::Call, schema};

const VERSION: &str = "v26.2.0";
/// The opaque token of the schema list's only page, as recorded.
const SCHEMAS_LINK: &str =
    "</schemas?page=0&page_size=2&page_token=eyJvZmZzZXQiOiIwIiwidiI6Mn0&per_page=2>; rel=\"first\"";

/// The answer to one of these four calls.
pub(crate) fn answer(call: &Call) -> Reply {
    match call {
        Call::Health => Reply::json(200, &json!({"status": "ok"})),
        Call::Version => Reply::json(200, &json!({"version": VERSION})),
        Call::Schemas => {
            let all: Vec<Value> = schema::NAMES
                .iter()
                .map(|name| json!({"id": name, "schema": schema::by_name(name)}))
                .collect();
            let reply = Reply::json(200, &Value::Array(all)).with("Link", SCHEMAS_LINK);
            reply.with("X-Total-Count", &schema::NAMES.len().to_string())
        }
        Call::Schema(name) => match schema::by_name(name) {
            Some(schema) => Reply::json(200, schema),
            None => Fault::missing().into(),
        },
        _ => Reply::unrouted(),
    }
}
