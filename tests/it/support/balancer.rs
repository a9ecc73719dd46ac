//! A balancer of connections, as a Kubernetes Service is one: it asks each replica whether it is ready, gives a new
//! connection to the next one that is, and leaves an open one where it is until one of its ends closes it. It repeats
//! nothing and hides nothing: what a replica breaks, its caller sees.

use super::answer::Listener;
use super::lean::Lean;
use super::service::{PATIENCE, Service};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How often a replica is asked.
const PERIOD: Duration = Duration::from_millis(150);

/// Balances for as long as it lives.
pub(crate) struct Balancer {
    address: SocketAddr,
    places: Arc<Vec<Place>>,
    _running: JoinSet<()>,
}

/// Where one replica stands, or the one that follows it.
#[derive(Default)]
struct Place {
    replica: Mutex<Option<Replica>>,
    given: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Replica {
    internal: SocketAddr,
    operations: SocketAddr,
    is_ready: bool,
}

impl Place {
    fn replica(&self) -> Option<Replica> {
        *self.replica.lock().expect("the replica")
    }

    fn note(&self, asked: Replica, is_ready: bool) {
        let mut replica = self.replica.lock().expect("the replica");
        if let Some(there) = replica.as_mut().filter(|there| there.operations == asked.operations) {
            there.is_ready = is_ready;
        }
    }
}

impl Balancer {
    /// Over these replicas, none of which counts as ready before it said so.
    pub(crate) async fn over(replicas: &[&Service]) -> Balancer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let places: Arc<Vec<Place>> = Arc::new(replicas.iter().map(|_| Place::default()).collect());
        let mut running = JoinSet::new();
        for number in 0..places.len() {
            running.spawn(probe(Arc::clone(&places), number));
        }
        running.spawn(accept(listener, Arc::clone(&places)));
        let balancer = Balancer { address, places, _running: running };
        for (number, replica) in replicas.iter().enumerate() {
            balancer.put(number, replica);
        }
        for number in 0..replicas.len() {
            balancer.sees(number, true).await;
        }
        balancer
    }

    /// Where to connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts a replica in the place of one that has ended.
    pub(crate) fn put(&self, number: usize, service: &Service) {
        let address = |listener| service.client.address(listener);
        let (internal, operations) = (address(Listener::Internal), address(Listener::Operations));
        *self.places[number].replica.lock().expect("the replica") =
            Some(Replica { internal, operations, is_ready: false });
    }

    /// Waits until that replica was found ready, or not.
    pub(crate) async fn sees(&self, number: usize, ready: bool) {
        super::eventually("what the balancer sees", PATIENCE, async || {
            let is_ready = self.places[number].replica().is_some_and(|replica| replica.is_ready);
            (is_ready == ready).then_some(())
        })
        .await;
    }

    /// How many connections each place was given.
    pub(crate) fn given(&self) -> Vec<usize> {
        self.places.iter().map(|place| place.given.load(Ordering::SeqCst)).collect()
    }
}

async fn probe(places: Arc<Vec<Place>>, number: usize) {
    loop {
        if let Some(asked) = places[number].replica() {
            // A connection of its own each time, as probes have it.
            let lean = Lean::new(asked.operations);
            let answer = timeout(Duration::from_secs(1), lean.operations("/health/ready")).await;
            let is_ready = matches!(answer, Ok(Ok(answer)) if answer.status == 200);
            places[number].note(asked, is_ready);
        }
        sleep(PERIOD).await;
    }
}

async fn accept(listener: TcpListener, places: Arc<Vec<Place>>) {
    let mut open = JoinSet::new();
    let mut turn = 0;
    loop {
        let (mut near, _) = listener.accept().await.expect("a connection");
        while open.try_join_next().is_some() {}
        turn += 1;
        let by_turns = (0..places.len()).map(|more| &places[(turn + more) % places.len()]);
        let chosen = by_turns.filter_map(|place| Some((place, place.replica()?)));
        // Without a ready one the connection ends here, and its caller has no answer.
        let Some((place, replica)) = chosen.into_iter().find(|(_, replica)| replica.is_ready) else {
            continue;
        };
        place.given.fetch_add(1, Ordering::SeqCst);
        open.spawn(async move {
            let Ok(mut far) = TcpStream::connect(replica.internal).await else { return };
            if near.set_nodelay(true).and(far.set_nodelay(true)).is_ok() {
                let _ended = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
