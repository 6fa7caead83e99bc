//! A stand-in that reads its key from the host's mounted file as a server does: at its start, and
//! after each restart; and that verifies tokens with it.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use spacetime_keys_core::es256::Verifier;
use spacetime_keys_core::jwt::{Publisher, Token};
use spacetime_keys_core::{Identity, PublicKey};
use spacetime_keys_stand_ins::plain::{Plain, Request, reply};

use super::standin::Standin;
use crate::common::{Host, PUBLIC};

/// What the restart command of a test does: the stand-in looks for this file.
pub(crate) const RESTART: &str = "touch restart";

pub(crate) struct Live {
    pub(crate) server: Plain,
}

impl Live {
    /// A server of version 2.8.3 that runs with the key that is mounted on this host now, and has the
    /// database `app` of `owner`.
    pub(crate) fn serve(host: &Host, owner: Identity) -> Self {
        let (public, marker) = (host.path(PUBLIC), host.path("restart"));
        let key = Arc::new(Mutex::new(fs::read_to_string(&public).unwrap()));
        let server = Plain::serve(move |request, stream| {
            restart(&public, &marker, &mut key.lock().unwrap());
            let (head, body) = standin(request, &key.lock().unwrap(), owner).answer(request);
            reply(stream, &head, body);
        });
        Self { server }
    }
}

fn restart(public: &PathBuf, marker: &PathBuf, key: &mut String) {
    if fs::remove_file(marker).is_ok() {
        // One that finds no key does not come up; here it goes on with the old one.
        if let Ok(text) = fs::read_to_string(public) {
            *key = text;
        }
    }
}

fn standin(request: &Request, key: &str, owner: Identity) -> Standin {
    let token = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    let whose = token.and_then(|token| {
        let token = Token::parse(token).ok()?;
        let verifier = Verifier::new(&PublicKey::from_pem(key).ok()?).ok()?;
        token.is_signed_by(&verifier).then(|| Publisher::from_token(&token).unwrap().identity)
    });
    let refusal = (401, "TokenError(Error(InvalidSignature))".to_owned());
    Standin {
        refusal: (token.is_some() && whose.is_none()).then_some(refusal),
        bearer: whose.map(|identity| identity.to_string()).unwrap_or_default(),
        ..Standin::new(key.to_owned(), &owner)
    }
}
