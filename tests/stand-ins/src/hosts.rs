//! The hosts that exist.

/// Where tokens for vaults and for their management come from.
pub(crate) const LOGIN: &str = "login.microsoftonline.com";
/// The instance metadata service of a virtual machine: no name, and no TLS.
pub(crate) const IMDS: &str = "169.254.169.254";
const MANAGEMENT: &str = "management.azure.com";
const VAULT_DOMAIN: &str = ".vault.azure.net";

/// A host that the stand-in answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Vault(String),
    Login,
    Imds,
    Management,
}

impl Host {
    /// What `name` (without a port) stands for, or `None` if there is no such host: `vaults` are
    /// the names of those that exist.
    pub(crate) fn find(name: &str, vaults: &[String]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            LOGIN => Some(Self::Login),
            IMDS => Some(Self::Imds),
            MANAGEMENT => Some(Self::Management),
            _ => {
                let vault = name.strip_suffix(VAULT_DOMAIN)?;
                vaults.iter().any(|known| known == vault).then(|| Self::Vault(vault.to_owned()))
            }
        }
    }

    /// The name that matchers and the log use: the vault's, or what the host is.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Vault(name) => name,
            Self::Login => "login",
            Self::Imds => "imds",
            Self::Management => "management",
        }
    }

    /// The name in URLs and certificates.
    pub(crate) fn domain(&self) -> String {
        match self {
            Self::Vault(name) => format!("{name}{VAULT_DOMAIN}"),
            Self::Login => LOGIN.to_owned(),
            Self::Imds => IMDS.to_owned(),
            Self::Management => MANAGEMENT.to_owned(),
        }
    }
}
