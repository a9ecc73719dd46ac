//! Kratos' identity schemas, held against the settings: can anybody with an identity of this schema ever be linked
//! or created?

use serde_json::{Value, json};

use super::{
    Finding, Report, Severity,
    trait_rules::{Described, Standing, describe, find_verified},
};
use crate::{
    config::Sections,
    domain::policy::{Linking, Provisioning, Settings},
    kratos::IdentitySchema,
};

const CHECK: &str = "schemas";
/// A trait described at greater length is not printed.
const PASTE_BYTES: usize = 4096;

pub(super) fn check(schemas: &[IdentitySchema], sections: &Sections, report: &mut Report<'_>) {
    let (Some(traits), Some(policy)) = (&sections.traits, sections.policy) else { return };
    if schemas.is_empty() {
        report.add(
            Finding::warning(CHECK, "Kratos has no identity schema")
                .because("nobody will ever be provisioned, because no identity can exist.")
                .fix("Give Kratos a schema (identity.schemas in its settings), and run the doctor again."),
        );
    }
    for name in traits.named().filter(|name| schemas.iter().all(|schema| schema.id != **name)) {
        report.add(
            Finding::warning(
                CHECK,
                format!("RESOLVER_TRAITS_FILE names a schema that Kratos does not have: {name:?}"),
            )
            .because("Its pointers are never used; identities of a schema not named go by those of \"*\".")
            .fix("Write the id as Kratos' settings have it (identity.schemas[].id), or leave the entry out."),
        );
    }
    let judged: Vec<Judged<'_>> =
        schemas.iter().map(|schema| judged(schema, &traits.paths(&schema.id).email, policy)).collect();
    let all_are_lost = judged.iter().all(|one| one.loss == Loss::Everybody);
    for one in &judged {
        report.add(one.finding(all_are_lost));
    }
}

/// Who can never be provisioned, though the settings want them to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    Nobody,
    Newcomers,
    Existing,
    Everybody,
}

struct Judged<'a> {
    schema: &'a IdentitySchema,
    pointer: &'a str,
    described: Described<'a>,
    loss: Loss,
}

/// Of several pointers, which are tried in order, the best counts.
fn judged<'a>(schema: &'a IdentitySchema, pointers: &'a [String], policy: Settings) -> Judged<'a> {
    let all = pointers.iter().map(|pointer| (pointer.as_str(), describe(&schema.schema, pointer)));
    let best = all.reduce(|best, next| if next.1.standing > best.1.standing { next } else { best });
    let (pointer, described) = best.unwrap_or(("", Described { standing: Standing::Forbidden, rules: None }));
    let loss = loss(described.standing, policy);
    Judged { schema, pointer, described, loss }
}

fn loss(standing: Standing, Settings { linking, provisioning }: Settings) -> Loss {
    if matches!(standing, Standing::Verified | Standing::Unknown) {
        return Loss::Nobody;
    }
    // Without an address not even the laxest settings help.
    let is_addressless = standing == Standing::Forbidden;
    let links = linking == Linking::Trust && !is_addressless;
    let creates = provisioning == Provisioning::Any && !is_addressless;
    match (links, creates) {
        (false, false) => Loss::Everybody,
        (true, false) if provisioning != Provisioning::Off => Loss::Newcomers,
        (false, true) if linking != Linking::Off => Loss::Existing,
        _ => Loss::Nobody,
    }
}

impl Judged<'_> {
    fn finding(&self, all_are_lost: bool) -> Finding {
        let (id, pointer) = (printable(&self.schema.id), self.pointer);
        let found = format!("identity schema {id}: {}", self.found());
        if self.described.standing == Standing::Unknown {
            return Finding::warning(CHECK, found)
                .because("Whether anybody with such an identity can be linked or created is not known.")
                .fix(format!("See that the document it refers to gives {pointer} \"verification\": {{\"via\": \"email\"}}."));
        }
        let because = format!("because {}.", self.cause());
        let why = match self.loss {
            Loss::Nobody => return Finding::ok(CHECK, found),
            Loss::Everybody => format!("nobody will ever be provisioned, {because}"),
            Loss::Newcomers => format!("no newcomer will ever get a user, {because}"),
            Loss::Existing => format!("no user that exists will ever be linked, {because}"),
        };
        let severity = if all_are_lost { Severity::Error } else { Severity::Warning };
        let finding = Finding { severity, ..Finding::ok(CHECK, found) };
        self.with_fix(finding.because(why))
    }

    fn found(&self) -> String {
        let pointer = self.pointer;
        match self.described.standing {
            Standing::Verified => format!("the trait {pointer} is verified by email"),
            Standing::Unknown => format!("the trait {pointer} is described by another document"),
            Standing::Unverified => format!("the trait {pointer} is not verified by email"),
            Standing::Unmentioned => format!("the trait {pointer} is not described"),
            Standing::Forbidden => format!("there is no trait {pointer}"),
        }
    }

    fn cause(&self) -> &'static str {
        match self.described.standing {
            Standing::Forbidden => "such an identity has no address for us (422 identity_traits_missing)",
            _ => {
                "Kratos never verifies the address, and RESOLVER_LINKING or RESOLVER_PROVISIONING wants it verified"
            }
        }
    }

    fn with_fix(&self, finding: Finding) -> Finding {
        let elsewhere =
            find_verified(&self.schema.schema).filter(|_| self.described.standing != Standing::Unverified);
        if let Some(pointer) = elsewhere {
            let entry = json!({ self.schema.id.as_str(): { "email": pointer } });
            return finding
                .fix(format!(
                    "Kratos verifies {pointer}: name it in the file of RESOLVER_TRAITS_FILE, such as:"
                ))
                .paste(serde_json::to_string_pretty(&entry).unwrap_or_default());
        }
        let name = self.pointer.split('/').skip(1).filter(|part| part.parse::<usize>().is_err()).last();
        let name = name.unwrap_or("email").replace("~1", "/").replace("~0", "~");
        let property = json!({ name: repaired(self.described.rules) });
        finding
            .fix(
                "Give the trait this form in the identity schema, under the properties of its parent, and turn \
                 verification on in Kratos' settings; or, where Kratos verifies nothing by design, see \
                 RESOLVER_LINKING and RESOLVER_PROVISIONING:",
            )
            .paste(serde_json::to_string_pretty(&property).unwrap_or_default())
    }
}

/// What describes the trait, made to be verified.
fn repaired(rules: Option<&Value>) -> Value {
    let template = json!({
        "type": "string",
        "format": "email",
        "ory.sh/kratos": {
            "credentials": {"password": {"identifier": true}},
            "verification": {"via": "email"},
            "recovery": {"via": "email"}
        }
    });
    let short = rules.filter(|rules| rules.to_string().len() <= PASTE_BYTES);
    let Some(Value::Object(mut rules)) = short.cloned() else { return template };
    let extension = rules.entry("ory.sh/kratos").or_insert_with(|| json!({}));
    if let Value::Object(extension) = extension {
        extension.insert("verification".to_owned(), json!({"via": "email"}));
        return Value::Object(rules);
    }
    template
}

fn printable(id: &str) -> String {
    format!("{:?}", id.chars().take(100).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_settings_and_schema_has_its_loss() {
        let told = |standing| {
            let mut line = String::new();
            for linking in Linking::ALL {
                for provisioning in Provisioning::ALL {
                    line.push(match loss(standing, Settings { linking, provisioning }) {
                        Loss::Nobody => '-',
                        Loss::Newcomers => 'n',
                        Loss::Existing => 'e',
                        Loss::Everybody => 'X',
                    });
                }
                line.push(' ');
            }
            line
        };
        // LINKING verified, review, off, trust; within each, PROVISIONING verified, any, off.
        assert_eq!(told(Standing::Verified), "--- --- --- --- ");
        assert_eq!(told(Standing::Unknown), "--- --- --- --- ");
        assert_eq!(told(Standing::Unverified), "XeX XeX X-X n-- ");
        assert_eq!(told(Standing::Unmentioned), "XeX XeX X-X n-- ");
        assert_eq!(told(Standing::Forbidden), "XXX XXX XXX XXX ");
    }

    #[test]
    fn a_repaired_trait_keeps_what_it_had_and_is_verified() {
        let had = json!({"type": "string", "minLength": 3, "ory.sh/kratos": {"recovery": {"via": "email"}}});
        let wanted = json!({"type": "string", "minLength": 3,
            "ory.sh/kratos": {"recovery": {"via": "email"}, "verification": {"via": "email"}}});
        assert_eq!(repaired(Some(&had)), wanted);
        for other in [None, Some(&json!(true)), Some(&json!({"ory.sh/kratos": 7}))] {
            assert_eq!(repaired(other).pointer("/ory.sh~1kratos/verification/via"), Some(&json!("email")));
        }
    }
}
