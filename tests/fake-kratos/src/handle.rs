//! The handle: starts a double, plants identities and faults, reads the counts, stops everything when dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
};

use actix_web::dev::ServerHandle;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    fault::{Rule, RuleId},
    identity::Identity,
    route::PathKind,
    server,
    shared::Shared,
};

/// Where to listen; port 0 takes a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The listener of the admin API and of the control calls.
    pub admin: SocketAddr,
    /// The listener of the public API.
    pub public: SocketAddr,
}

impl Default for Options {
    /// Free ports of 127.0.0.1.
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { admin: free, public: free }
    }
}

/// A running double. Its servers have a thread and a runtime of their own, so every method may be called from
/// synchronous and asynchronous code alike; dropping it ends them at once, hanging answers included.
pub struct FakeKratos {
    shared: Arc<Shared>,
    servers: Vec<ServerHandle>,
    thread: Option<JoinHandle<()>>,
}

#[expect(clippy::must_use_candidate, reason = "most callers plant, remove and order without a second look")]
impl FakeKratos {
    /// A double on free ports of 127.0.0.1; panics if it cannot listen there.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without its double")]
    pub fn start() -> Self {
        Self::try_start(Options::default()).expect("the double listens on a free port of 127.0.0.1")
    }

    /// A double at these addresses; the error is that of binding them.
    pub fn try_start(options: Options) -> io::Result<Self> {
        let admin = TcpListener::bind(options.admin)?;
        let public = TcpListener::bind(options.public)?;
        let url = |listener: &TcpListener| Ok::<_, io::Error>(format!("http://{}", listener.local_addr()?));
        let shared = Arc::new(Shared::new(url(&admin)?, url(&public)?));
        let running = server::launch(&shared, admin, public)?;
        Ok(Self { shared, servers: running.servers, thread: Some(running.thread) })
    }

    /// Base URL of the admin listener, without a slash at the end.
    pub fn admin_url(&self) -> String {
        self.shared.admin_url.clone()
    }

    /// Base URL of the public listener, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.shared.public_url.clone()
    }

    /// Plants an identity past all checks, and past the counts; an identity of the same id is replaced.
    pub fn seed(&self, identity: Identity) -> Uuid {
        let (id, json) = identity.build(&self.shared.public_url);
        self.shared.store().put(id, json);
        id
    }

    /// Shows these identity schemas, by their ids and in this order, instead of the built-in ones. Shows only: traits
    /// that come over HTTP are held against the built-in ones as before.
    pub fn plant_schemas<S: Into<String>>(&self, schemas: impl IntoIterator<Item = (S, Value)>) {
        let named = schemas.into_iter().map(|(id, schema)| (id.into(), schema)).collect();
        *self.shared.schemas() = Some(named);
    }

    /// How many identities there are.
    #[must_use]
    pub fn identities(&self) -> usize {
        self.shared.store().len()
    }

    /// Takes an identity away as if deleted; false when there was none.
    pub fn remove(&self, id: Uuid) -> bool {
        self.shared.store().remove(id)
    }

    /// Edits the stored JSON (the admin API's form, credentials with `config`) past all checks; addresses do not follow
    /// the traits here. False, and `edit` not called, when there is no such identity. `edit` must not call the double.
    pub fn update(&self, id: Uuid, edit: impl FnOnce(&mut Value)) -> bool {
        let mut store = self.shared.store();
        let Some(mut json) = store.get(id).cloned() else {
            return false;
        };
        edit(&mut json);
        store.put(id, json);
        true
    }

    /// Puts a rule into force, behind those already there.
    pub fn fault(&self, rule: Rule) -> RuleId {
        self.shared.faults().add(rule)
    }

    /// Takes one rule back; false when it was gone already.
    pub fn clear_fault(&self, rule: RuleId) -> bool {
        self.shared.faults().remove(rule)
    }

    /// Takes all rules back.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Calls on identities since the last reset, answered or not; health, version and control calls do not count.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.shared.counts().total
    }

    /// Calls whose path named this identity.
    #[must_use]
    pub fn calls_for(&self, id: Uuid) -> u64 {
        self.shared.counts().by_identity.get(&id).copied().unwrap_or(0)
    }

    /// Calls of one kind, health and version included; of `Any` there are as many as [`calls`](Self::calls).
    #[must_use]
    pub fn calls_of(&self, kind: PathKind) -> u64 {
        let counts = self.shared.counts();
        if kind == PathKind::Any { counts.total } else { counts.by_path.get(&kind).copied().unwrap_or(0) }
    }

    /// The most calls on identities that were under way at once since the last reset.
    #[must_use]
    pub fn most_calls_at_once(&self) -> u64 {
        self.shared.under_way.most()
    }

    /// Sets every count to nought.
    pub fn reset_calls(&self) {
        self.shared.under_way.reset();
        *self.shared.counts() = crate::counts::Counts::default();
    }
}

impl Drop for FakeKratos {
    fn drop(&mut self) {
        self.shared.stop();
        for server in &self.servers {
            // The command is sent by the call itself; its future would only wait.
            drop(server.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}
