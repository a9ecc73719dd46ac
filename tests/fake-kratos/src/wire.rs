//! Puts an answer on the wire: whole, or deliberately broken in ways that no honest HTTP server would be.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web::Bytes,
};
use tokio::time::{Sleep, sleep};

use crate::reply::Reply;

/// How much of an answer arrives, and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Delivery {
    Whole,
    /// The head promises the whole body, the connection ends after half of it.
    Half,
    /// The connection ends before the head.
    Nothing,
    /// One byte after each such pause.
    Drip(Duration),
}

/// Makes the response; `method` decides about the caching headers, which Kratos puts on GET alone.
pub(crate) fn respond(reply: Reply, delivery: Delivery, method: &str) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if method == "GET" {
        response.insert_header(("Cache-Control", "private, no-cache, no-store, must-revalidate"));
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.append_header((name, value));
        }
    }
    match delivery {
        Delivery::Whole => response.body(reply.body),
        Delivery::Half => response.body(Broken::half(&reply.body)),
        Delivery::Nothing => response.body(Broken::nothing()),
        Delivery::Drip(pause) => response.body(Broken::drip(&reply.body, pause)),
    }
}

enum Piece {
    Bytes(Bytes),
    /// Gives the server the turn in which it flushes what was said so far.
    Flush,
    Pause(Duration),
    Break,
}

/// A body that promises one length and keeps to its own plan.
struct Broken {
    promised: u64,
    plan: VecDeque<Piece>,
    sleeping: Option<Pin<Box<Sleep>>>,
}

impl Broken {
    fn half(body: &[u8]) -> Self {
        let (sent, _) = body.split_at(body.len() / 2);
        let plan = [Piece::Bytes(Bytes::copy_from_slice(sent)), Piece::Flush, Piece::Flush, Piece::Break];
        Self { promised: body.len().max(1) as u64, plan: plan.into(), sleeping: None }
    }

    fn nothing() -> Self {
        Self { promised: 1, plan: [Piece::Break].into(), sleeping: None }
    }

    fn drip(body: &[u8], pause: Duration) -> Self {
        let byte = |byte: &u8| [Piece::Pause(pause), Piece::Bytes(Bytes::copy_from_slice(&[*byte]))];
        Self { promised: body.len() as u64, plan: body.iter().flat_map(byte).collect(), sleeping: None }
    }
}

impl MessageBody for Broken {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised)
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(sleeping) = &mut this.sleeping {
                ready!(sleeping.as_mut().poll(context));
                this.sleeping = None;
            }
            match this.plan.pop_front() {
                None => return Poll::Ready(None),
                Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Piece::Pause(pause)) => this.sleeping = Some(Box::pin(sleep(pause))),
                Some(Piece::Break) => return Poll::Ready(Some(Err(io::Error::other("broken on purpose")))),
                Some(Piece::Flush) => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }
}
