//! A connection while it is lent. This is the one place that puts a time limit around a database future: it owns
//! the connection, and one whose limit passed, whose future was dropped half-way or whose socket failed is closed
//! and never handed out again.

use std::{sync::Arc, time::Duration};

use deadpool::managed::{Object, Pool};
use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use sqlx::{
    Either, Execute, Executor, MySql, MySqlConnection, SqlStr,
    mysql::{MySqlQueryResult, MySqlRow, MySqlStatement, MySqlTypeInfo},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use crate::{
    storage::{
        StorageError,
        connect::{Connector, Opened},
        error,
        user::Layout,
    },
    telemetry::Metrics,
};

/// A connection lent for one unit of work. Statements go through it as through sqlx' own; dropping it gives
/// it back if every statement ended well, and closes it otherwise.
pub struct Connection {
    object: Option<Object<Connector>>,
    state: State,
    in_transaction: bool,
    lent: Instant,
    expires: Instant,
    _writer: Option<OwnedSemaphorePermit>,
    metrics: Arc<Metrics>,
    layout: Arc<Layout>,
}

/// What the connection's last statement left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing; it may be given back.
    Idle,
    /// A statement is under way, or its future was dropped.
    Busy,
    /// The server refused a statement. The protocol is in step; a transaction is over.
    Refused,
    /// The time limit passed.
    Expired,
    /// The socket or the protocol failed.
    Broken,
}

/// One statement on its way.
struct Flight<'c> {
    state: &'c mut State,
    expires: Instant,
}

impl Flight<'_> {
    /// Waits for one step of the statement, no longer than the unit of work may last.
    async fn step<T>(
        &mut self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let Ok(outcome) = timeout_at(self.expires, work).await else {
            *self.state = State::Expired;
            return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        };
        if let Err(cause) = &outcome {
            *self.state = match cause {
                sqlx::Error::Database(refusal) if error::server_is_lost(refusal.as_ref()) => State::Broken,
                // With the last two the rows were read; only their types were not those expected.
                sqlx::Error::Database(_)
                | sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::ColumnNotFound(_) => State::Refused,
                _ => State::Broken,
            };
        }
        outcome
    }

    fn land(self) {
        if *self.state == State::Busy {
            *self.state = State::Idle;
        }
    }
}

impl Connection {
    pub(super) fn lent(
        (object, layout): (Object<Connector>, Arc<Layout>),
        unit_of_work: Duration,
        writer: Option<OwnedSemaphorePermit>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let lent = Instant::now();
        let expires = lent + unit_of_work;
        let (state, in_transaction) = (State::Idle, false);
        Self { object: Some(object), state, in_transaction, lent, expires, _writer: writer, metrics, layout }
    }

    /// What is known of the table `user`; the same for all connections of the pool.
    pub(in crate::storage) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// From here on an error ends the unit of work, and a connection that is dropped is closed.
    pub(in crate::storage) async fn start_transaction(&mut self) -> Result<(), StorageError> {
        self.execute("START TRANSACTION").await?;
        self.in_transaction = true;
        Ok(())
    }

    pub(in crate::storage) async fn commit(&mut self) -> Result<(), StorageError> {
        if self.state != State::Idle {
            return Err(StorageError::Over);
        }
        self.execute("COMMIT").await.map_err(StorageError::at_commit)?;
        self.in_transaction = false;
        Ok(())
    }

    /// The one statement that may follow an error.
    pub(in crate::storage) async fn roll_back(&mut self) {
        if self.state == State::Refused {
            self.state = State::Idle;
        }
        if self.execute("ROLLBACK").await.is_ok() {
            self.in_transaction = false;
        }
    }

    /// The connection for one more statement; refused where an error has ended the unit of work.
    fn take_off(&mut self) -> Result<(&mut MySqlConnection, Flight<'_>), sqlx::Error> {
        let over = match self.state {
            State::Idle => false,
            // On a cluster an error ends the transaction, and the next write would commit by itself.
            State::Refused => self.in_transaction,
            State::Busy | State::Expired | State::Broken => true,
        };
        match &mut self.object {
            Some(object) if !over => {
                self.state = State::Busy;
                Ok((&mut object.raw, Flight { state: &mut self.state, expires: self.expires }))
            }
            _ => Err(sqlx::Error::WorkerCrashed),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        let manager = Object::pool(&object);
        let manager = manager.as_ref().map(Pool::manager);
        let reason = match self.state {
            State::Idle | State::Refused if !self.in_transaction => {
                if let Some(manager) = manager {
                    manager.reach.answered();
                }
                return;
            }
            State::Idle | State::Refused | State::Busy => "cancelled",
            State::Expired => "expired",
            State::Broken => "error",
        };
        self.metrics.database_connection_dropped(reason);
        if let (State::Expired | State::Broken, Some(manager)) = (self.state, manager) {
            manager.found_dead(object.generation, self.lent);
        }
        // Dropping the raw connection closes its socket; the server rolls back what was open.
        let _closed: Opened = Object::take(object);
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = MySql;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        let (raw, flight) = match self.take_off() {
            Ok(taken) => taken,
            Err(error) => return stream::once(future::ready(Err(error))).boxed(),
        };
        let steps = raw.fetch_many(query);
        stream::unfold(Some((steps, flight)), |under_way| async move {
            let (mut steps, mut flight) = under_way?;
            match flight.step(steps.try_next()).await {
                Ok(Some(step)) => Some((Ok(step), Some((steps, flight)))),
                Ok(None) => {
                    flight.land();
                    None
                }
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<MySqlRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        // Reads to the end: a row that is left unread would meet the next borrower of the connection.
        let rows = self.fetch_many(query);
        async move {
            let rows: Vec<MySqlRow> =
                rows.try_filter_map(|step| future::ready(Ok(step.right()))).try_collect().await?;
            Ok(rows.into_iter().next())
        }
        .boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [MySqlTypeInfo],
    ) -> BoxFuture<'e, Result<MySqlStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        async move {
            let (raw, mut flight) = self.take_off()?;
            let statement = flight.step(raw.prepare_with(sql, parameters)).await?;
            flight.land();
            Ok(statement)
        }
        .boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<MySql>, sqlx::Error>>
    where
        'c: 'e,
    {
        async move {
            let (raw, mut flight) = self.take_off()?;
            let description = flight.step(raw.describe(sql)).await?;
            flight.land();
            Ok(description)
        }
        .boxed()
    }
}
