//! Which store, and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use super::Az;

/// Where keys are kept.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In a folder.
    Directory(PathBuf),
    /// In Azure Key Vault, by the official SDK.
    AzureKeyVault(Azure),
    /// In Azure Key Vault, by the Azure CLI.
    AzCli(Az),
}

/// How to reach Azure Key Vault.
#[derive(Clone, Copy, Debug)]
pub struct Azure {
    /// As whom to log in.
    pub auth: Auth,
    /// How long one operation may take, retries included.
    pub timeout: Duration,
}

/// As whom to log in to Azure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Auth {
    /// As the person who did `az login`.
    Cli,
    /// As this machine.
    ManagedIdentity,
    /// As this Kubernetes workload.
    WorkloadIdentity,
    /// As an application, by its secret.
    ClientSecret,
}
