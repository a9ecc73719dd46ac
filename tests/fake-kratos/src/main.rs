//! `fake-kratos`: the double as a program, for trying things out by hand. One JSON line on stdout says that it is
//! ready and where; SIGINT or SIGTERM ends it with 0, wrong usage with 2, a taken port or a bad seed file with 1.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use fake_kratos::{FakeKratos, Identity, Options};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: fake-kratos [--admin-listen ADDR] [--public-listen ADDR] [--seed FILE.json]

  --admin-listen ADDR   admin API and control calls, default 127.0.0.1:4434 (port 0: a free one)
  --public-listen ADDR  public API, default 127.0.0.1:4433
  --seed FILE.json      a JSON list of identities to begin with
";

struct Arguments {
    options: Options,
    seed: Option<PathBuf>,
}

/// The line on stdout.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    admin_url: String,
    public_url: String,
    identities: usize,
}

enum Wish {
    Run(Arguments),
    Help,
}

fn main() -> ExitCode {
    match parsed(std::env::args().skip(1)) {
        Ok(Wish::Help) => {
            let _ = io::stdout().write_all(USAGE.as_bytes());
            ExitCode::SUCCESS
        }
        Ok(Wish::Run(arguments)) => match run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(1, &error.to_string()),
        },
        Err(problem) => complain(2, &format!("{problem}\n\n{USAGE}")),
    }
}

fn complain(code: u8, text: &str) -> ExitCode {
    // With stderr closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "fake-kratos: {}", text.trim_end());
    ExitCode::from(code)
}

fn parsed(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut options = Options {
        admin: SocketAddr::from(([127, 0, 0, 1], 4434)),
        public: SocketAddr::from(([127, 0, 0, 1], 4433)),
    };
    let mut seed = None;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(Wish::Help),
            "--admin-listen" => options.admin = address(&value()?)?,
            "--public-listen" => options.public = address(&value()?)?,
            "--seed" => seed = Some(PathBuf::from(value()?)),
            _ => return Err(format!("unknown argument {word:?}")),
        }
    }
    Ok(Wish::Run(Arguments { options, seed }))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is not an address such as 127.0.0.1:4434"))
}

#[tokio::main(flavor = "current_thread")]
async fn run(arguments: &Arguments) -> io::Result<()> {
    // Before the line on stdout: whoever reads it may send the signal at once.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let seeds = arguments.seed.as_deref().map(seeds).transpose()?.unwrap_or_default();
    let fake = FakeKratos::try_start(arguments.options).map_err(|error| {
        let Options { admin, public } = arguments.options;
        io::Error::new(error.kind(), format!("cannot listen on {admin} and {public}: {error}"))
    })?;
    for identity in seeds {
        fake.seed(identity);
    }
    let ready =
        Ready { admin_url: fake.admin_url(), public_url: fake.public_url(), identities: fake.identities() };
    let ready = serde_json::to_string(&ready)?;
    writeln!(io::stdout(), "{ready}")?;
    io::stdout().flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn seeds(file: &Path) -> io::Result<Vec<Identity>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    let text = std::fs::read(file).map_err(named)?;
    serde_json::from_slice(&text).map_err(|error| named(io::Error::from(error)))
}
