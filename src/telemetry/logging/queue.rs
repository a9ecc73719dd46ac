//! The bounded queue between those who log and the one thread that writes. Whoever logs only ever copies into
//! memory; a line that does not fit, or that cannot be written, is dropped and counted.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use prometheus::IntCounter;

/// How long the end of the process waits for a reader that does not read.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// How long lines are gathered before they are written: waking a thread for each of them cost more than all that is
/// written, as `make bench` showed.
const GATHERED: Duration = Duration::from_millis(5);

/// The end of the queue where lines go in; each `write` is one line.
#[derive(Clone)]
pub(super) struct Queue(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// The first line after a while, so many that they must not be gathered any longer, or the end.
    work: Condvar,
    /// Everything is written.
    rest: Condvar,
    capacity: usize,
    dropped: IntCounter,
}

#[derive(Default)]
struct State {
    text: Vec<u8>,
    lines: u64,
    closing: bool,
    closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics with the lock held; if it happened, half a line is no reason to stop logging.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.closed || state.text.len() + line.len() > self.capacity {
            self.dropped.inc();
            return;
        }
        let was_empty = state.text.is_empty();
        let was_little = self.is_little(&state);
        state.text.extend_from_slice(line);
        state.lines += 1;
        // Nobody waits for any other line, and telling nobody is a system call too.
        if was_empty || was_little && !self.is_little(&state) {
            self.work.notify_one();
        }
    }

    fn is_little(&self, state: &State) -> bool {
        state.text.len() < self.capacity / 2
    }

    fn write_all_to(&self, mut sink: impl Write) {
        let mut text = Vec::new();
        while let Some(lines) = self.take(&mut text) {
            if sink.write_all(&text).and_then(|()| sink.flush()).is_err() {
                self.dropped.inc_by(lines);
            }
        }
    }

    /// Waits for lines, for a moment also for more of them, and exchanges them for the buffer; `None` at the end.
    fn take(&self, buffer: &mut Vec<u8>) -> Option<u64> {
        buffer.clear();
        let idle = |state: &mut State| state.text.is_empty() && !state.closing;
        let state = self.work.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        let more = |state: &mut State| self.is_little(state) && !state.closing;
        let gathered = self.work.wait_timeout_while(state, GATHERED, more);
        let (mut state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        if state.text.is_empty() {
            state.closed = true;
            self.rest.notify_all();
            return None;
        }
        mem::swap(&mut state.text, buffer);
        Some(mem::take(&mut state.lines))
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes out the waiting lines when it is dropped, for at most a second.
#[must_use = "dropping it ends the log"]
pub struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closing = true;
        self.0.work.notify_one();
        drop(self.0.rest.wait_timeout_while(state, LAST_WAIT, |state| !state.closed));
    }
}

/// Starts the thread that writes to `sink`; at most twice `capacity` bytes are held.
pub(super) fn start(
    sink: impl Write + Send + 'static,
    capacity: usize,
    dropped: IntCounter,
) -> io::Result<(Queue, Guard)> {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        work: Condvar::new(),
        rest: Condvar::new(),
        capacity,
        dropped,
    });
    let writer = Arc::clone(&shared);
    thread::Builder::new().name("log".to_owned()).spawn(move || writer.write_all_to(sink))?;
    Ok((Queue(Arc::clone(&shared)), Guard(shared)))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{Receiver, Sender, channel},
        time::Instant,
    };

    use super::*;

    /// Passes on what is written, one permission at a time; without its owner it fails.
    struct Gate {
        permissions: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let closed = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            self.permissions.recv().map_err(closed)?;
            self.written.send(text.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Bench {
        queue: Queue,
        guard: Guard,
        permissions: Sender<()>,
        written: Receiver<Vec<u8>>,
        dropped: IntCounter,
    }

    fn bench(capacity: usize) -> Bench {
        let (permissions, permitted) = channel();
        let (sent, written) = channel();
        let dropped = IntCounter::new("dropped", "test").unwrap();
        let gate = Gate { permissions: permitted, written: sent };
        let (queue, guard) = start(gate, capacity, dropped.clone()).unwrap();
        Bench { queue, guard, permissions, written, dropped }
    }

    #[test]
    fn a_reader_that_does_not_read_stops_nobody_and_lost_lines_are_counted() {
        let mut bench = bench(100);
        for _ in 0..1000 {
            bench.queue.write_all(b"ten bytes\n").unwrap();
        }
        // Ten lines wait, at most ten more are with the writer, and all others are gone.
        assert!((980..=990).contains(&bench.dropped.get()), "{}", bench.dropped.get());
        drop(bench.permissions);
    }

    #[test]
    fn the_end_waits_for_lines_but_not_for_ever() {
        let mut bench = bench(100);
        bench.queue.write_all(b"last words\n").unwrap();
        let begin = Instant::now();
        drop(bench.guard);
        assert!((LAST_WAIT..LAST_WAIT * 10).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    }

    #[test]
    fn the_end_writes_what_still_waits_in_order() {
        let mut bench = bench(100);
        for line in ["one\n", "two\n", "three\n"] {
            bench.queue.write_all(line.as_bytes()).unwrap();
        }
        for _ in 0..3 {
            bench.permissions.send(()).unwrap();
        }
        drop(bench.guard);
        let written: Vec<u8> = bench.written.try_iter().flatten().collect();
        assert_eq!(String::from_utf8(written).unwrap(), "one\ntwo\nthree\n");
        assert_eq!(bench.dropped.get(), 0);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let mut bench = bench(100);
        drop(bench.permissions);
        bench.queue.write_all(b"into the void\n").unwrap();
        drop(bench.guard);
        assert_eq!(bench.dropped.get(), 1);
    }

    #[test]
    fn a_line_after_the_end_is_counted_as_lost() {
        let mut bench = bench(100);
        drop(bench.guard);
        bench.queue.write_all(b"too late\n").unwrap();
        assert_eq!(bench.dropped.get(), 1);
    }
}
