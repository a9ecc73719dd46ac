//! What counts as the same answer: status and headers exactly, errors and texts exactly, and of other JSON the key
//! sets, the types and every value that is not made anew each time.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    links,
    memory::Memory,
    target::{Answer, Target},
    transcript::{Exchange, Transcript},
};

const EXACT_HEADERS: [&str; 4] = ["Allow", "Cache-Control", "Content-Type", "X-Total-Count"];
/// Differ from Kratos to Kratos.
const OWN_VALUES: [&str; 2] = ["schema_url", "version"];

/// Every difference, as `where: what`.
pub(crate) fn differences(
    exchange: &Exchange,
    answer: &Answer,
    memory: &Memory,
    target: &Target,
    transcript: &Transcript,
) -> Vec<String> {
    let recorded = &exchange.response;
    let mut found = Vec::new();
    if recorded.status != answer.status {
        found.push(format!("status: recorded {}, got {}", recorded.status, answer.status));
    }
    for name in EXACT_HEADERS {
        let (expected, actual) = (recorded.header(name), answer.header(name));
        if expected != actual {
            let shown = |value: Option<&str>| value.map_or("none".to_owned(), |value| format!("{value:?}"));
            found.push(format!("{name}: recorded {}, got {}", shown(expected), shown(actual)));
        }
    }
    found.extend(link(recorded.header("Link"), answer.header("Link"), memory));
    found.extend(location(exchange, answer, memory, target));
    found.extend(body(exchange, answer, memory, transcript));
    found
}

fn link(recorded: Option<&str>, actual: Option<&str>, memory: &Memory) -> Vec<String> {
    let found = match (recorded, actual) {
        (None, None) => Vec::new(),
        (Some(recorded), Some(actual)) => links::compare(recorded, actual, memory),
        (recorded, _) => vec![format!("only {}", if recorded.is_some() { "recorded" } else { "now" })],
    };
    found.into_iter().map(|difference| format!("Link: {difference}")).collect()
}

fn location(exchange: &Exchange, answer: &Answer, memory: &Memory, target: &Target) -> Option<String> {
    let redirected = exchange.response.status == 307;
    let origin = target.origins().map(|(admin, public)| {
        let to_admin = (exchange.request.api == "admin") != redirected;
        if to_admin { admin } else { public }
    });
    let difference = match (exchange.response.header("Location"), answer.header("Location")) {
        (None, None) => return None,
        (Some(recorded), Some(actual)) => links::compare_location(recorded, actual, memory, origin)?,
        (recorded, _) => format!("only {}", if recorded.is_some() { "recorded" } else { "now" }),
    };
    Some(format!("Location: {difference}"))
}

fn body(exchange: &Exchange, answer: &Answer, memory: &Memory, transcript: &Transcript) -> Vec<String> {
    let recorded = &exchange.response;
    let mut found = Vec::new();
    match &recorded.body {
        Value::String(text) => {
            let page = (recorded.header("Location"), answer.header("Location"));
            let expected = match page {
                (Some(old), Some(new)) => text.replace(old, new),
                _ => text.clone(),
            };
            exact(&Value::String(expected), &answer.body, &mut found);
        }
        error if recorded.status >= 400 => exact(&memory.translate_json(error), &answer.body, &mut found),
        Value::Array(items) if is_identities(items) => {
            let items = Items { recorded: items, count: recorded.body_items.unwrap_or(items.len()) };
            list(&items, &answer.body, memory, transcript, &mut found);
        }
        other => shape(&memory.translate_json(other), &answer.body, "body", true, &mut found),
    }
    found
}

fn exact(expected: &Value, actual: &Value, found: &mut Vec<String>) {
    if expected != actual {
        found.push(format!("body: recorded {expected}, got {actual}"));
    }
}

fn is_identities(items: &[Value]) -> bool {
    items.iter().all(|item| id(item).is_some_and(|id| Uuid::try_parse(id).is_ok()))
}

fn id(item: &Value) -> Option<&str> {
    item.get("id").and_then(Value::as_str)
}

struct Items<'a> {
    recorded: &'a [Value],
    count: usize,
}

/// Ids are random, so that pages hold other identities than recorded: the same one is compared fully, any other one
/// must have the form of some recorded one.
fn list(items: &Items, actual: &Value, memory: &Memory, transcript: &Transcript, found: &mut Vec<String>) {
    let Some(actual) = actual.as_array() else {
        found.push(format!("body: recorded a list, got {actual}"));
        return;
    };
    if actual.len() != items.count {
        found.push(format!("body: recorded {} items, got {}", items.count, actual.len()));
    }
    if !actual.is_sorted_by_key(|item| id(item).map(str::to_owned)) {
        found.push("body: not in the order of ids".to_owned());
    }
    let with_credentials = items.recorded.first().is_some_and(|item| item.get("credentials").is_some());
    let forms = transcript.list_items(with_credentials);
    for (index, item) in actual.iter().enumerate() {
        let place = format!("body/{index}");
        let twin = items.recorded.iter().find(|old| id(old).and_then(|old| memory.id(old)) == id(item));
        if let Some(twin) = twin {
            shape(&memory.translate_json(twin), item, &place, true, found);
            continue;
        }
        let per_form = forms.iter().map(|form| {
            let mut differences = Vec::new();
            shape(form, item, &place, false, &mut differences);
            differences
        });
        found.extend(per_form.min_by_key(Vec::len).unwrap_or_default());
    }
}

/// Key sets, types and kinds of text; with `strict` also the values.
fn shape(recorded: &Value, actual: &Value, place: &str, strict: bool, found: &mut Vec<String>) {
    if type_of(recorded) != type_of(actual) {
        found.push(format!("{place}: recorded a {}, got a {}", type_of(recorded), type_of(actual)));
        return;
    }
    match (recorded, actual) {
        (Value::Object(expected), Value::Object(got)) => {
            let missing = expected.keys().filter(|key| !got.contains_key(*key));
            found.extend(missing.map(|key| format!("{place}: key {key} is missing")));
            let extra = got.keys().filter(|key| !expected.contains_key(*key));
            found.extend(extra.map(|key| format!("{place}: key {key} is new")));
            for (key, expected) in expected {
                if let Some(got) = got.get(key) {
                    let strict = strict && !OWN_VALUES.contains(&key.as_str());
                    let (expected, got) = (settled(key, expected), settled(key, got));
                    shape(&expected, &got, &format!("{place}/{key}"), strict, found);
                }
            }
        }
        (Value::Array(expected), Value::Array(got)) => {
            if strict && expected.len() != got.len() {
                found.push(format!("{place}: recorded {} items, got {}", expected.len(), got.len()));
            }
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                shape(expected, got, &format!("{place}/{index}"), strict, found);
            }
        }
        (Value::String(expected), Value::String(got)) => {
            if kind_of(expected) != kind_of(got) || (strict && kind_of(got) == "text" && expected != got) {
                found.push(format!("{place}: recorded {expected:?}, got {got:?}"));
            }
        }
        _ => {
            if strict && recorded != actual {
                found.push(format!("{place}: recorded {recorded}, got {actual}"));
            }
        }
    }
}

/// Kratos collects identifiers in no fixed order.
fn settled(key: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if let (true, Some(items)) = (key == "identifiers", value.as_array_mut()) {
        items.sort_by_key(Value::to_string);
    }
    value
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn kind_of(text: &str) -> &'static str {
    if Uuid::try_parse(text).is_ok() {
        "id"
    } else if text.starts_with("0001-") {
        "never"
    } else if OffsetDateTime::parse(text, &Rfc3339).is_ok() {
        "time"
    } else {
        "text"
    }
}
