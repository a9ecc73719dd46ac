//! What can go wrong with the database, sorted by what a caller may do about it. A server's message is
//! dropped unless its class cannot hold data: `Duplicate entry 'ada@…'` must never reach a log.

use std::io;

use sqlx::mysql::MySqlDatabaseError;

/// An error of the database; see [`StorageError::is_transient`].
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No connection, or one that was lost with nothing at stake.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Every connection of the pool is in use.
    #[error("no connection of the pool became free in time")]
    Exhausted,
    /// The unit of work took longer than it may; its connection was dropped.
    #[error("the unit of work took longer than it may")]
    Expired,
    /// A unique key refused the row.
    #[error("a unique key refused the row")]
    Duplicate,
    /// The server rolled back or gave up waiting; a new transaction may succeed.
    #[error("the server asks for a new transaction ({0})")]
    Conflict(u16),
    /// The answer to COMMIT was lost: the transaction may be there or not.
    #[error("whether the transaction was committed is unknown")]
    OutcomeUnknown,
    /// The server answers, but takes no writes now.
    #[error("the server takes no writes ({0})")]
    ReadOnly(u16),
    /// A statement was sent after an error had ended the unit of work.
    #[error("the unit of work is over")]
    Over,
    /// A stored value is not what this program writes.
    #[error("table {table}, column {column}: a value that does not belong there")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A table, column or key that must be there is not, or is not what it was.
    #[error("{0} has vanished or changed; `identity-resolver migrate` puts back what is ours")]
    Vanished(String),
    /// The platform's table asks for what neither this program nor its settings know.
    #[error("no row can be put into the table user: {0}")]
    Unfillable(String),
    /// The platform's own unique key on addresses takes this one for another that is there.
    #[error("the platform's unique key takes the address for another one")]
    AddressTaken,
    /// The platform's column cannot hold the address.
    #[error("the address does not fit the platform's column")]
    AddressUnfit,
    /// Anything else the server refused.
    #[error("the server refused the statement: {number} ({state}){text}")]
    Refused {
        /// MySQL's error number.
        number: u16,
        /// SQLSTATE.
        state: String,
        /// `: ` and the server's message, where it cannot hold data.
        text: String,
    },
    /// The driver's own errors: types, protocol.
    #[error("the driver failed: {0}")]
    Driver(String),
}

/// 1213 deadlock or certification failure, 1205 lock wait, 1020 snapshot, 3101 group replication.
const CONFLICTS: [u16; 4] = [1213, 1205, 1020, 3101];
/// 1040, 1203, 1226 too many connections; 1047 no quorum; 1053 shutdown; 1927 killed; 1180 commit failed;
/// MySQL: 3032, 6400 offline mode, 4031 closed because it was idle, 3169 killed.
const UNAVAILABLE: [u16; 11] = [1040, 1203, 1226, 1047, 1053, 1927, 1180, 3032, 6400, 4031, 3169];
/// 1290, 1792, 1836: read-only; 1114, 1021, 3675: full.
const READ_ONLY: [u16; 6] = [1290, 1792, 1836, 1114, 1021, 3675];
/// 1969 (MariaDB), 3024 (MySQL): the statement's own time limit; 1317: killed.
const TOO_SLOW: [u16; 3] = [1969, 3024, 1317];

impl StorageError {
    /// Whether a new try, on a new connection, may succeed without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Exhausted
            | Self::Expired
            | Self::Duplicate
            | Self::Conflict(_)
            | Self::OutcomeUnknown
            | Self::ReadOnly(_) => true,
            Self::Over
            | Self::Inconsistent { .. }
            | Self::Vanished(_)
            | Self::Unfillable(_)
            | Self::AddressTaken
            | Self::AddressUnfit
            | Self::Refused { .. }
            | Self::Driver(_) => false,
        }
    }

    /// Whether a table or column of ours has vanished; the platform's tools may do that to `user`.
    #[must_use]
    pub fn is_missing_object(&self) -> bool {
        matches!(self, Self::Refused { number: 1146 | 1054, .. } | Self::Vanished(_))
    }

    /// A short name for the metric that counts retries.
    #[must_use]
    pub fn retry_reason(&self) -> &'static str {
        match self {
            Self::Duplicate => "1062",
            Self::Conflict(1213) => "1213",
            Self::Conflict(1205) => "1205",
            Self::Conflict(1020) => "1020",
            Self::Conflict(_) => "3101",
            Self::OutcomeUnknown => "unknown_outcome",
            Self::Vanished(_) | Self::Refused { .. } => "table_changed",
            _ => "connection",
        }
    }

    /// The same error, when it came as the answer to COMMIT: whatever is not certainly a rollback is unknown.
    pub(super) fn at_commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            conflict @ Self::Conflict(_) => conflict,
            read_only @ Self::ReadOnly(_) => read_only,
            _ => Self::OutcomeUnknown,
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => refusal
                .try_downcast_ref::<MySqlDatabaseError>()
                .map_or_else(|| Self::Driver("a refusal of another database".to_owned()), from_server),
            sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::TimedOut => Self::Expired,
            sqlx::Error::Io(cause) => Self::Unavailable(cause.kind().to_string()),
            sqlx::Error::Configuration(_) => Self::Driver(
                "the settings of the connection do not fit the server; MySQL may refuse a log-in without TLS"
                    .to_owned(),
            ),
            sqlx::Error::Tls(_) => Self::Unavailable("TLS failed".to_owned()),
            sqlx::Error::WorkerCrashed => Self::Over,
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Driver(format!("column {index} has another type"))
            }
            sqlx::Error::ColumnNotFound(name) => Self::Driver(format!("column {name} is missing")),
            sqlx::Error::RowNotFound => Self::Driver("a row is missing".to_owned()),
            sqlx::Error::Protocol(_) => Self::Unavailable("the protocol is broken".to_owned()),
            _ => Self::Driver("an unexpected error".to_owned()),
        }
    }
}

/// Whether a connection to this server is of no use any more, though it still answers: it takes no writes
/// since a fail-over, has no quorum, or is going down.
pub(super) fn server_is_lost(refusal: &dyn sqlx::error::DatabaseError) -> bool {
    let number = refusal.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    number.is_some_and(|number| UNAVAILABLE.contains(&number) || [1290, 1792, 1836].contains(&number))
}

fn from_server(refusal: &MySqlDatabaseError) -> StorageError {
    let number = refusal.number();
    let state = refusal.code().unwrap_or("HY000").to_owned();
    // Classes 42 (names, syntax, rights) and 28 (log-in) speak of schema objects and accounts only.
    let speaks_of_schema = state.starts_with("42") || state.starts_with("28");
    let text = if speaks_of_schema { format!(": {}", refusal.message()) } else { String::new() };
    match number {
        1062 => StorageError::Duplicate,
        n if CONFLICTS.contains(&n) => StorageError::Conflict(n),
        n if READ_ONLY.contains(&n) => StorageError::ReadOnly(n),
        n if TOO_SLOW.contains(&n) => StorageError::Expired,
        n if UNAVAILABLE.contains(&n) => StorageError::Unavailable(format!("server error {n}")),
        _ => StorageError::Refused { number, state, text },
    }
}
