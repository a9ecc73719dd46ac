//! One connection through the proxy: a thread each way.

use super::{Fault, State};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// Starts carrying.
pub(super) fn both_ways(client: &TcpStream, server: &TcpStream, state: &Arc<State>) {
    let born = state.age.load(Ordering::SeqCst);
    for (from, to, way) in [(client, server, Way::ToServer), (server, client, Way::ToClient)] {
        let _fast = from.set_nodelay(true);
        let (Ok(from), Ok(to), Ok(kept)) = (from.try_clone(), to.try_clone(), from.try_clone()) else {
            return;
        };
        state.living.lock().expect("connections").push(kept);
        let state = Arc::clone(state);
        std::thread::spawn(move || pump(from, to, way, &|| state.age.load(Ordering::SeqCst) == born, &state));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, way: Way, is_alive: &dyn Fn() -> bool, state: &State) {
    let mut buffer = [0_u8; 16 * 1024];
    // Counted from the moment the fault is first met.
    let mut left = None;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let fault = state.fault();
        // A frozen connection takes what it is given and passes nothing on.
        if !is_alive() || fault == Fault::Freeze {
            continue;
        }
        if !pass(&buffer[..read], &mut to, way, fault, &mut left) {
            // Before the ends can see it and come again.
            state.has_struck();
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Both);
    let _gone = from.shutdown(Shutdown::Both);
}

/// False where the connection ends here.
fn pass(bytes: &[u8], to: &mut TcpStream, way: Way, fault: Fault, left: &mut Option<u64>) -> bool {
    match (fault, way) {
        (Fault::Delay(time), _) => {
            std::thread::sleep(time);
            to.write_all(bytes).is_ok()
        }
        (Fault::CutUp, Way::ToServer) | (Fault::CutDown, Way::ToClient) => false,
        (Fault::Drip(time), Way::ToClient) => bytes.iter().all(|byte| {
            std::thread::sleep(time);
            to.write_all(&[*byte]).is_ok()
        }),
        (Fault::Truncate(most), Way::ToClient) => {
            let left = left.get_or_insert(most);
            let fits = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
            *left -= fits as u64;
            to.write_all(&bytes[..fits]).is_ok() && *left > 0
        }
        _ => to.write_all(bytes).is_ok(),
    }
}
