//! Where an exchange has its keys from: the caller, who has no files.

use serde::Deserialize;
use serde_json::Value;
use spacetime_keys_core::exchange::{Exchange, RetiredKeys};
use spacetime_keys_core::{Error, PrivateKey, es256};
use zeroize::Zeroizing;

use crate::error::{bug, thrown};

/// Until they are asked for: they do not change.
pub(crate) struct ExchangeKeys(Option<Exchange>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Texts {
    private_key: String,
    retired_keys: String,
}

impl ExchangeKeys {
    pub(crate) fn at(texts: String) -> napi::Result<Self> {
        let texts = Zeroizing::new(texts);
        let texts: Texts = serde_json::from_str(&texts).map_err(bug)?;
        open(texts).map(|exchange| Self(Some(exchange))).map_err(thrown)
    }

    /// The keys, the first time.
    pub(crate) fn changed(&mut self) -> Option<(Result<Exchange, Error>, Option<Value>)> {
        self.0.take().map(|exchange| (Ok(exchange), None))
    }
}

fn open(texts: Texts) -> Result<Exchange, Error> {
    let key = PrivateKey::from_pem(Zeroizing::new(texts.private_key).as_str())?;
    Exchange::new(&RetiredKeys::parse(&texts.retired_keys)?, es256::Signer::new(&key)?)
}
