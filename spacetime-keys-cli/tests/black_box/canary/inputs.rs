//! Files with the secrets in the wrong places.

use super::*;

/// Names and contents.
pub(super) type Inputs = Vec<(String, Vec<u8>)>;

/// Files that hold the marked key, most of them in a form that is refused.
pub(super) fn key_files() -> Inputs {
    let pem = marked_key().to_pem();
    let body = STANDARD.encode(sec1_der());
    let labelled = |label: &str| super::pem(label, &body).into_bytes();
    let utf16 = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "d": URL_SAFE_NO_PAD.encode(SCALAR) });
    let files = vec![
        ("keys/canonical", pem.as_bytes().to_vec()),
        ("keys/public", marked_key().public_key().to_pem().into_bytes()),
        ("keys/sec1", sec1_pem().into_bytes()),
        ("keys/one-line", pem.replace('\n', " ").into_bytes()),
        ("keys/literal-newlines", pem.replace('\n', "\\n").into_bytes()),
        ("keys/cut-off", pem.get(..150).unwrap().into()),
        ("keys/without-begin", pem.get(28..).unwrap().into()),
        ("keys/without-label", body.clone().into_bytes()),
        ("keys/strange-character", pem.replacen('\n', "\n*", 2).into_bytes()),
        ("keys/twice", [pem.as_str(), &pem].concat().into_bytes()),
        ("keys/two", [sec1_pem(), super::pem("PRIVATE KEY", "MEECAQA=")].concat().into_bytes()),
        ("keys/labelled-public", labelled("PUBLIC KEY")),
        ("keys/labelled-pkcs8", labelled("PRIVATE KEY")),
        ("keys/labelled-rsa", labelled("RSA PRIVATE KEY")),
        ("keys/labelled-openssh", labelled("OPENSSH PRIVATE KEY")),
        ("keys/labelled-encrypted", labelled("ENCRYPTED PRIVATE KEY")),
        ("keys/labelled-otherwise", labelled("CANARY")),
        ("keys/der", sec1_der()),
        ("keys/utf-16", utf16),
        ("keys/hex", hex(SCALAR).into_bytes()),
        ("keys/jwk", jwk.to_string().into_bytes()),
        ("keys/token", marked_token().into_bytes()),
    ];
    files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

/// `cli.toml` with the marked token, in forms that are refused.
pub(super) fn cli_tomls() -> Inputs {
    let token = marked_token();
    let line = format!("spacetimedb_token = \"{token}\"\n");
    let but = |from: &str, to: &str| line.replacen(from, to, 1).into_bytes();
    let files = vec![
        ("cli-tomls/whole", line.clone().into_bytes()),
        ("cli-tomls/unclosed", line.trim_end_matches(['"', '\n']).into()),
        ("cli-tomls/unquoted", line.replace('"', "").into_bytes()),
        ("cli-tomls/twice", line.repeat(2).into_bytes()),
        ("cli-tomls/list", format!("spacetimedb_token = [\"{token}\"]\n").into_bytes()),
        (
            "cli-tomls/server-key",
            format!("{line}[[server_configs]]\necdsa_public_key = 5\n").into(),
        ),
        ("cli-tomls/bare", token.clone().into_bytes()),
        ("cli-tomls/not-utf-8", [line.as_bytes(), &[0xff]].concat()),
        ("cli-tomls/opaque", but(".", "")),
        ("cli-tomls/encrypted", but(".", ".AA.AA.")),
        ("cli-tomls/bad-header", but("\"ey", "\"xx")),
        ("cli-tomls/bad-claims", but(".ey", ".xx")),
        ("cli-tomls/bad-signature", line.replace("\"\n", "*\"\n").into_bytes()),
        ("cli-tomls/another-signature", line.replace("\"\n", "AAAA\"\n").into_bytes()),
        // {"typ":"JWT","alg":"none"}
        (
            "cli-tomls/unsigned",
            but("J0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9", "J0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"),
        ),
    ];
    files.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

/// Configurations into which a secret was pasted.
pub(super) fn configurations() -> Inputs {
    let key = marked_key().to_pem();
    let escaped = key.replace('\n', "\\n");
    let token = marked_token();
    let mut all = vec![
        ("configs/is-a-key".to_owned(), key.as_bytes().to_vec()),
        ("configs/is-a-token".to_owned(), token.clone().into_bytes()),
    ];
    for (kind, secret) in [("key", &escaped), ("token", &token)] {
        let places = [
            ("unknown", format!("[store]\nkey = \"{secret}\"\n")),
            ("name", format!("[\"{secret}\"]\n")),
            ("store", format!("[store]\nkind = \"{secret}\"\n")),
            ("secret", format!("[store]\nprivate_secret = \"{secret}\"\n")),
            ("vault", format!("[environments]\nlocal = \"{secret}\"\n")),
            ("group", format!("[policy]\ngroups = [[\"{secret}\"]]\n")),
            ("age", format!("[policy]\nmax_age_days = \"{secret}\"\n")),
        ];
        let named = |(place, text): (&str, String)| {
            (format!("configs/{kind}-as-{place}"), text.into_bytes())
        };
        all.extend(places.map(named));
    }
    all
}
