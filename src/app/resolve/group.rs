//! Resolving identities that Kratos was asked for together: the same rounds as ever, begun with its answer.

use super::{Call, Memory, Resolved, Resolver};
use crate::{
    app::error::Failure,
    domain::{identity::Identity, ids::IdentityId},
    kratos::{KratosError, Said},
};

impl Resolver {
    /// What Kratos says of each, in the order asked; at most [`crate::kratos::MOST_IDS`], each once.
    pub(in crate::app) async fn fetch_group(
        &self,
        call: &Call,
        identities: &[IdentityId],
    ) -> Result<Vec<Said>, KratosError> {
        self.kratos.list(identities, &self.traits, call.audit).await
    }

    /// As [`Self::resolve`], but Kratos has been asked already; `None` is its "there is no such identity".
    pub(in crate::app) async fn resolve_fetched(
        &self,
        call: &Call,
        id: IdentityId,
        fetched: Option<Identity>,
    ) -> Result<Resolved, Failure> {
        if fetched.as_ref().is_some_and(|identity| identity.id != id) {
            let error = KratosError::Invalid("another identity than the one asked for");
            return Err(Failure::KratosInvalid(error));
        }
        self.resolve_from(call, id, Memory::of(fetched)).await
    }
}
