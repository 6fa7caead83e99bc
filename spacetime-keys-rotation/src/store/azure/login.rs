//! Logging in: one credential for all vaults, its token kept, its failure explained once.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::ClientOptions;
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::{
    AzureCliCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use tokio::sync::Mutex;

use super::failure::login_failure;
use crate::error::Failure;
use crate::store::Auth;

/// A new token is asked for this long before the old one expires.
const MARGIN: Duration = Duration::seconds(60);

/// A credential whose answer is kept. The Azure CLI's takes half a second, and a wrong secret
/// would be sent once for each vault.
pub(super) struct Login {
    auth: Auth,
    credential: Option<Arc<dyn TokenCredential>>,
    token: Mutex<Option<(Vec<String>, AccessToken)>>,
    /// Why there is no token: told to all who ask.
    failure: OnceLock<Failure>,
    replaces: AtomicBool,
}

/// Shows neither credential nor token.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("auth", &self.auth).finish_non_exhaustive()
    }
}

impl Login {
    /// A login that cannot even be tried is one that has failed: what needs no vault goes on.
    pub(super) fn new(auth: Auth, options: &ClientOptions) -> Self {
        let failure = OnceLock::new();
        let credential = credential(auth, options.clone());
        let credential = credential.map_err(|error| failure.set(error)).ok();
        let token = Mutex::new(None);
        Self { auth, credential, token, failure, replaces: AtomicBool::new(false) }
    }

    pub(super) const fn auth(&self) -> Auth {
        self.auth
    }

    /// Why there is no token, if that is so.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.get().cloned()
    }

    /// This login was made because the token of another one was refused.
    pub(super) fn replaces_another(&self) {
        self.replaces.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_replaced(&self) -> bool {
        self.replaces.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl TokenCredential for Login {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut kept = self.token.lock().await;
        if let Some((of, token)) = kept.as_ref() {
            let lasts = token.expires_on > OffsetDateTime::now_utc() + MARGIN;
            if lasts && of.iter().map(String::as_str).eq(scopes.iter().copied()) {
                return Ok(token.clone());
            }
        }
        let credential = self.credential.as_ref().filter(|_| self.failure.get().is_none());
        let Some(credential) = credential else {
            return Err(azure_core::Error::with_message(ErrorKind::Credential, "no login"));
        };
        match credential.get_token(scopes, options).await {
            Ok(token) => {
                let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
                *kept = Some((scopes, token.clone()));
                Ok(token)
            }
            Err(error) => {
                let _ = self.failure.set(login_failure(self.auth, &error));
                Err(azure_core::Error::with_error(ErrorKind::Credential, error, "no login"))
            }
        }
    }
}

fn credential(auth: Auth, options: ClientOptions) -> Result<Arc<dyn TokenCredential>, Failure> {
    let made: azure_core::Result<Arc<dyn TokenCredential>> = match auth {
        Auth::Cli => AzureCliCredential::new(None).map(|made| made as _),
        Auth::ManagedIdentity => {
            // Standard for a machine with several identities.
            let id = env::var("AZURE_CLIENT_ID").ok().filter(|id| !id.is_empty());
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: id.map(UserAssignedId::ClientId),
                client_options: options,
            };
            ManagedIdentityCredential::new(Some(options)).map(|made| made as _)
        }
        Auth::WorkloadIdentity => {
            for name in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"] {
                required(name, "the workload identity webhook sets it in pods that use one")?;
            }
            let options = WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options: options },
                ..Default::default()
            };
            WorkloadIdentityCredential::new(Some(options)).map(|made| made as _)
        }
        Auth::ClientSecret => {
            let hint = "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET in the \
                        environment of this command";
            let tenant = required("AZURE_TENANT_ID", hint)?;
            let client = required("AZURE_CLIENT_ID", hint)?;
            let secret = Secret::new(required("AZURE_CLIENT_SECRET", hint)?);
            let options = ClientSecretCredentialOptions { client_options: options };
            ClientSecretCredential::new(&tenant, client, secret, Some(options))
                .map(|made| made as _)
        }
    };
    made.map_err(|error| login_failure(auth, &error))
}

fn required(name: &str, hint: &'static str) -> Result<String, Failure> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        Failure::store(
            "ERR_STORE_LOGIN",
            format!("not logged in to Azure: {name} is not set"),
            hint,
        )
    })
}
