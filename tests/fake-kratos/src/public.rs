//! Answers that need no identity: health, version, the identity schemas.

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{herodot::Fault, reply::Reply, route::Call, schema, shared::Shared};

const VERSION: &str = "v26.2.0";
/// The opaque token of the schema list's first page, as recorded.
const FIRST_TOKEN: &str = "eyJvZmZzZXQiOiIwIiwidiI6Mn0";
/// As of every paged list of Kratos.
const PAGE: usize = 250;

/// The answer to one of these four calls.
pub(crate) fn answer(call: &Call, query: &str, shared: &Shared) -> Reply {
    match call {
        Call::Health => Reply::json(200, &json!({"status": "ok"})),
        Call::Version => Reply::json(200, &json!({"version": VERSION})),
        Call::Schemas => list(query, &shown(shared)),
        Call::Schema(name) => match shown(shared).into_iter().find(|(id, _)| id == name) {
            Some((_, schema)) => Reply::json(200, &schema),
            None => Fault::missing().into(),
        },
        _ => Reply::unrouted(),
    }
}

/// Those that were planted, else the built-in ones.
fn shown(shared: &Shared) -> Vec<(String, Value)> {
    let planted = shared.schemas().clone();
    let own =
        || schema::NAMES.iter().filter_map(|name| Some(((*name).to_owned(), schema::by_name(name)?.clone())));
    planted.unwrap_or_else(|| own().collect())
}

/// The page that the query asks for, with links to the first and, if there is one, to the next. Kratos names a page
/// by its number and by a token at once; the number is enough here.
fn list(query: &str, all: &[(String, Value)]) -> Reply {
    let asked = |names: [&str; 2]| {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut found = pairs.filter(|(key, _)| names.contains(&key.as_ref()));
        found.find_map(|(_, value)| value.parse::<usize>().ok())
    };
    let page = asked(["page", ""]).unwrap_or(0);
    // The link names no size beyond the number of things there are (recorded).
    let size =
        asked(["page_size", "per_page"]).filter(|size| *size > 0).unwrap_or(PAGE).min(all.len().max(1));
    let shown = all.iter().skip(page.saturating_mul(size)).take(size);
    let shown: Vec<Value> = shown.map(|(id, schema)| json!({"id": id, "schema": schema})).collect();
    let link = |page: usize, token: &str, rel: &str| {
        format!("</schemas?page={page}&page_size={size}&page_token={token}&per_page={size}>; rel=\"{rel}\"")
    };
    let mut links = vec![link(0, FIRST_TOKEN, "first")];
    if page.saturating_add(1).saturating_mul(size) < all.len() {
        links.push(link(page + 1, "later", "next"));
    }
    let reply = Reply::json(200, &Value::Array(shown)).with("Link", &links.join(","));
    reply.with("X-Total-Count", &all.len().to_string())
}
