//! A TCP door between the service and its database that can be shut, opened and frozen at will.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Listens at once and for as long as it lives; while shut it ends every connection unanswered.
pub(crate) struct Forwarder {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

struct State {
    target: String,
    is_open: AtomicBool,
    is_over: AtomicBool,
    living: Mutex<Vec<TcpStream>>,
    /// Connections of an older age than this one carry nothing any more, and are not closed either.
    age: AtomicU64,
}

impl Forwarder {
    /// A shut door to `target`.
    pub(crate) fn shut(target: String) -> Forwarder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            target,
            is_open: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            living: Mutex::new(Vec::new()),
            age: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        let acceptor = std::thread::spawn(move || accept(&listener, &shared));
        Forwarder { address, state, acceptor: Some(acceptor) }
    }

    /// The port to put into a URL.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets connections through from now on.
    pub(crate) fn open(&self) {
        self.state.is_open.store(true, Ordering::SeqCst);
    }

    /// What is connected now goes silent without being closed; new connections get through.
    pub(crate) fn freeze_what_is_connected(&self) {
        self.state.age.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets none through any more and breaks those that are.
    pub(crate) fn close(&self) {
        self.state.is_open.store(false, Ordering::SeqCst);
        for stream in self.state.living.lock().expect("connections").drain(..) {
            let _gone = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        self.close();
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
        if !state.is_open.load(Ordering::SeqCst) {
            continue;
        }
        if let Ok(server) = TcpStream::connect(&state.target) {
            join(&client, &server, state);
        }
    }
}

fn join(client: &TcpStream, server: &TcpStream, state: &Arc<State>) {
    let born = state.age.load(Ordering::SeqCst);
    for (from, to) in [(client, server), (server, client)] {
        let _fast = from.set_nodelay(true);
        let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone()) else {
            return;
        };
        state.living.lock().expect("connections").push(kept);
        let state = Arc::clone(state);
        std::thread::spawn(move || pump(from, to, &|| state.age.load(Ordering::SeqCst) == born));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, is_alive: &dyn Fn() -> bool) {
    let mut buffer = [0_u8; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        // A frozen connection takes what it is given and passes nothing on.
        if read == 0 || is_alive() && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Both);
    let _gone = from.shutdown(Shutdown::Both);
}
