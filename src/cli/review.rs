//! `review list|show|approve|reject`: the questions that the policy left to a person.

use std::io::IsTerminal;

use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Failed,
    desk::{Office, given, person, reason_arg},
    print,
    table::print_table,
};
use crate::{
    app::review::PAGE_MAX,
    config,
    domain::{
        ids::ReviewId,
        review::{Review, State},
    },
};

pub(super) fn command() -> Command {
    let id = || Arg::new("id").value_name("REVIEW_ID").required(true).value_parser(ReviewId::parse);
    let list = Command::new("list").about("Lists reviews, oldest first").args([
        Arg::new("state")
            .long("state")
            .value_parser(PossibleValuesParser::new(State::ALL.map(State::as_str)))
            .default_value(State::Open.as_str())
            .help("Which ones"),
        Arg::new("limit")
            .long("limit")
            .value_name("N")
            .value_parser(value_parser!(u32).range(1..=i64::from(PAGE_MAX)))
            .default_value("50")
            .help("How many at most"),
        Arg::new("after")
            .long("after")
            .value_name("REVIEW_ID")
            .value_parser(ReviewId::parse)
            .help("Goes on behind this one, the last of the page before"),
    ]);
    let show = Command::new("show").about("Shows one review").arg(id());
    let approve = Command::new("approve")
        .about("Says yes: checks everything again but the missing proof, and links")
        .args([id(), reason_arg()]);
    let reject = Command::new("reject")
        .about("Says no: the two are then linked by hand only, and nobody is asked again")
        .args([id(), reason_arg()]);
    let answers = [list, show, approve, reject].map(|command| command.args(config::args()));
    Command::new("review")
        .about("The questions that the policy left to a person")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(answers)
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failed> {
    match matches.subcommand() {
        Some(("list", matches)) => list(matches),
        Some(("show", matches)) => {
            let id = given(matches, "id")?;
            show(&Office::open(matches)?.run(|desk| desk.review(id))?);
            Ok(())
        }
        Some(("approve", matches)) => {
            let (id, person) = (given(matches, "id")?, person(matches)?);
            show(&Office::open(matches)?.run(|desk| desk.approve(&person, id))?);
            Ok(())
        }
        Some(("reject", matches)) => {
            let (id, person) = (given(matches, "id")?, person(matches)?);
            show(&Office::open(matches)?.run(|desk| desk.reject(&person, id))?);
            Ok(())
        }
        _ => Err(Failed::Usage("no such command".to_owned())),
    }
}

fn list(matches: &ArgMatches) -> Result<(), Failed> {
    let state = matches.get_one::<String>("state").and_then(|name| name.parse().ok());
    let (state, limit): (State, u32) = (state.unwrap_or(State::Open), given(matches, "limit")?);
    let after = matches.get_one::<ReviewId>("after").copied();
    let page = Office::open(matches)?.run(|desk| desk.reviews(state, after, limit))?;
    if !std::io::stdout().is_terminal() {
        for review in &page {
            print(&json(review).to_string());
        }
        return Ok(());
    }
    let rows: Vec<[String; 5]> = page
        .iter()
        .map(|review| {
            let Review { id, identity, user, .. } = review;
            let kind = review.asked.as_str().to_owned();
            [id.to_string(), written(review.asked_at), kind, user.to_string(), identity.to_string()]
        })
        .collect();
    print_table(["REVIEW", "ASKED", "KIND", "USER", "IDENTITY"], &rows);
    if let Some(last) = page.last().filter(|_| u32::try_from(page.len()) == Ok(limit)) {
        print(&format!("perhaps more: --after {}", last.id));
    }
    Ok(())
}

/// Line by line for people, one line of JSON for programs.
fn show(review: &Review) {
    let whole = json(review);
    if !std::io::stdout().is_terminal() {
        return print(&whole.to_string());
    }
    let fields = whole.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let rows: Vec<[String; 2]> =
        fields.map(|(key, value)| [key.clone(), value.as_str().unwrap_or_default().to_owned()]).collect();
    print_table(["FIELD", "VALUE"], &rows);
}

fn json(review: &Review) -> Value {
    let closed = review.closed.as_ref();
    json!({
        "id": review.id.to_string(),
        "state": review.state.as_str(),
        "kind": review.asked.as_str(),
        "userId": review.user.to_string(),
        "kratosIdentityId": review.identity.to_string(),
        "goneIdentityId": review.asked.gone().map(|id| id.to_string()),
        "goneSince": review.asked.gone_since().map(written),
        "askedAt": written(review.asked_at),
        "firstAuditId": review.first_audit.to_string(),
        "decidedAt": closed.map(|closed| written(closed.at)),
        "decidedBy": closed.map(|closed| closed.by.clone()),
        "auditId": closed.map(|closed| closed.audit.to_string()),
        "reason": closed.and_then(|closed| closed.reason.clone()),
    })
}

fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
