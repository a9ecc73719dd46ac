//! Holds an answer against `openapi.json`: the status is listed, the body fits, the required headers are
//! there. What the document cannot say (the two ids are one) is checked here too.

use super::answer::{Answer, Listener};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The document, with one compiled validator per schema once it was needed.
pub(crate) struct Contract {
    document: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// Takes the document as the service gave it.
    pub(crate) fn new(document: Value) -> Contract {
        Contract { document, compiled: Mutex::new(HashMap::new()) }
    }

    /// Every documented (listener, method, path).
    pub(crate) fn routes(&self) -> Vec<(Listener, String, String)> {
        let mut found = Vec::new();
        for (path, item) in self.document["paths"].as_object().expect("paths") {
            let listener =
                if item.get("servers").is_some() { Listener::Operations } else { Listener::Internal };
            for method in item.as_object().expect("path item").keys().filter(|key| *key != "servers") {
                found.push((listener, method.to_uppercase(), path.clone()));
            }
        }
        found
    }

    /// What is wrong with the answer, in words; empty when nothing is.
    pub(crate) fn problems(&self, answer: &Answer) -> Vec<String> {
        let Some(pointer) = self.response_pointer(answer) else {
            return vec![format!("status {} is not documented", answer.status)];
        };
        let mut problems = self.header_problems(&pointer, answer);
        if answer.method != "HEAD" {
            problems.extend(self.body_problems(&pointer, answer));
            problems.extend(id_problems(answer));
            problems.extend(retry_problems(answer));
        }
        problems
    }

    /// Where the document speaks of this answer, as a JSON pointer, references followed.
    fn response_pointer(&self, answer: &Answer) -> Option<String> {
        let listed = |method: Option<&str>| {
            self.routes().into_iter().find_map(|(listener, known, path)| {
                let fits = listener == answer.listener
                    && is_of(&answer.path, &path)
                    && method.is_none_or(|asked| asked == known);
                fits.then_some(path)
            })
        };
        let pointer = if let Some(path) = listed(Some(&answer.method)) {
            let path = path.replace('~', "~0").replace('/', "~1");
            format!("/paths/{path}/{}/responses/{}", answer.method.to_lowercase(), answer.status)
        } else if listed(None).is_some() {
            "/components/responses/MethodNotAllowed".to_owned()
        } else {
            "/components/responses/NotFound".to_owned()
        };
        let expected = match pointer.rsplit('/').next() {
            Some("MethodNotAllowed") => 405,
            Some("NotFound") => 404,
            _ => answer.status,
        };
        (expected == answer.status && self.document.pointer(&pointer).is_some())
            .then(|| self.followed(pointer))
    }

    fn followed(&self, pointer: String) -> String {
        match self.document.pointer(&pointer).and_then(|value| value["$ref"].as_str()) {
            Some(reference) => self.followed(reference.trim_start_matches('#').to_owned()),
            None => pointer,
        }
    }

    fn header_problems(&self, response: &str, answer: &Answer) -> Vec<String> {
        let mut problems = Vec::new();
        let headers = self.document.pointer(&format!("{response}/headers")).and_then(Value::as_object);
        for name in headers.into_iter().flat_map(|map| map.keys()) {
            let declared = self.followed(format!("{response}/headers/{name}"));
            match answer.header(&name.to_lowercase()) {
                None if self.document.pointer(&format!("{declared}/required")) == Some(&json!(false)) => {}
                None => problems.push(format!("the header {name} is missing")),
                Some(value) => {
                    problems.extend(self.schema_problems(&format!("{declared}/schema"), &json!(value)));
                }
            }
        }
        problems
    }

    fn body_problems(&self, response: &str, answer: &Answer) -> Vec<String> {
        let media = answer.header("content-type").unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        let schema = format!("{response}/content/{}/schema", media.replace('/', "~1"));
        if self.document.pointer(&schema).is_none() {
            return vec![format!("the media type {media:?} is not documented")];
        }
        if media != "application/json" {
            return self.schema_problems(&schema, &json!(answer.text()));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(body) => self.schema_problems(&schema, &body),
            Err(error) => vec![format!("the body is no JSON: {error}")],
        }
    }

    fn schema_problems(&self, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(pointer);
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut compiled = self.compiled.lock().expect("validators");
        if let Some(known) = compiled.get(pointer) {
            return Arc::clone(known);
        }
        let schema = json!({
            // A reference is a URI, in which the braces of a template cannot stand as they are.
            "$ref": format!("#{}", pointer.replace('{', "%7B").replace('}', "%7D")),
            "paths": self.document["paths"],
            "components": self.document["components"],
        });
        let built = jsonschema::options().with_draft(Draft::Draft202012).build(&schema);
        let built = Arc::new(built.unwrap_or_else(|error| panic!("the schema at {pointer}: {error}")));
        compiled.insert(pointer.to_owned(), Arc::clone(&built));
        built
    }
}

/// Whether a path is one of a documented template: any segment stands for `{…}` but an empty one.
fn is_of(path: &str, template: &str) -> bool {
    let fits =
        |(segment, wanted): (&str, &str)| segment == wanted || wanted.starts_with('{') && !segment.is_empty();
    let (segments, wanted) = (path.split('/'), template.split('/'));
    segments.clone().count() == wanted.clone().count() && segments.zip(wanted).all(fits)
}

/// A 503 says when to come again exactly when coming again makes sense.
fn retry_problems(answer: &Answer) -> Option<String> {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let says_when = answer.header("retry-after").is_some();
    let makes_sense = body["retryable"].as_bool()?;
    (answer.status == 503 && says_when != makes_sense)
        .then(|| format!("retryable is {makes_sense}, Retry-After is there: {says_when}"))
}

/// The id in a body is the id in the header.
fn id_problems(answer: &Answer) -> Vec<String> {
    let header = answer.header("x-correlation-id").unwrap_or_default();
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    ["correlationId", "auditId"]
        .into_iter()
        .filter_map(|key| body[key].as_str().map(|value| (key, value)))
        .filter(|(_, value)| *value != header)
        .map(|(key, value)| format!("{key} is {value}, X-Correlation-Id is {header}"))
        .collect()
}
