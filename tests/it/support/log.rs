//! What a process wrote, line by line, collected while it runs.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The lines of both outputs in the order they came; shared with the threads that read them.
#[derive(Clone, Default)]
pub(crate) struct Log {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    open: usize,
}

impl Log {
    /// Reads a pipe to its end on a thread of its own.
    pub(crate) fn follow(&self, pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        shared.0.lock().expect("log").open += 1;
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut raw = Vec::new();
            while reader.read_until(b'\n', &mut raw).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&raw).trim_end().to_owned();
                shared.0.lock().expect("log").lines.push(line);
                shared.1.notify_all();
                raw.clear();
            }
            shared.0.lock().expect("log").open -= 1;
            shared.1.notify_all();
        })
    }

    /// All lines so far as one text.
    pub(crate) fn text(&self) -> String {
        self.shared.0.lock().expect("log").lines.join("\n")
    }

    /// All lines so far that are JSON objects.
    pub(crate) fn events(&self) -> Vec<Value> {
        let state = self.shared.0.lock().expect("log");
        state.lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until some event fits; panics with everything seen after `limit`, or when nobody writes any more.
    pub(crate) fn wait_for(&self, what: &str, limit: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + limit;
        let mut state = self.shared.0.lock().expect("log");
        let mut seen = 0;
        loop {
            let fresh =
                state.lines[seen..].iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(found) = fresh.into_iter().find(|event| fits(event)) {
                return found;
            }
            seen = state.lines.len();
            let left = until.saturating_duration_since(Instant::now());
            let is_over = left.is_zero() || state.open == 0;
            assert!(!is_over, "not logged within {limit:?}: {what}\n{}", state.lines.join("\n"));
            state = self.shared.1.wait_timeout(state, left).expect("log").0;
        }
    }
}

/// A field of an event, wherever the line keeps it: at the top or under `fields`.
pub(crate) fn field<'a>(event: &'a Value, name: &str) -> &'a Value {
    let top = &event[name];
    if top.is_null() { &event["fields"][name] } else { top }
}
