//! Log lines: JSON on stdout, one object a line, the event's own fields beside time, level and target, and the
//! spans around it under `spans`. A reader that stops reading never stops a request: lines wait in a bounded
//! queue, and what does not fit is counted. Code of others never says more than info, whatever is asked for.

use std::{io, str::FromStr};

use prometheus::IntCounter;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer as _,
    filter::Targets,
    fmt::{MakeWriter, layer},
    layer::SubscriberExt as _,
    registry,
    util::{SubscriberInitExt as _, TryInitError},
};

pub use self::queue::Guard;

mod queue;

/// The crate whose targets may go beyond info.
const OURS: &str = env!("CARGO_CRATE_NAME");

/// Waiting lines, in bytes; at some 500 bytes a line two thousand of them.
const QUEUE_BYTES: usize = 1024 * 1024;

/// The least level of each target, third-party ones capped at info.
///
/// Its text form is `RUST_LOG`'s, less the span filters: `LEVEL`, `TARGET=LEVEL`, or several with commas between.
/// Without a bare level everything else stays at info. A bare word that is no level is refused: taken for a
/// target, as others do, `RUST_LOG=debgu` would silence all there is.
#[derive(Debug, Clone)]
pub struct Levels(Targets);

/// The text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log filter: give a level, TARGET=LEVEL, or several with commas between")]
pub struct BadFilter;

impl FromStr for Levels {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Self, BadFilter> {
        let mut general = LevelFilter::INFO;
        let mut named = Vec::new();
        for directive in text.split(',').map(str::trim) {
            match directive.split_once('=') {
                None => general = level(directive)?,
                Some((target, least)) if is_target(target) => named.push((target, level(least)?)),
                Some(_) => return Err(BadFilter),
            }
        }
        let all = Targets::new().with_default(general.min(LevelFilter::INFO)).with_target(OURS, general);
        Ok(Self(
            named
                .into_iter()
                .fold(all, |all, (target, least)| all.with_target(target, capped(target, least))),
        ))
    }
}

fn level(name: &str) -> Result<LevelFilter, BadFilter> {
    // The library's own reading takes an empty text for `error`, and numbers.
    match name.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(BadFilter),
    }
}

fn is_target(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-');
    !text.is_empty() && text.bytes().all(letter)
}

fn capped(target: &str, least: LevelFilter) -> LevelFilter {
    let rest = target.strip_prefix(OURS);
    let ours = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    if ours { least } else { least.min(LevelFilter::INFO) }
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The writer's thread did not start.
    #[error("the log writer cannot be started")]
    Writer(#[from] io::Error),
    /// Somebody else set up logging in this process.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// Sends all log lines of the process to stdout from now on; lines that are lost go into `dropped`. The guard
/// writes out what still waits when it is dropped, for at most a second, so `main` holds it to the end.
pub fn init(levels: &Levels, dropped: IntCounter) -> Result<Guard, InitError> {
    let (queue, guard) = queue::start(io::stdout(), QUEUE_BYTES, dropped)?;
    subscriber(levels, move || queue.clone()).try_init()?;
    Ok(guard)
}

fn subscriber<W>(levels: &Levels, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = layer().json().flatten_event(true).with_current_span(false).with_span_list(true);
    registry().with(lines.with_writer(writer).with_filter(levels.0.clone()))
}

#[cfg(test)]
mod tests;
