//! The file that says where each schema keeps its traits. JSON: an object of schema ids (`*`: every other one),
//! each an object of traits, each a JSON pointer or a list of them, tried in order. A trait that is left out
//! keeps its usual pointers; an empty list says that the schema has none. A fault tells a place, not the content.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::error::Category;

use super::{
    reader::Reader,
    setting::{Preset, Setting},
};
use crate::domain::traits::{TraitMap, TraitPaths, is_pointer};

pub(super) const FILE: Setting = Setting::text(
    "RESOLVER_TRAITS_FILE",
    Preset::Unset,
    "the name of a JSON file such as {\"*\": {\"email\": \"/email\"}}",
    "Where each identity schema keeps address and names; deploy/README.md has the form.",
);

const OTHERS: &str = "*";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<TraitMap> {
    if !reader.is_given(&FILE) {
        return Some(TraitMap::default());
    }
    let path = reader.text(&FILE)?;
    let text = reader.file(FILE.name, Path::new(&path))?;
    match parse(&text) {
        Ok(map) => Some(map),
        Err(problem) => {
            reader.fault(FILE.name, problem);
            None
        }
    }
}

fn parse(text: &str) -> Result<TraitMap, String> {
    let Schemas(mut schemas) = serde_json::from_str(text).map_err(|error| {
        let problem = match error.classify() {
            Category::Data => {
                "is not what belongs there: traits are email (at least one pointer), firstName, lastName, picture, \
                 mobile, each a JSON pointer such as /email or a list of them, nothing twice"
            }
            Category::Syntax | Category::Eof | Category::Io => "is not JSON",
        };
        format!("line {}, column {} of the file {problem}", error.line(), error.column())
    })?;
    let others = schemas.remove(OTHERS).unwrap_or_default();
    Ok(TraitMap::new(schemas, others))
}

struct Schemas(BTreeMap<String, TraitPaths>);

impl<'de> Deserialize<'de> for Schemas {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnceEach)
    }
}

/// A repeated schema is refused, where a plain map would keep the last.
struct OnceEach;

impl<'de> Visitor<'de> for OnceEach {
    type Value = Schemas;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of schemas")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schemas, A::Error> {
        let mut schemas = BTreeMap::new();
        while let Some((id, schema)) = map.next_entry::<String, Schema>()? {
            if schemas.insert(id, schema.try_into().map_err(A::Error::custom)?).is_some() {
                return Err(A::Error::custom("repeated"));
            }
        }
        Ok(Schemas(schemas))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Schema {
    email: Option<Pointers>,
    first_name: Option<Pointers>,
    last_name: Option<Pointers>,
    picture: Option<Pointers>,
    mobile: Option<Pointers>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Pointers {
    One(Pointer),
    Several(Vec<Pointer>),
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Pointer(String);

impl TryFrom<String> for Pointer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if is_pointer(&text) { Ok(Self(text)) } else { Err("not a pointer") }
    }
}

impl TryFrom<Schema> for TraitPaths {
    type Error = &'static str;

    fn try_from(schema: Schema) -> Result<Self, &'static str> {
        let usual = Self::default();
        let paths = Self {
            email: texts(schema.email, usual.email),
            first_name: texts(schema.first_name, usual.first_name),
            last_name: texts(schema.last_name, usual.last_name),
            picture: texts(schema.picture, usual.picture),
            mobile: texts(schema.mobile, usual.mobile),
        };
        if paths.email.is_empty() { Err("no address") } else { Ok(paths) }
    }
}

fn texts(given: Option<Pointers>, usual: Vec<String>) -> Vec<String> {
    match given {
        None => usual,
        Some(Pointers::One(Pointer(text))) => vec![text],
        Some(Pointers::Several(several)) => several.into_iter().map(|Pointer(text)| text).collect(),
    }
}

#[cfg(test)]
mod tests;
