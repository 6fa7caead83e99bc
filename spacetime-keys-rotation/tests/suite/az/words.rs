//! What the real az prints on stderr when it fails, with its exit code, and what we make of it.

/// A failure: its name, the exit code, the words, our code.
pub(crate) struct Words {
    pub(crate) kind: &'static str,
    pub(crate) exit: u8,
    pub(crate) text: String,
    pub(crate) code: &'static str,
}

/// What nobody should ever see.
pub(crate) const MARKER: &str = "hunter2";

fn plain(kind: &'static str, exit: u8, text: &str, code: &'static str) -> Words {
    Words { kind, exit, text: text.to_owned(), code }
}

/// An error of the service: its code, its message, and the inner code that tells which it is.
fn service(
    kind: &'static str,
    exit: u8,
    [outer, message, inner]: [&str; 3],
    code: &'static str,
) -> Words {
    let inner = match inner {
        "" => String::new(),
        inner => format!("Inner error: {{\n    \"code\": \"{inner}\"\n}}\n"),
    };
    let text = format!("ERROR: ({outer}) {message}\nCode: {outer}\nMessage: {message}\n{inner}");
    Words { kind, exit, text, code }
}

/// Failures that a test may ask for at any call.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn failures() -> Vec<Words> {
    vec![
        plain("login", 1, "ERROR: Please run 'az login' to setup account.\n", "ERR_STORE_LOGIN"),
        plain(
            "expired",
            1,
            "ERROR: AADSTS700082: The refresh token has expired due to inactivity.\nInteractive \
             authentication is needed. Please run:\naz login --scope https://vault.azure.net/.default\n",
            "ERR_STORE_LOGIN",
        ),
        service(
            "rbac",
            1,
            [
                "Forbidden",
                "Caller is not authorized to perform action on resource.\nIf role assignments, \
                 deny assignments or role definitions were changed recently, please observe \
                 propagation time.",
                "ForbiddenByRbac",
            ],
            "ERR_STORE_FORBIDDEN",
        ),
        service(
            "policy",
            1,
            [
                "Forbidden",
                "The user, group or application 'appid=0' does not have secrets get permission \
                 on key vault 'kv;location=eastus'.",
                "AccessDenied",
            ],
            "ERR_STORE_FORBIDDEN",
        ),
        service(
            "firewall",
            1,
            [
                "Forbidden",
                "Client address is not authorized and caller is not a trusted service.",
                "ForbiddenByFirewall",
            ],
            "ERR_STORE_FIREWALL",
        ),
        service(
            "disabled",
            1,
            ["Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"],
            "ERR_STORE_SECRET_DISABLED",
        ),
        service(
            "deleted",
            1,
            [
                "Conflict",
                "Secret s is currently in a deleted but recoverable state, and its name cannot \
                 be reused; in this state, the secret can only be recovered or purged.",
                "ObjectIsDeletedButRecoverable",
            ],
            "ERR_STORE_SECRET_DELETED",
        ),
        service(
            "being-recovered",
            1,
            ["Conflict", "Secret s is currently being recovered.", "ObjectIsBeingRecovered"],
            "ERR_STORE_SECRET_DELETED",
        ),
        plain(
            "dns",
            1,
            "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f0000000000>: Failed to \
             resolve 'kv.vault.azure.net' ([Errno -2] Name or service not known)\n",
            "ERR_STORE_VAULT_MISSING",
        ),
        plain(
            "dns-login",
            1,
            "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries \
             exceeded (Caused by NameResolutionError: Failed to resolve 'login.microsoftonline.com')\n",
            "ERR_STORE_NETWORK",
        ),
        plain(
            "dns-by-a-proxy",
            1,
            "ERROR: ('Unable to connect to proxy', OSError('Tunnel connection failed: 502 Bad \
             Gateway'))\n",
            "ERR_STORE_VAULT_MISSING",
        ),
        plain(
            "proxy",
            1,
            "ERROR: ('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy \
             Authentication Required'))\n",
            "ERR_STORE_NETWORK",
        ),
        plain(
            "dropped",
            1,
            "ERROR: ('Unable to connect to proxy', RemoteDisconnected('Remote end closed \
             connection without response'))\n",
            "ERR_STORE_NETWORK",
        ),
        plain(
            "refused",
            1,
            "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f0000000000>: Failed to \
             establish a new connection: [Errno 111] Connection refused\n",
            "ERR_STORE_NETWORK",
        ),
        plain(
            "tls",
            1,
            "ERROR: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get \
             local issuer certificate (_ssl.c:1006)\n",
            "ERR_STORE_TLS",
        ),
        plain(
            "no-tls",
            1,
            "ERROR: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)\n",
            "ERR_STORE_TLS",
        ),
        service(
            "throttled",
            1,
            [
                "Throttled",
                "Request was not processed because too many requests were received. Reason: \
                 VaultRequestTypeLimitReached",
                "",
            ],
            "ERR_STORE_THROTTLED",
        ),
        service(
            "other",
            1,
            ["InternalServerError", "Something that holds hunter2hunter2", ""],
            "ERR_STORE_UNAVAILABLE",
        ),
        service(
            "lost",
            1,
            ["ServiceUnavailable", "The answer was lost.", ""],
            "ERR_STORE_UNAVAILABLE",
        ),
        service(
            "bad-parameter",
            1,
            ["BadParameter", "The request URI contains an invalid name: hunter2", ""],
            "ERR_STORE_ANSWER",
        ),
        service("teapot", 1, ["hunter2hunter2", "hunter2", ""], "ERR_STORE_ANSWER"),
        plain(
            "crash",
            255,
            "Traceback (most recent call last): hunter2hunter2\n",
            "ERR_STORE_ANSWER",
        ),
        plain("old", 2, "ERROR: unrecognized arguments: --encoding\n", "ERR_STORE_ANSWER"),
    ]
}

/// No failure where a secret's latest version or its list is asked for.
pub(crate) fn not_found() -> Words {
    service(
        "not-found",
        3,
        [
            "SecretNotFound",
            "A secret with (name/id) s was not found in this key vault. If you recently deleted \
             this secret you may be able to recover it using the correct recovery command.",
            "",
        ],
        "ERR_STORE_ANSWER",
    )
}

/// Things that it does, or does instead of what it should, with what we make of them.
pub(crate) const MISBEHAVIOURS: [(&str, &str); 7] = [
    ("after", "ERR_STORE_UNAVAILABLE"),
    ("kill", "ERR_STORE_ANSWER"),
    ("kill-after", "ERR_STORE_ANSWER"),
    ("garbage", "ERR_STORE_ANSWER"),
    ("nonsense", "ERR_STORE_ANSWER"),
    ("cut-off", "ERR_STORE_ANSWER"),
    ("flood", "ERR_STORE_ANSWER"),
];
