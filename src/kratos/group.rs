//! Many identities by their ids, in one call. Each element of the answer is judged alone: a broken one spoils the
//! answer about its own identity, and about others only where it cannot be told whose it is.

use std::{collections::HashMap, time::Instant};

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

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

/// Ids of one call: 150 of them make a query of 6 kB, and proxies commonly stop at 8.
pub const MOST_IDS: usize = 150;

/// What Kratos says of one identity; `None` is "there is none".
pub type Said = Result<Option<Identity>, KratosError>;

impl Client {
    /// What Kratos says of each identity, in the order asked; at most [`MOST_IDS`], each once. An error as a
    /// whole is one about all of them.
    pub async fn list(
        &self,
        ids: &[IdentityId],
        traits: &TraitMap,
        audit: AuditId,
    ) -> Result<Vec<Said>, KratosError> {
        let started = Instant::now();
        let mut url = self.url(&["admin", "identities"]);
        // Without a size of its own the page would be cut at Kratos' preset, whatever is asked for.
        url.query_pairs_mut()
            .append_pair("page_size", &MOST_IDS.to_string())
            .extend_pairs(ids.iter().map(|id| ("ids", id.to_string())));
        let ask = Ask { url, audit, most_bytes: self.page_max_bytes };
        let outcome = self.get(ask, |answer| read(answer, ids, traits)).await;
        let name = outcome.as_ref().map_or_else(KratosError::outcome, |_| "ok");
        self.metrics.kratos_call(name, started.elapsed());
        outcome
    }
}

fn read(answer: &Answer, ids: &[IdentityId], traits: &TraitMap) -> Result<Vec<Said>, KratosError> {
    if answer.status != StatusCode::OK {
        // An empty list is 200 with `[]` (observed on v26.2.0).
        return Err(KratosError::Invalid("a 404 for a list"));
    }
    let not_a_list = KratosError::Invalid("not a list in JSON");
    let json = std::str::from_utf8(&answer.body).map_err(|_| not_a_list)?;
    let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| not_a_list)?;
    let mut page = Page::default();
    for element in elements {
        page.take(element.get(), ids, traits);
    }
    Ok(ids.iter().map(|id| page.said(*id)).collect())
}

#[derive(Default)]
struct Page {
    said: HashMap<IdentityId, Result<Identity, KratosError>>,
    /// An element that is nobody's, or of somebody who was not asked for: it may stand in the place of one that
    /// was, so whoever is absent is not known to be missing.
    stray: bool,
}

impl Page {
    fn take(&mut self, element: &str, asked: &[IdentityId], traits: &TraitMap) {
        let Some(id) = id_of(element).filter(|id| asked.contains(id)) else {
            self.stray = true;
            return;
        };
        let said = if self.said.contains_key(&id) {
            Err(KratosError::Invalid("one identity twice in a list"))
        } else {
            convert::identity(element.as_bytes(), traits)
        };
        self.said.insert(id, said);
    }

    fn said(&mut self, id: IdentityId) -> Said {
        match self.said.remove(&id) {
            Some(said) => said.map(Some),
            None if self.stray => Err(KratosError::Invalid("a list with other identities than asked for")),
            None => Ok(None),
        }
    }
}

/// Whose element this is; `None` where that cannot be told for certain.
fn id_of(element: &str) -> Option<IdentityId> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    // A derived struct would read an array, too.
    let is_object = element.trim_start().starts_with('{');
    let named: Option<Named> = serde_json::from_str(element).ok().filter(|_| is_object);
    IdentityId::parse(&named?.id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";
    const B: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d12";

    fn whole(id: &str) -> String {
        format!(r#"{{"id":"{id}","state":"active","traits":{{"email":"a@b.example"}}}}"#)
    }

    /// What is said of A and B: `+` an identity, `-` none, `!` nonsense; `?` the answer as a whole is.
    fn said(body: impl AsRef<[u8]>) -> String {
        let ids = [A, B].map(|id| IdentityId::parse(id).unwrap());
        let answer = Answer { status: StatusCode::OK, body: body.as_ref().to_vec() };
        match read(&answer, &ids, &TraitMap::default()) {
            Err(_) => "?".to_owned(),
            Ok(said) => said
                .iter()
                .zip(ids)
                .map(|(said, id)| match said {
                    Ok(Some(identity)) if identity.id == id => '+',
                    Ok(Some(_)) => 'x',
                    Ok(None) => '-',
                    Err(_) => '!',
                })
                .collect(),
        }
    }

    #[test]
    fn an_identity_is_found_by_its_id_and_an_absent_one_is_missing() {
        let (a, b) = (whole(&A.to_uppercase()), whole(B));
        for (body, wanted) in [
            ("[]".to_owned(), "--"),
            (format!("[{b},{a}]"), "++"),
            (format!("[{b}]"), "-+"),
            (format!(" [ {a} ]\n"), "+-"),
        ] {
            assert_eq!(said(&body), wanted, "{body}");
        }
    }

    #[test]
    fn a_broken_element_is_the_error_of_its_own_identity_only() {
        let b = whole(B);
        let deep = "[".repeat(500) + &"]".repeat(500);
        for broken in [
            format!(r#"{{"id":"{A}","schema_id":7}}"#),
            format!(r#"{{"id":"{A}","traits":{deep}}}"#),
            format!(r#"{{"id":"{A}","state":"active","state":"active"}}"#),
            format!("{0},{0}", whole(A)),
        ] {
            assert_eq!(said(format!("[{broken},{b}]")), "!+", "{broken}");
        }
    }

    #[test]
    fn beside_an_element_of_nobody_who_is_absent_is_not_known_to_be_missing() {
        let b = whole(B);
        for stray in [
            "null".to_owned(),
            "7".to_owned(),
            "{}".to_owned(),
            format!("[\"{A}\"]"),
            format!(r#"{{"id":"{A}","id":"{A}"}}"#),
            whole("6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d99"),
            whole("00000000-0000-0000-0000-000000000000"),
        ] {
            assert_eq!(said(format!("[{stray},{b}]")), "!+", "{stray}");
        }
    }

    #[test]
    fn what_is_no_list_says_nothing_of_anybody() {
        let mut unreadable = format!("[{}]", whole(A)).into_bytes();
        unreadable[5] = 0xff;
        assert_eq!(said(unreadable), "?");
        for garbage in ["", "null", "{}", "<html>", "[", "[1,]", "\"[]\"", "[]x"] {
            assert_eq!(said(garbage), "?", "{garbage}");
        }
    }
}
