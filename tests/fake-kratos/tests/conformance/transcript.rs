//! The recordings as they lie in `transcripts/`.

use std::{fs, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Transcript {
    pub(crate) exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) response: Response,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    pub(crate) api: String,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: std::collections::BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The path was cut; it held that many `ids`.
    pub(crate) path_ids: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    /// The list was cut; it held that many items.
    pub(crate) body_items: Option<usize>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

impl Transcript {
    pub(crate) fn read(case: &str) -> Self {
        let text = fs::read(folder().join(format!("{case}.json"))).expect("the transcript is there");
        serde_json::from_slice(&text).expect("the transcript has calls only")
    }

    /// Identities of recorded lists, with or without credentials: the forms an item of a list may have.
    pub(crate) fn list_items(&self, with_credentials: bool) -> Vec<&Value> {
        let lists = self.exchanges.iter().filter_map(|exchange| exchange.response.body.as_array());
        lists.flatten().filter(|item| item.get("credentials").is_some() == with_credentials).collect()
    }
}

/// The names of all recordings, sorted.
pub(crate) fn cases() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let files = entries.map(|entry| entry.expect("it can be read").path());
    let recordings = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    let mut names: Vec<String> =
        recordings.filter_map(|file| file.file_stem()?.to_str().map(str::to_owned)).collect();
    names.sort();
    names
}
