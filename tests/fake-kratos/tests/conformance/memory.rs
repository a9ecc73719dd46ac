//! Which of the recorded ids and page tokens became which, so that later requests ask for what is there now.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct Memory {
    ids: HashMap<String, String>,
    tokens: BTreeMap<Uuid, Uuid>,
    /// Ids that were made, to be cleaned up.
    pub(crate) made: Vec<String>,
}

impl Memory {
    pub(crate) fn learn_id(&mut self, recorded: &str, actual: &str) {
        if Uuid::try_parse(recorded).is_ok() && Uuid::try_parse(actual).is_ok() {
            self.ids.insert(recorded.to_owned(), actual.to_owned());
        }
    }

    pub(crate) fn learn_token(&mut self, recorded: Uuid, actual: Uuid) {
        self.tokens.insert(recorded, actual);
    }

    /// Takes from a pair of answers the ids of what was created.
    pub(crate) fn learn(&mut self, recorded: &Value, actual: &Value) {
        for key in ["id", "identity"] {
            if let (Some(recorded), Some(actual)) = (text(recorded, key), text(actual, key)) {
                self.learn_id(recorded, actual);
                self.made.push(actual.to_owned());
            }
        }
        let items =
            |json: &'_ Value| json.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
        for (recorded, actual) in items(recorded).iter().zip(&items(actual)) {
            self.learn(recorded, actual);
        }
    }

    /// The id of now for a recorded one.
    pub(crate) fn id(&self, recorded: &str) -> Option<&str> {
        self.ids.get(recorded).map(String::as_str)
    }

    /// A text with every recorded id replaced, in the letter case in which it stands there.
    pub(crate) fn translate(&self, recorded: &str) -> String {
        let mut text = recorded.to_owned();
        for (old, new) in &self.ids {
            text = text.replace(old.as_str(), new).replace(&old.to_uppercase(), &new.to_uppercase());
        }
        text
    }

    pub(crate) fn translate_json(&self, recorded: &Value) -> Value {
        serde_json::from_str(&self.translate(&recorded.to_string())).expect("ids of one length")
    }

    /// A path whose page token, if any, continues where the recorded one did.
    pub(crate) fn path(&self, recorded: &str) -> String {
        let Some((before, rest)) = recorded.split_once("page_token=") else {
            return self.translate(recorded);
        };
        let (token, after) = rest.split_at(rest.find('&').unwrap_or(rest.len()));
        format!("{}page_token={}{}", self.translate(before), self.token(token), self.translate(after))
    }

    /// A made-up token lay somewhere behind a known one: it becomes that one's place plus one.
    fn token(&self, recorded: &str) -> String {
        let Ok(token) = Uuid::try_parse(recorded) else {
            return recorded.to_owned();
        };
        match self.tokens.range(..=token).next_back() {
            Some((known, actual)) if *known == token => actual.to_string(),
            Some((_, actual)) => Uuid::from_u128(actual.as_u128() + 1).to_string(),
            None => recorded.to_owned(),
        }
    }
}

fn text<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key).and_then(Value::as_str)
}
