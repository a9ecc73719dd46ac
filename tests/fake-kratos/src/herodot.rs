//! The error envelope of Kratos: which keys an error has, and in which order they are printed.

use serde::Serialize;

/// The inside of an error body; `reason` is left out, not null, where Kratos gives none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    pub(crate) code: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    message: String,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a Fault,
}

const MALFORMED: &str = "The request was malformed or contained invalid parameters";
const EXISTS: &str = "Unable to insert or update resource because a resource with that value exists already";

impl Fault {
    fn new(code: u16, reason: Option<String>, message: impl Into<String>) -> Self {
        Self { code, status: phrase(code), reason, message: message.into() }
    }

    /// 400 with a reason, as parameters and traits get it.
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::new(400, Some(reason.into()), MALFORMED)
    }

    /// 400 of a body that could not be decoded: the decoder's own words, and no reason.
    pub(crate) fn undecodable(message: impl Into<String>) -> Self {
        Self::new(400, None, message)
    }

    /// 400 of a JSON Patch that does not apply.
    pub(crate) fn unpatchable(message: impl Into<String>) -> Self {
        Self::new(400, Some("An error occured when applying the JSON patch".to_owned()), message)
    }

    /// 404 of the one form that means: there is no such identity.
    pub(crate) fn missing() -> Self {
        Self::new(404, None, "Unable to locate the resource")
    }

    /// 404 of a part of an identity that exists.
    pub(crate) fn missing_part(reason: impl Into<String>) -> Self {
        Self::new(404, Some(reason.into()), "The requested resource could not be found")
    }

    /// 409 as a single create words it.
    pub(crate) fn create_conflict() -> Self {
        let reason = "This identity conflicts with another identity that already exists.";
        Self::new(409, Some(reason.to_owned()), "The resource could not be created due to a conflict")
    }

    /// 409 as changes and batch items word it.
    pub(crate) fn change_conflict() -> Self {
        Self::new(409, None, EXISTS)
    }

    /// The general form of any status, for faults that were ordered.
    pub(crate) fn ordered(code: u16) -> Self {
        let message = match code {
            400 => MALFORMED,
            401 => "The request could not be authorized",
            403 => "The requested action was forbidden",
            404 => return Self::missing(),
            409 => "The resource could not be created due to a conflict",
            500 => "An internal server error occurred, please contact the system administrator",
            _ => "The request could not be served",
        };
        Self::new(code, None, message)
    }

    /// The whole body, with the newline that Go's encoder ends it with.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = serde_json::to_vec(&Envelope { error: self }).unwrap_or_default();
        body.push(b'\n');
        body
    }
}

fn phrase(code: u16) -> &'static str {
    actix_web::http::StatusCode::from_u16(code).ok().and_then(|s| s.canonical_reason()).unwrap_or("Unknown")
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn a_missing_identity_reads_as_recorded() {
        let expected = concat!(
            r#"{"error":{"code":404,"status":"Not Found","message":"Unable to locate the resource"}}"#,
            "\n"
        );
        assert_eq!(Fault::missing().body(), expected.as_bytes());
    }
}
