//! What JavaScript calls, by the names that the addon has for it. Types that do not fit do not compile.
//! `resignCliToml` is left out: it is about a file, and TOML is a tenth of the module.

use crate::call::{Answer as _, answer};
use crate::{
    exchange, front, identities, key_search, keys, objects, sets, signer, tokens, verifier,
};

macro_rules! export {
    ($name:literal, |$arguments:ident| $call:expr) => {
        const _: () = {
            /// # Safety
            /// As `answer` wants it.
            #[unsafe(export_name = $name)]
            unsafe extern "C" fn exported(place: *mut u8, length: usize) -> *mut u8 {
                // SAFETY: as the caller promises.
                unsafe { answer(place, length, |$arguments| $call) }
            }
        };
    };
}

macro_rules! functions {
    ($($name:literal = $module:ident::$function:ident($($kind:ty),*);)*) => { $(
        export!($name, |_arguments| {
            Some($module::$function($(_arguments.take::<$kind>()?),*).answer())
        });
    )* };
}

macro_rules! constructors {
    ($($name:literal = $module:ident::$object:ident($($kind:ty),*);)*) => { $(
        export!($name, |arguments| {
            Some($module::$object::new($(arguments.take::<$kind>()?),*).map(objects::keep).answer())
        });
    )* };
}

macro_rules! methods {
    ($($name:literal = $module:ident::$object:ident.$method:ident($($kind:ty),*);)*) => { $(
        export!($name, |arguments| {
            let object = objects::find::<$module::$object>(arguments.take()?)?;
            #[allow(unused_mut, reason = "some change the object")]
            let mut object = object.try_borrow_mut().ok()?;
            Some(object.$method($(arguments.take::<$kind>()?),*).answer())
        });
    )* };
}

functions! {
    "checkKeyPair" = keys::check_key_pair(String, String);
    "checkToken" = tokens::check_token(String, String);
    "decodeToken" = tokens::decode_token(String);
    "deriveIdentities" = identities::derive_identities(String, String);
    "deriveIdentitiesAsync" = identities::derive_identities_async(String, String);
    "deriveIdentity" = identities::derive_identity(String, String);
    "exportJwk" = keys::export_jwk(String, bool);
    "fingerprint" = keys::fingerprint(String);
    "generateKeyPair" = keys::generate_key_pair(bool);
    "importJwk" = keys::import_jwk(String);
    "issuerShift" = sets::issuer_shift(String, u32, i64);
    "jwks" = sets::jwks(String);
    "keyQuestion" = front::key_question();
    "largestSet" = key_search::largest_set();
    "lintJwks" = sets::lint_jwks(String);
    "normalizePem" = keys::normalize_pem(String);
    "openidConfiguration" = sets::openid_configuration(String, String);
    "thumbprint" = keys::thumbprint(String);
}

constructors! {
    "new Exchange" = exchange::Exchange(String, String);
    "new Front" = front::Front(String);
    "new KeySearch" = key_search::KeySearch(String, Option<String>, bool);
    "new Signer" = signer::Signer(String);
    "new Verifier" = verifier::Verifier(String, bool, String);
}

methods! {
    "Exchange.exchange" = exchange::Exchange.exchange(String, Option<u32>, i64);
    "Front.isReady" = front::Front.is_ready(i64);
    "Front.look" = front::Front.look(String, i64);
    "Front.reload" = front::Front.reload();
    "Front.see" = front::Front.see(String, i64);
    "Front.settle" = front::Front.settle(String, String, String, i64);
    "KeySearch.answered" = key_search::KeySearch.answered(Vec<u8>);
    "KeySearch.get url" = key_search::KeySearch.url();
    "KeySearch.moved" = key_search::KeySearch.moved(String);
    "Signer.describe" = signer::Signer.describe();
    "Signer.mint" = signer::Signer.mint(String);
    "Signer.resign" = signer::Signer.resign(String, String);
    "Signer.sign" = signer::Signer.sign(String, Option<u32>, i64);
    "Signer.signMany" = signer::Signer.sign_many(String, Option<u32>, i64);
    "Signer.signManyAsync" = signer::Signer.sign_many_async(String, Option<u32>, i64);
    "Verifier.describe" = verifier::Verifier.describe();
    "Verifier.verify" = verifier::Verifier.verify(String, i64);
    "Verifier.verifyMany" = verifier::Verifier.verify_many(String, i64);
    "Verifier.verifyManyAsync" = verifier::Verifier.verify_many_async(String, i64);
}
