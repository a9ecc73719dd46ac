//! The settings: every fault, and what is allowed but dangerous.

use super::{Finding, Report};
use crate::{
    config::{Faults, Kratos, Sections},
    domain::policy::{Linking, Provisioning},
};

const CHECK: &str = "settings";

pub(super) fn check(sections: &Sections, faults: Option<&Faults>, report: &mut Report<'_>) {
    for fault in faults.iter().flat_map(|faults| faults.iter()) {
        let finding = Finding::error(CHECK, fault.to_string());
        report.add(
            finding
                .because("No command starts with a setting that is wrong; what needs it is not checked here.")
                .fix(
                    "Set it as the line says; the README's table and deploy/README.md explain each setting.",
                ),
        );
    }
    if faults.is_none() {
        report.add(Finding::ok(CHECK, "every setting is of the right form"));
    }
    for risk in risks(sections) {
        report.add(risk);
    }
}

fn risks(sections: &Sections) -> Vec<Finding> {
    let policy = sections.policy.unwrap_or_default();
    let mut found = Vec::new();
    if policy.linking == Linking::Trust {
        found.push(
            Finding::warning(CHECK, "RESOLVER_LINKING is trust")
                .because("Whoever enters an address in Kratos, verified or not, gets the user who has it.")
                .fix("Unless Kratos verifies nothing by design, give the preset:")
                .paste("RESOLVER_LINKING=verified"),
        );
    }
    if policy.linking == Linking::Off && policy.provisioning == Provisioning::Off {
        found.push(
            Finding::warning(CHECK, "RESOLVER_LINKING and RESOLVER_PROVISIONING are both off")
                .because("nobody will ever be provisioned, because a user is then linked by hand only.")
                .fix("Give at least one of the two, such as:")
                .paste("RESOLVER_PROVISIONING=verified"),
        );
    }
    if sections.database.as_ref().is_some_and(crate::config::Database::may_be_plain) {
        found.push(
            Finding::warning(CHECK, "RESOLVER_DATABASE_TLS is off, and the database is not on this machine")
                .because("Whoever sees the network's traffic can read and change what is sent.")
                .fix("Let the server offer TLS and leave the setting out, or ask for TLS in DATABASE_URL:")
                .paste("RESOLVER_DATABASE_TLS=required"),
        );
    }
    found.extend(sections.kratos.as_ref().into_iter().flat_map(of_kratos));
    found
}

fn of_kratos(kratos: &Kratos) -> Vec<Finding> {
    let mut found = Vec::new();
    if kratos.admin_token.is_some() && kratos.admin_url.scheme() == "http" && !is_local(kratos) {
        found.push(
            Finding::warning(CHECK, "KRATOS_ADMIN_TOKEN is sent over plain http")
                .because("Whoever sees the network's traffic can read it, and with it change every identity.")
                .fix("Give the proxy before Kratos a certificate, and the setting its address:")
                .paste("KRATOS_ADMIN_URL=https://HOST:PORT"),
        );
    }
    if kratos.public_url.is_none() {
        found.push(
            Finding::warning(CHECK, "KRATOS_PUBLIC_URL is not set")
                .because("The identity schemas cannot be read: whether anybody can ever be linked or created is not known.")
                .fix("Give the public listener of Kratos:")
                .paste("KRATOS_PUBLIC_URL=http://HOST:4433"),
        );
    }
    found
}

fn is_local(kratos: &Kratos) -> bool {
    let host = kratos.admin_url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn found(pairs: &[(&str, &str)]) -> Vec<String> {
        let usual = [
            ("DATABASE_URL", "mysql://a:b@127.0.0.1/users"),
            ("KRATOS_ADMIN_URL", "http://127.0.0.1:4434"),
            ("KRATOS_PUBLIC_URL", "http://127.0.0.1:4433"),
        ];
        let source = Source::from_pairs(usual).with_flags(pairs.iter().map(|(n, v)| (*n, (*v).to_owned())));
        let (sections, faults) = Sections::load(&source);
        assert_eq!(faults, None);
        risks(&sections).into_iter().map(|finding| finding.found).collect()
    }

    #[test]
    fn the_presets_are_no_risk() {
        assert_eq!(found(&[]), Vec::<String>::new());
    }

    #[test]
    fn each_risk_is_found() {
        let remote = "mysql://a:b@db.example/users";
        for (pairs, wanted) in [
            (vec![("RESOLVER_LINKING", "trust")], "RESOLVER_LINKING is trust"),
            (vec![("RESOLVER_LINKING", "off"), ("RESOLVER_PROVISIONING", "off")], "are both off"),
            (
                vec![("DATABASE_URL", remote), ("RESOLVER_DATABASE_TLS", "off")],
                "RESOLVER_DATABASE_TLS is off",
            ),
            (vec![("KRATOS_ADMIN_TOKEN", "t"), ("KRATOS_ADMIN_URL", "http://k.example")], "plain http"),
        ] {
            let found = found(&pairs);
            assert!(found.len() == 1 && found[0].contains(wanted), "{wanted}: {found:?}");
        }
    }

    #[test]
    fn a_database_that_is_asked_for_tls_or_is_local_is_no_risk() {
        for url in ["mysql://a:b@db.example/users?ssl-mode=VERIFY_CA", "mysql://a:b@localhost/users"] {
            assert_eq!(
                found(&[("DATABASE_URL", url), ("RESOLVER_DATABASE_TLS", "off")]),
                Vec::<String>::new()
            );
        }
        assert_eq!(found(&[("DATABASE_URL", "mysql://a:b@db.example/users")]), Vec::<String>::new());
    }
}
