//! A plain client: it sends what it is told to, once.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spacetime_keys_stand_ins::{Setup, StandIn};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// One request's answer: status, headers, body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The outer and the inner code of an error.
    pub(crate) fn codes(&self) -> (String, String) {
        let error = &self.json()["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&error["code"]), text(&error["innererror"]["code"]))
    }
}

#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    pub(crate) token: Option<String>,
}

/// A stand-in with these vaults, and a client that is logged in.
pub(crate) fn logged_in(vaults: &[&str]) -> (StandIn, Client) {
    let stand_in = StandIn::start(Setup::of(vaults));
    let client = Client::logged_in(&stand_in);
    stand_in.clear_log();
    (stand_in, client)
}

pub(crate) fn variable(stand_in: &StandIn, name: &str) -> String {
    stand_in.environment().into_iter().find(|(known, _)| known == name).unwrap().1
}

impl Client {
    pub(crate) fn new(stand_in: &StandIn) -> Self {
        let authority = std::fs::read(variable(stand_in, "SSL_CERT_FILE")).unwrap();
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&authority).unwrap()]);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls =
            TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider);
        let proxy = ureq::Proxy::new(&variable(stand_in, "HTTPS_PROXY")).unwrap();
        let agent = ureq::Agent::config_builder()
            .proxy(Some(proxy))
            .tls_config(tls.build())
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_mins(5)))
            .build()
            .new_agent();
        Self { agent, token: None }
    }

    pub(crate) fn logged_in(stand_in: &StandIn) -> Self {
        let mut client = Self::new(stand_in);
        client.login(stand_in, "https://vault.azure.net/.default");
        client
    }

    pub(crate) fn login(&mut self, stand_in: &StandIn, scope: &str) {
        let form = [("client_secret", variable(stand_in, "AZURE_CLIENT_SECRET"))];
        let reply = self.ask_token(stand_in, scope, &form).unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
        self.token = Some(reply.json()["access_token"].as_str().unwrap().to_owned());
    }

    pub(crate) fn ask_token(
        &self,
        stand_in: &StandIn,
        scope: &str,
        credential: &[(&str, String)],
    ) -> Result<Reply, ureq::Error> {
        let tenant = variable(stand_in, "AZURE_TENANT_ID");
        let client_id = variable(stand_in, "AZURE_CLIENT_ID");
        let mut form = format!(
            "grant_type=client_credentials&client_id={client_id}&scope={}",
            scope.replace(':', "%3A").replace('/', "%2F")
        );
        for (name, value) in credential {
            write!(form, "&{name}={}", value.replace(':', "%3A")).unwrap();
        }
        let url = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
        self.send("POST", &url, form.as_bytes())
    }

    /// Sends one request, with the token if there is one.
    pub(crate) fn send(&self, method: &str, url: &str, body: &[u8]) -> Result<Reply, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if url.starts_with("http://") {
            request = request.header("metadata", "true");
        }
        let mut response = if body.is_empty() {
            self.agent.run(request.body(()).unwrap())?
        } else {
            self.agent.run(request.body(body).unwrap())?
        };
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string()?,
        })
    }

    /// A request to a vault.
    pub(crate) fn vault(
        &self,
        method: &str,
        vault: &str,
        path: &str,
        body: &Value,
    ) -> Result<Reply, ureq::Error> {
        let url = format!("https://{vault}.vault.azure.net{path}?api-version=2025-07-01");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &url, body.as_bytes())
    }

    pub(crate) fn get(&self, vault: &str, path: &str) -> Reply {
        self.vault("GET", vault, path, &Value::Null).unwrap()
    }

    pub(crate) fn put(&self, vault: &str, name: &str, value: &str) -> Result<Reply, ureq::Error> {
        self.vault("PUT", vault, &format!("/secrets/{name}"), &json!({ "value": value }))
    }
}

/// The last part of an id: a version.
pub(crate) fn version(secret: &Value) -> String {
    secret["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}
