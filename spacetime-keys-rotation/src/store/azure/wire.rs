//! The transport under the SDK: watches where tokens go, and tells each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use azure_core::error::ErrorKind;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, new_http_client};

use super::{DOMAIN, lock};
use crate::watch::{VaultRequest, Watch};

#[derive(Debug)]
pub(super) struct Wire {
    client: Arc<dyn HttpClient>,
    watch: Arc<dyn Watch>,
    /// When each host last said that there are too many requests.
    throttled: Mutex<HashMap<String, Instant>>,
}

impl Wire {
    pub(super) fn new(watch: Arc<dyn Watch>) -> Self {
        Self { client: new_http_client(None), watch, throttled: Mutex::default() }
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
        // Vaults name the pages of a list by absolute URLs. A token goes only to vaults.
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
        self.watch.request(&VaultRequest {
            method: request.method().as_str(),
            host,
            path: url.path(),
            status: (status != 0).then_some(status),
            time: started.elapsed(),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, Url};

    use super::*;
    use crate::watch::Silent;

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
            let wire = Wire { client, watch: Arc::new(Silent), throttled: Mutex::default() };
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
