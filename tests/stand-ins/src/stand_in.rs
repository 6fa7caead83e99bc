//! Starting a stand-in, and switching what it does.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::fault::{Fault, Matcher};
use crate::log::Request;
use crate::shared::Shared;
use crate::{direct::Snapshot, proxy};

/// What a stand-in is like from the start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The vaults that exist.
    pub vaults: Vec<String>,
    /// How long each request takes at least.
    pub latency: Duration,
    /// How long a token is good.
    pub token_lifetime: Duration,
    /// Whether the instance metadata service knows an identity.
    pub managed_identity: bool,
    /// How long a deleted secret takes to be there again after its recovery.
    pub recovery: Duration,
    /// What versions and the order of listed versions come from.
    pub seed: u64,
    /// The tenant's id.
    pub tenant: String,
    /// The id of the one application that can log in.
    pub client_id: String,
    /// Its secret. A throwaway, as all that a stand-in holds.
    pub client_secret: String,
    /// The assertion that workload identity logs in with, instead of the secret.
    pub client_assertion: String,
}

impl Default for Setup {
    /// No vault, no latency, tokens for an hour.
    fn default() -> Self {
        Self {
            vaults: Vec::new(),
            latency: Duration::ZERO,
            token_lifetime: Duration::from_secs(3599),
            managed_identity: true,
            recovery: Duration::ZERO,
            seed: 1,
            tenant: "11111111-2222-4333-8444-555555555555".to_owned(),
            client_id: "66666666-7777-4888-8999-aaaaaaaaaaaa".to_owned(),
            client_secret: "stand-in-client-secret-not-for-use".to_owned(),
            client_assertion: "stand-in.client-assertion.not-for-use".to_owned(),
        }
    }
}

impl Setup {
    /// The default with these vaults.
    pub fn of(vaults: &[&str]) -> Self {
        Self { vaults: vaults.iter().map(|&name| name.to_owned()).collect(), ..Self::default() }
    }
}

/// Azure's login and Key Vault on a port of this machine. It ends when it is dropped.
pub struct StandIn {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts one, on a thread of its own. It can be reached when this returns.
    pub fn start(setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("stand-in-").tempdir().unwrap();
        let shared = Arc::new(Shared::new(setup));
        std::fs::write(folder.path().join("ca.pem"), &shared.authority.certificate).unwrap();
        std::fs::write(folder.path().join("assertion"), &shared.setup.client_assertion).unwrap();

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                tokio::select! {
                    () = proxy::run(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { shared, address, folder, stop: Some(stop), thread: Some(thread) }
    }

    /// What belongs into `HTTPS_PROXY`.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The PEM file of the authority that its certificates are of. It lives as long as the stand-in.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A file with the assertion for workload identity.
    pub fn assertion_file(&self) -> PathBuf {
        self.folder.path().join("assertion")
    }

    /// The variables that lead an unchanged client here, with a login. The proxy's come in both
    /// spellings: which of them a client reads, and which one wins, differs.
    pub fn environment(&self) -> Vec<(String, String)> {
        let proxy = self.proxy_url();
        let authority = self.ca_file().to_str().unwrap().to_owned();
        let assertion = self.assertion_file().to_str().unwrap().to_owned();
        let setup = &self.shared.setup;
        [
            ("HTTPS_PROXY", proxy.clone()),
            ("https_proxy", proxy.clone()),
            ("HTTP_PROXY", proxy.clone()),
            ("http_proxy", proxy),
            ("NO_PROXY", String::new()),
            ("no_proxy", String::new()),
            ("SSL_CERT_FILE", authority.clone()),
            ("REQUESTS_CA_BUNDLE", authority),
            ("AZURE_TENANT_ID", setup.tenant.clone()),
            ("AZURE_CLIENT_ID", setup.client_id.clone()),
            ("AZURE_CLIENT_SECRET", setup.client_secret.clone()),
            ("AZURE_FEDERATED_TOKEN_FILE", assertion),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Lets `fault` strike what `matcher` names. Of several that fit, the first that was added
    /// strikes.
    pub fn fault(&self, matcher: Matcher, fault: Fault) {
        self.shared.state().faults.add(matcher, fault);
    }

    /// Lets `fault` strike the request with this number (see [`Request::number`]).
    pub fn fault_nth(&self, number: u64, fault: Fault) {
        self.shared.state().faults.add_nth(number, fault);
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// How often a fault struck since the last [`clear_faults`](Self::clear_faults).
    pub fn struck(&self) -> u64 {
        self.shared.state().faults.struck
    }

    /// The process that [`Fault::KillBefore`] and [`Fault::KillAfter`] kill.
    pub fn set_process(&self, id: u32) {
        self.shared.state().process = Some(id);
    }

    /// A token for vaults, as a login would give it: for a client that another program logs in.
    pub fn token(&self) -> String {
        self.shared.state().tokens.give(crate::tokens::VAULTS)
    }

    /// Makes every token invalid.
    pub fn revoke_tokens(&self) {
        self.shared.state().tokens.revoke();
    }

    /// How long tokens are good that are given out from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.state().tokens.lifetime = lifetime;
    }

    /// How long each request takes at least, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.state().latency = latency;
    }

    /// All requests since the start or the last [`clear_log`](Self::clear_log), in their order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().log.requests.clone()
    }

    /// Forgets the requests: numbers and occurrences begin at 0 again.
    pub fn clear_log(&self) {
        self.shared.state().log.clear();
    }

    /// Back to a snapshot, with an empty log and no fault: for the next of many runs.
    pub fn reset(&self, snapshot: &Snapshot) {
        self.restore(snapshot);
        self.clear_faults();
        self.clear_log();
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed. A second one while dropping would abort the test.
            let _ = thread.join();
        }
    }
}
