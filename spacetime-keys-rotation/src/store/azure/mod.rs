//! Azure Key Vault as key store, by the official SDK.
//!
//! Every call has a deadline and a few retries. All vaults share one login and one transport. A
//! write whose answer is lost is sent again and makes a second version with the same value and
//! tags: that is harmless, and Key Vault has no compare-and-swap that could avoid it. Nothing is
//! ever deleted, recovered or purged.

mod failure;
mod login;
mod wire;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{
    ClientOptions, ExponentialRetryOptions, RequestContent, RetryOptions, StatusCode, Transport,
};
use azure_security_keyvault_secrets::models::{
    SecretAttributes, SecretClientGetSecretOptions, SecretProperties, SetSecretParameters,
};
use azure_security_keyvault_secrets::{
    ResourceExt as _, SecretClient, SecretClientOptions, models,
};
use futures::{TryStreamExt as _, try_join};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use self::failure::{failure, too_late};
use self::login::Login;
use self::wire::Wire;
use super::key_vault::{Call, Right};
use super::{
    Auth, Azure, History, KeyStore, NewSecret, Properties, Secret, tags_from, tags_to_pairs,
};
use crate::error::Failure;
use crate::watch::Watch;

/// Where vaults are. Tokens are sent to no other place.
const DOMAIN: &str = "vault.azure.net";

const MAX_RETRIES: u32 = 3;

/// See [`Session::has_lost_token`].
const MAX_LOSSES: u32 = 20;

pub(super) struct AzureKeyVault {
    runtime: Runtime,
    auth: Auth,
    timeout: Duration,
    wire: Arc<Wire>,
    /// Replaced by a new one when its token is refused.
    session: Mutex<Arc<Session>>,
}

/// A login, and the clients that use it.
struct Session {
    login: Arc<Login>,
    clients: Mutex<HashMap<String, Arc<SecretClient>>>,
}

impl AzureKeyVault {
    pub(super) fn new(azure: Azure, watch: Arc<dyn Watch>) -> Result<Self, Failure> {
        let Azure { auth, timeout } = azure;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|_| Failure::bug("no threads for the network"))?;
        let wire = Arc::new(Wire::new(watch));
        // The SDK's clients want to be made where they will run.
        let session = {
            let _entered = runtime.enter();
            Session::new(auth, &wire)
        };
        Ok(Self { runtime, auth, timeout, wire, session: Mutex::new(Arc::new(session)) })
    }

    /// Makes a call. A token that is refused is replaced, once.
    fn call<T, F: Future<Output = azure_core::Result<T>>>(
        &self,
        call: &Call<'_>,
        work: impl Fn(Arc<SecretClient>) -> F,
    ) -> Result<T, Failure> {
        let mut session = Arc::clone(&lock(&self.session));
        let mut losses = 0;
        loop {
            let error = match self.attempt(call, &session, &work)? {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.http_status() == Some(StatusCode::Unauthorized)
                && let Some(renewed) = self.renewed(&session)
            {
                session = renewed;
            } else if session.has_lost_token(&error) && losses < MAX_LOSSES {
                losses += 1;
            } else {
                return Err(failure(call, &error, &session.login));
            }
        }
    }

    fn attempt<T, F: Future<Output = azure_core::Result<T>>>(
        &self,
        call: &Call<'_>,
        session: &Session,
        work: &impl Fn(Arc<SecretClient>) -> F,
    ) -> Result<azure_core::Result<T>, Failure> {
        let client = session.client(call.vault, &self.wire)?;
        let started = Instant::now();
        let timed =
            self.runtime.block_on(async { tokio::time::timeout(self.timeout, work(client)).await });
        timed
            .map_err(|_| too_late(call, self.timeout, self.wire.has_throttled(call.vault, started)))
    }

    /// A new login in the place of that one, or what another thread has put there meanwhile.
    fn renewed(&self, refused: &Arc<Session>) -> Option<Arc<Session>> {
        let mut current = lock(&self.session);
        if Arc::ptr_eq(&current, refused) {
            if refused.login.was_replaced() {
                return None;
            }
            let _entered = self.runtime.enter();
            let session = Session::new(self.auth, &self.wire);
            session.login.replaces_another();
            *current = Arc::new(session);
        }
        Some(Arc::clone(&current))
    }

    /// The latest version and the list, asked for at once.
    fn read_once(&self, call: &Call<'_>) -> Result<History, Failure> {
        let (latest, listed) = self.call(call, |client| async move {
            try_join!(latest(&client, call.secret), list(&client, call.secret))
        })?;
        let latest = latest.map(|found| secret(found, call)).transpose()?;
        let versions = listed
            .into_iter()
            .map(|found| listed_properties(&found, call))
            .collect::<Result<_, _>>()?;
        Ok(History { latest, versions })
    }
}

impl Session {
    fn new(auth: Auth, wire: &Arc<Wire>) -> Self {
        let login = Arc::new(Login::new(auth, &options(wire)));
        Self { login, clients: Mutex::default() }
    }

    /// The SDK drops a vault's token when one request is challenged, though another one has just
    /// fetched it and is about to take it up. That one fails before it is sent: it can be made
    /// again.
    fn has_lost_token(&self, error: &azure_core::Error) -> bool {
        matches!(error.kind(), ErrorKind::Credential) && self.login.failure().is_none()
    }

    fn client(&self, vault: &str, wire: &Arc<Wire>) -> Result<Arc<SecretClient>, Failure> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(vault) {
            return Ok(Arc::clone(client));
        }
        let options =
            SecretClientOptions { client_options: options(wire), ..SecretClientOptions::default() };
        let credential = Arc::clone(&self.login) as Arc<dyn TokenCredential>;
        let client =
            SecretClient::new(&format!("https://{vault}.{DOMAIN}"), credential, Some(options))
                .map_err(|_| Failure::bug("a vault's name makes no URL"))?;
        let client = Arc::new(client);
        clients.insert(vault.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}

fn options(wire: &Arc<Wire>) -> ClientOptions {
    let retry = ExponentialRetryOptions { max_retries: MAX_RETRIES, ..Default::default() };
    ClientOptions {
        transport: Some(Transport::new(Arc::clone(wire) as _)),
        retry: RetryOptions::exponential(retry),
        ..ClientOptions::default()
    }
}

/// A thread that panicked leaves nothing half-done in here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn latest(client: &SecretClient, name: &str) -> azure_core::Result<Option<models::Secret>> {
    match client.get_secret(name, None).await {
        Ok(response) => response.into_model().map(Some),
        Err(error) if error.http_status() == Some(StatusCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn list(client: &SecretClient, name: &str) -> azure_core::Result<Vec<SecretProperties>> {
    match client.list_secret_properties_versions(name, None)?.try_collect().await {
        Err(error) if error.http_status() == Some(StatusCode::NotFound) => Ok(Vec::new()),
        listed => listed,
    }
}

/// The parts of an answer that we need. One without them is no answer.
fn properties(
    id: azure_core::Result<azure_security_keyvault_secrets::ResourceId>,
    attributes: Option<&SecretAttributes>,
    tags: Option<&HashMap<String, String>>,
    call: &Call<'_>,
) -> Result<Properties, Failure> {
    let version = id.ok().and_then(|id| id.version).ok_or_else(|| call.no_answer())?;
    let created = attributes.and_then(|attributes| attributes.created);
    let tags = tags_from(tags.into_iter().flatten().map(|(name, value)| (&**name, &**value)));
    Ok(Properties {
        version,
        created: created.ok_or_else(|| call.no_answer())?.unix_timestamp(),
        position: tags.copied.map(|copied| copied.position),
        enabled: attributes.and_then(|attributes| attributes.enabled).unwrap_or(true),
        tags,
    })
}

fn listed_properties(found: &SecretProperties, call: &Call<'_>) -> Result<Properties, Failure> {
    properties(found.resource_id(), found.attributes.as_ref(), found.tags.as_ref(), call)
}

fn secret(mut found: models::Secret, call: &Call<'_>) -> Result<Secret, Failure> {
    let value = found.value.take().map(Zeroizing::new).ok_or_else(|| call.no_answer())?;
    let properties =
        properties(found.resource_id(), found.attributes.as_ref(), found.tags.as_ref(), call)?;
    Ok(Secret { value, properties })
}

impl KeyStore for AzureKeyVault {
    fn is_remote(&self) -> bool {
        true
    }

    fn read(&self, vault: &str, secret: &str) -> Result<History, Failure> {
        let call = Call { vault, secret, right: Right::Read };
        call.until_fresh(|| self.read_once(&call))
    }

    fn get(&self, vault: &str, secret: &str, version: &str) -> Result<Secret, Failure> {
        let call = Call { vault, secret, right: Right::Read };
        let found = self.call(&call, |client| async move {
            let options = SecretClientGetSecretOptions {
                secret_version: Some(version.to_owned()),
                ..Default::default()
            };
            client.get_secret(secret, Some(options)).await?.into_model()
        })?;
        self::secret(found, &call)
    }

    fn put(&self, vault: &str, secret: &str, new: &NewSecret<'_>) -> Result<String, Failure> {
        let call = Call { vault, secret, right: Right::Write };
        let tags: HashMap<String, String> = tags_to_pairs(&new.tags).into_iter().collect();
        let found = self.call(&call, |client| {
            let parameters = SetSecretParameters {
                value: Some(new.value.to_owned()),
                content_type: Some(new.content_type.to_owned()),
                tags: Some(tags.clone()),
                secret_attributes: None,
            };
            async move {
                let content: RequestContent<SetSecretParameters> = parameters.try_into()?;
                client.set_secret(secret, content, None).await?.into_model()
            }
        })?;
        self::secret(found, &call).map(|secret| secret.properties.version)
    }

    fn check_writable(&self, _vault: &str, _secret: &str) -> Result<(), Failure> {
        // Key Vault has no way to ask that: the first write tells, and comes before all else.
        Ok(())
    }

    fn clean_up(&self, _vault: &str, _secret: &str) -> Result<(), Failure> {
        // A version is there as a whole or not at all.
        Ok(())
    }
}
