//! A caller that costs next to nothing, so that a load of thousands a second leaves the machine to the service. It
//! keeps connections alive and uses the one that rested longest; it never sends anything twice.

use super::answer::{Answer, Listener};
use super::client::RESOLVE;
use super::raw::{Headers, head};
use super::service::PATIENCE;
use serde_json::json;
use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

/// Speaks to one address; cheap to clone.
#[derive(Clone)]
pub(crate) struct Lean {
    to: SocketAddr,
    resting: Arc<Mutex<VecDeque<TcpStream>>>,
}

impl Lean {
    /// Without a connection yet.
    pub(crate) fn new(to: SocketAddr) -> Lean {
        Lean { to, resting: Arc::default() }
    }

    /// Asks in the first dialect; an error is a call without an answer.
    pub(crate) async fn resolve(&self, identity: Uuid) -> Result<Answer, Error> {
        let body = json!({ "kratosIdentityId": identity }).to_string();
        let length = body.len();
        let head = format!(
            "POST {RESOLVE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.ask(Listener::Internal, "POST", RESOLVE, head + &body).await
    }

    /// Gets a path of the operations listener, if that is the address.
    pub(crate) async fn operations(&self, path: &str) -> Result<Answer, Error> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        self.ask(Listener::Operations, "GET", path, head).await
    }

    /// How many connections it keeps for its next calls.
    pub(crate) fn resting(&self) -> usize {
        self.resting.lock().expect("the connections").len()
    }

    async fn ask(
        &self,
        listener: Listener,
        method: &str,
        path: &str,
        request: String,
    ) -> Result<Answer, Error> {
        let exchange = async {
            let mut stream = match self.rested() {
                Some(stream) => stream,
                None => self.connect().await?,
            };
            stream.write_all(request.as_bytes()).await?;
            let (status, headers, body) = read(&mut stream).await?;
            let answer =
                Answer { listener, method: method.to_owned(), path: path.to_owned(), status, headers, body };
            if answer.header("connection") != Some("close") {
                self.resting.lock().expect("the connections").push_back(stream);
            }
            Ok(answer)
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }

    /// A connection that the other side has not ended, as far as can be told.
    fn rested(&self) -> Option<TcpStream> {
        let mut resting = self.resting.lock().expect("the connections");
        loop {
            let stream = resting.pop_front()?;
            let silent = stream.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            if silent {
                return Some(stream);
            }
        }
    }

    async fn connect(&self) -> Result<TcpStream, Error> {
        let stream = TcpStream::connect(self.to).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

async fn read(stream: &mut TcpStream) -> Result<(u16, Headers, Vec<u8>), Error> {
    let mut got = Vec::with_capacity(1024);
    let (end, status, headers) = loop {
        if let Some(head) = head(&got) {
            break head;
        }
        more(stream, &mut got).await?;
    };
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap_or_default());
    while got.len() < end + length {
        more(stream, &mut got).await?;
    }
    Ok((status, headers, got.split_off(end)))
}

async fn more(stream: &mut TcpStream, got: &mut Vec<u8>) -> Result<(), Error> {
    match stream.read_buf(got).await? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
