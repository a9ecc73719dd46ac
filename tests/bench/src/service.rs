//! The service as a process of its own, with its presets; the bench speaks to it over HTTP and reads its metrics.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ended when it goes out of scope.
pub struct Service {
    child: Child,
    http: reqwest::Client,
    /// The internal listener: host and port.
    pub internal: String,
    resolve: String,
    operations: String,
}

/// What the service has measured of its calls to Kratos since it started.
#[derive(Clone, Copy, Debug)]
pub struct KratosTime {
    seconds: f64,
    calls: f64,
}

impl KratosTime {
    /// The mean of the calls between then and now; none where there was no call.
    #[must_use]
    pub fn mean_since(self, then: Self) -> Option<Duration> {
        let calls = self.calls - then.calls;
        (calls > 0.0).then(|| Duration::from_secs_f64((self.seconds - then.seconds).max(0.0) / calls))
    }
}

/// Runs `migrate`; the time it took.
pub fn migrate(program: &Path, database: &Url) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let done =
        Command::new(program).arg("migrate").env_clear().env("DATABASE_URL", database.as_str()).output()?;
    ensure!(done.status.success(), "migrate: {}", String::from_utf8_lossy(&done.stderr));
    Ok(begin.elapsed())
}

impl Service {
    /// Starts it; returns when it is ready.
    pub async fn start(program: &Path, database: &Url, kratos: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", database.as_str())
            .env("KRATOS_ADMIN_URL", kratos)
            .env("RESOLVER_LISTEN", "127.0.0.1:0")
            .env("RESOLVER_OPS_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the service")?;
        let output = child.stdout.take().context("its output")?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        // Made before anything can fail, so that the process is ended then too.
        let mut service =
            Self { child, http, internal: String::new(), resolve: String::new(), operations: String::new() };
        let (internal, operations) = listening(BufReader::new(output))?;
        service.resolve = format!("http://{internal}/rest/internal/identity/resolve");
        service.internal = internal;
        service.operations = format!("http://{operations}");
        let begin = Instant::now();
        while !service.is_ready().await {
            ensure!(begin.elapsed() < PATIENCE, "the service is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(service)
    }

    /// Its number, for those who look at it from the outside.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/health/ready", self.operations)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// One call: how long until its answer was read, nothing if it was turned away as one too many; fails unless the
    /// answer is the one expected.
    pub async fn resolve(&self, identity: Uuid, expected: &Expected) -> anyhow::Result<Option<Duration>> {
        let body = json!({ "kratosIdentityId": identity }).to_string();
        let call = self.http.post(&self.resolve).header("content-type", "application/json").body(body);
        let begin = Instant::now();
        let answer = call.send().await?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await?;
        let took = begin.elapsed();
        let body: Value = serde_json::from_slice(&body)?;
        if status == 503 && body.get("error") == Some(&json!("overloaded")) {
            return Ok(None);
        }
        let is_expected = match expected {
            Expected::User { created } => status == 200 && body.get("created") == Some(&json!(created)),
            Expected::Refused(error) => status == 422 && body.get("error") == Some(&json!(error)),
        };
        ensure!(is_expected, "{identity} was answered {status} {body}, and not {expected:?}");
        Ok(Some(took))
    }

    /// What it has measured so far.
    pub async fn kratos_time(&self) -> anyhow::Result<KratosTime> {
        let text = self.http.get(format!("{}/metrics", self.operations)).send().await?.text().await?;
        let series = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            value.and_then(|value| value.trim().parse().ok()).with_context(|| format!("the metric {name}"))
        };
        Ok(KratosTime {
            seconds: series("identity_resolver_kratos_call_duration_seconds_sum")?,
            calls: series("identity_resolver_kratos_call_duration_seconds_count")?,
        })
    }

    /// One GET of the double itself, as the service would make it.
    pub async fn ask(&self, url: &str) -> anyhow::Result<Option<Duration>> {
        let begin = Instant::now();
        let answer = self.http.get(url).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        let took = begin.elapsed();
        ensure!(status.is_success(), "{url} was answered {status}");
        Ok(Some(took))
    }
}

/// What a call must be answered.
#[derive(Debug)]
pub enum Expected {
    /// A user, made by this call or there before.
    User {
        /// By this call.
        created: bool,
    },
    /// The code of a 422.
    Refused(&'static str),
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; then both say so, and nobody needs to know.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the line that tells the addresses; what comes after it is read and forgotten.
fn listening(mut output: BufReader<std::process::ChildStdout>) -> anyhow::Result<(String, String)> {
    let mut line = String::new();
    while output.read_line(&mut line)? > 0 {
        let event = serde_json::from_str::<Value>(&line);
        line.clear();
        let Ok(event) = event else { continue };
        let field = |name: &str| {
            let inner = || event.get("fields")?.get(name);
            event.get(name).or_else(inner)?.as_str().map(str::to_owned)
        };
        if field("message").as_deref() == Some("listening") {
            std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            return Ok((field("internal").context("an address")?, field("ops").context("an address")?));
        }
    }
    bail!("the service ended before it listened")
}
