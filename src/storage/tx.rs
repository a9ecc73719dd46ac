//! A transaction as a value one holds: forgetting to commit is a rollback, and after any error there is
//! nothing left to do but to roll back and begin anew.

use std::ops::{Deref, DerefMut};

use super::{Connection, Pool, StorageError};
use crate::faults::fault_point;

/// An open transaction, READ COMMITTED. Statements go through the connection it dereferences to.
#[derive(Debug)]
pub struct Tx(Connection);

impl Pool {
    /// Begins a transaction on a connection of the writers' share.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        let mut connection = self.acquire_for_writing().await?;
        connection.start_transaction().await?;
        fault_point!("after_begin");
        Ok(Tx(connection))
    }
}

impl Tx {
    /// [`StorageError::OutcomeUnknown`] unless the server said yes, or said no in a way that is certain.
    pub async fn commit(mut self) -> Result<(), StorageError> {
        fault_point!("before_commit");
        let outcome = self.0.commit().await;
        fault_point!("after_commit");
        outcome
    }

    /// Where even this fails the connection is closed, which has the same effect.
    pub async fn rollback(mut self) {
        self.0.roll_back().await;
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
