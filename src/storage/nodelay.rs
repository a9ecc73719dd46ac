//! `TCP_NODELAY` for the connections that sqlx 0.9.0 opens without it, which costs 40 ms on every exchange
//! of more than one write (transact-rs/sqlx#4335). Goes away with the sqlx release that sets it again.

/// Sets the option on every TCP socket of this process; called once after each connect. Failing is harmless.
#[cfg(target_os = "linux")]
pub(super) fn set_on_all_sockets() {
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    for entry in descriptors.flatten() {
        let is_socket = std::fs::read_link(entry.path())
            .is_ok_and(|target| target.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let (true, Some(number)) = (is_socket, number) {
            set_on(number);
        }
    }
}

/// Elsewhere the stall is accepted: this is where people develop, not where they serve.
#[cfg(not(target_os = "linux"))]
pub(super) fn set_on_all_sockets() {}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "sqlx hides its socket; only the descriptor's number can be had")]
fn set_on(number: std::os::fd::RawFd) {
    // SAFETY: the descriptor is borrowed for one call. Should another thread have closed it meanwhile, the
    // call fails or sets a harmless option on the socket that took the number.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    let socket = socket2::SockRef::from(&borrowed);
    if socket.peer_addr().is_ok_and(|peer| peer.is_ipv4() || peer.is_ipv6()) {
        // Best effort: without it the connection is slow, not wrong.
        let _ = socket.set_tcp_nodelay(true);
    }
}
