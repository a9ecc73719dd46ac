//! One kept connection that speaks just enough HTTP/1.1. The callers share the machine with the service and its
//! database, so what they cost is kept small: a request is written in place, and an answer searched, not parsed.

use anyhow::{Context as _, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

/// More than any answer of the service.
const MOST: usize = 16 * 1024;

/// A route that is called, and what a good answer of it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) says: &'static str,
}

pub(crate) struct Wire {
    stream: TcpStream,
    route: Route,
    /// A whole request, its identity at `at`.
    request: Vec<u8>,
    at: usize,
    answer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: &str, route: Route) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (before, after) = ("{\"kratosIdentityId\":\"", "\"}");
        let length = before.len() + uuid::fmt::Hyphenated::LENGTH + after.len();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {address}\r\nuser-agent: bench\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{before}",
            route.path
        );
        let request = format!("{head}{}{after}", Uuid::nil().hyphenated()).into_bytes();
        Ok(Self { stream, route, request, at: head.len(), answer: Vec::with_capacity(MOST) })
    }

    /// Fails unless it was answered as the route should.
    pub(crate) async fn call(&mut self, identity: Uuid) -> anyhow::Result<()> {
        let place = self.request.get_mut(self.at..self.at + uuid::fmt::Hyphenated::LENGTH);
        identity.hyphenated().encode_lower(place.context("a request without a place for its identity")?);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let whole = loop {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the service closed a connection");
            ensure!(self.answer.len() < MOST, "an answer without an end");
            if let Some(whole) = length(&self.answer)? {
                break whole;
            }
        };
        let answer = std::str::from_utf8(&self.answer)?;
        let is_good = answer.starts_with("HTTP/1.1 200 ") && answer.contains(self.route.says);
        ensure!(is_good, "{} of {identity} was answered {answer}", self.route.path);
        ensure!(answer.len() == whole, "more than one answer");
        Ok(())
    }
}

/// The length of an answer that is there as a whole.
fn length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default())?;
    let stated = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let Some(body) = stated else { bail!("an answer without a content-length: {head}") };
    let whole = end + 4 + body;
    Ok((answer.len() >= whole).then_some(whole))
}
