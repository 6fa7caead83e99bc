//! The transport under the SDK: watches where tokens go, and says each request with `-v -v`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use azure_core::error::ErrorKind;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, new_http_client};

use super::{DOMAIN, lock};
use crate::output::Output;

#[derive(Debug)]
pub(super) struct Wire {
    client: Arc<dyn HttpClient>,
    output: Output,
    /// When each host last said that there are too many requests.
    throttled: Mutex<HashMap<String, Instant>>,
}

impl Wire {
    pub(super) fn new(output: Output) -> Self {
        Self { client: new_http_client(None), output, throttled: Mutex::default() }
    }

    /// Whether a vault has said since then that there are too many requests.
    pub(super) fn has_throttled(&self, vault: &str, since: Instant) -> bool {
        let at = lock(&self.throttled).get(&format!("{vault}.{DOMAIN}")).copied();
        at.is_some_and(|at| at >= since)
    }
}

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let url = request.url();
        let host = url.host_str().unwrap_or_default();
        // Vaults name the pages of a list by absolute URLs. A token goes to vaults alone.
        let authorized = request.headers().get_optional_str(&AUTHORIZATION).is_some();
        if authorized && !host.ends_with(&format!(".{DOMAIN}")) {
            let text = "an answer led to a host that is no vault";
            return Err(azure_core::Error::with_message(ErrorKind::Other, text));
        }
        let started = Instant::now();
        let answer = self.client.execute_request(request).await;
        let status: u16 = answer.as_ref().map_or(0, |response| response.status().into());
        if status == 429 {
            lock(&self.throttled).insert(host.to_owned(), Instant::now());
        }
        if self.output.is_very_verbose() {
            let (method, path) = (request.method(), url.path());
            let what = if status == 0 { "no answer".to_owned() } else { status.to_string() };
            let time = started.elapsed().as_millis();
            self.output.detail(&format!("    {method} {host}{path}: {what} ({time} ms)"));
        }
        answer
    }
}

/// With `-v -v`, what the SDK says about itself. It leaves out headers and query values that are
/// not known to be harmless, and bodies.
pub(super) fn show_sdk_log(output: &Output) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    if !output.is_very_verbose() {
        return;
    }
    let names = ["azure_core", "azure_identity", "azure_security_keyvault_secrets"];
    let targets = names.into_iter().chain(["typespec", "typespec_client_core"]);
    let targets = Targets::new().with_targets(targets.map(|name| (name, LevelFilter::TRACE)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // A second store in one process finds it there already.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, Url};

    use super::*;
    use crate::args::Global;

    /// A transport that answers nothing, and counts.
    #[derive(Debug, Default)]
    struct Counting(std::sync::atomic::AtomicUsize);

    #[async_trait::async_trait]
    impl HttpClient for Counting {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err(azure_core::Error::with_message(ErrorKind::Other, "counted"))
        }
    }

    #[test]
    fn a_token_goes_to_vaults_alone() {
        let global = Global { json: false, config: None, quiet: true, verbose: 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (url, authorized, sent) in [
            ("https://kv-prod.vault.azure.net/secrets", true, 1),
            ("https://kv-prod.vault.azure.net.example.com/secrets", true, 0),
            ("https://vault.azure.net/secrets", true, 0),
            ("https://example.com/secrets", true, 0),
            ("https://example.com/secrets", false, 1),
        ] {
            let counting = Arc::new(Counting::default());
            let client = Arc::clone(&counting) as Arc<dyn HttpClient>;
            let wire = Wire { client, output: Output::new(&global), throttled: Mutex::default() };
            let mut request = Request::new(Url::parse(url).unwrap(), Method::Get);
            if authorized {
                request.insert_header(AUTHORIZATION, "Bearer a-token");
            }
            assert!(runtime.block_on(wire.execute_request(&request)).is_err());
            let count = counting.0.load(std::sync::atomic::Ordering::Relaxed);
            assert_eq!(count, sent, "{url}, authorized: {authorized}");
        }
    }
}
