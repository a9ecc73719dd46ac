//! A bare socket that speaks HTTP/1.1 badly on purpose, for what a proper client refuses to send.

use super::answer::{Answer, Listener};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Names in lower case with their values, in the order they came.
pub(crate) type Headers = Vec<(String, String)>;

/// Reads the head of an answer: where it ends, the status and the headers; none while it is not whole.
pub(crate) fn head(bytes: &[u8]) -> Option<(usize, u16, Headers)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    Some((end + 4, status, headers))
}

/// One connection; every wait on it is bounded.
pub(crate) struct Raw {
    stream: TcpStream,
    pending: Vec<u8>,
}

impl Raw {
    /// Connects; reads give up after `limit`.
    pub(crate) fn connect(to: SocketAddr, limit: Duration) -> Raw {
        let stream = TcpStream::connect(to).expect("the service listens");
        stream.set_read_timeout(Some(limit)).expect("a read limit");
        stream.set_write_timeout(Some(limit)).expect("a write limit");
        stream.set_nodelay(true).expect("no delay");
        Raw { stream, pending: Vec::new() }
    }

    /// Writes bytes as they are; an error (the other side closed) is told, not raised.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Asks the resolve route in the first dialect and reads nothing.
    pub(crate) fn ask(&mut self, identity: uuid::Uuid) -> bool {
        let body = serde_json::json!({ "kratosIdentityId": identity }).to_string();
        let (length, path) = (body.len(), super::client::RESOLVE);
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
        self.write(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes())
    }

    /// Ends the connection with a reset in place of a goodbye.
    pub(crate) fn reset(self) {
        let lingering = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        lingering.expect("no lingering");
    }

    /// Reads one answer with a `Content-Length`; none when the connection ends or stays silent.
    pub(crate) fn answer(&mut self, listener: Listener, method: &str, path: &str) -> Option<Answer> {
        let (status, headers) = loop {
            if let Some((end, status, headers)) = head(&self.pending) {
                self.pending.drain(..end);
                break (status, headers);
            }
            self.more()?;
        };
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, value)| value.parse::<usize>().unwrap_or_default());
        let length = if method == "HEAD" { 0 } else { length };
        while self.pending.len() < length {
            self.more()?;
        }
        let body = self.pending.drain(..length).collect();
        Some(Answer { listener, method: method.to_owned(), path: path.to_owned(), status, headers, body })
    }

    /// Whether the other side closes the connection within the read limit without another byte.
    pub(crate) fn is_closed_now(&mut self) -> bool {
        let mut byte = [0_u8; 1];
        match self.stream.read(&mut byte) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        }
    }

    fn more(&mut self) -> Option<()> {
        let mut buffer = [0_u8; 4096];
        let read = self.stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        self.pending.extend_from_slice(&buffer[..read]);
        Some(())
    }
}
