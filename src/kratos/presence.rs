//! Whether the list of identities has one: the second witness, beside a 404, that an identity is gone.

use std::time::Instant;

use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    Client, KratosError,
    client::{Answer, Ask},
};
use crate::domain::ids::{AuditId, IdentityId};

#[derive(Deserialize)]
struct Listed {
    id: String,
}

impl Client {
    /// False only when Kratos answers its list, narrowed to this identity, and the list is empty.
    pub async fn is_listed(&self, id: IdentityId, audit: AuditId) -> Result<bool, KratosError> {
        let started = Instant::now();
        let mut url = self.url(&["admin", "identities"]);
        // The page size too, because the filter does not lift it.
        url.query_pairs_mut().append_pair("ids", &id.to_string()).append_pair("page_size", "500");
        let ask = Ask { url, audit, most_bytes: self.answer_max_bytes };
        let outcome = self.get(ask, |answer| read(answer, id)).await;
        let name = outcome.as_ref().map_or_else(KratosError::outcome, |_| "ok");
        self.metrics.kratos_call(name, started.elapsed());
        outcome
    }
}

fn read(answer: &Answer, id: IdentityId) -> Result<bool, KratosError> {
    let no_list = KratosError::Invalid("not a list of identities");
    if answer.status != StatusCode::OK {
        return Err(no_list);
    }
    let listed: Vec<Listed> = serde_json::from_slice(&answer.body).map_err(|_| no_list)?;
    let is_it = |listed: &Listed| IdentityId::parse(&listed.id) == Ok(id);
    match listed.as_slice() {
        [] => Ok(false),
        [one] if is_it(one) => Ok(true),
        // A list that is not narrowed says nothing about one identity.
        _ => Err(KratosError::Invalid("other identities than the one asked for")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_list_says_that_it_is_not_there() {
        let id = IdentityId::parse("6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11").unwrap();
        let read = |status: StatusCode, body: &str| read(&Answer { status, body: body.into() }, id);
        assert_eq!(read(StatusCode::OK, "[]"), Ok(false));
        let own = r#"[{"id":"6F1C2A7E-9a54-4b2e-8d0a-1f3e5c7b9d11","traits":{}}]"#;
        assert_eq!(read(StatusCode::OK, own), Ok(true));
        for garbage in ["", "null", "{}", r#"[{"id":"6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d12"}]"#, "<html>"] {
            assert!(read(StatusCode::OK, garbage).is_err(), "{garbage}");
        }
        assert!(read(StatusCode::NOT_FOUND, "[]").is_err());
    }
}
