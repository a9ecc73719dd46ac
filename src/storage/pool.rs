//! Who may have a connection: everything but migrations gets its connections here. How long one may be kept, and
//! what becomes of it afterwards, is `connection`'s.

use std::{sync::Arc, time::Duration};

use deadpool::{
    Runtime,
    managed::{self, PoolError, QueueMode, Timeouts},
};
use sqlx::MySqlConnection;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

pub use self::connection::Connection;
use super::{
    StorageError,
    connect::{Connector, Limits},
    user::Layout,
};
use crate::{
    config,
    domain::user_columns::UserColumns,
    telemetry::metrics::{Metrics, PoolCount},
};

mod connection;

/// Opening a connection may take this long, TLS included.
const OPEN_TIME: Duration = Duration::from_secs(1);

/// The service's connections. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Connector>,
    /// A commit that hangs obeys no limit; writers may not take every connection with them.
    writers: Arc<Semaphore>,
    wait: Duration,
    unit_of_work: Duration,
    metrics: Arc<Metrics>,
    layout: Arc<Layout>,
}

impl Pool {
    /// Opens no connection yet: the database may be down now and up later.
    pub fn try_new(config: &config::Database, metrics: Arc<Metrics>) -> Result<Self, StorageError> {
        let size = config.pool_size as usize;
        let timeouts = Timeouts {
            wait: Some(config.pool_wait),
            create: Some(OPEN_TIME),
            recycle: Some(config.pool_wait),
        };
        let connections = managed::Pool::builder(Connector::try_new(config)?)
            .max_size(size)
            .timeouts(timeouts)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| StorageError::Driver("the pool cannot be built".to_owned()))?;
        let writers = Arc::new(Semaphore::new((size * 3 / 4).max(1)));
        let (wait, unit_of_work) = (config.pool_wait, config.unit_of_work);
        Ok(Self { connections, writers, wait, unit_of_work, metrics, layout: Arc::default() })
    }

    /// Lets the settings say what the table `user` needs.
    #[must_use]
    pub fn with_user_columns(self, wanted: UserColumns) -> Self {
        Self { layout: Arc::new(Layout::new(wanted)), ..self }
    }

    /// A connection for statements that each stand alone. It must be dropped within the unit of work's time.
    pub async fn acquire(&self) -> Result<Connection, StorageError> {
        self.lend(None).await
    }

    /// As [`Self::acquire`], from the writers' share: for a statement that writes by itself, because its commit
    /// may hang like any other.
    pub async fn acquire_for_writing(&self) -> Result<Connection, StorageError> {
        let permit = timeout(self.wait, Arc::clone(&self.writers).acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => self.lend(Some(permit)).await,
            _ => Err(StorageError::Exhausted),
        }
    }

    async fn lend(&self, writer: Option<OwnedSemaphorePermit>) -> Result<Connection, StorageError> {
        let object = self.connections.get().await.map_err(|error| self.refusal(error))?;
        let layout = Arc::clone(&self.layout);
        Ok(Connection::lent((object, layout), self.unit_of_work, writer, Arc::clone(&self.metrics)))
    }

    /// Shows the pool's connections in the metrics.
    pub fn be_watched(&self) {
        let connections = self.connections.clone();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.metrics.watch_pool(move || {
            let status = connections.status();
            PoolCount { connections: number(status.size), idle: number(status.available) }
        });
    }

    /// Lets nobody have a connection any more and closes the idle ones.
    pub fn close(&self) {
        self.connections.close();
    }
}

impl Pool {
    fn refusal(&self, error: PoolError<sqlx::Error>) -> StorageError {
        match error {
            // Busy, or held by attempts to reach a server that cannot be reached? Callers and probes are told.
            PoolError::Timeout(managed::TimeoutType::Wait) if !self.connections.manager().reach.is_lost() => {
                StorageError::Exhausted
            }
            PoolError::Timeout(_) => StorageError::Unavailable("connecting took too long".to_owned()),
            PoolError::Backend(error) => match StorageError::from(error) {
                unavailable @ StorageError::Unavailable(_) => unavailable,
                // A log-in that is refused (a password that was rotated) is no bug of ours, and may pass.
                other => StorageError::Unavailable(other.to_string()),
            },
            PoolError::Closed => StorageError::Unavailable("the pool is closed".to_owned()),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                StorageError::Driver("the pool is misbuilt".to_owned())
            }
        }
    }
}

/// A connection outside the pool, for what may take its time; only opening it is bounded.
pub(super) async fn open_alone(
    connector: &Connector,
    limits: Limits,
    patience: Duration,
) -> Result<MySqlConnection, StorageError> {
    let opened = timeout(patience, connector.open(limits)).await;
    Ok(opened.map_err(|_| StorageError::Unavailable("connecting took too long".to_owned()))??)
}
