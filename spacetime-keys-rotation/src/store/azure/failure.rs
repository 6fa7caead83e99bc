//! Every way in which a call can fail, told apart, with its way out.
//!
//! Texts of the service are not passed on: what is shown is ours, and names vault, secret, role.

use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::StatusCode;
use azure_security_keyvault_secrets::models::KeyVaultError;

use super::login::Login;
use super::words::{Network, chain, network};
use crate::error::Failure;
use crate::store::Auth;
use crate::store::key_vault::{
    AZ_MISSING, AZ_WITHOUT_LOGIN, Call, entra_code, no_connection, no_login, tls,
};

/// Where the SDK takes an authority from that the machine does not know.
const TRUST: &str = "SSL_CERT_FILE";

pub(super) fn failure(call: &Call<'_>, error: &azure_core::Error, login: &Login) -> Failure {
    if let Some(failure) = login.failure() {
        return failure;
    }
    if let ErrorKind::HttpResponse { status, raw_response, .. } = error.kind() {
        let body = raw_response.as_ref().map(|response| response.body().as_ref());
        return refused(call, *status, &codes(body.unwrap_or_default()), login.auth());
    }
    match network(&chain(error)) {
        Some(network) => broken(call, network),
        None if matches!(error.kind(), ErrorKind::Io | ErrorKind::Connection) => {
            broken(call, Network::Broken)
        }
        None => call.no_answer(),
    }
}

/// The service's own "no".
fn refused(call: &Call<'_>, status: StatusCode, codes: &[String], auth: Auth) -> Failure {
    let vault = call.vault;
    let has = |code: &str| codes.iter().any(|found| found.eq_ignore_ascii_case(code));
    if let Some(failure) = call.by_code(has) {
        return failure;
    }
    match status {
        StatusCode::Forbidden => call.no_role(),
        StatusCode::Unauthorized => Failure::store(
            "ERR_STORE_LOGIN",
            format!("{vault} does not take this login"),
            format!("{}; it must be of the vault's own tenant", again(auth)),
        ),
        StatusCode::NotFound => call.version_missing(),
        StatusCode::TooManyRequests => call.throttled(),
        StatusCode::BadRequest => call.not_taken(),
        status if status.is_server_error() => call.unavailable(&u16::from(status).to_string()),
        status => Failure::store(
            "ERR_STORE_ANSWER",
            format!("{vault} gives an answer that is not Key Vault's ({})", u16::from(status)),
            "look for a proxy between here and the vault (HTTPS_PROXY); -v -v shows each request",
        ),
    }
}

fn broken(call: &Call<'_>, network: Network) -> Failure {
    let vault = call.vault;
    match network {
        Network::NoSuchHost => call.vault_missing(),
        Network::Tls { certificate } => tls(vault, certificate, TRUST),
        Network::Refused => no_connection(vault),
        Network::Broken => Failure::store(
            "ERR_STORE_NETWORK",
            format!("the connection to {vault} broke"),
            "run it again; if it stays, look at the network and its proxy (HTTPS_PROXY)",
        ),
    }
}

/// The deadline has passed.
pub(super) fn too_late(call: &Call<'_>, deadline: Duration, throttled: bool) -> Failure {
    if throttled {
        return call.throttled();
    }
    Failure::store(
        "ERR_STORE_TIMEOUT",
        format!("{} has not answered within {} s", call.vault, deadline.as_secs()),
        "run it again; [store] timeout_seconds in spacetime-keys.toml allows for more",
    )
}

const LOGIN: &str = "Azure's login";

/// Why there is no login.
pub(super) fn login_failure(auth: Auth, error: &azure_core::Error) -> Failure {
    let chain = chain(error);
    let code = entra_code(&chain);
    if code.is_none() && auth != Auth::Cli {
        match network(&chain) {
            Some(Network::Tls { certificate }) => return tls(LOGIN, certificate, TRUST),
            Some(_) if auth == Auth::ManagedIdentity => {}
            Some(_) => return no_connection(LOGIN),
            None => {}
        }
    }
    let why = match auth {
        Auth::Cli if chain.contains("not found") => AZ_MISSING,
        Auth::Cli => AZ_WITHOUT_LOGIN,
        Auth::ManagedIdentity => "this machine has no managed identity that answers",
        Auth::WorkloadIdentity => "the workload identity is refused",
        Auth::ClientSecret => "the client secret is refused",
    };
    no_login(why, code, again(auth))
}

/// The next step to log in.
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
