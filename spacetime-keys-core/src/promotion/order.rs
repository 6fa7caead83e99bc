use crate::fleet::Environment;
use crate::{Error, Result};

/// The environment to which nothing is promoted.
const PRODUCTION: &str = "prod";

/// In which order data goes from environment to environment. It goes from one to a later one, and never
/// back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<Environment>);

/// `prod`, `test`, `dev`, `local`.
impl Default for Order {
    fn default() -> Self {
        let names = [PRODUCTION, "test", "dev", "local"];
        Self(names.into_iter().filter_map(|name| Environment::new(name).ok()).collect())
    }
}

impl Order {
    /// The order of these environments.
    ///
    /// # Errors
    /// [`Error::PromotionList`] if there is none, one is named twice, or `prod` is not the first.
    pub fn new(environments: Vec<Environment>) -> Result<Self> {
        let is_twice =
            |(at, name): (usize, &Environment)| environments.iter().take(at).any(|e| e == name);
        let is_later_prod =
            |(at, name): (usize, &Environment)| at > 0 && name.as_str() == PRODUCTION;
        let mut all = environments.iter().enumerate();
        let is_bad = all.any(|named| is_twice(named) || is_later_prod(named));
        if environments.is_empty() || is_bad {
            return Err(Error::PromotionList);
        }
        Ok(Self(environments))
    }

    /// The environments, the source of all data first.
    pub fn environments(&self) -> &[Environment] {
        &self.0
    }

    /// Fails unless data may go from the one to the other.
    ///
    /// # Errors
    /// [`Error::PromotionUnlisted`], [`Error::PromotionUpward`].
    pub fn check(&self, from: &Environment, to: &Environment) -> Result<()> {
        let place = |of: &Environment| self.0.iter().position(|environment| environment == of);
        // Whatever the list says.
        if to.as_str() == PRODUCTION {
            return Err(Error::PromotionUpward);
        }
        match (place(from), place(to)) {
            (Some(from), Some(to)) if from < to => Ok(()),
            (Some(_), Some(_)) => Err(Error::PromotionUpward),
            _ => Err(Error::PromotionUnlisted),
        }
    }
}
