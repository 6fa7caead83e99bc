use crate::server::LEEWAY;
use crate::{Error, Fingerprint, Identity, PublicKey, Result};

/// The version of the format. Another one may mean something that this program does not know.
const VERSION: u32 = 1;

/// The most keys that are kept without being revoked: a token is held against each of them.
const MAX_KEYS: usize = 100;

/// The public keys that a server had, until when the tokens that they signed are honoured, and whose
/// tokens never are. No secret; as JSON:
///
/// `{"version":1,"keys":[{"public_key":PEM,"fingerprint":HEX,"retired_at":SECONDS,`
/// `"honored_until":SECONDS,"revoked":false}],"publishers":[IDENTITY]}`
///
/// Times are Unix seconds. The list beside the mounted keys is `retired-keys.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetiredKeys {
    /// By the time of their retirement, the oldest first.
    keys: Vec<RetiredKey>,
    /// In the order of their bytes, so that equal lists are equal texts.
    publishers: Vec<Identity>,
}

/// A public key that a server had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key.
    pub public_key: PublicKey,
    /// When another key took its place, in Unix seconds.
    pub retired_at: i64,
    /// Until when its tokens are exchanged, in Unix seconds.
    pub honored_until: i64,
    /// Whether it has leaked: nothing that it signed is honoured, and it is never in use again.
    pub revoked: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    public_key: String,
    fingerprint: String,
    retired_at: i64,
    honored_until: i64,
    revoked: bool,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    keys: Vec<Entry>,
    publishers: Vec<String>,
}

impl RetiredKey {
    /// The key was still in use at `at`. What has leaked is not believed.
    pub(super) fn was_in_use(&mut self, at: i64) {
        if !self.revoked {
            self.retired_at = self.retired_at.max(at);
        }
    }

    /// Whether a token of this key may be exchanged at `now` that says it was issued at `issued_at`.
    pub(super) fn check(&self, issued_at: i64, now: i64) -> Result<()> {
        if self.revoked {
            return Err(Error::KeyRevoked);
        }
        if now >= self.honored_until {
            return Err(Error::KeyNotHonored);
        }
        // The server's clock may be ahead of the one that noted when its key was retired.
        if issued_at > self.retired_at.saturating_add(LEEWAY) {
            return Err(Error::TokenIssuedLater);
        }
        Ok(())
    }
}

impl RetiredKeys {
    /// Reads the JSON text.
    ///
    /// # Errors
    /// [`Error::RetiredKeysDamaged`] if it is not that: a key twice, a fingerprint that is not the
    /// key's, a member that is not known (the one who wrote it meant something by it).
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self> {
        let document: Document =
            serde_json::from_slice(json.as_ref()).map_err(|_| Error::RetiredKeysDamaged)?;
        if document.version != VERSION {
            return Err(Error::RetiredKeysDamaged);
        }
        let mut list = Self::default();
        for entry in document.keys {
            let key = entry.read().ok_or(Error::RetiredKeysDamaged)?;
            if list.find(key.public_key.fingerprint()).is_some() {
                return Err(Error::RetiredKeysDamaged);
            }
            list.put(key);
        }
        for identity in document.publishers {
            let identity = Identity::parse(&identity).map_err(|_| Error::RetiredKeysDamaged)?;
            list.add_publisher(identity);
        }
        Ok(list)
    }

    /// The JSON text, with a line end.
    pub fn to_json(&self) -> String {
        let document = Document {
            version: VERSION,
            keys: self.keys.iter().map(Entry::of).collect(),
            publishers: self.publishers.iter().map(ToString::to_string).collect(),
        };
        // Only strings, numbers and truth values: these always have a JSON form.
        let mut json = serde_json::to_string_pretty(&document).unwrap_or_default();
        json.push('\n');
        json
    }

    /// The keys, the one that was retired first at the beginning.
    pub fn keys(&self) -> &[RetiredKey] {
        &self.keys
    }

    /// Whose tokens are never exchanged.
    pub fn publishers(&self) -> &[Identity] {
        &self.publishers
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.publishers.is_empty()
    }

    /// The entry of this key, if it is in the list.
    pub fn find(&self, fingerprint: Fingerprint) -> Option<&RetiredKey> {
        self.keys.iter().find(|key| key.public_key.fingerprint() == fingerprint)
    }

    /// Whether this key has leaked.
    pub fn is_revoked(&self, fingerprint: Fingerprint) -> bool {
        self.find(fingerprint).is_some_and(|key| key.revoked)
    }

    /// Notes that another key took this one's place at `now`, and that its tokens are exchanged for
    /// so many seconds. A key that was retired before is retired again; a revoked one stays revoked.
    pub fn retire(&mut self, key: &PublicKey, now: i64, honor: u32) {
        if !self.is_revoked(key.fingerprint()) {
            let honored_until = now.saturating_add(i64::from(honor));
            self.put(RetiredKey {
                public_key: key.clone(),
                retired_at: now,
                honored_until,
                revoked: false,
            });
        }
    }

    /// Notes that this key has leaked: from `now` on nothing that it signed is accepted, whatever
    /// was said before.
    pub fn revoke(&mut self, key: &PublicKey, now: i64) {
        let earlier = self.find(key.fingerprint()).map(|key| key.retired_at);
        self.put(RetiredKey {
            public_key: key.clone(),
            retired_at: earlier.unwrap_or(now),
            honored_until: now.min(earlier.unwrap_or(now)),
            revoked: true,
        });
    }

    /// Notes that this key is in use (again). A revoked one is not.
    pub fn put_in_use(&mut self, fingerprint: Fingerprint) {
        self.keys.retain(|key| key.revoked || key.public_key.fingerprint() != fingerprint);
    }

    /// Notes that a server still signed with this key at `at`, after another had taken its place in
    /// the key store: so long, tokens of it are its own. A revoked key is not believed.
    pub fn was_in_use(&mut self, fingerprint: Fingerprint, at: i64) {
        if let Some(mut key) = self.find(fingerprint).cloned() {
            key.was_in_use(at);
            self.put(key);
        }
    }

    /// Notes that from `now` on nothing is honoured that the keys of this list have signed.
    pub fn end_all(&mut self, now: i64) {
        for key in &mut self.keys {
            key.honored_until = key.honored_until.min(now);
        }
    }

    /// Notes whose tokens are never exchanged.
    pub fn add_publisher(&mut self, identity: Identity) {
        if let Err(place) = self.publishers.binary_search(&identity) {
            self.publishers.insert(place, identity);
        }
    }

    /// Takes in another list. Of a key in both, what is revoked stays so; else what was said at its
    /// latest retirement counts.
    pub fn merge(&mut self, other: &Self) {
        for theirs in &other.keys {
            let ours = self.find(theirs.public_key.fingerprint());
            let rank = |key: &RetiredKey| (key.revoked, key.retired_at, key.honored_until);
            if ours.is_none_or(|ours| rank(theirs) > rank(ours)) {
                self.put(theirs.clone());
            }
        }
        for identity in &other.publishers {
            self.add_publisher(*identity);
        }
    }

    /// Whether this is a host's copy of that list: the same, but that keys may have been in use on
    /// this host for longer.
    pub fn is_copy_of(&self, list: &Self) -> bool {
        let is_copy = |key: &RetiredKey| {
            list.find(key.public_key.fingerprint()).is_some_and(|of| {
                let retired_at = of.retired_at;
                key.retired_at >= retired_at && RetiredKey { retired_at, ..key.clone() } == *of
            })
        };
        self.publishers == list.publishers
            && self.keys.len() == list.keys.len()
            && self.keys.iter().all(is_copy)
    }

    /// If there are too many, those go that are accepted the shortest. Revoked keys stay.
    fn put(&mut self, key: RetiredKey) {
        let fingerprint = key.public_key.fingerprint();
        self.keys.retain(|other| other.public_key.fingerprint() != fingerprint);
        self.keys.push(key);
        self.keys.sort_by_key(|key| (key.retired_at, key.public_key.fingerprint()));
        while self.keys.iter().filter(|key| !key.revoked).count() > MAX_KEYS {
            let kept = self.keys.iter().enumerate().filter(|(_, key)| !key.revoked);
            let Some((least, _)) = kept.min_by_key(|(_, key)| key.honored_until) else { return };
            self.keys.remove(least);
        }
    }
}

impl Entry {
    fn of(key: &RetiredKey) -> Self {
        Self {
            public_key: key.public_key.to_pem(),
            fingerprint: key.public_key.fingerprint().to_string(),
            retired_at: key.retired_at,
            honored_until: key.honored_until,
            revoked: key.revoked,
        }
    }

    fn read(&self) -> Option<RetiredKey> {
        let public_key = PublicKey::from_pem(&self.public_key).ok()?;
        (Fingerprint::parse(&self.fingerprint) == Some(public_key.fingerprint())).then_some(
            RetiredKey {
                public_key,
                retired_at: self.retired_at,
                honored_until: self.honored_until,
                revoked: self.revoked,
            },
        )
    }
}
