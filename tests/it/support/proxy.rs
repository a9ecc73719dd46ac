//! A TCP proxy with faults, between the service and its database or Kratos. Faults hold for connections that are
//! open as well as for new ones, until the next word; nothing in here waits for a clock but what it was told to.

mod carry;

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What becomes of bytes on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// They arrive.
    None,
    /// New connections are reset, open ones broken.
    Refuse,
    /// Every piece arrives later, either way.
    Delay(Duration),
    /// Taken and never passed on, either way; what was open stays open.
    Freeze,
    /// The connection ends with the next bytes towards the server, which never sees them.
    CutUp,
    /// The connection ends with the next bytes of the server, which has done what it was asked by then.
    CutDown,
    /// The server's bytes arrive one at a time, this long apart.
    Drip(Duration),
    /// So many more bytes of the server's on each connection, then its end.
    Truncate(u64),
}

/// Listens at once and for as long as it lives.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

struct State {
    target: Mutex<String>,
    fault: Mutex<Fault>,
    /// Connections that it may still cut; no bound where there is none.
    strikes_left: Mutex<Option<usize>>,
    is_over: AtomicBool,
    living: Mutex<Vec<TcpStream>>,
    /// Connections of an older age than this one carry nothing any more, and are not closed either.
    age: AtomicU64,
    accepted: AtomicU64,
}

impl State {
    fn fault(&self) -> Fault {
        *self.fault.lock().expect("the fault")
    }

    /// A connection was cut; when that was the last one that was to be, all is well again.
    fn has_struck(&self) {
        let mut left = self.strikes_left.lock().expect("the strikes");
        if let Some(number) = left.as_mut() {
            *number = number.saturating_sub(1);
            if *number == 0 {
                *left = None;
                *self.fault.lock().expect("the fault") = Fault::None;
            }
        }
    }
}

impl Proxy {
    /// Without a fault yet.
    pub(crate) fn open(target: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            target: Mutex::new(target),
            fault: Mutex::new(Fault::None),
            strikes_left: Mutex::new(None),
            is_over: AtomicBool::new(false),
            living: Mutex::default(),
            age: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        let acceptor = std::thread::spawn(move || accept(&listener, &shared));
        Proxy { address, state, acceptor: Some(acceptor) }
    }

    /// A door that refuses until it is told otherwise.
    pub(crate) fn shut(target: String) -> Proxy {
        let proxy = Proxy::open(target);
        proxy.fault(Fault::Refuse);
        proxy
    }

    /// The port to put into a URL.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// This cut happens to so many connections, the first that meet it, and to no other.
    pub(crate) fn fault_times(&self, fault: Fault, connections: usize) {
        self.fault(fault);
        *self.state.strikes_left.lock().expect("the strikes") = Some(connections);
    }

    /// From now on this happens, and nothing else.
    pub(crate) fn fault(&self, fault: Fault) {
        *self.state.strikes_left.lock().expect("the strikes") = None;
        *self.state.fault.lock().expect("the fault") = fault;
        if fault == Fault::Refuse {
            self.break_connections();
        }
    }

    /// All is well again.
    pub(crate) fn heal(&self) {
        self.fault(Fault::None);
    }

    /// What is connected now goes silent without being closed; new connections get through.
    pub(crate) fn freeze_what_is_connected(&self) {
        self.state.age.fetch_add(1, Ordering::SeqCst);
    }

    /// As a fail-over does: what is connected goes silent, and new connections reach another server.
    pub(crate) fn swap(&self, target: String) {
        *self.state.target.lock().expect("the target") = target;
        self.freeze_what_is_connected();
    }

    /// Ends every connection that is open; new ones get through.
    pub(crate) fn break_connections(&self) {
        for stream in self.state.living.lock().expect("connections").drain(..) {
            let _gone = stream.shutdown(Shutdown::Both);
        }
    }

    /// Connections that were let in so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.state.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        self.fault(Fault::Refuse);
        // Wakes the acceptor, which waits for the next connection.
        let _woken = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ended = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for client in listener.incoming().flatten() {
        if state.is_over.load(Ordering::SeqCst) {
            return;
        }
        if state.fault() == Fault::Refuse {
            let _reset = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
            continue;
        }
        let target = state.target.lock().expect("the target").clone();
        if let Ok(server) = TcpStream::connect(target) {
            state.accepted.fetch_add(1, Ordering::SeqCst);
            carry::both_ways(&client, &server, state);
        }
    }
}

#[cfg(test)]
mod tests;
