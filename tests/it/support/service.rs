//! The built program as a process of its own, with nothing in its environment but what a test says.

use super::client::Client;
use super::log::{Log, field};
use super::process;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take that should be quick; only ever waited for when something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The environment a process of the program gets.
#[derive(Clone)]
pub(crate) struct Setup {
    variables: BTreeMap<String, String>,
}

/// What a command that ended left behind.
pub(crate) struct Finished {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Both outputs.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

impl Setup {
    /// Nothing set at all.
    pub(crate) fn empty() -> Setup {
        Setup { variables: BTreeMap::new() }
    }

    /// What `serve` needs: a database, Kratos, free ports, and no wait when it stops.
    pub(crate) fn new(database: &str, kratos: &str) -> Setup {
        Setup::empty()
            .set("DATABASE_URL", database)
            .set("KRATOS_ADMIN_URL", kratos)
            .set("RESOLVER_LISTEN", "127.0.0.1:0")
            .set("RESOLVER_OPS_LISTEN", "127.0.0.1:0")
            .set("RESOLVER_DRAIN_ACCEPT_SECONDS", "0")
            .set("RESOLVER_HTTP_WORKERS", "2")
    }

    /// Sets one variable.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Setup {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Sets several.
    pub(crate) fn with(self, pairs: &[(&str, &str)]) -> Setup {
        pairs.iter().fold(self, |setup, (name, value)| setup.set(name, *value))
    }

    /// Takes one away.
    pub(crate) fn without(mut self, name: &str) -> Setup {
        self.variables.remove(name);
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // Without the feature the tests of faults fail, and all others are as good.
        let program = option_env!("CARGO_BIN_EXE_identity-resolver-faults");
        let mut command = Command::new(program.unwrap_or(env!("CARGO_BIN_EXE_identity-resolver")));
        command.args(arguments).env_clear().envs(&self.variables).stdin(Stdio::null());
        command
    }

    /// Starts a command without waiting for it; its lines are collected.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Process {
        let mut command = self.command(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let log = Log::default();
        let readers = [
            log.follow(child.stdout.take().expect("a pipe")),
            log.follow(child.stderr.take().expect("a pipe")),
        ];
        Process { child, log, readers: readers.into() }
    }

    /// Runs a command to its end, which must come soon.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        let child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let pid = child.id();
        let (told, over) = std::sync::mpsc::channel();
        let waiter = std::thread::spawn(move || told.send(child.wait_with_output()));
        let output = over.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            process::terminate(pid);
            panic!("{arguments:?} did not end within {PATIENCE:?}")
        });
        waiter.join().expect("the waiter").expect("the output");
        let output = output.expect("the output");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Brings the schema up; panics when it cannot.
    pub(crate) fn migrate(&self) {
        let done = self.run(&["migrate"]);
        assert_eq!(done.code, Some(0), "migrate: {}", done.text());
    }

    /// Starts `serve` and waits until both listeners are open.
    pub(crate) async fn launch(&self) -> Service {
        let process = self.spawn(&["serve"]);
        let log = process.log.clone();
        let listening = tokio::task::spawn_blocking(move || {
            log.wait_for("listening", PATIENCE, |event| field(event, "message") == "listening")
        });
        let listening = listening.await.expect("the service listens");
        let address = |name: &str| -> SocketAddr {
            let text = field(&listening, name).as_str().expect("an address");
            text.parse().expect("an address")
        };
        let client = Client::new(address("internal"), address("ops")).await;
        Service { process, client }
    }

    /// Starts `serve` and waits until it is ready.
    pub(crate) async fn serve(&self) -> Service {
        let service = self.launch().await;
        service.ready().await;
        service
    }
}

/// A running process; killed by its own pid when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    /// What it wrote so far.
    pub(crate) log: Log,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl Process {
    /// Its pid.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Waits for its end and for its last line; gives the exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.wait_for_status().code()
    }

    fn wait_for_status(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < until, "it did not end within {PATIENCE:?}:\n{}", self.log.text());
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A `serve` whose listeners are open.
pub(crate) struct Service {
    process: Process,
    /// Speaks to it.
    pub(crate) client: Client,
}

impl Service {
    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&self) {
        super::eventually("ready", PATIENCE, async || {
            (self.client.operations("/health/ready").await.status == 200).then_some(())
        })
        .await;
    }

    /// Its pid.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> &Log {
        &self.process.log
    }

    /// Asks it to stop and does not wait.
    pub(crate) fn terminate(&self) {
        assert!(process::terminate(self.id()));
    }

    /// Asks it to stop and waits; gives the exit code and all it ever wrote.
    pub(crate) async fn stop(self) -> (Option<i32>, String) {
        self.terminate();
        self.ended().await
    }

    /// Waits for its end; gives the exit code and all it ever wrote.
    pub(crate) async fn ended(self) -> (Option<i32>, String) {
        let mut process = self.process;
        let ended = tokio::task::spawn_blocking(move || (process.wait(), process.log.text()));
        ended.await.expect("its end")
    }

    /// Waits for its end, which nobody asked for; gives how it ended and all it ever wrote.
    pub(crate) async fn died(self) -> (ExitStatus, String) {
        let mut process = self.process;
        let ended = tokio::task::spawn_blocking(move || (process.wait_for_status(), process.log.text()));
        ended.await.expect("its end")
    }
}
