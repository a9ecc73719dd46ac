//! The two shapes of an answer; exactly these keys.

use serde::Serialize;

use crate::{app::resolve::Resolved, domain::ids::AuditId};

/// `{"userId", "created", "auditId"}`.
#[derive(Debug, Serialize)]
pub(super) struct User {
    #[serde(rename = "userId")]
    id: String,
    created: bool,
    #[serde(rename = "auditId")]
    audit: String,
}

/// `{"userId", "actorID"}`: the later interface, whose actor is the user.
#[derive(Debug, Serialize)]
pub(super) struct Actor {
    #[serde(rename = "userId")]
    user: String,
    #[serde(rename = "actorID")]
    actor: String,
}

impl User {
    pub(super) fn of(resolved: &Resolved, audit: AuditId) -> Self {
        Self { id: resolved.user.to_string(), created: resolved.created, audit: audit.to_string() }
    }
}

impl From<&Resolved> for Actor {
    fn from(resolved: &Resolved) -> Self {
        Self { user: resolved.user.to_string(), actor: resolved.user.to_string() }
    }
}
