//! What several of the tests need: the throwaway host's files, and tokens of any form.

// Each test takes what it needs of this, and is compiled on its own.
#![allow(dead_code, unreachable_pub)]

pub mod vectors;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use spacetime_keys_core::es256::Signer;
use spacetime_keys_core::{PrivateKey, PublicKey};

/// The throwaway host's private key file.
pub const PRIVATE_PEM: &str =
    include_str!("../../../tests/fixtures/real-host/.generated/spacetimedb-keys/id_ecdsa");
/// Its public key file.
pub const PUBLIC_PEM: &str =
    include_str!("../../../tests/fixtures/real-host/.generated/spacetimedb-keys/id_ecdsa.pub");
/// Its `cli.toml`, as SpacetimeDB's own CLI wrote it.
pub const CLI_TOML: &str =
    include_str!("../../../tests/fixtures/real-host/data/.config/spacetime/cli.toml");
/// The publisher that its token speaks of (from the facts about that host).
pub const IDENTITY: &str = "c200133212ccabcec67e88339973264551fad2f147f2830027cf4d802a280aad";
/// That token's `sub`.
pub const SUBJECT: &str = "5fc4710d-c991-4ff0-805e-03cb70013bc0";

/// The throwaway host's public key.
pub fn host_public_key() -> PublicKey {
    PublicKey::from_pem(PUBLIC_PEM).unwrap()
}

/// A signer with the throwaway host's key.
pub fn host_signer() -> Signer {
    Signer::new(&PrivateKey::from_pem(PRIVATE_PEM).unwrap()).unwrap()
}

/// A signer with a key that nobody has seen.
pub fn new_signer() -> Signer {
    Signer::new(&PrivateKey::generate().unwrap()).unwrap()
}

/// The host's publisher token, found without the parser that is under test.
pub fn host_token() -> &'static str {
    CLI_TOML.split_once("spacetimedb_token = \"").unwrap().1.split_once('"').unwrap().0
}

/// base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The text of one part of a token: 0 is the header, 1 the claims.
pub fn part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token of any header and claims, truly signed: what is wrong with it is not the signature.
pub fn signed(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>, signer: &Signer) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = signer.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", encode(signature))
}

/// A token with a server's own header.
pub fn issued(claims: impl AsRef<[u8]>, signer: &Signer) -> String {
    signed(r#"{"typ":"JWT","alg":"ES256"}"#, claims, signer)
}
