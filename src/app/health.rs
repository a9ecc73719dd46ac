//! Whether this replica can do its work, and what it says of Kratos, which it does not need for hits.

use std::sync::Arc;

use crate::{
    kratos,
    storage::{Pool, StorageError, schema},
};

/// Asks the database and Kratos.
#[derive(Clone)]
pub struct Health {
    pool: Pool,
    kratos: Arc<kratos::Client>,
}

/// What a readiness probe is told.
#[derive(Debug)]
pub enum Readiness {
    /// Serving.
    Ready {
        /// Only reported.
        kratos: KratosReport,
    },
    /// The schema must be migrated first.
    MigrationPending,
    /// The schema forbids this binary.
    SchemaTooNew,
    /// The database does not answer, or not as it should.
    DatabaseUnavailable(StorageError),
}

/// What Kratos says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KratosReport {
    /// That it is ready.
    Ok,
    /// That it is not, or nothing.
    Unavailable,
    /// It was not asked.
    Unknown,
}

impl KratosReport {
    /// As probes read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
        }
    }
}

impl Health {
    /// Opens nothing.
    #[must_use]
    pub fn new(pool: Pool, kratos: Arc<kratos::Client>) -> Self {
        Self { pool, kratos }
    }

    /// Reads the schema's version from the database; asks Kratos for at most half a second.
    pub async fn readiness(&self) -> Readiness {
        match self.standing().await {
            Ok(schema::Standing::Current | schema::Standing::Newer) => {
                let kratos =
                    if self.kratos.is_ready().await { KratosReport::Ok } else { KratosReport::Unavailable };
                Readiness::Ready { kratos }
            }
            // Every connection is busy: overload is no reason to send the load to fewer replicas.
            Err(StorageError::Exhausted) => Readiness::Ready { kratos: KratosReport::Unknown },
            Ok(schema::Standing::Pending(_)) => Readiness::MigrationPending,
            Ok(schema::Standing::TooNew { .. }) => Readiness::SchemaTooNew,
            Err(error) => Readiness::DatabaseUnavailable(error),
        }
    }

    /// How the schema stands; one more try where the first met a connection that had died.
    pub async fn standing(&self) -> Result<schema::Standing, StorageError> {
        match self.pool.acquire().await {
            Ok(mut connection) => match schema::standing(&mut connection).await {
                Err(StorageError::Unavailable(_)) => drop(connection),
                standing => return standing,
            },
            Err(error) => return Err(error),
        }
        schema::standing(&mut self.pool.acquire().await?).await
    }
}
