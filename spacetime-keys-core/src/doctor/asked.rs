//! The server and the database that are asked about, and where their names come from.

use super::project::Target;
use super::servers::Servers;
use crate::{Error, Result};

/// Where the name of a server or a database comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// A flag or an argument.
    Argument,
    /// This program's own configuration.
    Configuration,
    /// The project's file, `spacetime.json`.
    Project,
    /// `default_server` of `cli.toml`.
    DefaultServer,
}

/// A server and a database, as one source has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// The server: a URL, a host or a nickname.
    pub server: Option<&'a str>,
    /// The database.
    pub database: Option<&'a str>,
}

/// The subject of the questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The server's URL; `None`: nobody names one.
    pub server: Option<(String, Source)>,
    /// The database.
    pub database: Option<(String, Source)>,
}

impl Asked {
    /// Takes each from the first source that has it: an argument, the configuration, the project, and
    /// for the server what `cli.toml` has by default.
    ///
    /// # Errors
    /// [`Error::ServerName`], with who names such a server; [`Error::ProjectServer`]: a project may be
    /// somebody else's work, and the publisher token goes to the server.
    pub fn of(
        argument: Names<'_>,
        configuration: Names<'_>,
        project: &Target,
        servers: &Servers,
    ) -> Result<Self, (Source, Error)> {
        let named = [
            (argument.server, Source::Argument),
            (configuration.server, Source::Configuration),
            (project.server.as_deref(), Source::Project),
            (servers.default_server(), Source::DefaultServer),
        ];
        let named = named.into_iter().find_map(|(name, source)| Some((name?, source)));
        let server = named.map(|(name, source)| match servers.url(name) {
            Ok(url) if source == Source::Project && !servers.knows(&url) => {
                Err((source, Error::ProjectServer))
            }
            Ok(url) => Ok((url, source)),
            Err(error) => Err((source, error)),
        });
        let database = [
            (argument.database, Source::Argument),
            (configuration.database, Source::Configuration),
            (project.database.as_deref(), Source::Project),
        ];
        let database = database
            .into_iter()
            .find_map(|(database, source)| Some((database?.to_owned(), source)));
        Ok(Self { server: server.transpose()?, database })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServerFlaw;

    const CLI_TOML: &[u8] = b"default_server = 'local'\n[[server_configs]]\nnickname = 'local'\n\
        host = '127.0.0.1:3000'\nprotocol = 'http'\n[[server_configs]]\nnickname = 'main'\n\
        host = 'db.example.com'\nprotocol = 'https'\n";

    fn names<'a>(server: Option<&'a str>, database: Option<&'a str>) -> Names<'a> {
        Names { server, database }
    }

    fn target(server: Option<&str>, database: Option<&str>) -> Target {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Target { server: owned(server), database: owned(database), anonymous: false }
    }

    #[test]
    fn the_first_source_counts_for_each() {
        let servers = Servers::of(Some(CLI_TOML));
        let (all, none) = (names(Some("main"), Some("d")), names(None, None));
        let project = target(Some("main"), Some("p"));
        let ask = |argument, configuration, project: &Target| {
            let asked = Asked::of(argument, configuration, project, &servers).unwrap();
            (asked.server.map(|(_, source)| source), asked.database)
        };
        let database = |name: &str, source| Some((name.to_owned(), source));
        let argument = Source::Argument;
        let configuration = Source::Configuration;
        assert_eq!(
            ask(all, names(Some("local"), Some("c")), &project),
            (Some(argument), database("d", argument))
        );
        assert_eq!(ask(none, all, &project), (Some(configuration), database("d", configuration)));
        assert_eq!(
            ask(none, none, &project),
            (Some(Source::Project), database("p", Source::Project))
        );
        assert_eq!(
            ask(names(None, Some("x")), names(Some("local"), None), &project),
            (Some(configuration), database("x", argument))
        );
        assert_eq!(ask(none, none, &Target::default()), (Some(Source::DefaultServer), None));
        let nobody = Asked::of(none, none, &Target::default(), &Servers::of(Some(b"")));
        assert_eq!(nobody, Ok(Asked::default()));
    }

    #[test]
    fn a_project_leads_the_token_nowhere_else() {
        let servers = Servers::of(Some(CLI_TOML));
        let none = names(None, None);
        for (server, error) in [
            ("https://evil.example", Error::ProjectServer),
            ("http://db.example.com", Error::ProjectServer),
            ("nobody", Error::ServerName(ServerFlaw::Unknown)),
        ] {
            let asked = Asked::of(none, none, &target(Some(server), None), &servers);
            assert_eq!(asked, Err((Source::Project, error)), "{server}");
        }
        for server in ["local", "https://db.example.com", "localhost:3999"] {
            let asked = Asked::of(none, none, &target(Some(server), None), &servers);
            assert_eq!(asked.unwrap().server.map(|(_, source)| source), Some(Source::Project));
        }
        // Whoever names it means it.
        let named = Asked::of(
            names(Some("https://evil.example"), None),
            none,
            &target(None, None),
            &servers,
        );
        assert!(named.is_ok());
    }
}
