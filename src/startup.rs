//! Builds every component from a configuration, runs them, and takes them down in order. The only place that
//! knows them all.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{batch::Batch, health::Health, lookup::Lookup, resolve::Resolver},
    config::{Config, Lifecycle},
    domain::policy::Linking,
    http::{self, Parts, Servers},
    io::Io,
    kratos,
    shutdown::{Shutdown, Signals},
    storage::{Pool, schema::Standing, user},
    telemetry::{Metrics, logging},
};

/// Probes at once; more are refused, and none takes a place of a call's.
const PROBES: usize = 8;
/// For what is left when the servers have stopped.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// Why `serve` did not serve.
#[derive(Debug, thiserror::Error)]
pub enum NotServing {
    /// Exit code 2: the operator must act first.
    #[error("{0} migration(s) pending: run `identity-resolver migrate` first")]
    MigrationPending(usize),
    /// Exit code 2.
    #[error("the schema asks for version {0} or later of this program; install a newer one")]
    SchemaTooNew(i64),
    /// Exit code 2; one line a fault.
    #[error("{}", .0.join("\n"))]
    WrongColumns(Vec<String>),
    /// Exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// The runtime on which all outbound I/O happens. It must be dropped outside of any async context.
pub fn io_runtime() -> std::io::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    Builder::new_multi_thread().worker_threads(threads).thread_name("io").enable_all().build()
}

/// Serves until a signal; returns when everything has stopped.
pub fn serve(config: Config) -> Result<(), NotServing> {
    let metrics = Arc::new(Metrics::try_new().context("the metrics")?);
    let _log = logging::init(&config.log.levels, metrics.log_lines_dropped()).context("the log")?;
    http::report_panics(Arc::clone(&metrics));
    let runtime = io_runtime().context("the I/O runtime")?;
    let pool = Pool::try_new(&config.database, Arc::clone(&metrics)).context("the database settings")?;
    let pool = pool.with_user_columns(config.user_columns.clone());
    pool.be_watched();
    let kratos =
        kratos::Client::try_new(&config.kratos, Arc::clone(&metrics)).context("the Kratos settings")?;
    let kratos = Arc::new(kratos);
    let health = Health::new(pool.clone(), Arc::clone(&kratos));
    check_schema(&runtime, &health)?;
    check_user_columns(&runtime, &pool)?;
    warn_of_risks(&config);
    let Config { http, policy: settings, traits, lifecycle, database, .. } = config;
    let io = Io::new(runtime.handle().clone(), http.concurrency, Arc::clone(&metrics));
    let shutdown = Shutdown::default();
    let resolver = Arc::new(Resolver::new(pool.clone(), kratos, traits, settings, Arc::clone(&metrics)));
    let parts = Parts {
        config: http,
        drain: lifecycle.drain,
        io: io.clone(),
        ops_io: Io::new(runtime.handle().clone(), PROBES, Arc::clone(&metrics)),
        batch: Arc::new(Batch::new(Arc::clone(&resolver), pool.clone(), database.pool_size)),
        lookup: Lookup::new(pool.clone()),
        resolver,
        health,
        metrics,
        shutdown: shutdown.clone(),
    };
    let ended = actix_web::rt::System::new().block_on(run(parts, &lifecycle, &shutdown));
    let drained = runtime.block_on(async { timeout(LAST_WAIT, io.drained()).await });
    pool.close();
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended?;
    tracing::info!(whole = drained.is_ok(), "stopped");
    Ok(())
}

fn check_schema(runtime: &Runtime, health: &Health) -> Result<(), NotServing> {
    match runtime.block_on(health.standing()) {
        Ok(Standing::Current) => {}
        Ok(Standing::Newer) => {
            tracing::warn!("the schema is newer than this version, which serves all the same");
        }
        Ok(Standing::Pending(count)) => return Err(NotServing::MigrationPending(count)),
        Ok(Standing::TooNew { least }) => return Err(NotServing::SchemaTooNew(least)),
        Err(error) if error.is_transient() => {
            tracing::warn!(%error, "the database cannot be reached yet: live, not ready");
        }
        Err(error) if error.is_missing_object() => {
            tracing::error!(%error, "a table or column has vanished: live, not ready");
        }
        Err(error) => {
            return Err(NotServing::Failed(anyhow::Error::new(error).context("the database")));
        }
    }
    Ok(())
}

/// Asks the table `user` about the settings that name its columns. A database that is down is asked by the first
/// call that needs to know; what is wrong is then told by that call's error.
fn check_user_columns(runtime: &Runtime, pool: &Pool) -> Result<(), NotServing> {
    let inspected = runtime.block_on(async { user::inspect(&mut pool.acquire().await?).await });
    let Ok(inspection) = inspected else {
        return Ok(());
    };
    if !inspection.faults.is_empty() {
        return Err(NotServing::WrongColumns(inspection.faults));
    }
    for warning in inspection.warnings {
        tracing::warn!(warning, "the table user may refuse a newcomer some day");
    }
    if !inspection.gaps.is_empty() {
        let columns: Vec<String> =
            inspection.gaps.iter().map(|gap| format!("{} {}", gap.column, gap.kind)).collect();
        tracing::warn!(
            columns = columns.join(", "),
            "no user can be created: no rule of RESOLVER_USER_COLUMNS_FILE fills these required columns"
        );
    }
    Ok(())
}

fn warn_of_risks(config: &Config) {
    let (http, kratos) = (&config.http, &config.kratos);
    if config.policy.linking == Linking::Trust {
        tracing::warn!(
            "RESOLVER_LINKING is trust: whoever enters an address in Kratos gets the user who has it"
        );
    }
    if !http.listen.ip().is_loopback() {
        tracing::warn!("callers are not authenticated: whoever reaches the internal listener can resolve");
    }
    // As many calls as ask Kratos may stand in line to ask it.
    if kratos.concurrency.saturating_mul(2) >= http.concurrency {
        tracing::warn!(
            "RESOLVER_CONCURRENCY is not more than twice RESOLVER_KRATOS_CONCURRENCY: while Kratos hangs, calls \
             that wait for it may take every place, and those that need no Kratos be refused"
        );
    }
}

async fn run(parts: Parts, lifecycle: &Lifecycle, shutdown: &Shutdown) -> anyhow::Result<()> {
    let mut signals = Signals::try_new().context("the signal handlers")?;
    let servers = Servers::bind(parts).context("a listener (RESOLVER_LISTEN, RESOLVER_OPS_LISTEN)")?;
    let (internal, ops) = &servers.addresses;
    tracing::info!(internal = list(internal), ops = list(ops), "listening");
    let handles = servers.handles();
    let ended = CancellationToken::new();
    let serving = async {
        let served = servers.run().await;
        ended.cancel();
        served
    };
    let stopping = async {
        tokio::select! {
            () = signals.next() => {}
            // A server that ends by itself must not leave half a process behind.
            () = ended.cancelled() => return,
        }
        shutdown.begin();
        tracing::info!(accept_seconds = lifecycle.drain_accept.as_secs(), "draining");
        tokio::select! {
            () = sleep(lifecycle.drain_accept) => {}
            () = signals.next() => {}
        }
        let [internal, ops] = &handles;
        tokio::select! {
            _ = async { tokio::join!(internal.stop(true), ops.stop(true)) } => {}
            () = signals.next() => {
                tracing::warn!("stopping at once");
                tokio::join!(internal.stop(false), ops.stop(false));
            }
        }
    };
    let (served, ()) = tokio::join!(serving, stopping);
    served.context("a server")
}

fn list(addresses: &[std::net::SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
