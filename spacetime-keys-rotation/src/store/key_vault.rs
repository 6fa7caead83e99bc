//! Azure Key Vault, by whichever way it is asked: why a call fails, with its way out, and whether an
//! answer is up to date.
//!
//! Texts of the service are not passed on: what is shown is ours, and names vault, secret, role.

use spacetime_keys_core::advice::{Advice, NextStep};

use super::{History, WAITS};
use crate::error::Failure;

/// The right that a call needs.
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

/// The subject of a call.
pub(super) struct Call<'a> {
    pub(super) vault: &'a str,
    pub(super) secret: &'a str,
    pub(super) right: Right,
}

impl Call<'_> {
    /// A history, asked for again while the vault hands out an older version than it lists.
    pub(super) fn until_fresh(
        &self,
        read: impl Fn() -> Result<History, Failure>,
    ) -> Result<History, Failure> {
        let mut waits = WAITS.iter();
        loop {
            let history = read()?;
            if !is_stale(&history) {
                return Ok(history);
            }
            match waits.next() {
                Some(wait) => std::thread::sleep(*wait),
                None => return Err(self.stale()),
            }
        }
    }

    /// The refusal that one of the service's error codes tells, if any does. These come first: each
    /// is a 403 or a 409, too.
    pub(super) fn by_code(&self, has: impl Fn(&str) -> bool) -> Option<Failure> {
        if has("SecretDisabled") {
            return Some(self.disabled());
        }
        if has("ObjectIsDeletedButRecoverable") || has("ObjectIsBeingDeleted") {
            return Some(self.deleted());
        }
        if has("ObjectIsBeingRecovered") {
            return Some(self.recovering());
        }
        (has("ForbiddenByFirewall") || has("ForbiddenByConnection")).then(|| self.firewall())
    }

    fn disabled(&self) -> Failure {
        let Self { vault, secret, .. } = self;
        Failure::store(
            "ERR_STORE_SECRET_DISABLED",
            format!("{secret} in {vault} is disabled"),
            format!(
                "if that was not meant: `az keyvault secret set-attributes --vault-name {vault} --name {secret} --enabled true`"
            ),
        )
    }

    fn deleted(&self) -> Failure {
        let Self { vault, secret, .. } = self;
        Failure::store(
            "ERR_STORE_SECRET_DELETED",
            format!("{secret} in {vault} was deleted, and can be recovered"),
            Advice::from(format!(
                "`az keyvault secret recover --vault-name {vault} --name {secret}`, wait until `az keyvault secret show` finds it; then "
            ))
            .and(NextStep::Verify),
        )
    }

    fn recovering(&self) -> Failure {
        let Self { vault, secret, .. } = self;
        Failure::store(
            "ERR_STORE_SECRET_DELETED",
            format!("{secret} in {vault} is being recovered"),
            "wait a minute, then run it again",
        )
    }

    fn firewall(&self) -> Failure {
        let vault = self.vault;
        Failure::store(
            "ERR_STORE_FIREWALL",
            format!("{vault} takes no connections from this address"),
            format!(
                "run it where the vault can be reached, or let this address in: `az keyvault network-rule add --name {vault} --ip-address ADDRESS`"
            ),
        )
    }

    pub(super) fn no_role(&self) -> Failure {
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

    pub(super) fn version_missing(&self) -> Failure {
        let Self { vault, secret, .. } = self;
        Failure::store(
            "ERR_STORE_ANSWER",
            format!("{vault} listed a version of {secret} that it does not have"),
            "run it again; if it stays, look at the secret in the Azure portal",
        )
    }

    pub(super) fn not_taken(&self) -> Failure {
        let Self { vault, secret, .. } = self;
        Failure::store(
            "ERR_STORE_ANSWER",
            format!("{vault} does not take {secret} as it was sent"),
            "look at the names in spacetime-keys.toml; if they are good, please report this as a bug",
        )
    }

    pub(super) fn unavailable(&self, answer: &str) -> Failure {
        Failure::store(
            "ERR_STORE_UNAVAILABLE",
            format!("{} answers {answer}", self.vault),
            "wait a minute, then run it again; https://azure.status.microsoft tells more",
        )
    }

    pub(super) fn vault_missing(&self) -> Failure {
        let vault = self.vault;
        Failure::store(
            "ERR_STORE_VAULT_MISSING",
            format!("there is no vault {vault}: its name is not known to the network"),
            format!(
                "compare [environments] in spacetime-keys.toml with `az keyvault list --output table`; a vault that was deleted: `az keyvault recover --name {vault}`"
            ),
        )
    }

    pub(super) fn throttled(&self) -> Failure {
        Failure::store(
            "ERR_STORE_THROTTLED",
            format!("{} is throttled: too many requests", self.vault),
            "wait a minute, then run it again; see what else reads this vault so often",
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
    fn stale(&self) -> Failure {
        Failure::store(
            "ERR_STORE_STALE",
            format!("{} hands out an old version of {}", self.vault, self.secret),
            "wait a minute, then run it again",
        )
    }
}

/// No connection to a vault, or to `Azure's login`.
pub(super) fn no_connection(whom: &str) -> Failure {
    Failure::store(
        "ERR_STORE_NETWORK",
        format!("no connection to {whom}"),
        "look at this machine's network, its proxy (HTTPS_PROXY) and its firewall",
    )
}

/// A connection that is not secure. `trust` names the variable that takes another authority.
pub(super) fn tls(whom: &str, certificate: bool, trust: &str) -> Failure {
    let what = if certificate {
        "its certificate is not trusted here"
    } else {
        "no agreement on a connection"
    };
    Failure::store(
        "ERR_STORE_TLS",
        format!("no secure connection to {whom}: {what}"),
        format!(
            "something stands between here and Azure: look at the proxy (HTTPS_PROXY); {trust} names its authority, if it is yours"
        ),
    )
}

pub(super) const AZ_MISSING: &str = "the Azure CLI (az) is not installed here";
pub(super) const AZ_WITHOUT_LOGIN: &str = "the Azure CLI (az) has no login";

/// Nobody is logged in; `code` is Entra ID's, if it gave one.
pub(super) fn no_login(why: &str, code: Option<String>, hint: &'static str) -> Failure {
    let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
    Failure::store("ERR_STORE_LOGIN", format!("not logged in to Azure: {why}{code}"), hint)
}

/// The number of an Entra ID error in a text in lower case, such as `AADSTS7000215`.
pub(super) fn entra_code(text: &str) -> Option<String> {
    let digits = text.split("aadsts").nth(1)?;
    let digits: String = digits.chars().take_while(char::is_ascii_digit).take(10).collect();
    (!digits.is_empty()).then(|| format!("AADSTS{digits}"))
}

/// Whether the latest version is older than what the list shows. (Times are whole seconds: of
/// versions made in the same one, the list does not say which is the latest.)
fn is_stale(history: &History) -> bool {
    let newest = history.versions.iter().filter(|version| version.enabled).map(|v| v.created).max();
    match (&history.latest, newest) {
        (None, None) => false,
        (None, Some(_)) => true,
        (Some(latest), newest) => {
            let listed = history.versions.iter().any(|v| v.version == latest.properties.version);
            !listed || newest.is_some_and(|newest| newest > latest.properties.created)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entra_codes_are_numbers_alone() {
        assert_eq!(entra_code("aadsts7000215: invalid"), Some("AADSTS7000215".to_owned()));
        assert_eq!(entra_code("aadstsx"), None);
        assert_eq!(entra_code("nothing"), None);
    }
}
