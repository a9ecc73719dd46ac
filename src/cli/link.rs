//! `link USER_ID IDENTITY_ID` and `unlink USER_ID`: by hand, with a reason.

use std::io::IsTerminal;

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::{
    Failed,
    desk::{Office, given, person, reason_arg},
    print,
};
use crate::{
    app::by_hand::{Pair, Person},
    domain::ids::{IdentityId, UserId},
};

fn user_arg() -> Arg {
    Arg::new("user").value_name("USER_ID").required(true).value_parser(UserId::parse)
}

pub(super) fn link_command() -> Command {
    let identity =
        Arg::new("identity").value_name("IDENTITY_ID").required(true).value_parser(IdentityId::parse);
    Command::new("link")
        .about("Links a user to an identity by hand; refuses a user or identity that is linked elsewhere")
        .args([user_arg(), identity, reason_arg()])
}

pub(super) fn unlink_command() -> Command {
    Command::new("unlink")
        .about("Ends a user's link by hand; the two are then linked again by hand only")
        .args([user_arg(), reason_arg()])
}

pub(super) fn run_link(matches: &ArgMatches) -> Result<(), Failed> {
    let (user, identity) = (given(matches, "user")?, given(matches, "identity")?);
    let person = person(matches)?;
    let pair = Office::open(matches)?.run(|desk| desk.link(&person, user, identity))?;
    report("linked", &pair, &person);
    Ok(())
}

pub(super) fn run_unlink(matches: &ArgMatches) -> Result<(), Failed> {
    let user = given(matches, "user")?;
    let person = person(matches)?;
    let pair = Office::open(matches)?.run(|desk| desk.unlink(&person, user))?;
    report("unlinked", &pair, &person);
    Ok(())
}

fn report(done: &str, pair: &Pair, person: &Person) {
    let Pair { user, identity, changed } = pair;
    if std::io::stdout().is_terminal() {
        let before = if *changed { "" } else { " already" };
        return print(&format!("user {user} and identity {identity}: {done}{before} ({})", person.audit));
    }
    let line = json!({
        "done": done,
        "changed": changed,
        "userId": user.to_string(),
        "kratosIdentityId": identity.to_string(),
        "auditId": person.audit.to_string(),
    });
    print(&line.to_string());
}
