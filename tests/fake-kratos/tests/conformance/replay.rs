//! Plays a recorded case: the state it began with, then call after call, each answer compared before the next.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    compare, links,
    memory::Memory,
    target::{Answer, Target},
    transcript::{Exchange, Request, Transcript},
};

pub(crate) struct Replay {
    pub(crate) replayed: usize,
    /// As `case index: where: what`.
    pub(crate) differences: Vec<String>,
}

/// Against the real Kratos if there is one.
pub(crate) async fn differences(case: &str, before: usize, skipped: &[usize]) -> Replay {
    play(case, before, skipped, |_, _| {}, Target::of_environment().await).await
}

/// Against a double whose answers go through `spoil`.
pub(crate) async fn tampered(
    case: &str,
    before: usize,
    skipped: &[usize],
    spoil: fn(&Exchange, &mut Answer),
) -> Replay {
    play(case, before, skipped, spoil, Target::double()).await
}

async fn play(
    case: &str,
    before: usize,
    skipped: &[usize],
    spoil: fn(&Exchange, &mut Answer),
    target: Target,
) -> Replay {
    let transcript = Transcript::read(case);
    let mut memory = Memory::default();
    prepare(before, &transcript, &target, &mut memory).await;
    let mut replay = Replay { replayed: 0, differences: Vec::new() };
    for (index, exchange) in transcript.exchanges.iter().enumerate() {
        if skipped.contains(&index) {
            continue;
        }
        let mut answer = ask(&exchange.request, &target, &memory).await;
        spoil(exchange, &mut answer);
        learn(exchange, &answer, &mut memory);
        let found = compare::differences(exchange, &answer, &memory, &target, &transcript);
        replay
            .differences
            .extend(found.into_iter().map(|difference| format!("{case} {index}: {difference}")));
        replay.replayed += 1;
    }
    for id in &memory.made {
        target.delete(id).await;
    }
    replay
}

/// Identities from before the recording; the first stands for the one that a path names but no call here made.
async fn prepare(before: usize, transcript: &Transcript, target: &Target, memory: &mut Memory) {
    let named = transcript.exchanges.iter().find_map(|exchange| {
        let (_, rest) = exchange.request.path.split_once("/identities/")?;
        let (id, _) = rest.split_once("/credentials/")?;
        Some(id.to_owned())
    });
    for number in 0..before {
        let id = target.prepare().await;
        if let Some(named) = named.as_ref().filter(|_| number == 0) {
            memory.learn_id(named, &id);
        }
        memory.made.push(id);
    }
}

async fn ask(request: &Request, target: &Target, memory: &Memory) -> Answer {
    let path = match request.path_ids {
        Some(count) => {
            let ids: Vec<String> = (0..count).map(|_| format!("ids={}", Uuid::new_v4())).collect();
            let (path, _) = request.path.split_once('?').expect("a query");
            format!("{path}?{}", ids.join("&"))
        }
        None => memory.path(&request.path),
    };
    let body = match &request.body {
        Value::String(text) => Value::String(text.clone()),
        body => memory.translate_json(body),
    };
    let json_type = request.headers.contains_key("Content-Type");
    target.ask(&request.api, &request.method, &path, &body, json_type).await
}

fn learn(exchange: &Exchange, answer: &Answer, memory: &mut Memory) {
    if matches!(exchange.request.method.as_str(), "POST" | "PATCH") && exchange.response.status < 300 {
        memory.learn(&exchange.response.body, &answer.body);
    }
    let next = |header: Option<&str>| header.and_then(links::next_token);
    if let (Some(recorded), Some(actual)) =
        (next(exchange.response.header("Link")), next(answer.header("Link")))
    {
        memory.learn_token(recorded, actual);
    }
}
