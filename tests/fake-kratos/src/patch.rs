//! JSON Patch as Kratos applies it: add, remove and replace only; `replace` of an absent member adds it; missing
//! parents are made; some paths are denied.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One operation; an absent `value` counts as null.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    op: String,
    path: String,
    #[serde(default)]
    value: Value,
}

/// Applies all operations in order, or says in Kratos' words why one does not apply.
pub(crate) fn apply(document: &mut Value, operations: Vec<Operation>) -> Result<(), String> {
    for operation in operations {
        if is_denied(&operation.path) {
            return Err(format!("patch includes denied path: {}", operation.path));
        }
        match operation.op.as_str() {
            "add" | "replace" => set(document, &operation)?,
            "remove" => remove(document, &operation.path)?,
            other => return Err(format!("unsupported operation: {other}")),
        }
    }
    Ok(())
}

fn is_denied(path: &str) -> bool {
    let path = path.to_lowercase();
    matches!(path.as_str(), "/id" | "/statechangedat" | "/credentials")
        || path.starts_with("/credentials/oidc/")
}

fn set(document: &mut Value, operation: &Operation) -> Result<(), String> {
    let mut keys = keys(&operation.path);
    let Some(last) = keys.pop() else {
        *document = operation.value.clone();
        return Ok(());
    };
    let mut parent = document;
    for key in keys {
        parent = child(parent, &key).ok_or_else(|| inapplicable(operation))?;
    }
    if parent.is_null() {
        *parent = Value::Object(Map::new());
    }
    let inserting = operation.op == "add";
    match parent {
        Value::Object(members) => {
            members.insert(last, operation.value.clone());
            Ok(())
        }
        Value::Array(items) => set_item(items, &last, operation, inserting),
        _ => Err(inapplicable(operation)),
    }
}

fn set_item(items: &mut Vec<Value>, key: &str, operation: &Operation, inserting: bool) -> Result<(), String> {
    let index = if key == "-" { Some(items.len()) } else { key.parse().ok() };
    let index: usize = index.ok_or_else(|| inapplicable(operation))?;
    if index > items.len() {
        return Err(inapplicable(operation));
    }
    match items.get_mut(index).filter(|_| !inserting) {
        Some(item) => *item = operation.value.clone(),
        None => items.insert(index, operation.value.clone()),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<(), String> {
    let gone = || format!("remove operation does not apply: doc is missing key: {path}: missing value");
    let mut keys = keys(path);
    let last = keys.pop().ok_or_else(gone)?;
    let mut parent = document;
    for key in keys {
        parent = match parent {
            Value::Object(members) => members.get_mut(&key).ok_or_else(gone)?,
            Value::Array(items) => {
                items.get_mut(key.parse::<usize>().map_err(|_| gone())?).ok_or_else(gone)?
            }
            _ => return Err(gone()),
        };
    }
    match parent {
        Value::Object(members) => members.remove(&last).map(drop).ok_or_else(gone),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len()).ok_or_else(gone)?;
            items.remove(index);
            Ok(())
        }
        _ => Err(gone()),
    }
}

/// The member under `key`, made as an object where it is missing.
fn child<'a>(parent: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    if parent.is_null() {
        *parent = Value::Object(Map::new());
    }
    match parent {
        Value::Object(members) => Some(members.entry(key).or_insert(Value::Null)),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn keys(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

fn inapplicable(operation: &Operation) -> String {
    format!(
        "{} operation does not apply: doc is missing path: {}: missing value",
        operation.op, operation.path
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Operation, apply};

    fn patched(mut document: Value, patch: Value) -> Result<Value, String> {
        let operations: Vec<Operation> = serde_json::from_value(patch).unwrap();
        apply(&mut document, operations).map(|()| document)
    }

    #[test]
    fn replacing_an_absent_member_makes_its_parents() {
        let patch = json!([{"op": "replace", "path": "/metadata_admin/user/id", "value": "u"}]);
        let expected = json!({"metadata_admin": {"user": {"id": "u"}}});
        assert_eq!(patched(json!({"metadata_admin": null}), patch), Ok(expected));
    }

    #[test]
    fn removing_an_absent_member_is_refused() {
        assert!(patched(json!({}), json!([{"op": "remove", "path": "/external_id"}])).is_err());
    }

    #[test]
    fn an_array_item_is_replaced_in_place() {
        let patch = json!([{"op": "replace", "path": "/a/1/b", "value": true}]);
        assert_eq!(patched(json!({"a": [{}, {"b": false}]}), patch), Ok(json!({"a": [{}, {"b": true}]})));
    }

    #[test]
    fn a_denied_path_is_denied_in_any_case() {
        let patch = json!([{"op": "replace", "path": "/Credentials", "value": {}}]);
        assert_eq!(patched(json!({}), patch), Err("patch includes denied path: /Credentials".to_owned()));
    }
}
