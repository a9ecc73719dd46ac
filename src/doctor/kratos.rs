//! Kratos: whether it is what answers at its two addresses, and then its identity schemas.

use super::{Finding, Report, schemas};
use crate::{
    config::Sections,
    kratos::{Admin, Public, Silence, Survey},
};

const CHECK: &str = "kratos";
const UNREACHED: &str = "Hits are answered; everybody else is answered 503 kratos_unavailable or 502.";
const UNREAD: &str = "Whether anybody can ever be linked or created is not known.";

pub(super) async fn check(sections: &Sections, report: &mut Report<'_>) {
    let Some(config) = &sections.kratos else { return };
    let survey = match Survey::try_new(config) {
        Ok(survey) => survey,
        Err(error) => {
            let fix = "Correct the setting.";
            return report.add(Finding::error(CHECK, error.to_string()).because(UNREACHED).fix(fix));
        }
    };
    report.add(of_admin(&survey.admin().await));
    match survey.schemas().await {
        None => {}
        Some(Public::Schemas(found)) => schemas::check(&found, sections, report),
        Some(Public::TooMany(found)) => {
            report.add(
                Finding::warning(CHECK, "Kratos has more identity schemas than are read")
                    .because("What is said of schemas is about the first ones.")
                    .fix("Look at the others by the same measure."),
            );
            schemas::check(&found, sections, report);
        }
        Some(other) => report.add(of_public(&other)),
    }
}

fn of_admin(admin: &Admin) -> Finding {
    let error = |found: &str| Finding::error(CHECK, found).because(UNREACHED);
    match admin {
        Admin::Well { version } => {
            Finding::ok(CHECK, format!("Kratos {version} answers at KRATOS_ADMIN_URL and lists identities"))
        }
        Admin::Ailing(status) => error(&format!("Kratos answers its list of identities with status {status}"))
            .fix("Look at Kratos' log: its database, or a schema that its settings no longer have."),
        Admin::IsPublic => error("KRATOS_ADMIN_URL is the address of Kratos' public listener")
            .fix("Give the admin listener, usually the port after the public one:")
            .paste("KRATOS_ADMIN_URL=http://HOST:4434"),
        Admin::Refuses(status) => error(&format!("what answers at KRATOS_ADMIN_URL refuses us with status {status}"))
            .fix("Kratos itself asks for no token, but a proxy before it may: give the one it wants.")
            .paste("KRATOS_ADMIN_TOKEN_FILE=/run/secrets/kratos-admin-token"),
        Admin::IsStrange => error("what answers at KRATOS_ADMIN_URL is not Kratos")
            .fix("Give the address of Kratos' admin listener, with the prefix that a proxy puts before its paths:")
            .paste("KRATOS_ADMIN_URL=http://HOST:4434"),
        Admin::Silent(silence) => error(&format!("nothing answers at KRATOS_ADMIN_URL: {}", why(*silence)))
            .fix("Check that Kratos runs, that the setting names its admin listener, and that this machine reaches it."),
    }
}

fn of_public(public: &Public) -> Finding {
    let warning = |found: &str| Finding::warning(CHECK, found).because(UNREAD);
    let address = "KRATOS_PUBLIC_URL=http://HOST:4433";
    match public {
        Public::IsAdmin => warning("KRATOS_PUBLIC_URL is the address of Kratos' admin listener")
            .fix("Give the public listener, usually the port before the admin one:")
            .paste(address),
        Public::Refuses(status) => {
            warning(&format!("the identity schemas at KRATOS_PUBLIC_URL are answered with status {status}"))
                .fix("Give Kratos' own public listener; a proxy before it may hide /schemas. With a 500, see Kratos' log.")
        }
        Public::Silent(silence) => warning(&format!("nothing answers at KRATOS_PUBLIC_URL: {}", why(*silence)))
            .fix("Check that the setting names Kratos' public listener, and that this machine reaches it."),
        Public::IsStrange | Public::Schemas(_) | Public::TooMany(_) => {
            warning("what KRATOS_PUBLIC_URL answers for /schemas is no list of identity schemas")
                .fix("Give the address of Kratos' public listener:")
                .paste(address)
        }
    }
}

fn why(silence: Silence) -> &'static str {
    match silence {
        Silence::Timeout => "no answer within RESOLVER_KRATOS_TOTAL_MILLIS",
        Silence::Connection => "the connection is refused, or breaks",
    }
}
