use crate::jwt::Publisher;
use crate::{Error, Identity, Result};

/// The claims of publishers, kept in the vault beside the keys: whoever loses a token can have it
/// signed again from here. No secret; as JSON: `{"publishers":[{"identity":…,"issuer":…,"subject":…}]}`.
///
/// Several hosts may share a vault (every developer's own `local`), so there may be several.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Escrow {
    publishers: Vec<Publisher>,
}

impl Escrow {
    /// Reads the JSON text.
    ///
    /// # Errors
    /// [`Error::EscrowDamaged`] if it is not that, or an identity does not follow from its claims.
    pub fn parse(json: &str) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Entry {
            identity: String,
            issuer: String,
            subject: String,
        }
        #[derive(serde::Deserialize)]
        struct Document {
            publishers: Vec<Entry>,
        }
        let document: Document = serde_json::from_str(json).map_err(|_| Error::EscrowDamaged)?;
        let mut escrow = Self::default();
        for entry in document.publishers {
            let publisher =
                Publisher::new(entry.issuer, entry.subject).map_err(|_| Error::EscrowDamaged)?;
            if Identity::parse(&entry.identity) != Ok(publisher.identity) {
                return Err(Error::EscrowDamaged);
            }
            escrow.add(publisher);
        }
        Ok(escrow)
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        // Strings alone: always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Adds a publisher at the end, if it is not there.
    pub fn add(&mut self, publisher: Publisher) {
        if !self.holds(publisher.identity) {
            self.publishers.push(publisher);
        }
    }

    /// Whether this identity's claims are here.
    pub fn holds(&self, identity: Identity) -> bool {
        self.publishers.iter().any(|publisher| publisher.identity == identity)
    }

    /// All of them, the first escrowed first.
    pub fn publishers(&self) -> &[Publisher] {
        &self.publishers
    }

    /// The one with this identity; without a choice, the only one.
    ///
    /// # Errors
    /// [`Error::EscrowEmpty`], [`Error::EscrowAmbiguous`], or [`Error::TokenUnexpectedIdentity`] if
    /// the chosen one is not among them.
    pub fn choose(&self, identity: Option<Identity>) -> Result<&Publisher> {
        match (identity, self.publishers.as_slice()) {
            (_, []) => Err(Error::EscrowEmpty),
            (Some(identity), all) => all
                .iter()
                .find(|publisher| publisher.identity == identity)
                .ok_or(Error::TokenUnexpectedIdentity),
            (None, [only]) => Ok(only),
            (None, _) => Err(Error::EscrowAmbiguous),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_choice() {
        let mut escrow = Escrow::default();
        assert_eq!(escrow.choose(None), Err(Error::EscrowEmpty));
        let first = Publisher::new("localhost", "one \"quoted\"").unwrap();
        escrow.add(first.clone());
        escrow.add(first.clone());
        assert_eq!(Escrow::parse(&escrow.to_json()), Ok(escrow.clone()));
        assert_eq!(escrow.choose(None), Ok(&first));
        let second = Publisher::new("localhost", "two").unwrap();
        assert_eq!(escrow.choose(Some(second.identity)), Err(Error::TokenUnexpectedIdentity));
        escrow.add(second.clone());
        assert_eq!(escrow.choose(None), Err(Error::EscrowAmbiguous));
        assert_eq!(escrow.choose(Some(second.identity)), Ok(&second));
    }

    #[test]
    fn a_changed_claim_is_noticed() {
        let mut escrow = Escrow::default();
        escrow.add(Publisher::new("localhost", "one").unwrap());
        let changed = escrow.to_json().replace("\"one\"", "\"two\"");
        assert_eq!(Escrow::parse(&changed), Err(Error::EscrowDamaged));
        assert_eq!(Escrow::parse("not json"), Err(Error::EscrowDamaged));
    }
}
