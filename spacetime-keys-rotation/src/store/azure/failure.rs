//! Every way in which a call can fail, told apart, with its way out.
//!
//! Texts of the service are not passed on: what is shown is ours, and names vault, secret, role.

use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::StatusCode;
use azure_security_keyvault_secrets::models::KeyVaultError;

use super::login::Login;
use super::words::{Network, chain, entra_code, network};
use crate::error::Failure;
use crate::store::Auth;

/// What a call needs to be allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Read,
    Write,
}

impl Right {
    /// Azure's built-in role with the least rights that has it.
    const fn role(self) -> &'static str {
        match self {
            Self::Read => "Key Vault Secrets User",
            Self::Write => "Key Vault Secrets Officer",
        }
    }
}

/// What a call is about.
pub(super) struct Call<'a> {
    pub(super) vault: &'a str,
    pub(super) secret: &'a str,
    pub(super) right: Right,
    pub(super) auth: Auth,
}

impl Call<'_> {
    pub(super) fn failure(&self, error: &azure_core::Error, login: &Login) -> Failure {
        if let Some(failure) = login.failure() {
            return failure;
        }
        if let ErrorKind::HttpResponse { status, raw_response, .. } = error.kind() {
            let body = raw_response.as_ref().map(|response| response.body().as_ref());
            return self.refused(*status, &codes(body.unwrap_or_default()));
        }
        match network(&chain(error)) {
            Some(network) => self.network(network),
            None if matches!(error.kind(), ErrorKind::Io | ErrorKind::Connection) => {
                self.network(Network::Broken)
            }
            None => self.no_answer(),
        }
    }

    /// The service's own "no".
    fn refused(&self, status: StatusCode, codes: &[String]) -> Failure {
        let Self { vault, secret, .. } = self;
        let has = |code: &str| codes.iter().any(|found| found.eq_ignore_ascii_case(code));
        match status {
            _ if has("SecretDisabled") => Failure::store(
                "ERR_STORE_SECRET_DISABLED",
                format!("{secret} in {vault} is disabled"),
                format!(
                    "if that was not meant: `az keyvault secret set-attributes --vault-name {vault} --name {secret} --enabled true`"
                ),
            ),
            _ if has("ObjectIsDeletedButRecoverable") || has("ObjectIsBeingDeleted") => {
                Failure::store(
                    "ERR_STORE_SECRET_DELETED",
                    format!("{secret} in {vault} was deleted, and can be recovered"),
                    format!(
                        "`az keyvault secret recover --vault-name {vault} --name {secret}`, wait until `az keyvault secret show` finds it; then `spacetime-keys verify`"
                    ),
                )
            }
            _ if has("ObjectIsBeingRecovered") => Failure::store(
                "ERR_STORE_SECRET_DELETED",
                format!("{secret} in {vault} is being recovered"),
                "wait a minute, then run it again",
            ),
            _ if has("ForbiddenByFirewall") || has("ForbiddenByConnection") => Failure::store(
                "ERR_STORE_FIREWALL",
                format!("{vault} takes no connections from this address"),
                format!(
                    "run it where the vault can be reached, or let this address in: `az keyvault network-rule add --name {vault} --ip-address ADDRESS`"
                ),
            ),
            StatusCode::Forbidden => self.no_role(),
            StatusCode::Unauthorized => Failure::store(
                "ERR_STORE_LOGIN",
                format!("{vault} does not take this login"),
                format!("{}; it must be of the vault's own tenant", again(self.auth)),
            ),
            StatusCode::NotFound => Failure::store(
                "ERR_STORE_ANSWER",
                format!("{vault} listed a version of {secret} that it does not have"),
                "run it again; if it stays, look at the secret in the Azure portal",
            ),
            StatusCode::TooManyRequests => self.throttled(),
            StatusCode::BadRequest => Failure::store(
                "ERR_STORE_ANSWER",
                format!("{vault} does not take {secret} as it was sent"),
                "look at the names in spacetime-keys.toml; if they are good, please report this as a bug",
            ),
            status if status.is_server_error() => Failure::store(
                "ERR_STORE_UNAVAILABLE",
                format!("{vault} answers {}", u16::from(status)),
                "wait a minute, then run it again; https://azure.status.microsoft tells more",
            ),
            status => Failure::store(
                "ERR_STORE_ANSWER",
                format!("{vault} gives an answer that is not Key Vault's ({})", u16::from(status)),
                "look for a proxy between here and the vault (HTTPS_PROXY); -v -v shows each request",
            ),
        }
    }

    fn no_role(&self) -> Failure {
        let Self { vault, secret, right, .. } = self;
        let (role, doing) = match right {
            Right::Read => (right.role(), "read"),
            Right::Write => (right.role(), "write"),
        };
        Failure::store(
            "ERR_STORE_FORBIDDEN",
            format!("this login may not {doing} {secret} in {vault}: it lacks the role `{role}`"),
            format!(
                "`az role assignment create --role \"{role}\" --assignee WHO --scope \"$(az keyvault show --name {vault} --query id --output tsv)\"`, then wait some minutes: roles take a while"
            ),
        )
    }

    fn network(&self, network: Network) -> Failure {
        let vault = self.vault;
        match network {
            Network::NoSuchHost => Failure::store(
                "ERR_STORE_VAULT_MISSING",
                format!("there is no vault {vault}: its name is not known to the network"),
                format!(
                    "compare [environments] in spacetime-keys.toml with `az keyvault list --output table`; a vault that was deleted: `az keyvault recover --name {vault}`"
                ),
            ),
            Network::Tls { .. } => tls(vault, network),
            Network::Refused => Failure::store(
                "ERR_STORE_NETWORK",
                format!("no connection to {vault}"),
                "look at this machine's network, its proxy (HTTPS_PROXY) and its firewall",
            ),
            Network::Broken => Failure::store(
                "ERR_STORE_NETWORK",
                format!("the connection to {vault} broke"),
                "run it again; if it stays, look at the network and its proxy (HTTPS_PROXY)",
            ),
        }
    }

    fn throttled(&self) -> Failure {
        Failure::store(
            "ERR_STORE_THROTTLED",
            format!("{} is throttled: too many requests", self.vault),
            "wait a minute, then run it again; see what else reads this vault so often",
        )
    }

    /// The deadline has passed.
    pub(super) fn too_late(&self, deadline: Duration, throttled: bool) -> Failure {
        if throttled {
            return self.throttled();
        }
        Failure::store(
            "ERR_STORE_TIMEOUT",
            format!("{} has not answered within {} s", self.vault, deadline.as_secs()),
            "run it again; [store] timeout_seconds in spacetime-keys.toml allows for more",
        )
    }

    /// It is no answer of Key Vault, or a damaged one.
    pub(super) fn no_answer(&self) -> Failure {
        Failure::store(
            "ERR_STORE_ANSWER",
            format!("the answer of {} about {} cannot be read", self.vault, self.secret),
            "run it again; if it stays, look for a proxy between here and the vault (HTTPS_PROXY)",
        )
    }

    /// It lists newer versions than it hands out, and does not stop.
    pub(super) fn stale(&self) -> Failure {
        Failure::store(
            "ERR_STORE_STALE",
            format!("{} hands out an old version of {}", self.vault, self.secret),
            "wait a minute, then run it again",
        )
    }
}

/// Why there is no login.
pub(super) fn login_failure(auth: Auth, error: &azure_core::Error) -> Failure {
    let chain = chain(error);
    let code = entra_code(&chain);
    if code.is_none() && auth != Auth::Cli {
        match network(&chain) {
            Some(network @ Network::Tls { .. }) => return tls("Azure's login", network),
            Some(_) if auth == Auth::ManagedIdentity => {}
            Some(_) => {
                return Failure::store(
                    "ERR_STORE_NETWORK",
                    "no connection to Azure's login",
                    "look at this machine's network, its proxy (HTTPS_PROXY) and its firewall",
                );
            }
            None => {}
        }
    }
    let why = match auth {
        Auth::Cli if chain.contains("not found") => "the Azure CLI (az) is not installed here",
        Auth::Cli => "the Azure CLI (az) has no login",
        Auth::ManagedIdentity => "this machine has no managed identity that answers",
        Auth::WorkloadIdentity => "the workload identity is refused",
        Auth::ClientSecret => "the client secret is refused",
    };
    let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
    Failure::store("ERR_STORE_LOGIN", format!("not logged in to Azure: {why}{code}"), again(auth))
}

/// How to log in.
const fn again(auth: Auth) -> &'static str {
    match auth {
        Auth::Cli => {
            "install az if it is missing, then `az login`; on a server, [store] auth = \"managed-identity\""
        }
        Auth::ManagedIdentity => {
            "give this VM an identity (`az vm identity assign`); for one of several, set AZURE_CLIENT_ID; elsewhere use another [store] auth"
        }
        Auth::WorkloadIdentity => {
            "compare AZURE_TENANT_ID, AZURE_CLIENT_ID and the federated credential's subject with this pod's service account"
        }
        Auth::ClientSecret => {
            "compare AZURE_TENANT_ID and AZURE_CLIENT_ID with the app registration, and see whether AZURE_CLIENT_SECRET has expired"
        }
    }
}

fn tls(whom: &str, network: Network) -> Failure {
    let what = match network {
        Network::Tls { certificate: true } => "its certificate is not trusted here",
        _ => "no agreement on a connection",
    };
    Failure::store(
        "ERR_STORE_TLS",
        format!("no secure connection to {whom}: {what}"),
        "something stands between here and Azure: look at the proxy (HTTPS_PROXY); SSL_CERT_FILE names its authority, if it is yours",
    )
}

/// The service's error codes, from the outer to the innermost.
fn codes(body: &[u8]) -> Vec<String> {
    let parsed = serde_json::from_slice::<KeyVaultError>(body).ok();
    let mut codes = Vec::new();
    let mut error = parsed.and_then(|parsed| parsed.error);
    while let Some(found) = error {
        codes.extend(found.code);
        error = found.inner_error.map(|inner| *inner);
    }
    codes
}
