//! The scanner: what it finds in bytes of any kind, in whatever pieces they come.

mod borders;
mod nothing;
mod owner;
mod ring;
mod secrets;
mod subjects;

use spacetime_keys_core::scan::{Form, Found, Scanner, Wanted, What};

/// A find as text: its place, and the fingerprint, the token, or issuer and subject.
fn told(found: &Found) -> (u64, String) {
    let what = match &found.what {
        What::PrivateKey(key) => format!("key {}", key.fingerprint()),
        What::Token(token) => format!("token {}", token.as_str()),
        What::Subject { issuer, subject, form } => {
            let form = match form {
                Form::Token => "token",
                Form::Claims => "claims",
                Form::Uuid => "uuid",
            };
            format!("{form} {}|{subject}", issuer.as_deref().unwrap_or_default())
        }
    };
    (found.offset, what)
}

/// What is found in bytes that come in these pieces.
fn found_in_pieces<'a>(
    wanted: Wanted,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    let mut scanner = Scanner::new(wanted);
    for piece in pieces {
        scanner.feed(piece, &mut |found| all.push(told(&found)));
    }
    scanner.finish(&mut |found| all.push(told(&found)));
    all.sort();
    all
}

fn found(wanted: Wanted, text: impl AsRef<[u8]>) -> Vec<(u64, String)> {
    found_in_pieces(wanted, [text.as_ref()])
}
