//! Identities by their id.

use std::time::Instant;

use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    Client, KratosError,
    client::{Answer, Ask},
    convert,
};
use crate::domain::{
    identity::Identity,
    ids::{AuditId, IdentityId},
    traits::TraitMap,
};

impl Client {
    /// The identity, or `None` where Kratos itself says that there is none: a 404 of a proxy is not that. Neither is
    /// remembered: who has just registered must be found, and a caller that asks for ever new ids defeats any cache.
    /// The turns bound what reaches Kratos.
    pub async fn fetch(
        &self,
        id: IdentityId,
        traits: &TraitMap,
        audit: AuditId,
    ) -> Result<Option<Identity>, KratosError> {
        let started = Instant::now();
        let url = self.url(&["admin", "identities", &id.to_string()]);
        let ask = Ask { url, audit, most_bytes: self.answer_max_bytes };
        let outcome = self.get(ask, |answer| read(answer, id, traits)).await;
        self.metrics.kratos_call(outcome_name(&outcome), started.elapsed());
        outcome
    }
}

fn read(answer: &Answer, id: IdentityId, traits: &TraitMap) -> Result<Option<Identity>, KratosError> {
    if answer.status == StatusCode::NOT_FOUND {
        return if is_kratos_not_found(&answer.body) {
            Ok(None)
        } else {
            Err(KratosError::Invalid("a 404 that is not Kratos' own"))
        };
    }
    let identity = convert::identity(&answer.body, traits)?;
    if identity.id == id {
        Ok(Some(identity))
    } else {
        Err(KratosError::Invalid("another identity than the one asked for"))
    }
}

fn outcome_name(outcome: &Result<Option<Identity>, KratosError>) -> &'static str {
    match outcome {
        Ok(Some(_)) => "ok",
        Ok(None) => "not_found",
        Err(error) => error.outcome(),
    }
}

/// The one key of Kratos' error object that matters here.
#[derive(Deserialize)]
struct Envelope {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    code: u16,
}

/// Kratos' own "not there" is an error object of code 404 (observed on v26.2.0).
fn is_kratos_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<Envelope>(body).is_ok_and(|envelope| envelope.error.code == 404)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_object_of_code_404_is_kratos_own() {
        let own = r#"{"error":{"code":404,"status":"Not Found","message":"Unable to locate the resource"}}"#;
        assert!(is_kratos_not_found(own.as_bytes()));
        assert!(is_kratos_not_found(br#"{"error":{"code":404,"status":7}}"#));
        let others = [
            "404 page not found\n",
            "<html></html>",
            "",
            "{}",
            r#"{"error":{"code":500,"message":"x"}}"#,
            "null",
        ];
        for other in others {
            assert!(!is_kratos_not_found(other.as_bytes()), "{other}");
        }
    }
}
