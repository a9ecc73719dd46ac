//! A JSON body, read within a size and a time: actix waits for ever for a body that never ends.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::{self, HeaderMap},
    web::Payload,
};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::time::timeout;

use super::problem::Problem;

/// How much, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// The body as text, its type and encoding checked first.
pub(super) async fn read_json(
    request: &HttpRequest,
    payload: Payload,
    limits: Limits,
) -> Result<String, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::UNSUPPORTED_MEDIA_TYPE);
    }
    let bytes = timeout(limits.time, collect(payload, limits.bytes)).await;
    let bytes = bytes.map_err(|_| Problem::BODY_TOO_SLOW)??;
    String::from_utf8(bytes).map_err(|_| Problem::bad_user_input("the body is not UTF-8"))
}

/// The one word for a text that is no JSON at all.
pub(super) const NOT_JSON: &str = "the body is not JSON";

/// A body as `T`; `wrong_shape` is said of JSON that is something else. The message repeats nothing of the body.
pub(super) fn parse<'de, T: Deserialize<'de>>(
    body: &'de str,
    wrong_shape: &'static str,
) -> Result<T, &'static str> {
    serde_json::from_str(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => wrong_shape,
        _ => NOT_JSON,
    })
}

async fn collect(mut payload: Payload, most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => Problem::TOO_LARGE,
            _ => Problem::bad_user_input("the body is incomplete"),
        })?;
        if bytes.len() + chunk.len() > most {
            return Err(Problem::TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Exactly `application/json`, once, with no parameter but `charset=utf-8`, and no `Content-Encoding` at all.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = only.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let charset_is_fine = match (parts.next(), parts.next()) {
        (None, _) => true,
        (Some(parameter), None) => is_utf8_charset(parameter),
        (Some(_), Some(_)) => false,
    };
    is_json && charset_is_fine && !headers.contains_key(header::CONTENT_ENCODING)
}

fn is_utf8_charset(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        name.eq_ignore_ascii_case("charset") && unquoted.unwrap_or(value).eq_ignore_ascii_case("utf-8")
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

    use super::*;

    fn headers(types: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in types {
            headers.append(CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn json_in_utf8_is_accepted() {
        for good in ["application/json", "Application/JSON", "application/json; charset=utf-8"] {
            assert!(is_json(&headers(&[good])), "{good}");
        }
        assert!(is_json(&headers(&["application/json;charset=\"UTF-8\""])));
    }

    #[test]
    fn every_other_type_charset_and_encoding_is_refused() {
        for bad in [
            "text/plain",
            "application/json; charset=latin1",
            "application/json; charset=utf-16",
            "application/json; boundary=x",
            "application/json; charset=\"utf-8",
            "application/json; charset=utf-8; charset=utf-8",
            "application/json;",
            "application/problem+json",
            "application/jsonx",
            "",
        ] {
            assert!(!is_json(&headers(&[bad])), "{bad}");
        }
        assert!(!is_json(&headers(&[])));
        assert!(!is_json(&headers(&["application/json", "application/json"])));
        let mut encoded = headers(&["application/json"]);
        encoded.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
        assert!(!is_json(&encoded));
    }
}
