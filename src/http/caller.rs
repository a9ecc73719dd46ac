//! Who calls, as far as the network says. No header is trusted for it.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header};

use super::problem::Problem;
use crate::{app::resolve::Call, domain::ids::AuditId};

/// A user agent is the caller's own text; more of it than this is noise.
const AGENT_CHARACTERS: usize = 200;

/// The caller of one request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) audit: AuditId,
    /// The peer's IP address.
    pub(super) addr: String,
    pub(super) agent: String,
}

impl Caller {
    /// The call of a use case that this caller makes, and that has so much time left.
    pub(super) fn call(&self, left: Duration) -> Call {
        let actor = format!("caller {}", self.addr);
        Call { audit: self.audit, actor, give_up: tokio::time::Instant::now() + left }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(audit) = request.extensions().get::<AuditId>().copied() else {
            return ready(Err(Problem::INTERNAL));
        };
        let addr = request.peer_addr().map_or_else(String::new, |peer| peer.ip().to_string());
        let agent = request.headers().get(header::USER_AGENT).map(header::HeaderValue::as_bytes);
        let agent = String::from_utf8_lossy(agent.unwrap_or_default());
        ready(Ok(Self { audit, addr, agent: agent.chars().take(AGENT_CHARACTERS).collect() }))
    }
}
