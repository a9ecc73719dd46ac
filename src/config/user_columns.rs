//! What the platform's table `user` needs beyond what this service knows. The file is JSON: an object of column
//! names, each with a literal or a variable (`"$slug"`); a text that begins with `$$` is the text from its second
//! `$` on. A fault tells a place, not the content. Whether the columns exist is asked when `serve` starts.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Value, error::Category};

use super::{
    reader::Reader,
    setting::{Preset, Setting},
};
use crate::domain::user_columns::{Fill, Literal, UserColumns, Variable};

pub(super) const FILE: Setting = Setting::text(
    "RESOLVER_USER_COLUMNS_FILE",
    Preset::Unset,
    "the name of a JSON file such as {\"nameID\": \"$slug\", \"version\": 1}",
    "What further columns of a new user's row are filled with; deploy/README.md has the form.",
);
pub(super) const VERIFIED: Setting = Setting::text(
    "RESOLVER_USER_VERIFIED_COLUMN",
    Preset::Unset,
    "the name of a column of the table user",
    "Which column says that a user's own address is verified: NULL, 0, '', 'N' and 'false' say it is not.",
);

/// The columns that this service fills by itself.
const OURS: [&str; 4] = ["id", "email", "authId", "resolver_address"];
/// The longest name that the server allows.
const NAME_CHARACTERS: usize = 64;

pub(super) fn read(reader: &mut Reader<'_>) -> Option<UserColumns> {
    let rules = rules(reader);
    let verified = verified(reader);
    Some(UserColumns { rules: rules?, verified: verified? })
}

#[expect(clippy::option_option, reason = "the outer one is a fault, as everywhere in this module")]
fn verified(reader: &mut Reader<'_>) -> Option<Option<String>> {
    if !reader.is_given(&VERIFIED) {
        return Some(None);
    }
    let name = reader.text(&VERIFIED)?;
    if !is_a_column(&name) {
        reader.malformed(&VERIFIED);
        return None;
    }
    Some(Some(name))
}

fn rules(reader: &mut Reader<'_>) -> Option<BTreeMap<String, Fill>> {
    if !reader.is_given(&FILE) {
        return Some(BTreeMap::new());
    }
    let path = reader.text(&FILE)?;
    let text = reader.file(FILE.name, Path::new(&path))?;
    match parse(&text) {
        Ok(rules) => Some(rules),
        Err(problem) => {
            reader.fault(FILE.name, problem);
            None
        }
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, Fill>, String> {
    let Rules(rules) = serde_json::from_str(text).map_err(|error| {
        let problem = match error.classify() {
            Category::Data => format!(
                "is not what belongs there: an object of columns (not {}), none twice, each a literal or one of {}",
                OURS.join(", "),
                Variable::ALL.map(Variable::as_str).join(", ")
            ),
            Category::Syntax | Category::Eof | Category::Io => "is not JSON".to_owned(),
        };
        format!("line {}, column {} of the file {problem}", error.line(), error.column())
    })?;
    Ok(rules)
}

fn is_a_column(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARACTERS && !name.chars().any(char::is_control)
}

struct Rules(BTreeMap<String, Fill>);

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnceEach)
    }
}

/// A repeated column is refused, in whatever letter case, where a plain map would keep the last.
struct OnceEach;

impl<'de> Visitor<'de> for OnceEach {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rules, A::Error> {
        let mut rules: BTreeMap<String, Fill> = BTreeMap::new();
        while let Some((column, value)) = map.next_entry::<String, Value>()? {
            let is = |name: &str| name.eq_ignore_ascii_case(&column);
            if !is_a_column(&column) || OURS.into_iter().any(is) || rules.keys().any(|known| is(known)) {
                return Err(A::Error::custom("not a column for a rule"));
            }
            rules.insert(column, fill(value).ok_or_else(|| A::Error::custom("unknown variable"))?);
        }
        Ok(Rules(rules))
    }
}

fn fill(value: Value) -> Option<Fill> {
    let literal = match value {
        Value::Null => Literal::Null,
        Value::Bool(truth) => Literal::Boolean(truth),
        Value::Number(number) => Literal::Number(number.to_string()),
        Value::Array(_) | Value::Object(_) => Literal::Json(value.to_string()),
        Value::String(text) => match text.strip_prefix('$') {
            Some(escaped) if escaped.starts_with('$') => Literal::Text(escaped.to_owned()),
            Some(_) => {
                return Variable::ALL
                    .into_iter()
                    .find(|variable| variable.as_str() == text)
                    .map(Fill::Variable);
            }
            None => Literal::Text(text),
        },
    };
    Some(Fill::Literal(literal))
}

#[cfg(test)]
mod tests;
