//! The two identity schemas of the double, and what Kratos draws from traits by them: errors in its validator's
//! wording, credential identifiers, and addresses to verify and to recover by. Only the parts of JSON Schema that
//! these two use are understood.

use std::sync::LazyLock;

use serde_json::Value;

use crate::normalise;

const EXTENSION: &str = "ory.sh/kratos";

static DEFAULT: LazyLock<Value> = LazyLock::new(|| parsed(include_str!("schemas/default.json")));
static USERNAME: LazyLock<Value> = LazyLock::new(|| parsed(include_str!("schemas/username.json")));

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Their names, in the order in which the list gives them.
pub(crate) const NAMES: [&str; 2] = ["default", "username"];

/// The JSON Schema of that name.
pub(crate) fn by_name(name: &str) -> Option<&'static Value> {
    match name {
        "default" => Some(&DEFAULT),
        "username" => Some(&USERNAME),
        _ => None,
    }
}

/// What a schema finds in traits; identifiers and addresses are normalised and free of repeats.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Pairs of credential type and identifier.
    pub(crate) identifiers: Vec<(String, String)>,
    pub(crate) verifiable: Vec<String>,
    pub(crate) recovery: Vec<String>,
    errors: Vec<String>,
}

impl Findings {
    /// The reason of the 400, if the traits do not fit.
    pub(crate) fn objection(&self) -> Option<String> {
        match self.errors.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(format!(
                "I[#/traits] S[#/properties/traits] validation failed\n  {}",
                several.join("\n  ")
            )),
        }
    }
}

/// Walks the traits along the schema; an unknown schema finds nothing.
pub(crate) fn examine(schema: &str, traits: &Value) -> Findings {
    let mut findings = Findings::default();
    if let Some(rules) = by_name(schema).and_then(|schema| schema.pointer("/properties/traits")) {
        visit(rules, traits, &Place::traits(), &mut findings);
    }
    findings
}

/// Where the walk is, in the instance and in the schema.
struct Place {
    instance: String,
    schema: String,
}

impl Place {
    fn traits() -> Self {
        Self { instance: "#/traits".to_owned(), schema: "#/properties/traits".to_owned() }
    }

    fn member(&self, name: &str) -> Self {
        Self {
            instance: format!("{}/{name}", self.instance),
            schema: format!("{}/properties/{name}", self.schema),
        }
    }

    fn item(&self, index: usize) -> Self {
        Self { instance: format!("{}/{index}", self.instance), schema: format!("{}/items", self.schema) }
    }

    fn error(&self, keyword: &str, message: &str) -> String {
        format!("I[{}] S[{}/{keyword}] {message}", self.instance, self.schema)
    }
}

fn visit(rules: &Value, value: &Value, place: &Place, findings: &mut Findings) {
    let wanted = rules.get("type").and_then(Value::as_str).unwrap_or_default();
    if !wanted.is_empty() && wanted != type_of(value) {
        let message = format!("expected {wanted}, but got {}", type_of(value));
        findings.errors.push(place.error("type", &message));
        return;
    }
    match value {
        Value::String(text) => visit_text(rules, text, place, findings),
        Value::Object(_) => visit_members(rules, value, place, findings),
        Value::Array(items) => {
            let rules = rules.get("items").unwrap_or(&Value::Null);
            for (index, item) in items.iter().enumerate() {
                visit(rules, item, &place.item(index), findings);
            }
        }
        _ => {}
    }
}

fn visit_members(rules: &Value, value: &Value, place: &Place, findings: &mut Findings) {
    let members = rules.get("properties").and_then(Value::as_object);
    let required = rules.get("required").and_then(Value::as_array).into_iter().flatten();
    let missing: Vec<String> = required
        .filter_map(Value::as_str)
        .filter(|name| value.get(name).is_none())
        .map(|name| format!("{name:?}"))
        .collect();
    if !missing.is_empty() {
        let message = format!("missing properties: {}", missing.join(", "));
        findings.errors.push(place.error("required", &message));
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match members.and_then(|members| members.get(name)) {
            Some(rules) => visit(rules, member, &place.member(name), findings),
            None if rules.get("additionalProperties") == Some(&Value::Bool(false)) => {
                let message = format!("additionalProperties {name:?} not allowed");
                findings.errors.push(place.error("additionalProperties", &message));
            }
            None => {}
        }
    }
}

fn visit_text(rules: &Value, text: &str, place: &Place, findings: &mut Findings) {
    if rules.get("format").and_then(Value::as_str) == Some("email") && !is_email(text) {
        // Validator and address extension both complain, so that Kratos prints the same line twice.
        let line = place.error("format", &format!("{text:?} is not valid \"email\""));
        let head = format!("I[{}] S[{}] validation failed", place.instance, place.schema);
        findings.errors.push(format!("{head}\n  {line}\n  {line}"));
        return;
    }
    let Some(extension) = rules.get(EXTENSION) else {
        return;
    };
    let stored = normalise::identifier(text);
    for (kind, settings) in extension.get("credentials").and_then(Value::as_object).into_iter().flatten() {
        if settings.get("identifier") == Some(&Value::Bool(true)) {
            add(&mut findings.identifiers, (kind.clone(), stored.clone()));
        }
    }
    if extension.pointer("/verification/via").is_some() {
        add(&mut findings.verifiable, stored.clone());
    }
    if extension.pointer("/recovery/via").is_some() {
        add(&mut findings.recovery, stored);
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim().rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && text.trim().len() <= 254
        && !text.trim().contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::examine;

    #[test]
    fn an_email_trait_is_identifier_and_address_at_once() {
        let found = examine("default", &json!({"email": "Ada@Example.org"}));
        let address = "ada@example.org".to_owned();
        let kinds: Vec<&str> = found.identifiers.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(
            (kinds, found.verifiable, found.recovery),
            (vec!["code", "password"], vec![address.clone()], vec![address])
        );
    }

    #[test]
    fn an_address_given_twice_is_found_once() {
        let found = examine("username", &json!({"username": "n", "emails": ["A@x.example", "a@x.example"]}));
        assert_eq!(found.verifiable, ["a@x.example"]);
    }

    #[test]
    fn a_trait_that_the_schema_does_not_know_is_refused() {
        let reason = examine("default", &json!({"email": "a@x.example", "shoe": 1})).objection();
        assert_eq!(
            reason.as_deref(),
            Some(
                r#"I[#/traits] S[#/properties/traits/additionalProperties] additionalProperties "shoe" not allowed"#
            )
        );
    }
}
