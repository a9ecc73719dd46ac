//! Processes that the tests start, and the only signals they send, always to one pid of their own.

use std::process::{Command, Stdio};

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
