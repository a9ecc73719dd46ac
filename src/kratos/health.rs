//! Whether Kratos says that it is ready; only reported, never required.

use std::time::Duration;

use ory_kratos_client::apis::{configuration::Configuration, metadata_api};
use tokio::time::timeout;

use super::Client;

/// A report must not hold up the one who asks for it.
const PATIENCE: Duration = Duration::from_millis(500);

impl Client {
    /// False also when it does not answer in half a second.
    pub async fn is_ready(&self) -> bool {
        let configuration = Configuration {
            base_path: self.admin_url.as_str().trim_end_matches('/').to_owned(),
            user_agent: None,
            client: self.http.clone(),
            basic_auth: None,
            oauth_access_token: None,
            bearer_access_token: None,
            api_key: None,
        };
        matches!(timeout(PATIENCE, metadata_api::is_ready(&configuration)).await, Ok(Ok(_)))
    }
}
