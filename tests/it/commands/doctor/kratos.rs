//! What answers, or does not, at the two addresses of Kratos.

use super::{Ward, examine};
use crate::support::service::Setup;
use fake_kratos::{Action, Garbage, PathKind, Rule};

fn with_admin(ward: &Ward, url: &str) -> Setup {
    ward.setup.clone().set("KRATOS_ADMIN_URL", url)
}

#[tokio::test]
async fn a_kratos_that_is_down_is_found() {
    let ward = Ward::new().await;
    let told =
        examine(&with_admin(&ward, "http://127.0.0.1:1").set("KRATOS_PUBLIC_URL", "http://127.0.0.1:1"));
    told.is(1).only("error", "nothing answers at KRATOS_ADMIN_URL: the connection is refused");
    told.only("warning", "nothing answers at KRATOS_PUBLIC_URL: the connection is refused");
}

#[tokio::test]
async fn the_two_listeners_are_told_apart() {
    let ward = Ward::new().await;
    let swapped =
        with_admin(&ward, &ward.kratos.public_url()).set("KRATOS_PUBLIC_URL", ward.kratos.admin_url());
    let told = examine(&swapped);
    let paste = told.is(1).paste("error", "KRATOS_ADMIN_URL is the address of Kratos' public listener");
    assert!(paste.starts_with("KRATOS_ADMIN_URL="), "{paste}");
    told.only("warning", "KRATOS_PUBLIC_URL is the address of Kratos' admin listener");
}

#[tokio::test]
async fn a_proxy_that_sends_elsewhere_is_not_taken_for_the_other_listener() {
    let ward = Ward::new().await;
    for status in [301, 302, 308] {
        for path in [PathKind::Version, PathKind::List, PathKind::Schemas] {
            ward.kratos.fault(Rule::any(Action::status(status)).path(path));
        }
        let told = ward.examine();
        told.is(1).only("error", "what answers at KRATOS_ADMIN_URL is not Kratos");
        told.only("warning", &format!("are answered with status {status}"));
        ward.kratos.clear_faults();
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_token_is_told_apart_from_a_stranger() {
    let ward = Ward::new().await;
    for (status, words) in [(401, "refuses us with status 401"), (403, "refuses us with status 403")] {
        let rule = ward.kratos.fault(Rule::any(Action::status(status)).path(PathKind::Version));
        let told = ward.examine();
        assert!(told.is(1).paste("error", words).contains("KRATOS_ADMIN_TOKEN"), "{}", told.text);
        ward.kratos.clear_fault(rule);
    }
    for kind in [Garbage::Html, Garbage::Empty, Garbage::Null, Garbage::Huge { bytes: 100_000 }] {
        let rule = ward.kratos.fault(Rule::any(Action::garbage(kind)).path(PathKind::Version));
        ward.examine().is(1).only("error", "what answers at KRATOS_ADMIN_URL is not Kratos");
        ward.kratos.clear_fault(rule);
    }
}

#[tokio::test]
async fn a_kratos_that_cannot_list_identities_is_ailing() {
    let ward = Ward::new().await;
    ward.kratos.fault(Rule::any(Action::status(500)).path(PathKind::List));
    ward.examine().is(1).only("error", "Kratos answers its list of identities with status 500");
}

#[tokio::test]
async fn a_public_address_that_gives_no_schemas_is_a_warning() {
    let ward = Ward::new().await;
    for (action, words) in [
        (Action::status(404), "are answered with status 404"),
        (Action::status(500), "are answered with status 500"),
        (Action::garbage(Garbage::Html), "is no list of identity schemas"),
        (Action::garbage(Garbage::WrongTypes), "is no list of identity schemas"),
        (Action::garbage(Garbage::Deep { levels: 5000 }), "is no list of identity schemas"),
        (Action::Truncate, "nothing answers at KRATOS_PUBLIC_URL: the connection is refused, or breaks"),
    ] {
        let rule = ward.kratos.fault(Rule::any(action).path(PathKind::Schemas));
        ward.examine().is(10).only("warning", words);
        ward.kratos.clear_fault(rule);
    }
    let rule = Rule::any(Action::garbage(Garbage::Huge { bytes: 5_000 })).path(PathKind::Schemas);
    ward.kratos.fault(rule);
    let told = examine(&ward.setup.clone().set("RESOLVER_KRATOS_PAGE_MAX_BYTES", "2000"));
    told.is(10).only("warning", "is no list of identity schemas");
}

#[tokio::test]
async fn the_token_goes_to_the_admin_address_and_nowhere_else() {
    let (admin, public) = (Listener::new(), Listener::new());
    let ward = Ward::new().await;
    let setup = with_admin(&ward, &admin.url()).set("KRATOS_PUBLIC_URL", public.url());
    let told = examine(&setup.set("KRATOS_ADMIN_TOKEN", "CanaryToken"));
    assert!(admin.heard().contains("CanaryToken"), "the control");
    let heard = public.heard();
    assert!(heard.starts_with("GET /schemas") && !heard.contains("Canary"), "{heard}");
    assert!(!told.text.contains("Canary"), "{}", told.text);
}

/// Writes down what the first caller says and hangs up.
struct Listener {
    address: std::net::SocketAddr,
    heard: std::thread::JoinHandle<String>,
}

impl Listener {
    fn new() -> Listener {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = std::thread::spawn(move || {
            use std::io::Read;
            let mut buffer = [0; 4096];
            let read = listener.accept().unwrap().0.read(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..read]).into_owned()
        });
        Listener { address, heard }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn heard(self) -> String {
        self.heard.join().unwrap()
    }
}
