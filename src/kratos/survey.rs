//! What answers at the two addresses of Kratos: for an operator, who wants to hear what exactly is wrong. One try,
//! past the breaker, inside the time of a call; no body is kept but a version and the identity schemas.

use std::time::Duration;

use reqwest::{Method, header};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::{
    ClientError,
    client::{self, Client},
};
use crate::config::Kratos;

/// A version longer than this is none.
const VERSION_BYTES: usize = 4096;
/// Pages of the schema list that are read; Kratos gives 250 schemas on each.
const PAGES: usize = 20;

/// By this alone a listener of Kratos sends to the other one. A proxy that wants https, another name or a log-in
/// commonly says 301, 302 or 308.
const TO_THE_OTHER: u16 = 307;

/// What answers at `KRATOS_ADMIN_URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admin {
    /// Kratos, and it lists identities.
    Well {
        /// As it tells it.
        version: String,
    },
    /// Kratos, but its list of identities is answered with this status.
    Ailing(u16),
    /// Kratos' other listener.
    IsPublic,
    /// Something that wants a token, or another one.
    Refuses(u16),
    /// Something else.
    IsStrange,
    /// Nothing.
    Silent(Silence),
}

/// What came of asking `KRATOS_PUBLIC_URL` for the identity schemas.
#[derive(Debug)]
pub enum Public {
    /// All of them.
    Schemas(Vec<IdentitySchema>),
    /// More pages than are read; these came first.
    TooMany(Vec<IdentitySchema>),
    /// Kratos' other listener.
    IsAdmin,
    /// It answers with this status.
    Refuses(u16),
    /// Something else, or an answer too long to be read.
    IsStrange,
    /// Nothing.
    Silent(Silence),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The time of a call passed.
    Timeout,
    /// Refused, reset, cut off, or no TLS.
    Connection,
}

/// One of the schemas that Kratos' identities follow.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentitySchema {
    /// As identities name it.
    pub id: String,
    /// The JSON Schema, whatever it is.
    pub schema: Value,
}

/// Asks both listeners.
pub struct Survey {
    admin: reqwest::Client,
    /// Without the token, which is not for everybody.
    public: reqwest::Client,
    admin_url: Url,
    public_url: Option<Url>,
    patience: Duration,
    page_max_bytes: usize,
}

struct Answer {
    status: u16,
    next: Option<String>,
    body: Vec<u8>,
}

impl Survey {
    /// Opens no connection.
    pub fn try_new(config: &Kratos) -> Result<Self, ClientError> {
        let build = |headers| client::builder(config, headers)?.build().map_err(|_| ClientError::Build);
        Ok(Self {
            admin: build(client::headers(config)?)?,
            public: build(client::plain_headers())?,
            admin_url: config.admin_url.clone(),
            public_url: config.public_url.clone(),
            patience: config.total,
            page_max_bytes: config.page_max_bytes,
        })
    }

    /// Who answers at the admin address.
    pub async fn admin(&self) -> Admin {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let version = match self.ask(&self.admin, below(&self.admin_url, &["version"]), VERSION_BYTES).await {
            Err(silence) => return Admin::Silent(silence),
            Ok(None) => None,
            Ok(Some(Answer { status: status @ (401 | 403), .. })) => return Admin::Refuses(status),
            Ok(Some(answer)) => serde_json::from_slice::<Version>(&answer.body).ok(),
        };
        let mut list = below(&self.admin_url, &["admin", "identities"]);
        list.query_pairs_mut().append_pair("page_size", "1");
        match (self.ask(&self.admin, list, self.page_max_bytes).await, version) {
            (Err(silence), _) => Admin::Silent(silence),
            (Ok(Some(Answer { status: status @ (401 | 403), .. })), _) => Admin::Refuses(status),
            // Its version is told on the admin listener alone; the public one sends whoever asks for identities there.
            (Ok(Some(Answer { status: TO_THE_OTHER, .. })), None) => Admin::IsPublic,
            (Ok(Some(Answer { status: 200, body, .. })), Some(Version { version })) if is_list(&body) => {
                let version = version.chars().filter(char::is_ascii_graphic).take(40).collect();
                Admin::Well { version }
            }
            (Ok(Some(Answer { status, .. })), Some(_)) if status != 200 => Admin::Ailing(status),
            _ => Admin::IsStrange,
        }
    }

    /// The identity schemas, page by page; `None` where `KRATOS_PUBLIC_URL` is not set.
    pub async fn schemas(&self) -> Option<Public> {
        let base = below(self.public_url.as_ref()?, &["schemas"]);
        let (mut url, mut found) = (base.clone(), Vec::new());
        for _ in 0..PAGES {
            let answer = match self.ask(&self.public, url, self.page_max_bytes).await {
                Err(silence) => return Some(Public::Silent(silence)),
                Ok(None) => return Some(Public::IsStrange),
                Ok(Some(Answer { status: 200, next, body })) => (next, body),
                Ok(Some(Answer { status: TO_THE_OTHER, .. })) => return Some(Public::IsAdmin),
                Ok(Some(Answer { status, .. })) => return Some(Public::Refuses(status)),
            };
            let (next, body) = answer;
            let Some(page) = schemas(&body) else { return Some(Public::IsStrange) };
            found.extend(page);
            let Some(query) = next else { return Some(Public::Schemas(found)) };
            // The page's address is ours; only what follows its question mark is the answer's.
            url = base.clone();
            url.set_query(Some(&query));
        }
        Some(Public::TooMany(found))
    }

    /// `None`: an answer that is too long, whatever it says.
    async fn ask(&self, client: &reqwest::Client, url: Url, most: usize) -> Result<Option<Answer>, Silence> {
        let asking = async {
            let response = client.request(Method::GET, url).send().await.map_err(|_| Silence::Connection)?;
            let status = response.status().as_u16();
            let mut links = response.headers().get_all(header::LINK).iter();
            let next = links.find_map(|value| next_query(value.to_str().ok()?));
            let body = match Client::read(response, most).await {
                Ok(body) => body,
                Err(super::KratosError::Invalid(_)) => return Ok(None),
                Err(_) => return Err(Silence::Connection),
            };
            Ok(Some(Answer { status, next, body }))
        };
        timeout(self.patience, asking).await.unwrap_or(Err(Silence::Timeout))
    }
}

fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn is_list(body: &[u8]) -> bool {
    serde_json::from_slice::<Vec<serde::de::IgnoredAny>>(body).is_ok()
}

fn schemas(body: &[u8]) -> Option<Vec<IdentitySchema>> {
    let page: Vec<Value> = serde_json::from_slice(body).ok()?;
    let schema = |mut one: Value| {
        let id = one.get("id")?.as_str()?.to_owned();
        Some(IdentitySchema { id, schema: one.get_mut("schema").map(Value::take).unwrap_or_default() })
    };
    page.into_iter().map(schema).collect()
}

/// What follows the question mark of the link called `next`.
fn next_query(links: &str) -> Option<String> {
    let is_next = |link: &&str| link.split(';').skip(1).any(|part| part.trim() == "rel=\"next\"");
    let link = links.split(',').find(is_next)?;
    let target = link.trim().strip_prefix('<')?.split('>').next()?;
    Some(target.split_once('?')?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_query_of_the_link_called_next_is_followed() {
        let links = "</schemas?page=0&page_size=2>; rel=\"first\",<https://evil.example/x?page=1&page_size=2>; rel=\"next\"";
        assert_eq!(next_query(links).as_deref(), Some("page=1&page_size=2"));
        assert_eq!(next_query("</schemas?page=0>; rel=\"first\""), None);
        assert_eq!(next_query("garbage, rel=\"next\""), None);
    }

    #[test]
    fn a_list_of_schemas_may_hold_any_json_but_each_has_its_id() {
        let found = schemas(br#"[{"id":"a","schema":true},{"id":"b"}]"#).unwrap();
        assert_eq!(found[0], IdentitySchema { id: "a".to_owned(), schema: Value::Bool(true) });
        assert_eq!(found[1].schema, Value::Null);
        for bad in ["", "{}", "[{}]", r#"[{"id":7}]"#, "<html>"] {
            assert!(schemas(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
