use crate::jwt::Publisher;
use crate::{Error, Identity, Result};

/// The claims of publishers, kept in the vault beside the keys: a publisher who loses a token can have it
/// signed again from here. No secret; as JSON:
/// `{"publishers":[{"identity":…,"issuer":…,"subject":…,"added":…}]}`.
///
/// Several hosts may share a vault (every developer's own `local`), so there may be several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Escrow {
    publishers: Vec<Publisher>,
    /// When each of them was added, in the same order.
    added: Vec<Option<i64>>,
}

#[derive(serde::Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    publisher: &'a Publisher,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<i64>,
}

#[derive(serde::Serialize)]
struct WrittenDocument<'a> {
    publishers: Vec<Written<'a>>,
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
            added: Option<i64>,
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
            escrow.add(publisher, entry.added);
        }
        Ok(escrow)
    }

    /// The JSON text.
    pub fn to_json(&self) -> String {
        let entries = self.publishers.iter().zip(&self.added);
        let publishers = entries.map(|(publisher, added)| Written { publisher, added: *added });
        let document = WrittenDocument { publishers: publishers.collect() };
        // Only strings and numbers: these always have a JSON form.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Adds a publisher at the end, if it is not there. `added`: the time, in Unix seconds; lists
    /// that were written before times were noted have none.
    pub fn add(&mut self, publisher: Publisher, added: Option<i64>) {
        if !self.holds(publisher.identity) {
            self.publishers.push(publisher);
            self.added.push(added);
        }
    }

    /// Takes in another list. Of a publisher in both, the earlier time counts.
    pub fn merge(&mut self, other: &Self) {
        for (publisher, added) in other.publishers.iter().zip(&other.added) {
            let identity = publisher.identity;
            let place = self.publishers.iter().position(|known| known.identity == identity);
            match place.and_then(|place| self.added.get_mut(place)) {
                Some(known) => *known = [*known, *added].into_iter().flatten().min(),
                None => self.add(publisher.clone(), *added),
            }
        }
    }

    /// When this identity's claims were added, in Unix seconds, if that was noted.
    pub fn added(&self, identity: Identity) -> Option<i64> {
        let place = self.publishers.iter().position(|known| known.identity == identity)?;
        self.added.get(place).copied().flatten()
    }

    /// Whether this identity's claims are here.
    pub fn holds(&self, identity: Identity) -> bool {
        self.publishers.iter().any(|publisher| publisher.identity == identity)
    }

    /// All of them, the first escrowed first.
    pub fn publishers(&self) -> &[Publisher] {
        &self.publishers
    }

    /// The one with this identity whose token can be signed here; without a choice, the only such one.
    ///
    /// # Errors
    /// [`Error::EscrowEmpty`], [`Error::EscrowAmbiguous`], [`Error::TokenUnexpectedIdentity`] if
    /// the chosen one is not among them, or [`Error::EscrowExternal`] if an external issuer signs its
    /// tokens.
    pub fn choose(&self, identity: Option<Identity>) -> Result<&Publisher> {
        if self.publishers.is_empty() {
            return Err(Error::EscrowEmpty);
        }
        if let Some(identity) = identity {
            let chosen = self.publishers.iter().find(|publisher| publisher.identity == identity);
            let chosen = chosen.ok_or(Error::TokenUnexpectedIdentity)?;
            return if chosen.is_local() { Ok(chosen) } else { Err(Error::EscrowExternal) };
        }
        let mut local = self.publishers.iter().filter(|publisher| publisher.is_local());
        match (local.next(), local.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(Error::EscrowAmbiguous),
            (None, _) => Err(Error::EscrowExternal),
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
        escrow.add(first.clone(), Some(7));
        escrow.add(first.clone(), Some(9));
        assert_eq!(Escrow::parse(&escrow.to_json()), Ok(escrow.clone()));
        assert_eq!(escrow.choose(None), Ok(&first));
        let second = Publisher::new("localhost", "two").unwrap();
        assert_eq!(escrow.choose(Some(second.identity)), Err(Error::TokenUnexpectedIdentity));
        escrow.add(second.clone(), None);
        assert_eq!(escrow.choose(None), Err(Error::EscrowAmbiguous));
        assert_eq!(escrow.choose(Some(second.identity)), Ok(&second));
    }

    #[test]
    fn what_an_external_issuer_signs_cannot_be_signed_here() {
        let mut escrow = Escrow::default();
        let external = Publisher::new("https://id.example.com", "somebody").unwrap();
        escrow.add(external.clone(), None);
        assert_eq!(escrow.choose(None), Err(Error::EscrowExternal));
        assert_eq!(escrow.choose(Some(external.identity)), Err(Error::EscrowExternal));
        let local = Publisher::new("localhost", "one").unwrap();
        escrow.add(local.clone(), None);
        assert_eq!(escrow.choose(None), Ok(&local));
    }

    #[test]
    fn a_changed_claim_is_noticed() {
        let mut escrow = Escrow::default();
        escrow.add(Publisher::new("localhost", "one").unwrap(), None);
        let changed = escrow.to_json().replace("\"one\"", "\"two\"");
        assert_eq!(Escrow::parse(&changed), Err(Error::EscrowDamaged));
        assert_eq!(Escrow::parse("not json"), Err(Error::EscrowDamaged));
    }

    #[test]
    fn times_are_kept_and_the_earliest_counts() {
        let [one, two] = ["one", "two"].map(|sub| Publisher::new("localhost", sub).unwrap());
        let mut old = Escrow::default();
        old.add(one.clone(), None);
        assert!(!old.to_json().contains("added"), "an old list stays as it is");
        let mut escrow = Escrow::default();
        escrow.add(one.clone(), Some(20));
        escrow.add(two.clone(), Some(30));
        let read = Escrow::parse(&escrow.to_json()).unwrap();
        assert_eq!((read.added(one.identity), read.added(two.identity)), (Some(20), Some(30)));
        let mut other = Escrow::default();
        other.add(two.clone(), Some(10));
        other.add(one.clone(), Some(40));
        escrow.merge(&other);
        escrow.merge(&old);
        assert_eq!((escrow.added(one.identity), escrow.added(two.identity)), (Some(20), Some(10)));
        assert_eq!(escrow.publishers(), [one, two]);
    }
}
