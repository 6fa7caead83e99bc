//! One vault's data plane: who may do what, and the answer.

mod limits;
mod list;
mod operations;
mod route;
mod shape;
mod state;

use std::collections::BTreeMap;

use hyper::body::Bytes;

use crate::answer::Answer;
use crate::hosts::LOGIN;
use crate::log::Operation;
use crate::shared::{Shared, State};
use crate::tokens::VAULTS;
use spacetime_keys_test_support::Random;

pub use state::{Rights, Version};

pub(crate) use route::{Route, route};
pub(crate) use state::{Draft, Vault, Vaults};

/// The ones that clients of today speak.
const API_VERSIONS: [&str; 4] = ["7.4", "7.5", "7.6", "2025-07-01"];

/// A request, taken apart.
pub(crate) struct Call {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Whether the header that the instance metadata service asks for is there.
    pub(crate) metadata: bool,
    pub(crate) route: Route,
    pub(crate) body: Bytes,
    /// Whether the newest version is not to be seen.
    pub(crate) stale: bool,
}

/// What an operation needs besides the vault and the call.
struct Context<'a> {
    now: u64,
    random: &'a mut Random,
    recovery: std::time::Duration,
}

/// Answers in the order that the service checks: token, firewall, rights, version, the rest.
pub(crate) fn answer(
    shared: &Shared,
    state: &mut State,
    name: &str,
    call: &Call,
    authorization: Option<&str>,
) -> Answer {
    let answer = if state.tokens.allow(authorization, Some(VAULTS)) {
        let mut context = Context {
            now: state.now(),
            random: &mut state.random,
            recovery: shared.setup.recovery,
        };
        let vault = state.vaults.get_mut(name).unwrap();
        match refused(vault, name, call) {
            Some(refused) => refused,
            None => operations::carry_out(vault, call, &mut context),
        }
    } else {
        challenge(&shared.setup.tenant, authorization.is_some())
    };
    answer.with("x-ms-keyvault-region", "westeurope".to_owned())
}

/// RFC 6750, section 3, with Key Vault's own parameters.
fn challenge(tenant: &str, with_token: bool) -> Answer {
    let mut challenge =
        format!("Bearer authorization=\"https://{LOGIN}/{tenant}\", resource=\"{VAULTS}\"");
    let message = if with_token {
        challenge.push_str(", error=\"invalid_token\"");
        "[BearerReadAccessTokenFailed] Error validating token: 'S2S12086'."
    } else {
        "AKV10000: Request is missing a Bearer or PoP token."
    };
    Answer::error(401, "Unauthorized", message, None).with("www-authenticate", challenge)
}

fn refused(vault: &Vault, name: &str, call: &Call) -> Option<Answer> {
    let forbidden =
        |message: &str, inner| Some(Answer::error(403, "Forbidden", message, Some(inner)));
    if vault.firewall {
        let message = format!(
            "Client address is not authorized and caller is not a trusted service.\r\n\
             Client address: 203.0.113.7\r\nVault: {name};location=westeurope"
        );
        return forbidden(&message, "ForbiddenByFirewall");
    }
    let operation = call.route.operation;
    let reads = matches!(
        operation,
        Operation::GetLatest
            | Operation::GetVersion
            | Operation::ListVersions
            | Operation::ListSecrets
    );
    if vault.rights == Rights::None || (vault.rights == Rights::User && !reads) {
        let message = format!(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny \
             assignments or role definitions were changed recently, please observe propagation \
             time.\r\nAction: '{}'\r\nAssignment: (not found)\r\nVault: {name};location=westeurope",
            action(operation)
        );
        return forbidden(&message, "ForbiddenByRbac");
    }
    let version = call.query.get("api-version").map_or("", String::as_str);
    if !API_VERSIONS.contains(&version) {
        return Some(Answer::bad_parameter(&format!(
            "The specified version ({version}) is not recognized. Consider using the latest \
             supported version (2025-07-01)."
        )));
    }
    None
}

/// The name that roles have for it.
const fn action(operation: Operation) -> &'static str {
    match operation {
        Operation::Put => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
        Operation::GetLatest | Operation::GetVersion => {
            "Microsoft.KeyVault/vaults/secrets/getSecret/action"
        }
        Operation::ListVersions | Operation::ListSecrets => {
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
        }
        Operation::Update => "Microsoft.KeyVault/vaults/secrets/update/action",
        Operation::Recover => "Microsoft.KeyVault/vaults/secrets/recover/action",
        _ => "Microsoft.KeyVault/vaults/secrets/delete",
    }
}
