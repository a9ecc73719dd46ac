//! Variables that look like ours and are not: a misspelt limit must not pass for a set one. Left alone are the
//! names that Kubernetes gives to every container when a Service is called `resolver`.

use super::{
    fault::Fault,
    setting::{SETTINGS, known_names},
    source::Source,
};

/// How many letters may differ for "did you mean".
const NEAR: usize = 3;

pub(super) fn faults(source: &Source) -> Vec<Fault> {
    let strangers = source.names().filter(|name| name.starts_with("RESOLVER_") && !is_service_link(name));
    strangers.filter(|name| known_names().all(|known| known != *name)).map(fault).collect()
}

fn fault(name: &str) -> Fault {
    let plain = name.strip_suffix("_FILE").filter(|rest| SETTINGS.iter().any(|known| known.name == *rest));
    let nearest = known_names().map(|known| (distance(name, &known), known)).min();
    let problem = match (plain, nearest) {
        (Some(plain), _) => format!("is unknown: only a secret can come from a file; set {plain} itself"),
        (None, Some((near, known))) if near <= NEAR => format!("is unknown; did you mean {known}?"),
        _ => "is unknown; leave it out, or see `identity-resolver config --help` for what exists".to_owned(),
    };
    Fault { setting: name.to_owned(), problem }
}

/// `RESOLVER_SERVICE_HOST`, `RESOLVER_SERVICE_PORT[_NAME]`, `RESOLVER_PORT[_80_TCP[_PROTO|_PORT|_ADDR]]`.
fn is_service_link(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("RESOLVER_") else {
        return false;
    };
    if let Some(port) = rest.strip_prefix("SERVICE_PORT_") {
        return !port.is_empty();
    }
    let Some(port) = rest.strip_prefix("PORT_") else {
        return matches!(rest, "SERVICE_HOST" | "SERVICE_PORT" | "PORT");
    };
    let mut parts = port.split('_');
    let number = parts.next().is_some_and(|number| number.parse::<u16>().is_ok());
    let protocol = matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"));
    let rest = matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"));
    number && protocol && rest && parts.next().is_none()
}

/// How many letters must be put in, taken out or exchanged to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, left) in one.bytes().enumerate() {
        let mut next = vec![line + 1];
        for ((right, above), diagonal) in other.bytes().zip(row.iter().skip(1)).zip(&row) {
            let before = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(left != right)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str) -> Option<String> {
        faults(&Source::from_pairs([(name, "x")])).pop().map(|fault| fault.to_string())
    }

    #[test]
    fn a_misspelt_name_is_a_fault_that_suggests_the_right_one() {
        let wanted = "RESOLVER_POOLSIZE: is unknown; did you mean RESOLVER_POOL_SIZE?";
        assert_eq!(problem("RESOLVER_POOLSIZE").unwrap(), wanted);
    }

    #[test]
    fn an_unknown_name_far_from_all_others_is_a_fault_without_a_suggestion() {
        assert!(!problem("RESOLVER_COLOUR_OF_THE_SKY").unwrap().contains("did you mean"));
    }

    #[test]
    fn a_setting_of_a_later_version_is_unknown() {
        for name in ["RESOLVER_CALLERS_FILE", "RESOLVER_ADMINS_FILE", "RESOLVER_EVENTS_URL"] {
            assert!(problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_plain_setting_cannot_come_from_a_file() {
        let wanted = "RESOLVER_LISTEN_FILE: is unknown: only a secret can come from a file; set RESOLVER_LISTEN itself";
        assert_eq!(problem("RESOLVER_LISTEN_FILE").unwrap(), wanted);
    }

    #[test]
    fn what_kubernetes_injects_for_a_service_is_left_alone() {
        let links = [
            "RESOLVER_SERVICE_HOST",
            "RESOLVER_SERVICE_PORT",
            "RESOLVER_SERVICE_PORT_HTTP",
            "RESOLVER_PORT",
            "RESOLVER_PORT_8080_TCP",
            "RESOLVER_PORT_8080_TCP_PROTO",
            "RESOLVER_PORT_8080_UDP_PORT",
            "RESOLVER_PORT_8080_TCP_ADDR",
        ];
        for name in links {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn what_only_resembles_a_service_link_is_a_fault() {
        let strangers = [
            "RESOLVER_PORT_",
            "RESOLVER_PORT_HTTP",
            "RESOLVER_PORT_99999_TCP",
            "RESOLVER_PORT_80_TCP_NAME",
            "RESOLVER_PORT_80_TCP_ADDR_X",
            "RESOLVER_SERVICE_PORT_",
            "RESOLVER_SERVICE",
        ];
        for name in strangers {
            assert!(problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_distance_of_two_words_counts_single_letters() {
        assert_eq!(distance("LINKING", "LINKING"), 0);
        assert_eq!(distance("LINKIN", "LINKING"), 1);
        assert_eq!(distance("KINKY", "LINKING"), 4);
        assert_eq!(distance("", "ABC"), 3);
    }
}
