//! Processes that the tests start, and the only signals they send, always to one pid of their own.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Whether a process of that id lives on this machine.
pub(crate) fn is_alive(pid: u32) -> bool {
    signal(pid, "0")
}

/// Asks a process to stop.
pub(crate) fn terminate(pid: u32) -> bool {
    signal(pid, "TERM")
}

/// Asks a process to stop as a terminal does.
pub(crate) fn interrupt(pid: u32) -> bool {
    signal(pid, "INT")
}

// The shell's own `kill`: the standard library sends no signal but KILL, and the program of that name is
// missing on small machines.
fn signal(pid: u32, name: &str) -> bool {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("kill -{name} {pid}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The memory of a process that is in RAM, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Looks at the memory of a process again and again.
pub(crate) struct Watch {
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

/// Begins at once, on a thread of its own, and ends with the watch.
pub(crate) fn watch_resident(pid: u32) -> Watch {
    let watch = Watch { most: Arc::default(), over: Arc::default() };
    let (most, over) = (Arc::clone(&watch.most), Arc::clone(&watch.over));
    std::thread::spawn(move || {
        while !over.load(Ordering::SeqCst) {
            most.fetch_max(resident_kib(pid), Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    watch
}

impl Watch {
    /// The most there was, in KiB.
    pub(crate) fn so_far(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}
