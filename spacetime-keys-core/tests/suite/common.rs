//! What several of the tests need: the throwaway host's files, and tokens of any form.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{PrivateKey, PublicKey};

/// The throwaway host's private key file.
pub(crate) const PRIVATE_PEM: &str =
    include_str!("../../../tests/fixtures/real-host/.generated/spacetimedb-keys/id_ecdsa");
/// Its public key file.
pub(crate) const PUBLIC_PEM: &str =
    include_str!("../../../tests/fixtures/real-host/.generated/spacetimedb-keys/id_ecdsa.pub");
/// Its `cli.toml`, as SpacetimeDB's own CLI wrote it.
pub(crate) const CLI_TOML: &str =
    include_str!("../../../tests/fixtures/real-host/data/.config/spacetime/cli.toml");
/// The publisher that its token speaks of (from the facts about that host).
pub(crate) const IDENTITY: &str =
    "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
/// That token's `sub`.
pub(crate) const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";

/// The throwaway host's public key.
pub(crate) fn host_public_key() -> PublicKey {
    PublicKey::from_pem(PUBLIC_PEM).unwrap()
}

/// A signer with the throwaway host's key.
pub(crate) fn host_signer() -> Signer {
    Signer::new(&PrivateKey::from_pem(PRIVATE_PEM).unwrap()).unwrap()
}

/// A signer with a key that nobody has seen.
pub(crate) fn new_signer() -> Signer {
    Signer::new(&PrivateKey::generate().unwrap()).unwrap()
}

/// The host's publisher token, found without the parser that is under test.
pub(crate) fn host_token() -> &'static str {
    CLI_TOML.split_once("spacetimedb_token = \"").unwrap().1.split_once('"').unwrap().0
}

/// base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The text of one part of a token: 0 is the header, 1 the claims.
pub(crate) fn part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token of any header and claims, truly signed: what is wrong with it is not the signature.
pub(crate) fn signed(
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
    signer: &Signer,
) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = signer.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signature))
}

/// A token with a server's own header.
pub(crate) fn issued(claims: impl AsRef<[u8]>, signer: &Signer) -> String {
    signed(r#"{"typ":"JWT","alg":"ES256"}"#, claims, signer)
}

/// How properties are tried: `thin` cases on each change, `all` at night. Cases that failed once are
/// kept in `tests/suite/NAME.regressions`, and are tried first ever after.
pub(crate) fn properties(regressions: &'static str, thin: u32, all: u32) -> ProptestConfig {
    let cases = if spacetime_keys_test_support::is_all() { all } else { thin };
    let file = FileFailurePersistence::Direct(regressions);
    ProptestConfig { cases, failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

/// Runs `openssl` with a text on its standard input, where no process list shows it.
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let program = std::env::var("OPENSSL").unwrap_or_else(|_| "openssl".to_owned());
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("these tests need the program OpenSSL 3; {program} cannot be run: {error}")
        });
    // What `openssl` is given is far smaller than a pipe's buffer. It may well not read it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}
