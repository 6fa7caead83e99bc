//! The tenant's login, the instance metadata service, and what little `az login` asks of the
//! management API.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::hosts::{Host, LOGIN};
use crate::log::Operation;
use crate::query;
use crate::shared::{Shared, State, unix_seconds};
use crate::vault::{Call, Route};

const IMDS_TOKEN: &str = "/metadata/identity/oauth2/token";
const TOKEN: &str = "/oauth2/v2.0/token";
const CONFIGURATION: &str = "/.well-known/openid-configuration";
const INSTANCE: &str = "/common/discovery/instance";
const SUBSCRIPTIONS: &str = "/subscriptions";
const JWT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request to `host` asks for.
pub(crate) fn route(host: &Host, method: &Method, path: &str) -> Route {
    let operation = match (host, method.as_str()) {
        (Host::Login, "POST") if path.ends_with(TOKEN) => Operation::Login,
        (Host::Imds, "GET") if path == IMDS_TOKEN => Operation::Login,
        (Host::Login, "GET") if path.ends_with(CONFIGURATION) || path == INSTANCE => {
            Operation::Discovery
        }
        (Host::Management, "GET") if path == SUBSCRIPTIONS => Operation::Discovery,
        _ => Operation::Other,
    };
    Route { operation, secret: None, version: None }
}

/// The answer to a request that is not for a vault.
pub(crate) fn answer(
    shared: &Shared,
    state: &mut State,
    host: &Host,
    call: &Call,
    authorization: Option<&str>,
) -> Answer {
    match (host, call.route.operation) {
        (Host::Login, Operation::Login) => token(shared, state, call),
        (Host::Imds, Operation::Login) => identity(shared, state, call),
        (Host::Login, Operation::Discovery) if call.path == INSTANCE => instance(shared),
        (Host::Login, Operation::Discovery) => configuration(shared, &call.path),
        (Host::Management, Operation::Discovery) => {
            if state.tokens.allow(authorization, None) {
                Answer::json(200, &json!({ "value": [], "count": { "type": "Total", "value": 0 } }))
            } else {
                let message = "Authentication failed.";
                Answer::error(401, "AuthenticationFailed", message, None)
            }
        }
        _ => Answer::error(404, "NotFound", "There is nothing at this address.", None),
    }
}

/// RFC 6749, section 4.4, with a secret or with an assertion (RFC 7523).
fn token(shared: &Shared, state: &mut State, call: &Call) -> Answer {
    let setup = &shared.setup;
    let form = query::parse(&String::from_utf8_lossy(&call.body));
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let tenant = call.path.trim_start_matches('/').trim_end_matches(TOKEN);
    if tenant != setup.tenant {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        );
        return refusal(400, "invalid_request", 90_002, &text);
    }
    if field("grant_type") != "client_credentials" {
        let text = "The app requested an unsupported grant type.";
        return refusal(400, "unsupported_grant_type", 70_003, text);
    }
    if field("client_id") != setup.client_id {
        let id = field("client_id");
        let text = format!("Application with identifier '{id}' was not found in the directory.");
        return refusal(400, "unauthorized_client", 700_016, &text);
    }
    if let Err(refusal) = credential(&form, setup) {
        return refusal;
    }
    let access_token = state.tokens.give(field("scope").split(' ').next().unwrap_or_default());
    let seconds = state.tokens.lifetime.as_secs();
    Answer::json(
        200,
        &json!({
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": access_token,
        }),
    )
}

fn credential(form: &BTreeMap<String, String>, setup: &crate::Setup) -> Result<(), Answer> {
    if let Some(assertion) = form.get("client_assertion") {
        let of_type = form.get("client_assertion_type").is_some_and(|kind| kind == JWT_ASSERTION);
        return if of_type && *assertion == setup.client_assertion {
            Ok(())
        } else {
            let text = "Client assertion failed signature validation.";
            Err(refusal(401, "invalid_client", 700_027, text))
        };
    }
    match form.get("client_secret") {
        Some(secret) if *secret == setup.client_secret => Ok(()),
        Some(_) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the \
                 client secret value, not the client secret ID, for a secret added to app '{}'.",
                setup.client_id
            );
            Err(refusal(401, "invalid_client", 7_000_215, &text))
        }
        None => {
            let text = "The request body must contain the following parameter: \
                        'client_assertion' or 'client_secret'.";
            Err(refusal(401, "invalid_client", 7_000_218, text))
        }
    }
}

/// An error as the login writes it: RFC 6749, section 5.2, and a number of its own.
fn refusal(status: u16, error: &str, number: u32, text: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "error": error,
            "error_description": format!(
                "AADSTS{number}: {text} Trace ID: 00000000-0000-4000-8000-000000000000 \
                 Correlation ID: 00000000-0000-4000-8000-000000000000 Timestamp: 2026-01-01 00:00:00Z"
            ),
            "error_codes": [number],
            "timestamp": "2026-01-01 00:00:00Z",
            "trace_id": "00000000-0000-4000-8000-000000000000",
            "correlation_id": "00000000-0000-4000-8000-000000000000",
            "error_uri": format!("https://{LOGIN}/error?code={number}"),
        }),
    )
}

/// A virtual machine's own identity.
fn identity(shared: &Shared, state: &mut State, call: &Call) -> Answer {
    let setup = &shared.setup;
    let invalid = |text: &str| {
        Answer::json(400, &json!({ "error": "invalid_request", "error_description": text }))
    };
    let Some(resource) = call.query.get("resource").filter(|_| call.metadata) else {
        return invalid("Required metadata header not specified, or no resource");
    };
    let other = call.query.get("client_id").is_some_and(|id| *id != setup.client_id);
    if !setup.managed_identity || other {
        return invalid("Identity not found");
    }
    let access_token = state.tokens.give(resource);
    let lifetime = state.tokens.lifetime.as_secs();
    let now = unix_seconds();
    // All of them are texts here, unlike in the tenant's answer.
    Answer::json(
        200,
        &json!({
            "access_token": access_token,
            "client_id": setup.client_id,
            "expires_in": lifetime.to_string(),
            "expires_on": (now + lifetime).to_string(),
            "ext_expires_in": lifetime.to_string(),
            "not_before": now.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

fn configuration(shared: &Shared, path: &str) -> Answer {
    let named = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let tenant = &shared.setup.tenant;
    if named != tenant && named != "organizations" && named != "common" {
        return refusal(400, "invalid_tenant", 90_002, &format!("Tenant '{named}' not found."));
    }
    let base = format!("https://{LOGIN}/{tenant}");
    let configuration: Value = json!({
        "token_endpoint": format!("{base}{TOKEN}"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "issuer": format!("{base}/v2.0"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    });
    Answer::json(200, &configuration)
}

fn instance(shared: &Shared) -> Answer {
    let tenant = &shared.setup.tenant;
    Answer::json(
        200,
        &json!({
            "tenant_discovery_endpoint": format!("https://{LOGIN}/{tenant}/v2.0{CONFIGURATION}"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": LOGIN,
                "preferred_cache": "login.windows.net",
                "aliases": [LOGIN, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }],
        }),
    )
}
