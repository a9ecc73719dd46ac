//! The one HTTP client of the tests. No answer passes it without being held against the document.

use super::answer::{Answer, Listener};
use super::contract::Contract;
use reqwest::Method;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();

/// Speaks to both listeners of one service.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    internal: SocketAddr,
    operations: SocketAddr,
    contract: Arc<Contract>,
}

/// The path that nearly every test asks.
pub(crate) const RESOLVE: &str = "/rest/internal/identity/resolve";

impl Client {
    /// Fetches the document on its first use in this process; all services are one build.
    pub(crate) async fn new(internal: SocketAddr, operations: SocketAddr) -> Client {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .expect("an HTTP client");
        let contract = if let Some(known) = CONTRACT.get() {
            Arc::clone(known)
        } else {
            let url = format!("http://{operations}/openapi.json");
            let document = http.get(url).send().await.expect("openapi.json").json().await.expect("JSON");
            Arc::clone(CONTRACT.get_or_init(|| Arc::new(Contract::new(document))))
        };
        Client { http, internal, operations, contract }
    }

    /// The document this client judges by.
    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The address of one listener.
    pub(crate) fn address(&self, listener: Listener) -> SocketAddr {
        match listener {
            Listener::Internal => self.internal,
            Listener::Operations => self.operations,
        }
    }

    /// Asks in the first dialect.
    pub(crate) async fn resolve(&self, identity: impl std::fmt::Display) -> Answer {
        self.resolve_as(identity, &[]).await
    }

    /// Asks in the first dialect with more headers.
    pub(crate) async fn resolve_as(
        &self,
        identity: impl std::fmt::Display,
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = json!({ "kratosIdentityId": identity.to_string() }).to_string();
        self.post(body, headers).await
    }

    /// Asks in the second dialect.
    pub(crate) async fn resolve_actor(&self, identity: impl std::fmt::Display) -> Answer {
        self.post(json!({ "authenticationId": identity.to_string() }).to_string(), &[]).await
    }

    /// Posts any body to the resolve route as `application/json`, unless the headers name another type.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Answer {
        let json = [("content-type", "application/json")];
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let all: Vec<_> =
            if typed { headers.to_vec() } else { json.iter().chain(headers).copied().collect() };
        self.send(Listener::Internal, "POST", RESOLVE, &all, body.into()).await
    }

    /// Gets a path of operations.
    pub(crate) async fn operations(&self, path: &str) -> Answer {
        self.send(Listener::Operations, "GET", path, &[], Vec::new()).await
    }

    /// The value of one series of the metrics, labels included; none when the line is not there.
    pub(crate) async fn series(&self, series: &str) -> Option<f64> {
        let text = self.operations("/metrics").await.text();
        let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        let (_, value) = lines.into_iter().find(|(name, _)| *name == series)?;
        value.parse().ok()
    }

    /// Asks in the first dialect, as often as a load does: the answer is not held against the document.
    pub(crate) async fn try_resolve(
        &self,
        identity: impl std::fmt::Display,
    ) -> Result<Answer, reqwest::Error> {
        let body = json!({ "kratosIdentityId": identity.to_string() }).to_string();
        let request = self.http.post(format!("http://{}{RESOLVE}", self.internal));
        let request = request.header("content-type", "application/json").body(body);
        read(request.send().await?, Listener::Internal, "POST", RESOLVE).await
    }

    /// Sends anything; panics when no answer comes or when it is not the documented one.
    pub(crate) async fn send(
        &self,
        listener: Listener,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let sent = self.try_send(listener, method, path, headers, body).await;
        sent.unwrap_or_else(|error| panic!("no answer to {method} {path}: {error:?}"))
    }

    /// As `send`, for tests in which the service may be gone.
    pub(crate) async fn try_send(
        &self,
        listener: Listener,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, reqwest::Error> {
        let verb = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(verb, format!("http://{}{path}", self.address(listener)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = read(request.send().await?, listener, method, path).await?;
        self.judge(&answer);
        Ok(answer)
    }

    /// Panics unless the answer is a documented one.
    pub(crate) fn judge(&self, answer: &Answer) {
        let problems = self.contract.problems(answer);
        assert!(problems.is_empty(), "not as documented: {problems:?} in {answer}");
    }
}

async fn read(
    got: reqwest::Response,
    listener: Listener,
    method: &str,
    path: &str,
) -> Result<Answer, reqwest::Error> {
    let status = got.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = got.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let body = got.bytes().await?.to_vec();
    Ok(Answer { listener, method: method.to_owned(), path, status, headers, body })
}
