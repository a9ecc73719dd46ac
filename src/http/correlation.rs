//! Which id a call goes by: `X-Correlation-Id`, else `X-Request-Id`, if it is a UUID; else a fresh one.

use actix_web::http::header::HeaderMap;

use crate::domain::ids::AuditId;

pub(super) const HEADER: &str = "x-correlation-id";

/// The first of the two headers that is a UUID, neither nil nor max.
pub(super) fn from_headers(headers: &HeaderMap) -> AuditId {
    [HEADER, "x-request-id"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .find_map(|text| AuditId::parse(text).ok())
        .unwrap_or_else(AuditId::fresh)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    const ONE: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";
    const TWO: &str = "018f0000-0000-7000-8000-000000000002";

    fn of(pairs: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        from_headers(&headers).to_string()
    }

    #[test]
    fn the_first_header_that_is_a_uuid_wins() {
        assert_eq!(of(&[("x-request-id", TWO), ("x-correlation-id", ONE)]), ONE);
        assert_eq!(of(&[("x-request-id", TWO), ("x-correlation-id", "mine")]), TWO);
        assert_eq!(of(&[("x-correlation-id", &ONE.to_uppercase())]), ONE);
    }

    #[test]
    fn else_a_fresh_uuid_of_version_seven() {
        for odd in ["", "x", "00000000-0000-0000-0000-000000000000", "6f1c2a7e9a544b2e8d0a1f3e5c7b9d11"] {
            let fresh = of(&[("x-correlation-id", odd)]);
            assert_eq!(fresh.as_bytes()[14], b'7', "{fresh}");
        }
    }
}
