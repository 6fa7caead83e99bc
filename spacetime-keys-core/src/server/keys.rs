//! An issuer's key set, as a server keeps it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

#[cfg(feature = "aws-lc-rs")]
use super::rsa::RsaKey;
use super::shape::Alg;
use super::verdict::Reason;
use crate::PublicKey;
use crate::es256::Verifier;
use crate::jwks::shape::{Generation, Jwk, Material};

/// All keys of a set that a server could read as a whole.
pub(super) struct IssuerKeys(Vec<IssuerKey>);

struct IssuerKey {
    kid: Option<String>,
    family: Family,
    ec: Option<Verifier>,
    #[cfg(feature = "aws-lc-rs")]
    rsa: Option<RsaKey>,
}

/// What a server of the newer generation lets decide which algorithm a key is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Ec,
    Rsa,
    Other,
}

impl IssuerKeys {
    /// `None` if the server cannot read the set: one bad entry spoils all of it.
    pub(super) fn read(json: &[u8], generation: Generation) -> Option<Self> {
        let mut keys: Vec<IssuerKey> = Vec::new();
        for jwk in generation.set(json)? {
            let is_secret = matches!(jwk.material, Material::Octets { .. });
            match generation {
                // The last of several with one `kid` replaces those before it.
                Generation::Nine => {
                    let kid = Some(jwk.kid.clone()?);
                    let key = IssuerKey::new(jwk, generation)?;
                    keys.retain(|other| other.kid != kid);
                    keys.push(key);
                }
                Generation::Eleven if is_secret => {}
                Generation::Eleven => keys.push(IssuerKey::new(jwk, generation)?),
            }
        }
        Some(Self(keys))
    }

    /// Whether the key of this `kid` is one of EC, and no point on P-256.
    pub(super) fn have_no_point(&self, kid: &str) -> bool {
        let key = self.0.iter().find(|key| key.kid.as_deref() == Some(kid));
        key.is_some_and(|key| key.family == Family::Ec && key.ec.is_none())
    }

    /// Tries the key of that `kid`, or without one every key. `try_key` gives `Err` where a key
    /// does not fit.
    pub(super) fn verify<T>(
        &self,
        generation: Generation,
        kid: Option<&str>,
        mut try_key: impl FnMut(&dyn VerifyWith) -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        let of_kid = |wanted| self.0.iter().find(move |key| key.kid.as_deref() == wanted);
        let (candidates, mut reason): (Vec<&IssuerKey>, _) = match kid {
            Some(kid) => match of_kid(Some(kid)) {
                Some(key) => (vec![key], Reason::KeyIdNotFound),
                None if generation == Generation::Nine => return Err(Reason::KeyIdNotFound),
                None => {
                    let without = self.0.iter().filter(|key| key.kid.is_none());
                    (without.collect(), Reason::KeyIdNotFound)
                }
            },
            None => (self.0.iter().collect(), Reason::NoKeys),
        };
        for key in candidates {
            match try_key(&KeyOf(generation, key)) {
                Ok(found) => return Ok(found),
                Err(refused) => reason = refused,
            }
        }
        Err(reason)
    }
}

impl IssuerKey {
    /// `None` if a part is not base64url, or if it is no kind of key that servers know.
    fn new(jwk: Jwk, generation: Generation) -> Option<Self> {
        let decode = |text: String| URL_SAFE_NO_PAD.decode(text).ok();
        let mut key = Self {
            kid: jwk.kid,
            family: Family::Other,
            ec: None,
            #[cfg(feature = "aws-lc-rs")]
            rsa: None,
        };
        match jwk.material {
            // Servers do not look at the curve's name, and put the coordinates one after the
            // other, whatever their lengths.
            Material::Ec { x, y, .. } => {
                key.family = Family::Ec;
                let (x, y) = (decode(x)?, decode(y)?);
                key.ec = ec_verifier(&[&[4], x.as_slice(), &y].concat());
            }
            Material::Rsa { n, e } => {
                key.family = Family::Rsa;
                let (n, e) = (decode(n)?, decode(e)?);
                #[cfg(feature = "aws-lc-rs")]
                {
                    key.rsa = RsaKey::new(generation, &n, &e);
                }
                #[cfg(not(feature = "aws-lc-rs"))]
                let _ = (n, e, generation);
            }
            // The older generation takes the bytes of any key for those of the token's algorithm.
            Material::Octets { k: bytes } | Material::OctetKeyPair { x: bytes } => {
                let bytes = decode(bytes)?;
                key.ec = ec_verifier(&bytes);
                #[cfg(feature = "aws-lc-rs")]
                {
                    key.rsa = RsaKey::from_pkcs1(&bytes);
                }
            }
            Material::Other => return None,
        }
        Some(key)
    }
}

/// A verifier for `04 ‖ x ‖ y`, if that is a point on P-256.
fn ec_verifier(point: &[u8]) -> Option<Verifier> {
    let point = Some(point).filter(|point| point.starts_with(&[4]))?;
    Verifier::new(&PublicKey::from_sec1_bytes(point).ok()?).ok()
}

/// A key that a token's signature can be tried with.
pub(super) trait VerifyWith {
    /// # Errors
    /// The server's reason, if it refuses.
    fn verify(&self, alg: Alg, message: &[u8], signature: &str) -> Result<(), Reason>;
}

/// The server's own key.
pub(super) struct LocalKey<'a>(pub(super) Generation, pub(super) Option<&'a Verifier>);

impl VerifyWith for LocalKey<'_> {
    fn verify(&self, alg: Alg, message: &[u8], signature: &str) -> Result<(), Reason> {
        check_algorithm(self.0, Family::Ec, alg)?;
        let signature = decode_signature(alg, signature)?;
        let good = alg == Alg::ES256
            && self.1.is_some_and(|verifier| verifier.verify(message, &signature));
        if good { Ok(()) } else { Err(Reason::InvalidSignature) }
    }
}

struct KeyOf<'a>(Generation, &'a IssuerKey);

impl VerifyWith for KeyOf<'_> {
    fn verify(&self, alg: Alg, message: &[u8], signature: &str) -> Result<(), Reason> {
        let Self(generation, key) = self;
        check_algorithm(*generation, key.family, alg)?;
        // The newer generation reads the point before it looks at the signature.
        if *generation == Generation::Eleven && key.family == Family::Ec && key.ec.is_none() {
            return Err(Reason::InvalidKey);
        }
        let signature = decode_signature(alg, signature)?;
        let good = match alg {
            Alg::ES256 => {
                key.ec.as_ref().is_some_and(|verifier| verifier.verify(message, &signature))
            }
            #[cfg(feature = "aws-lc-rs")]
            Alg::RS256 => {
                key.rsa.as_ref().is_some_and(|verifier| verifier.verify(message, &signature))
            }
            // HS*: never computed here, whatever the key. See docs/differences.md.
            _ => false,
        };
        if good { Ok(()) } else { Err(Reason::InvalidSignature) }
    }
}

/// The older generation takes three algorithms, whatever the key; the newer one the key's own.
fn check_algorithm(generation: Generation, family: Family, alg: Alg) -> Result<(), Reason> {
    let takes = match generation {
        Generation::Nine => matches!(alg, Alg::ES256 | Alg::RS256 | Alg::HS256),
        Generation::Eleven => {
            matches!((family, alg), (Family::Ec, Alg::ES256) | (Family::Rsa, Alg::RS256))
        }
    };
    if takes { Ok(()) } else { Err(Reason::InvalidAlgorithm) }
}

/// HMACs are compared as texts: any text is a signature to them.
fn decode_signature(alg: Alg, signature: &str) -> Result<Vec<u8>, Reason> {
    if alg == Alg::HS256 {
        return Ok(Vec::new());
    }
    URL_SAFE_NO_PAD.decode(signature).map_err(|_| Reason::Base64)
}
