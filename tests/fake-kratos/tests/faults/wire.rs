//! A client on a bare socket, so that broken answers are seen as they are.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use fake_kratos::{Action, FakeKratos, Identity, Rule};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// What came until the connection ended, cut into head and body.
pub(crate) struct Heard {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn promised(&self) -> usize {
        self.header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

pub(crate) fn open(fake: &FakeKratos, method: &str, path: &str, body: &str) -> TcpStream {
    let address = fake.admin_url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close");
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
    stream
}

pub(crate) fn heard(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    // A reset is an end like any other here.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let body = bytes.split_off(end);
    Heard { head: String::from_utf8_lossy(&bytes).into_owned(), body }
}

pub(crate) fn ask(fake: &FakeKratos, method: &str, path: &str, body: &str) -> Heard {
    heard(open(fake, method, path, body))
}

pub(crate) fn get(fake: &FakeKratos, id: Uuid) -> Heard {
    ask(fake, "GET", &format!("/admin/identities/{id}"), "")
}

/// A double with one identity and one rule.
pub(crate) fn with(action: Action) -> (FakeKratos, Uuid) {
    let fake = FakeKratos::start();
    let id = fake.seed(Identity::verified("ada@example.org").name("Ada", "Byron"));
    fake.fault(Rule::any(action));
    (fake, id)
}
