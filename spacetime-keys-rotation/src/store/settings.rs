//! The store's kind, and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use super::Az;
use crate::error::{Failure, Kind};

/// The store of the keys.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In a folder.
    Directory(PathBuf),
    /// In Azure Key Vault, by the official SDK.
    AzureKeyVault(Azure),
    /// In Azure Key Vault, by the Azure CLI.
    AzCli(Az),
}

impl StoreSettings {
    /// The kind of store, by any way that reaches it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Directory(_) => "directory",
            Self::AzureKeyVault(_) | Self::AzCli(_) => "azure-key-vault",
        }
    }

    /// The store of a configuration: `directory` in `folder`, or `azure-key-vault`. What is `None` is
    /// left to its default.
    ///
    /// # Errors
    /// [`Kind::Names`] for a kind that there is not, and for what does not belong to it.
    pub fn named(
        kind: Option<&str>,
        folder: PathBuf,
        auth: Option<&str>,
        timeout_seconds: Option<u64>,
    ) -> Result<Self, Failure> {
        let refuse = |message: String| Err(Kind::Names(message).into());
        match kind {
            None | Some("directory") if auth.is_some() || timeout_seconds.is_some() => {
                refuse("auth and timeout_seconds are for kind = \"azure-key-vault\"".to_owned())
            }
            None | Some("directory") => Ok(Self::Directory(folder)),
            Some("azure-key-vault") => {
                let seconds = timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
                if !(1..=MAX_TIMEOUT_SECONDS).contains(&seconds) {
                    return refuse(format!("timeout_seconds is 1 to {MAX_TIMEOUT_SECONDS}"));
                }
                let given = |(name, _): &&(&str, Auth)| *name == auth.unwrap_or("cli");
                let Some((_, auth)) = AUTHS.iter().find(given) else {
                    let names = AUTHS.map(|(name, _)| name).join(", ");
                    return refuse(format!("[store] auth is one of {names}"));
                };
                let timeout = Duration::from_secs(seconds);
                Ok(Self::AzureKeyVault(Azure { auth: *auth, timeout }))
            }
            Some(_) => refuse("[store] kind is directory or azure-key-vault".to_owned()),
        }
    }
}

const AUTHS: [(&str, Auth); 4] = [
    ("cli", Auth::Cli),
    ("managed-identity", Auth::ManagedIdentity),
    ("workload-identity", Auth::WorkloadIdentity),
    ("client-secret", Auth::ClientSecret),
];

const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
const MAX_TIMEOUT_SECONDS: u64 = 600;

impl Auth {
    /// Its name in a configuration.
    pub fn name(self) -> &'static str {
        let found = AUTHS.iter().find(|(_, auth)| *auth == self);
        found.map_or("", |(name, _)| name)
    }
}

/// The settings for Azure Key Vault.
#[derive(Clone, Copy, Debug)]
pub struct Azure {
    /// The way to log in.
    pub auth: Auth,
    /// How long one operation may take, retries included.
    pub timeout: Duration,
}

/// The way to log in to Azure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Auth {
    /// By the login of `az login`.
    Cli,
    /// By the identity of this machine.
    ManagedIdentity,
    /// By the identity of this Kubernetes workload.
    WorkloadIdentity,
    /// By an application's secret.
    ClientSecret,
}
