//! A database server of a test's own, durable as in production, for tests that kill it. `make test` says where the
//! programs are; where there is no MariaDB to start, such a test says so and proves nothing.

use super::process;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use url::Url;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running MariaDB; its data goes with it.
pub(crate) struct Server {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Child,
    /// How often it was started; each start is waited for before it is killed.
    starts: usize,
}

impl Server {
    /// A new one with empty data; none, with a loud line, where there is no MariaDB.
    pub(crate) fn start() -> Option<Server> {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        let (Some(program), Some(install)) = (named("TEST_MARIADBD"), named("TEST_MARIADB_INSTALL_DB"))
        else {
            println!("\n*** SKIPPED: there is no MariaDB server to start and kill ***\n");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("ir-server-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        set_up(&install, &folder);
        // One statement a line, or the server takes them for one.
        let account = "CREATE USER IF NOT EXISTS tests@127.0.0.1;\nGRANT ALL ON *.* TO tests@127.0.0.1;\n";
        std::fs::write(folder.join("account.sql"), account).expect("a file");
        let port = free_port();
        let child = launch(&program, &folder, port);
        let server = Server { program, folder, port, child, starts: 1 };
        server.wait();
        Some(server)
    }

    /// As `TEST_DATABASE_URL`: an account that may make databases.
    pub(crate) fn url(&self) -> Url {
        format!("mysql://tests@127.0.0.1:{}/", self.port).parse().expect("a URL")
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("its own child");
        self.child.wait().expect("its end");
    }

    /// Starts it again on what the last one left.
    pub(crate) fn restart(&mut self) {
        self.child = launch(&self.program, &self.folder, self.port);
        self.starts += 1;
    }

    /// Waits until it takes statements.
    pub(crate) fn wait(&self) {
        let until = Instant::now() + PATIENCE;
        let log = self.folder.join("error.log");
        let lines = || std::fs::read_to_string(&log).unwrap_or_default();
        while lines().matches("ready for connections").count() < self.starts {
            assert!(Instant::now() < until, "the server did not start:\n{}", lines());
            assert!(process::is_alive(self.child.id()), "the server ended:\n{}", lines());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}

/// Outside of the range from which the system gives ports to outgoing connections.
fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let first = 24_000 + u16::try_from(std::process::id() % 4_000).expect("small");
    (first..first + 2_000).find(is_free).expect("a free port")
}

fn as_root(command: &mut Command) -> &mut Command {
    // The server refuses to run as root unless told so.
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
    if is_root { command.arg("--user=root") } else { command }
}

fn set_up(install: &Path, folder: &Path) {
    let log = File::create(folder.join("install.log")).expect("a file");
    let mut command = Command::new(install);
    command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--force"]);
    command.args(["--skip-name-resolve", "--innodb-log-file-size=16M"]);
    command.arg(format!("--datadir={}", folder.join("data").display()));
    let log_too = log.try_clone().expect("a file");
    let done = as_root(&mut command).stdin(Stdio::null()).stdout(log).stderr(log_too).status();
    assert!(done.expect("the installer").success(), "see {}", folder.join("install.log").display());
}

fn launch(program: &Path, folder: &Path, port: u16) -> Child {
    let file = |option: &str, name: &str| format!("--{option}={}", folder.join(name).display());
    let log = File::options().create(true).append(true).open(folder.join("error.log")).expect("a file");
    let mut command = Command::new(program);
    command.args([
        "--no-defaults",
        "--bind-address=127.0.0.1",
        "--skip-ssl",
        "--skip-log-bin",
        "--skip-name-resolve",
    ]);
    command.args([
        "--innodb-flush-log-at-trx-commit=1",
        "--innodb-doublewrite=1",
        "--innodb-log-file-size=16M",
    ]);
    command.args(["--innodb-buffer-pool-size=64M", "--performance-schema=OFF", "--max-connections=300"]);
    command.args([file("datadir", "data"), file("socket", "s"), file("pid-file", "pid"), file("tmpdir", "")]);
    command.args([file("init-file", "account.sql"), format!("--port={port}")]);
    let command = as_root(&mut command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().expect("the server's program")
}
