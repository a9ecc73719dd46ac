//! Who is asked: a double started for one case, or the real Kratos of the environment, which must be empty and is
//! asked by one case at a time.

use std::time::Duration;

use fake_kratos::FakeKratos;
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

pub(crate) struct Target {
    client: Client,
    double: Option<FakeKratos>,
    admin: String,
    public: String,
    _turn: Option<MutexGuard<'static, ()>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// JSON where the type says so, else the text.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn setting(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.into_string().ok()?;
    Some(value.trim_end_matches('/').to_owned()).filter(|value| !value.is_empty())
}

impl Target {
    pub(crate) fn double() -> Self {
        let double = FakeKratos::start();
        let (admin, public) = (double.admin_url(), double.public_url());
        Self { client: client(), double: Some(double), admin, public, _turn: None }
    }

    pub(crate) async fn of_environment() -> Self {
        match (setting("KRATOS_ADMIN_URL"), setting("KRATOS_PUBLIC_URL")) {
            (Some(admin), Some(public)) => {
                let turn = Some(ONE_AT_A_TIME.lock().await);
                Self { client: client(), double: None, admin, public, _turn: turn }
            }
            _ => Self::double(),
        }
    }

    /// Base URLs of the listeners, where they are known to be what answers name: at a double.
    pub(crate) fn origins(&self) -> Option<(&str, &str)> {
        self.double.as_ref().map(|_| (self.admin.as_str(), self.public.as_str()))
    }

    pub(crate) async fn ask(
        &self,
        api: &str,
        method: &str,
        path: &str,
        body: &Value,
        json_type: bool,
    ) -> Answer {
        let base = if api == "admin" { &self.admin } else { &self.public };
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request =
            self.client.request(method, format!("{base}{path}")).header("Accept", "application/json");
        if json_type {
            request = request.header("Content-Type", "application/json");
        }
        match body {
            Value::Null => {}
            Value::String(text) => request = request.body(text.clone()),
            json => request = request.body(json.to_string()),
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let header =
            |name: &str| Some((name.to_owned(), answer.headers().get(name)?.to_str().ok()?.to_owned()));
        let names = ["Allow", "Cache-Control", "Content-Type", "Link", "Location", "X-Total-Count"];
        let headers: Vec<(String, String)> = names.into_iter().filter_map(header).collect();
        let text = answer.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    /// A plain identity, made as anybody would; its id.
    pub(crate) async fn prepare(&self) -> String {
        let address = format!("before.{}@example.org", uuid::Uuid::new_v4().simple());
        let body = json!({"schema_id": "default", "traits": {"email": address}});
        let made = self.ask("admin", "POST", "/admin/identities", &body, true).await;
        assert_eq!(made.status, 201, "an identity to begin with");
        made.body.get("id").and_then(Value::as_str).expect("an id").to_owned()
    }

    pub(crate) async fn delete(&self, id: &str) {
        self.ask("admin", "DELETE", &format!("/admin/identities/{id}"), &Value::Null, false).await;
    }
}

fn client() -> Client {
    let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    builder.timeout(Duration::from_secs(20)).build().expect("a client")
}
