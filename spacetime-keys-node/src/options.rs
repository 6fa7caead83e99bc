//! Options, as `lib/` sends them: JSON whose form it has checked.

use serde::Deserialize;
use serde_json::value::RawValue;
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::jwt::{
    DEFAULT_LEEWAY, DEFAULT_TTL_SECONDS, Expiry, FreeClaim, MintOptions, Purpose, ResignOptions,
    Target, VerifyOptions,
};
use spacetime_keys_core::{Error, Identity, PublicKey};

pub(crate) fn algorithm(name: Option<&str>) -> Option<Algorithm> {
    match name {
        Some("ES256") => Some(Algorithm::Es256),
        Some("RS256") => Some(Algorithm::Rs256),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    issuer: Option<String>,
    audience: Option<String>,
    algorithm: Option<String>,
    leeway: Option<u32>,
}

impl Verify {
    pub(crate) fn leeway(&self) -> u32 {
        self.leeway.unwrap_or(DEFAULT_LEEWAY)
    }

    pub(crate) fn at(&self, now: i64) -> VerifyOptions<'_> {
        VerifyOptions {
            now,
            leeway: self.leeway(),
            issuer: self.issuer.as_deref(),
            audience: self.audience.as_deref(),
            algorithm: algorithm(self.algorithm.as_deref()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mint<'a> {
    pub(crate) issuer: String,
    subject: String,
    audience: Vec<String>,
    ttl: Option<u32>,
    purpose: String,
    target: String,
    pub(crate) now: i64,
    /// The text of a JSON object, with every digit.
    #[serde(borrow)]
    claims: Option<&'a RawValue>,
}

/// The parts of [`Mint`] that [`MintOptions`] borrows.
pub(crate) struct MintParts<'a> {
    audience: Vec<&'a str>,
    claims: Vec<FreeClaim>,
}

impl<'a> Mint<'a> {
    pub(crate) fn parts(&'a self) -> Result<MintParts<'a>, Error> {
        let claims =
            self.claims.map_or(Ok(Vec::new()), |json| FreeClaim::all_from_json(json.get()))?;
        Ok(MintParts { audience: self.audience.iter().map(String::as_str).collect(), claims })
    }

    pub(crate) fn options(&'a self, parts: &'a MintParts<'a>) -> MintOptions<'a> {
        MintOptions {
            issuer: &self.issuer,
            subject: &self.subject,
            audience: &parts.audience,
            purpose: match self.purpose.as_str() {
                "robot" => Purpose::Robot,
                "delegated" => Purpose::Delegated,
                "owner" => Purpose::Owner,
                _ => Purpose::App,
            },
            target: if self.target == "prod" { Target::Prod } else { Target::Other },
            now: self.now,
            ttl: self.ttl.unwrap_or(DEFAULT_TTL_SECONDS),
            claims: &parts.claims,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Resign {
    previous_public_key: Vec<String>,
    expect_identity: Option<String>,
    allow_unverified: bool,
    allow_external_issuer: bool,
    /// `clear`, `keep`, or seconds.
    expiry: ExpiryOption,
    now: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExpiryOption {
    Lifetime(u32),
    Word(String),
}

impl Resign {
    pub(crate) fn known_keys(&self) -> Result<Vec<PublicKey>, Error> {
        self.previous_public_key.iter().map(PublicKey::from_pem).collect()
    }

    pub(crate) fn options<'a>(&self, known: &'a [PublicKey]) -> Result<ResignOptions<'a>, Error> {
        Ok(ResignOptions {
            now: self.now,
            expiry: match &self.expiry {
                ExpiryOption::Lifetime(seconds) => Expiry::Lifetime(*seconds),
                ExpiryOption::Word(word) if word == "keep" => Expiry::Keep,
                ExpiryOption::Word(_) => Expiry::Clear,
            },
            known_keys: known,
            expect_identity: expected(self.expect_identity.as_deref())?,
            allow_unverified: self.allow_unverified,
            allow_external_issuer: self.allow_external_issuer,
        })
    }
}

pub(crate) fn expected(identity: Option<&str>) -> Result<Option<Identity>, Error> {
    identity.map(Identity::parse).transpose()
}
