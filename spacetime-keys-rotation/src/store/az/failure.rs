//! What az says when it fails, told apart. Its own text is never shown: only what is recognized in
//! it, in our words.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use super::process::{NotRun, Ran};
use crate::error::{Failure, Kind};
use crate::store::key_vault::{
    AZ_MISSING, AZ_WITHOUT_LOGIN, Call, entra_code, no_connection, no_login, tls,
};

/// The kind of failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    NotFound,
    /// One of the service's codes.
    Code(&'static str),
    NoRole,
    NoLogin,
    Tls {
        certificate: bool,
    },
    LoginUnreachable,
    NoSuchVault,
    Throttled,
    Unreachable,
    Unavailable,
    NotTaken,
    TooOld,
}

/// In this order: a 403 of the firewall or of a disabled secret is a `(Forbidden)`, too, and a
/// certificate that is not trusted is told as a connection that was tried too often.
const SIGNS: &[(Sign, &[&str])] = &[
    (Sign::NotFound, &["(secretnotfound)", "code: secretnotfound"]),
    (
        Sign::Code("ObjectIsDeletedButRecoverable"),
        &["objectisdeletedbutrecoverable", "in a deleted but recoverable state"],
    ),
    (
        Sign::Code("ObjectIsBeingRecovered"),
        &["objectisbeingrecovered", "currently being recovered"],
    ),
    (Sign::Code("ObjectIsBeingDeleted"), &["objectisbeingdeleted", "currently being deleted"]),
    (Sign::Code("SecretDisabled"), &["secretdisabled", "disabled secret"]),
    (
        Sign::Code("ForbiddenByFirewall"),
        &[
            "forbiddenbyfirewall",
            "forbiddenbyconnection",
            "client address is not authorized",
            "public network access is disabled",
        ],
    ),
    (
        Sign::NoRole,
        &[
            "(forbidden)",
            "forbiddenbyrbac",
            "forbiddenbypolicy",
            "accessdenied",
            "does not have secrets",
        ],
    ),
    (
        Sign::NoLogin,
        &[
            "az login",
            "aadsts",
            "(unauthorized)",
            "akv10",
            "no subscription found",
            "no subscriptions found",
            "failed to connect to msi",
        ],
    ),
    (Sign::Tls { certificate: true }, &["certificate_verify_failed", "certificate verify failed"]),
    (Sign::Tls { certificate: false }, &["[ssl:", "sslerror"]),
    (Sign::LoginUnreachable, &["'login.microsoftonline.com'"]),
    (
        Sign::NoSuchVault,
        &[
            "failed to resolve",
            "nameresolutionerror",
            "name resolution",
            "getaddrinfo failed",
            "name or service not known",
            "nodename nor servname",
            "vaultnotfound",
            "max retries exceeded attempting to connect to vault",
            // A proxy says so in the place of the name service.
            "tunnel connection failed: 502",
            "tunnel connection failed: 503",
            "tunnel connection failed: 504",
        ],
    ),
    (
        Sign::Throttled,
        &["(throttled)", "toomanyrequests", "too many requests", "vaultrequesttypelimitreached"],
    ),
    (
        Sign::Unreachable,
        &[
            "unable to connect to proxy",
            "remote end closed connection",
            "connection refused",
            "connection reset",
            "connection aborted",
            "timed out",
            "network is unreachable",
            "connecttimeout",
            "max retries exceeded",
        ],
    ),
    (
        Sign::Unavailable,
        &["(internalservererror)", "(serviceunavailable)", "(badgateway)", "(gatewaytimeout)"],
    ),
    (Sign::NotTaken, &["(badparameter)"]),
    (Sign::TooOld, &["unrecognized arguments", "is misspelled or not recognized"]),
];

const LOG_IN: &str = "install az if it is missing, then `az login`";
/// Where az takes an authority from that it does not know.
const TRUST: &str = "REQUESTS_CA_BUNDLE";

/// Judges a call that did not end well. `None`: there is no such secret.
pub(super) fn refused(call: &Call<'_>, ran: &Ran) -> Option<Failure> {
    let mut text = Zeroizing::new(ran.stderr.to_vec());
    text.make_ascii_lowercase();
    let text = Zeroizing::new(String::from_utf8_lossy(&text).into_owned());
    let vault = call.vault;
    Some(match sign(&text) {
        Some(Sign::NotFound) => return None,
        Some(Sign::Code(code)) => {
            call.by_code(|found| found == code).unwrap_or_else(|| call.no_role())
        }
        Some(Sign::NoRole) => call.no_role(),
        Some(Sign::NoLogin) => no_login(AZ_WITHOUT_LOGIN, entra_code(&text), LOG_IN),
        Some(Sign::Tls { certificate }) => tls(vault, certificate, TRUST),
        Some(Sign::LoginUnreachable) => no_connection("Azure's login"),
        Some(Sign::NoSuchVault) => call.vault_missing(),
        Some(Sign::Throttled) => call.throttled(),
        Some(Sign::Unreachable) => no_connection(vault),
        Some(Sign::Unavailable) => call.unavailable("that something is wrong with itself"),
        Some(Sign::NotTaken) => call.not_taken(),
        Some(Sign::TooOld) => Failure::store(
            "ERR_STORE_ANSWER",
            "the Azure CLI (az) does not know a command or an option of `az keyvault secret`",
            "`az upgrade`",
        ),
        None => unknown(call, ran.status.code()),
    })
}

fn sign(text: &str) -> Option<Sign> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    SIGNS.iter().find(|(_, words)| has(words)).map(|(sign, _)| *sign)
}

fn unknown(call: &Call<'_>, code: Option<i32>) -> Failure {
    let Call { vault, secret, .. } = call;
    let ended =
        code.map_or_else(|| "was killed".to_owned(), |code| format!("ended with exit code {code}"));
    Failure::store(
        "ERR_STORE_ANSWER",
        format!("az {ended} when asked about {secret} in {vault}"),
        format!("see for yourself: `az keyvault secret list --vault-name {vault} --output table`"),
    )
}

/// az did not come to an end of its own.
pub(super) fn not_run(call: &Call<'_>, why: &NotRun, program: &Path, timeout: Duration) -> Failure {
    match why {
        NotRun::Start(error) if error.kind() == ErrorKind::NotFound => {
            no_login(AZ_MISSING, None, LOG_IN)
        }
        NotRun::Start(error) => Failure::io("running", program, error),
        NotRun::TooMuch => call.no_answer(),
        NotRun::Stopped => Kind::Stopped.into(),
        NotRun::TimedOut => Failure::store(
            "ERR_STORE_TIMEOUT",
            format!(
                "az, asked about {} in {}, has not ended within {} s, and was stopped",
                call.secret,
                call.vault,
                timeout.as_secs()
            ),
            "run it again; look at the network, and allow az more time where it is slow",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sign_counts() {
        for (text, found) in [
            (
                "error: (forbidden) operation get is not allowed on a disabled secret.",
                Some(Sign::Code("SecretDisabled")),
            ),
            (
                "error: (forbidden) client address is not authorized",
                Some(Sign::Code("ForbiddenByFirewall")),
            ),
            ("error: (forbidden) caller is not authorized", Some(Sign::NoRole)),
            (
                "error: (conflict) … in a deleted but recoverable state",
                Some(Sign::Code("ObjectIsDeletedButRecoverable")),
            ),
            (
                "max retries exceeded (caused by sslerror(…))",
                Some(Sign::Tls { certificate: false }),
            ),
            (
                "host='login.microsoftonline.com': max retries exceeded: failed to resolve",
                Some(Sign::LoginUnreachable),
            ),
            ("failed to resolve 'kv.vault.azure.net'", Some(Sign::NoSuchVault)),
            ("max retries exceeded", Some(Sign::Unreachable)),
            ("traceback (most recent call last)", None),
        ] {
            assert_eq!(sign(text), found, "{text}");
        }
    }

    #[test]
    fn signs_are_in_lower_case_and_codes_are_known() {
        for (sign, words) in SIGNS {
            assert!(words.iter().all(|word| *word == word.to_ascii_lowercase()), "{sign:?}");
            if let Sign::Code(code) = sign {
                let call = Call { vault: "v", secret: "s", right: super::super::Right::Read };
                assert!(call.by_code(|found| found == *code).is_some(), "{code}");
            }
        }
    }
}
