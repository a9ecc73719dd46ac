//! A migrator at work: one connection for the changes, one that renews the lease meanwhile. Every step first renews
//! the lease itself, by its epoch: one that was overtaken while it slept changes nothing more.

use std::time::Duration;

use sqlx::{Connection as _, MySqlConnection};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::{MigrationError, open, ours, table_exists, ups};
use crate::{
    config::Database,
    storage::{
        StorageError, adoption,
        lease::{self, Held, Lease},
    },
};

const LEASE: &str = "migrate";
/// How long to wait for another migrator before giving up.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(super) struct Run<'a> {
    config: &'a Database,
    work: MySqlConnection,
    renewer: MySqlConnection,
    lease: Lease,
}

impl<'a> Run<'a> {
    pub(super) async fn begin(
        config: &'a Database,
        holder: &str,
        adopts: bool,
    ) -> Result<Self, MigrationError> {
        let mut work = open(config).await?;
        // Before anything is changed, our own first table included.
        if adopts {
            let strangers = ours::list_strangers(&mut work).await?;
            if !strangers.is_empty() {
                return Err(MigrationError::Strangers(strangers));
            }
            adoption::preflight(&mut work).await?;
        }
        let patience = Instant::now() + PATIENCE;
        let lease = loop {
            match take_lease(&mut work, config, holder).await {
                Ok(Some(lease)) => break lease,
                Ok(None) => {}
                // Another one at work, on this cluster or just done with taking everything back.
                Err(error) if matches!(error, StorageError::Conflict(_)) || error.is_missing_object() => {}
                Err(error) => return Err(error.into()),
            }
            if Instant::now() > patience {
                let holder = lease::find_holder(&mut work, LEASE).await?;
                return Err(MigrationError::Held(holder.unwrap_or_default()));
            }
            sleep(LOOK_AGAIN).await;
        };
        Ok(Self { config, work, renewer: open(config).await?, lease })
    }

    pub(super) async fn holding_the_lease<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut MySqlConnection, &Held) -> Result<T, MigrationError>,
    ) -> Result<T, MigrationError> {
        let held = Held::new(self.lease);
        let done = Notify::new();
        let working = async {
            let outcome = work(&mut self.work, &held).await;
            done.notify_one();
            outcome
        };
        let renewing = async {
            while timeout(self.config.lease / 3, done.notified()).await.is_err() {
                // Best effort, for the time that one statement takes: what counts is the check before each step.
                if held.renew(&mut self.renewer).await.is_err()
                    && let Ok(renewer) = open(self.config).await
                {
                    self.renewer = renewer;
                }
            }
        };
        tokio::join!(working, renewing).0
    }

    pub(super) async fn end(mut self, lease_remains: bool) {
        // Best effort: a lease that is not released expires.
        if lease_remains {
            let _ = lease::release(&mut self.work, self.lease).await;
        }
        let _ = self.work.close().await;
        let _ = self.renewer.close().await;
    }
}

async fn take_lease(
    work: &mut MySqlConnection,
    config: &Database,
    holder: &str,
) -> Result<Option<Lease>, StorageError> {
    // Asked first, because even a CREATE that does nothing stalls a whole cluster.
    if !table_exists(work, "lease").await?
        && let Some(create_lease) = ups().next()
    {
        sqlx::raw_sql(create_lease.sql.clone()).execute(&mut *work).await?;
    }
    lease::acquire(work, LEASE, holder, config.lease).await
}
