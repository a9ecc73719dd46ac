//! Each fault does what it says, against a server that answers every line with the same line.

use super::{Fault, Proxy};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// An echo, and what reached it.
fn echo(name: &'static str) -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (heard, ears) = channel();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let heard = heard.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 64];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    let _told = heard.send(buffer[..read].to_vec());
                    let _sent = client.write_all(&[name.as_bytes(), &buffer[..read]].concat());
                }
            });
        }
    });
    (address, ears)
}

fn call(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy listens");
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a limit");
    stream
}

/// What comes back for `ping`: bytes until there are six, the end, or silence.
fn ping(stream: &mut TcpStream) -> Result<String, std::io::ErrorKind> {
    stream.write_all(b"ping").map_err(|error| error.kind())?;
    let mut all = Vec::new();
    while all.len() < 6 {
        let mut buffer = [0; 64];
        match stream.read(&mut buffer) {
            Ok(0) if all.is_empty() => return Err(std::io::ErrorKind::ConnectionReset),
            Ok(0) => break,
            Ok(read) => all.extend_from_slice(&buffer[..read]),
            Err(error) if all.is_empty() => return Err(error.kind()),
            Err(_) => break,
        }
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

const LONG: Duration = Duration::from_secs(10);

#[test]
fn bytes_pass_and_pass_later_and_one_by_one() {
    let (address, _ears) = echo("a:");
    let proxy = Proxy::open(address);
    let mut stream = call(&proxy);
    assert_eq!(ping(&mut stream).as_deref(), Ok("a:ping"));
    for (fault, least) in [
        (Fault::Delay(Duration::from_millis(40)), Duration::from_millis(80)),
        (Fault::Drip(Duration::from_millis(10)), Duration::from_millis(60)),
    ] {
        proxy.fault(fault);
        let start = Instant::now();
        assert_eq!(ping(&mut stream).as_deref(), Ok("a:ping"), "{fault:?}");
        assert!(start.elapsed() >= least, "{fault:?}: {:?}", start.elapsed());
    }
    proxy.heal();
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn a_cut_upwards_hides_the_question_and_one_downwards_only_the_answer() {
    let (address, ears) = echo("a:");
    let proxy = Proxy::open(address);
    proxy.fault(Fault::CutUp);
    assert!(ping(&mut call(&proxy)).is_err());
    assert!(ears.try_recv().is_err(), "the server never saw it");
    proxy.fault(Fault::CutDown);
    assert!(ping(&mut call(&proxy)).is_err());
    assert_eq!(ears.recv_timeout(LONG).as_deref(), Ok(&b"ping"[..]));
}

#[test]
fn a_cut_of_one_connection_spares_the_next() {
    let (address, _ears) = echo("a:");
    let proxy = Proxy::open(address);
    proxy.fault_times(Fault::CutDown, 1);
    assert!(ping(&mut call(&proxy)).is_err());
    assert_eq!(ping(&mut call(&proxy)).as_deref(), Ok("a:ping"));
}

#[test]
fn an_answer_is_cut_short() {
    let (address, _ears) = echo("a:");
    let proxy = Proxy::open(address);
    proxy.fault(Fault::Truncate(3));
    assert_eq!(ping(&mut call(&proxy)).as_deref(), Ok("a:p"));
}

#[test]
fn frozen_connections_stay_open_and_say_nothing() {
    let (address, ears) = echo("a:");
    let proxy = Proxy::open(address);
    let mut old = call(&proxy);
    assert_eq!(ping(&mut old).as_deref(), Ok("a:ping"));
    ears.try_recv().expect("heard");
    proxy.freeze_what_is_connected();
    assert_eq!(ping(&mut old), Err(std::io::ErrorKind::WouldBlock));
    assert_eq!(ping(&mut call(&proxy)).as_deref(), Ok("a:ping"));
    proxy.fault(Fault::Freeze);
    assert_eq!(ping(&mut call(&proxy)), Err(std::io::ErrorKind::WouldBlock));
}

#[test]
fn after_a_swap_new_connections_reach_the_other_server() {
    let ((one, _ears), (other, _others)) = (echo("a:"), echo("b:"));
    let proxy = Proxy::open(one);
    let mut old = call(&proxy);
    assert_eq!(ping(&mut old).as_deref(), Ok("a:ping"));
    proxy.swap(other);
    assert_eq!(ping(&mut old), Err(std::io::ErrorKind::WouldBlock));
    assert_eq!(ping(&mut call(&proxy)).as_deref(), Ok("b:ping"));
}

#[test]
fn refused_connections_are_reset_and_open_ones_broken() {
    let (address, _ears) = echo("a:");
    let proxy = Proxy::open(address);
    let mut old = call(&proxy);
    assert_eq!(ping(&mut old).as_deref(), Ok("a:ping"));
    proxy.fault(Fault::Refuse);
    assert!(ping(&mut old).is_err() && ping(&mut call(&proxy)).is_err());
    proxy.heal();
    assert_eq!(ping(&mut call(&proxy)).as_deref(), Ok("a:ping"));
}
