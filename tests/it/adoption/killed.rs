//! `migrate` is killed after each of its statements, up and down: the next one finishes, and what it leaves is what
//! an undisturbed one leaves.

use super::Foreign;
use super::shapes::LINKED;
use crate::support::service::Setup;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A door to the database that lets so many packets of the program through and then no answer any more.
struct Toll {
    port: u16,
    left: Arc<AtomicI64>,
}

impl Toll {
    fn new(target: String, packets: i64) -> Toll {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let left = Arc::new(AtomicI64::new(packets));
        let shared = Arc::clone(&left);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&target).expect("the database");
                if !carry(client, server, &shared) {
                    return;
                }
            }
        });
        Toll { port, left }
    }

    fn is_spent(&self) -> bool {
        self.left.load(Ordering::SeqCst) <= 0
    }
}

/// Starts the threads of one connection; false when the toll is spent already.
fn carry(client: TcpStream, server: TcpStream, left: &Arc<AtomicI64>) -> bool {
    let _fast = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut ask, mut asked) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
    let (mut answer, mut answered) = (server, client);
    let counted = Arc::clone(left);
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 16 * 1024];
        while let Ok(read @ 1..) = ask.read(&mut buffer) {
            counted.fetch_sub(1, Ordering::SeqCst);
            if asked.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _gone = asked.shutdown(Shutdown::Both);
    });
    let counted = Arc::clone(left);
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 16 * 1024];
        while let Ok(read @ 1..) = answer.read(&mut buffer) {
            // The statement that spent the toll is carried out, and nobody ever hears of it.
            if counted.load(Ordering::SeqCst) > 0 && answered.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _gone = answered.shutdown(Shutdown::Both);
    });
    left.load(Ordering::SeqCst) > 0
}

/// Runs a command that is killed once it has sent so many packets; gives its status if it ended before.
fn killed_after(foreign: &Foreign, arguments: &[&str], packets: i64) -> Option<ExitStatus> {
    let toll = Toll::new(foreign.db.address(), packets);
    let setup: Setup = foreign.setup.clone().set("DATABASE_URL", foreign.db.url_through(toll.port));
    let mut process = setup.spawn(arguments);
    loop {
        if let Some(status) = process.ended() {
            return Some(status);
        }
        if toll.is_spent() {
            // It dies when it goes out of scope; the server carries its last statement out.
            std::thread::sleep(std::time::Duration::from_millis(2));
            return None;
        }
        std::thread::sleep(std::time::Duration::from_micros(300));
    }
}

/// What an undisturbed `migrate` leaves: the table, its rows, the record, links and history.
async fn left(foreign: &Foreign) -> String {
    let columns = ["id", "authId", "email", "updatedAt"].map(str::to_owned);
    let snapshot = foreign.snapshot(&columns).await;
    let mut record = foreign.adoption().await;
    record.sort();
    let history: Vec<_> = foreign.db.history().await.into_iter().map(|row| (row.user_id, row.why)).collect();
    format!("{snapshot:?} {record:?} {:?} {history:?}", foreign.db.links().await)
}

/// The lease of a killed migrator would hold the next one up until it is over.
async fn free_the_lease(foreign: &Foreign) {
    foreign.db.execute("UPDATE lease SET expires_at = '2000-01-01'").await;
}

// Three tests of every third packet each, because together they take as long as one of them.
#[tokio::test]
async fn after_any_statement_of_the_way_up_and_down_the_first_third() {
    is_finished_by_the_next_one(1).await;
}

#[tokio::test]
async fn after_any_statement_of_the_way_up_and_down_the_second_third() {
    is_finished_by_the_next_one(2).await;
}

#[tokio::test]
async fn after_any_statement_of_the_way_up_and_down_the_last_third() {
    is_finished_by_the_next_one(3).await;
}

async fn is_finished_by_the_next_one(first: i64) {
    let foreign = Foreign::new(&LINKED).await;
    let columns = foreign.visible_columns().await;
    let found = foreign.snapshot(&columns).await;
    foreign.setup.migrate();
    let whole = left(&foreign).await;
    let before = "20261121090600";
    let down = ["migrate", "down", "--to", before];
    let mut rounds = 0;
    for packets in (first..).step_by(3) {
        foreign.db.execute("DELETE FROM user_link").await;
        foreign.db.execute("DELETE FROM link_history").await;
        let went_down = killed_after(&foreign, &down, packets);
        free_the_lease(&foreign).await;
        assert_eq!(foreign.setup.run(&down).code, Some(0));
        assert_eq!(foreign.snapshot(&columns).await, found, "given back after {packets} packets");
        free_the_lease(&foreign).await;
        let went_up = killed_after(&foreign, &["migrate"], packets);
        free_the_lease(&foreign).await;
        foreign.setup.migrate();
        assert_eq!(left(&foreign).await, whole, "adopted after {packets} packets");
        rounds += 1;
        if let (Some(went_down), Some(went_up)) = (went_down, went_up) {
            assert!(went_down.success() && went_up.success(), "{went_down} {went_up}");
            break;
        }
    }
    assert!(rounds > 20, "only {rounds} rounds");
}
