//! What both listeners and the handle share. Every lock is held for a few in-memory steps, never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::{
    counts::{Counts, UnderWay},
    fault::Faults,
    store::Store,
};

/// The state of one double.
pub(crate) struct Shared {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    counts: Mutex<Counts>,
    /// Shown instead of the built-in ones, if any were planted.
    schemas: Mutex<Option<Vec<(String, Value)>>>,
    pub(crate) under_way: UnderWay,
    /// `http://host:port`, without a slash at the end.
    pub(crate) admin_url: String,
    /// As `admin_url`.
    pub(crate) public_url: String,
    stopping: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(admin_url: String, public_url: String) -> Self {
        Self {
            store: Mutex::default(),
            faults: Mutex::default(),
            counts: Mutex::default(),
            schemas: Mutex::default(),
            under_way: UnderWay::default(),
            admin_url,
            public_url,
            stopping: watch::Sender::new(false),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn schemas(&self) -> MutexGuard<'_, Option<Vec<(String, Value)>>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every hanging answer go.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Returns once the double is being stopped.
    pub(crate) async fn stopped(&self) {
        // An error would mean that the sender is gone, which is the same news.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
