//! One HTTP client for all calls: no redirects, no proxy variables, no decompression, connections kept,
//! every body capped while it streams, every call inside the time that all its tries share.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{self, HeaderMap, HeaderValue},
    redirect,
};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::{
    breaker::Breaker,
    error::{ClientError, KratosError, Reason},
    turn::Turns,
};
use crate::{config::Kratos, domain::ids::AuditId, telemetry::Metrics};

/// Tries of one call, the first included.
const TRIES: u32 = 2;
/// Before the second try.
const PAUSE: Duration = Duration::from_millis(50);
/// A Kratos that asks for more patience than this is asked again all the same.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Speaks to one Kratos. Lives on the I/O runtime.
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) admin_url: Url,
    total: Duration,
    pub(super) answer_max_bytes: usize,
    pub(super) page_max_bytes: usize,
    pub(super) breaker: Breaker,
    turns: Turns,
    pub(super) metrics: Arc<Metrics>,
}

/// What is asked, for whom, and how long an answer is read.
pub(super) struct Ask {
    pub(super) url: Url,
    pub(super) audit: AuditId,
    pub(super) most_bytes: usize,
}

/// An answer read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Client {
    /// Reads `KRATOS_CA_FILE`; opens no connection.
    pub fn try_new(config: &Kratos, metrics: Arc<Metrics>) -> Result<Self, ClientError> {
        Ok(Self {
            http: builder(config, headers(config)?)?.build().map_err(|_| ClientError::Build)?,
            admin_url: config.admin_url.clone(),
            total: config.total,
            answer_max_bytes: config.answer_max_bytes,
            page_max_bytes: config.page_max_bytes,
            breaker: Breaker::new(config.breaker_failures, config.breaker_max),
            turns: Turns::new(config.concurrency),
            metrics,
        })
    }

    /// The URL of a path below the admin address, which may have a prefix of its own.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.admin_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether a call that comes now would be refused for want of a turn.
    #[must_use]
    pub fn is_saturated(&self) -> bool {
        self.turns.are_taken()
    }

    /// A GET that is tried twice at most. `read` says whether a 200 or a 404 is an answer of Kratos' own; only
    /// then does it count as a sign of health.
    pub(super) async fn get<T>(
        &self,
        ask: Ask,
        read: impl Fn(&Answer) -> Result<T, KratosError>,
    ) -> Result<T, KratosError> {
        let _turn = self.turns.wait().await.ok_or(KratosError::Saturated)?;
        let deadline = Instant::now() + self.total;
        let mut tries = 0;
        loop {
            tries += 1;
            let outcome = self.try_once(&ask, deadline, &read).await;
            self.metrics.set_breaker_open(self.breaker.is_open());
            let again = match &outcome {
                Err(KratosError::Unavailable { reason, .. }) => match reason {
                    Reason::Connection => true,
                    Reason::Status(status) => *status >= 500,
                    Reason::Timeout | Reason::BreakerOpen => false,
                },
                _ => false,
            };
            if !again || tries == TRIES || Instant::now() + PAUSE >= deadline {
                return outcome;
            }
            sleep(PAUSE).await;
        }
    }

    async fn try_once<T>(
        &self,
        ask: &Ask,
        deadline: Instant,
        read: impl Fn(&Answer) -> Result<T, KratosError>,
    ) -> Result<T, KratosError> {
        let unavailable = |reason, retry_after| KratosError::Unavailable { reason, retry_after };
        let pass = self.breaker.pass().map_err(|wait| unavailable(Reason::BreakerOpen, wait))?;
        let request = self.http.request(Method::GET, ask.url.clone());
        let request = request.header("x-request-id", ask.audit.to_string());
        let outcome = match timeout_at(deadline, Self::send(request, ask.most_bytes)).await {
            Ok(outcome) => outcome.and_then(|answer| read(&answer)),
            Err(_) => Err(unavailable(Reason::Timeout, Duration::from_secs(1))),
        };
        match &outcome {
            Ok(_) => pass.succeed(),
            // Neither proof that Kratos is well nor that it is down: an answer that one odd identity provokes
            // must not stop the others, and one that a proxy makes up must not end the waiting.
            Err(KratosError::Invalid(_)) => pass.doubt(),
            Err(_) => pass.fail(),
        }
        outcome
    }

    async fn send(request: RequestBuilder, most: usize) -> Result<Answer, KratosError> {
        let lost =
            KratosError::Unavailable { reason: Reason::Connection, retry_after: Duration::from_secs(1) };
        let response = request.send().await.map_err(|_| lost)?;
        let status = response.status();
        match status.as_u16() {
            200 | 404 => Ok(Answer { status, body: Self::read(response, most).await? }),
            401 | 403 | 429 | 500.. => Err(KratosError::Unavailable {
                reason: Reason::Status(status.as_u16()),
                retry_after: retry_after(response.headers()),
            }),
            _ => Err(KratosError::Invalid("a status that Kratos does not use here")),
        }
    }

    pub(super) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, KratosError> {
        let too_long = KratosError::Invalid("longer than an answer may be");
        let announced = response.content_length().unwrap_or(0);
        if announced > most as u64 {
            return Err(too_long);
        }
        let cut_off =
            KratosError::Unavailable { reason: Reason::Connection, retry_after: Duration::from_secs(1) };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| cut_off)? {
            if body.len() + chunk.len() > most {
                return Err(too_long);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// What every client of Kratos has in common.
pub(super) fn builder(config: &Kratos, headers: HeaderMap) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(config.connect)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_keepalive(Duration::from_secs(15))
        .default_headers(headers);
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(|_| ClientError::BadCertificates)?;
        let bundle = reqwest::Certificate::from_pem_bundle(&pem);
        let certificates = bundle.map_err(|_| ClientError::BadCertificates)?;
        if certificates.is_empty() {
            return Err(ClientError::BadCertificates);
        }
        builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    Ok(builder)
}

/// For whoever may be asked without the token.
pub(super) fn plain_headers() -> HeaderMap {
    HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))])
}

pub(super) fn headers(config: &Kratos) -> Result<HeaderMap, ClientError> {
    let mut headers = plain_headers();
    if let Some(token) = &config.admin_token {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let mut value = value.map_err(|_| ClientError::BadToken)?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(headers)
}

/// Seconds only: the HTTP-date form would trust Kratos' clock.
fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1)).min(LONGEST_RETRY_AFTER)
}
