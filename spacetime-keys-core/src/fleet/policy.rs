use std::fmt;

use crate::{Error, Result};

/// An environment's name: `prod`, `test`, `dev`, `local`, or whatever the configuration calls them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Environment(String);

impl Environment {
    /// The word that stands for every environment on the command line.
    pub const ALL: &str = "all";

    /// Checks the name: 1 to 64 lowercase letters, digits and hyphens, and not `all`.
    pub fn new(name: &str) -> Result<Self> {
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && name != Self::ALL;
        if fits { Ok(Self(name.to_owned())) } else { Err(Error::EnvironmentName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Environment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The environments, and the groups that share a key pair. [`Default`] has none.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    groups: Vec<Vec<Environment>>,
    /// Pairs older than this are a problem; 0: ages are shown, not enforced.
    pub max_age_days: u32,
    /// For how many seconds what a replaced pair has signed is honoured; 0: not at all. [`Self::new`]
    /// has 0.
    pub honor_old_tokens: u32,
}

impl Policy {
    /// Environments that no group names are groups of their own.
    ///
    /// # Errors
    /// [`Error::PolicyGroups`] if a group names an environment that is not in the list, or one is
    /// named twice.
    pub fn new(
        environments: &[Environment],
        mut groups: Vec<Vec<Environment>>,
        max_age_days: u32,
    ) -> Result<Self> {
        let mut named = Vec::new();
        for environment in groups.iter().flatten() {
            if !environments.contains(environment) || named.contains(&environment) {
                return Err(Error::PolicyGroups);
            }
            named.push(environment);
        }
        let alone: Vec<_> =
            environments.iter().filter(|e| !named.contains(e)).map(|e| vec![e.clone()]).collect();
        groups.retain(|group| !group.is_empty());
        groups.extend(alone);
        Ok(Self { groups, max_age_days, honor_old_tokens: 0 })
    }

    /// The self-hosting guide's groups, as far as their environments are there: `prod` and `test`
    /// have a pair each, `dev` and `local` share one.
    ///
    /// # Errors
    /// [`Error::PolicyGroups`] if an environment is in the list twice.
    pub fn of_guide(environments: &[Environment], max_age_days: u32) -> Result<Self> {
        const GROUPS: [&[&str]; 3] = [&["prod"], &["test"], &["dev", "local"]];
        let of = |group: &&[&str]| {
            environments.iter().filter(|name| group.contains(&name.as_str())).cloned().collect()
        };
        Self::new(environments, GROUPS.iter().map(of).collect(), max_age_days)
    }

    /// The key groups: each shares one pair, and the pairs of two groups differ.
    pub fn groups(&self) -> &[Vec<Environment>] {
        &self.groups
    }

    /// The group that an environment belongs to.
    pub fn group_of(&self, environment: &Environment) -> Option<&[Environment]> {
        self.groups.iter().find(|group| group.contains(environment)).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Environment> {
        names.iter().map(|name| Environment::new(name).unwrap()).collect()
    }

    #[test]
    fn names_are_checked() {
        for bad in ["", "all", "Prod", "a/b", "..", "a b", "é", &"x".repeat(65)] {
            assert_eq!(Environment::new(bad), Err(Error::EnvironmentName), "{bad}");
        }
    }

    #[test]
    fn groups_are_checked_and_completed() {
        let all = names(&["prod", "test", "dev", "local"]);
        let policy = Policy::new(&all, vec![names(&["dev", "local"])], 0).unwrap();
        assert_eq!(policy.groups().len(), 3);
        assert_eq!(policy.group_of(&all[3]), Some(&names(&["dev", "local"])[..]));
        for bad in [vec![names(&["prod", "prod"])], vec![names(&["stage"])]] {
            assert_eq!(Policy::new(&all, bad, 0).unwrap_err(), Error::PolicyGroups);
        }
    }
}
