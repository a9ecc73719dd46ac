//! The identity behind a user: read from the tables, never from Kratos, and nothing is ever linked for it.

use time::OffsetDateTime;

use super::error::Failure;
#[cfg(feature = "bench")]
use crate::storage::user;
use crate::{
    domain::ids::{IdentityId, UserId},
    storage::{Pool, StorageError, links},
};

/// The use case; cheap to clone.
#[derive(Clone)]
pub struct Lookup {
    pool: Pool,
}

/// A user's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The user asked for.
    pub user: UserId,
    /// Its identity.
    pub identity: IdentityId,
    /// UTC; `None` where `authId` says one thing and our own record of it another, or nothing.
    pub linked_at: Option<OffsetDateTime>,
}

impl Lookup {
    /// Opens nothing.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// The link of a user; `None` where there is no such user, or it is not linked.
    pub async fn find_link(&self, user: UserId) -> Result<Option<Link>, Failure> {
        let found = match self.read(user).await {
            // A connection that had died while idle is worth another one; a cluster may refuse a mere read.
            Err(StorageError::Unavailable(_) | StorageError::Conflict(_)) => self.read(user).await,
            found => found,
        };
        Ok(found?.map(|(identity, linked_at)| Link { user, identity, linked_at }))
    }

    /// The user of an identity, by one statement: what `make bench` holds a hit against.
    #[cfg(feature = "bench")]
    pub async fn find_user(&self, identity: IdentityId) -> Result<Option<UserId>, Failure> {
        let mut connection = self.pool.acquire().await?;
        Ok(user::find_linked(&mut connection, identity).await?)
    }

    async fn read(&self, user: UserId) -> Result<Option<(IdentityId, Option<OffsetDateTime>)>, StorageError> {
        let mut connection = self.pool.acquire().await?;
        links::find_by_user(&mut connection, user).await
    }
}
