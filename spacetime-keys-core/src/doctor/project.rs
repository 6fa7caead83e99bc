//! `spacetime.json`: which database of which server a project's publishes go to.
//!
//! The files may hold secrets (`env`). Nothing is kept but the members that are named here.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Error, Result};

/// The deepest nesting of objects and lists. No project has more, and the reader recurses.
const MAX_OPENED: usize = 512;

/// A project's file, or several, one laid over the other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Project {
    database: Option<Text>,
    server: Option<Text>,
    anonymous: Option<Flag>,
    children: Option<Vec<Self>>,
}

/// A value that is no text counts as absent, as it does to the SpacetimeDB CLI.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Text {
    Is(String),
    Other(IgnoredAny),
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Flag {
    Is(bool),
    Other(IgnoredAny),
}

/// A database that a project publishes, with what it inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The database: its name, or its identity.
    pub database: Option<String>,
    /// The server, as the file calls it.
    pub server: Option<String>,
    /// Whether publishes are sent without a token.
    pub anonymous: bool,
}

impl Project {
    /// Reads one file.
    ///
    /// # Errors
    /// [`Error::ProjectSyntax`]
    pub fn parse(text: &str) -> Result<Self> {
        let opened = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
        if opened > MAX_OPENED {
            return Err(Error::ProjectSyntax);
        }
        let text = text.trim_start_matches('\u{feff}');
        // The parser's own message quotes the file.
        json5::from_str(text).map_err(|_| Error::ProjectSyntax)
    }

    /// With what another file says in the place of this one's. Children are laid over each other by
    /// their place, as far as both files have them.
    #[must_use]
    pub fn under(self, over: Self) -> Self {
        let children = match (self.children, over.children) {
            (Some(mut base), Some(over)) => {
                for (child, over) in base.iter_mut().zip(over) {
                    *child = std::mem::take(child).under(over);
                }
                Some(base)
            }
            (base, over) => over.or(base),
        };
        Self {
            database: over.database.or(self.database),
            server: over.server.or(self.server),
            anonymous: over.anonymous.or(self.anonymous),
            children,
        }
    }

    /// What the project itself says, and each child with what it inherits; of a database that is
    /// named twice the first. Those without a database are left out.
    pub fn targets(&self) -> Vec<Target> {
        let mut all = Vec::new();
        self.collect(&Target::default(), &mut all);
        let mut targets: Vec<Target> = Vec::new();
        for target in all.into_iter().filter(|target| target.database.is_some()) {
            if !targets.iter().any(|known| known.database == target.database) {
                targets.push(target);
            }
        }
        targets
    }

    /// The target of this database or, where none is named, the only one. Where the project names no
    /// database at all, its server.
    pub fn target(&self, database: Option<&str>) -> Target {
        let targets = self.targets();
        let named = |target: &&Target| target.database.as_deref() == database;
        match (targets.as_slice(), database) {
            ([], _) => self.inheriting(&Target::default()),
            ([only], None) => only.clone(),
            (several, None) => Target {
                database: None,
                server: shared(several.iter().map(|target| target.server.clone())).flatten(),
                anonymous: several.iter().all(|target| target.anonymous),
            },
            (targets, Some(_)) => targets.iter().find(named).cloned().unwrap_or_default(),
        }
    }

    fn collect(&self, parent: &Target, all: &mut Vec<Target>) {
        let own = self.inheriting(parent);
        all.push(own.clone());
        for child in self.children.iter().flatten() {
            child.collect(&own, all);
        }
    }

    fn inheriting(&self, parent: &Target) -> Target {
        let text = |own: &Option<Text>, parent: &Option<String>| match own {
            // Nor is what no terminal should be sent.
            Some(Text::Is(text)) if !text.is_empty() && !text.contains(char::is_control) => {
                Some(text.clone())
            }
            Some(_) => None,
            None => parent.clone(),
        };
        Target {
            database: text(&self.database, &parent.database),
            server: text(&self.server, &parent.server),
            anonymous: self
                .anonymous
                .map_or(parent.anonymous, |anonymous| anonymous == Flag::Is(true)),
        }
    }
}

/// The common value, if all have the same.
fn shared<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(database: &str, server: Option<&str>, anonymous: bool) -> Target {
        let server = server.map(str::to_owned);
        Target { database: Some(database.to_owned()), server, anonymous }
    }

    #[test]
    fn one_database() {
        let text = "\u{feff}// ours\n{ database: 'app', \"server\": \"local\", /* x */ \
                    env: { SECRET: 'keep-me' }, anonymous: true, }";
        let project = Project::parse(text).unwrap();
        assert!(!format!("{project:?}").contains("keep-me"));
        let app = target("app", Some("local"), true);
        assert_eq!(project.targets(), std::slice::from_ref(&app));
        assert_eq!(project.target(None), app);
        assert_eq!(project.target(Some("app")), app);
        assert_eq!(project.target(Some("other")), Target::default());
    }

    #[test]
    fn children_inherit() {
        let project = Project::parse(
            "{ server: 'local', anonymous: true, children: [ { database: 'a' }, \
             { database: 'b', server: 'maincloud', anonymous: false, \
               children: [ { database: 'c' }, { database: 'a', server: 'x' } ] } ] }",
        )
        .unwrap();
        let all = [
            target("a", Some("local"), true),
            target("b", Some("maincloud"), false),
            target("c", Some("maincloud"), false),
        ];
        assert_eq!(project.targets(), all);
        // There is no way to know which one is meant.
        assert_eq!(project.target(None), Target::default());
        assert_eq!(project.target(Some("c")), all[2]);
        let same = Project::parse(
            "{ database: 'a', server: 's', anonymous: true, children: [ { database: 'b' } ] }",
        );
        let server = Some("s".to_owned());
        assert_eq!(same.unwrap().target(None), Target { database: None, server, anonymous: true });
    }

    #[test]
    fn files_over_each_other() {
        let parse = |text| Project::parse(text).unwrap();
        let base = parse(
            "{ database: 'app', server: 'maincloud', children: [ { database: 'x' }, { database: 'y' } ] }",
        );
        let local = parse("{ database: 'app-mine', children: [ { server: 'local' } ] }");
        let both = base.under(local).under(parse("{ anonymous: true }"));
        assert_eq!(
            both.targets(),
            [
                target("app-mine", Some("maincloud"), true),
                target("x", Some("local"), true),
                target("y", Some("maincloud"), true),
            ]
        );
        let of_none = parse("{}").under(parse("{ children: [ { database: 'z' } ] }"));
        assert_eq!(of_none.target(None), target("z", None, false));
    }

    #[test]
    fn what_is_no_project() {
        let deep = "[".repeat(100_000);
        let nested = format!("{{ env: {}{} }}", "[".repeat(600), "]".repeat(600));
        for bad in
            ["", "[]", "3", "{ database: ", "{ children: 3 }", "{ children: [3] }", &deep, &nested]
        {
            assert_eq!(Project::parse(bad), Err(Error::ProjectSyntax), "{bad:.40}");
        }
        // As the SpacetimeDB CLI takes it: not said.
        let odd = Project::parse("{ database: 3, server: ['x'], anonymous: 'true' }").unwrap();
        assert_eq!(odd.target(None), Target::default());
        let odd = Project::parse(r"{ database: '\x1b[31m', server: '' }").unwrap();
        assert_eq!(odd.target(None), Target::default());
        // Shallow enough, and in the middle of a text.
        let open = format!("{{ database: 'a', env: {}{} }}", "[".repeat(400), "]".repeat(400));
        assert_eq!(Project::parse(&open).unwrap().target(None), target("a", None, false));
    }
}
