//! `healthcheck`: asks the local server whether it is ready; for containers, which have no curl.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Command;

use super::Failed;
use crate::config::{Http, Source};

const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn command() -> Command {
    Command::new("healthcheck").about("Exits 0 if the local server is ready")
}

pub(super) fn run(source: &Source) -> Result<(), Failed> {
    let address = local(Http::load(source)?.ops_listen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the runtime")?;
    Ok(runtime.block_on(ask(address))?)
}

async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let client =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().context("the HTTP client")?;
    let response = client.get(format!("http://{address}/health/ready")).send().await;
    let response = response.map_err(reqwest::Error::without_url).context("no answer")?;
    if response.status().is_success() {
        return Ok(());
    }
    let problem: serde_json::Value = response.json().await.unwrap_or_default();
    let message = problem.get("message").and_then(serde_json::Value::as_str).unwrap_or("not ready");
    bail!("not ready: {message}")
}

/// A wildcard is an address to listen on, not one to connect to.
fn local(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("10.1.2.3:8081", "10.1.2.3:8081"),
        ] {
            assert_eq!(local(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
