//! The subject of `doctor`: server, database and files, and where their names come from.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use spacetime_keys_core::doctor::project::Target;
use spacetime_keys_core::doctor::{Asked, Names, Places, ProjectSeen, Servers, Source};
use spacetime_keys_core::fleet::Environment;
use spacetime_keys_core::printable::visible;
use spacetime_keys_rotation::places::Around;
use spacetime_keys_rotation::{Paths, project};

use super::{Defaults, known, no_url, servers};
use crate::args;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;

/// The values that the user named.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) environment: Option<&'a str>,
    pub(crate) cli_toml: Option<&'a Path>,
    pub(crate) keys_dir: Option<&'a Path>,
    pub(crate) server: Option<&'a str>,
    pub(crate) database: Option<&'a str>,
    /// Whether only a log is looked at.
    pub(crate) log_only: bool,
}

impl<'a> From<&'a args::Doctor> for Wanted<'a> {
    fn from(args: &'a args::Doctor) -> Self {
        Self {
            environment: args.env.as_deref(),
            cli_toml: args.cli_toml.as_deref(),
            keys_dir: args.keys_dir.as_deref(),
            server: args.server.as_deref(),
            database: args.database.as_deref(),
            // When only a log was given, a missing cli.toml is not an error.
            log_only: args.logs.is_some() && args.server.is_none() && args.database.is_none(),
        }
    }
}

pub(crate) struct Subject {
    pub(crate) paths: Paths,
    pub(crate) asked: Asked,
    pub(crate) project: ProjectSeen,
    /// The databases of the project, where it has several and none was named.
    several: Vec<String>,
    /// Whether the files are the configuration's: `cli.toml`, and the mounted keys.
    are_configured: [bool; 2],
    /// Whether somebody named them.
    are_named: [bool; 2],
    environment: Option<Environment>,
}

impl Subject {
    /// Looks where the arguments, the configuration, the project and the usual places lead to.
    pub(crate) fn find(
        wanted: &Wanted<'_>,
        config: &Config,
        defaults: &Defaults,
    ) -> Result<Self, Failure> {
        let environment = wanted.environment.or(defaults.environment.as_deref());
        let environment = environment.map(|name| config.settings.environment(name)).transpose()?;
        let files = config.host_files(wanted.cli_toml, wanted.keys_dir)?;
        let configured = &files.paths;
        let are_named = [wanted.cli_toml.is_some(), wanted.keys_dir.is_some()];
        let around = Around::of_process();
        let paths = around.in_place_of(configured, files.named());
        let mut subject = Self {
            are_configured: [
                !are_named[0] && paths.cli_toml == configured.cli_toml,
                !are_named[1] && paths.mounted_keys_dir == configured.mounted_keys_dir,
            ],
            are_named,
            paths,
            asked: Asked::default(),
            project: ProjectSeen::None,
            several: Vec::new(),
            environment,
        };
        if !wanted.log_only {
            subject.find_server(wanted, defaults, &around)?;
        }
        Ok(subject)
    }

    fn find_server(
        &mut self,
        wanted: &Wanted<'_>,
        defaults: &Defaults,
        around: &Around,
    ) -> Result<(), Failure> {
        let servers = servers(&self.paths.cli_toml);
        let folder = std::env::current_dir().unwrap_or_default();
        let looked = project::look(&folder, self.environment.as_ref().map(Environment::as_str));
        let argument = Names { server: wanted.server, database: wanted.database };
        let configuration =
            Names { server: defaults.server.as_deref(), database: defaults.database.as_deref() };
        let target = looked.project().target(argument.database.or(configuration.database));
        self.project = looked.seen(&target);
        let asked = Asked::of(argument, configuration, &target, &servers);
        self.asked = asked.map_err(|(source, error)| no_url(source, error, &servers))?;
        if self.asked.server.is_none() {
            return Err(self.nobody_names_one(&servers, around));
        }
        if self.asked.database.is_none() {
            self.several = names(&looked.project().targets());
        }
        Ok(())
    }

    fn nobody_names_one(&self, servers: &Servers, around: &Around) -> Failure {
        let cli_toml = self.paths.cli_toml.display();
        let mut hint = format!(
            "name one: `--server http://HOST:PORT`. It was looked for in [host] server of the configuration, in spacetime.json of this folder and those above it, and in default_server of {cli_toml}"
        );
        if !self.paths.cli_toml.exists() {
            let folders: Vec<_> =
                around.folders().iter().map(|folder| folder.display().to_string()).collect();
            let _ =
                write!(hint, ", which is not there (nor is a cli.toml in {})", folders.join(", "));
        }
        Failure::usage("no server is named", hint + &known(servers))
    }

    /// Names for commands.
    pub(crate) fn places(
        &self,
        restart: Option<&String>,
        config: &Config,
        config_file: Option<&Path>,
    ) -> Places {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Places {
            cli_toml: text(&self.paths.cli_toml),
            keys_dir: text(&self.paths.mounted_keys_dir),
            are_configured: self.are_configured == [true, true],
            config: config_file.map(text),
            environment: self.environment.clone(),
            likely: config.settings.likely_host(),
            server: self.asked.server.as_ref().map(|(url, _)| url.clone()),
            restart: restart.cloned().unwrap_or_default(),
        }
    }

    /// Says what nobody has typed: where it is from.
    pub(crate) fn say(&self, output: &Output) {
        let asked = [("server", &self.asked.server), ("database", &self.asked.database)];
        for (what, named) in asked {
            if let Some((name, source)) = named
                && *source != Source::Argument
            {
                output.note(&format!("{what:<8}  {} ({})", visible(name), words(*source)));
            }
        }
        let [cli_toml, keys_dir] = self.are_configured;
        let [cli_toml_named, keys_named] = self.are_named;
        for (what, path, is_found) in [
            ("cli.toml", &self.paths.cli_toml, !cli_toml_named && !cli_toml),
            ("keys", &self.paths.mounted_keys_dir, !keys_named && !keys_dir),
        ] {
            if is_found {
                output.note(&format!("{what:<8}  {} (found in a usual place)", path.display()));
            }
        }
        if !self.several.is_empty() {
            output.warn(&format!(
                "spacetime.json names several databases, and none was asked about; name one with --database: {}",
                visible(&self.several.join(", "))
            ));
        }
    }

    /// The same for programs.
    pub(crate) fn to_json(&self) -> Value {
        let name = |named: &Option<(String, Source)>| named.as_ref().map(|(name, _)| name.clone());
        let from = |named: &Option<(String, Source)>| named.as_ref().map(|(_, source)| *source);
        let Asked { server, database } = &self.asked;
        json!({
            "server": name(server),
            "server_from": from(server),
            "database": name(database),
            "database_from": from(database),
            "cli_toml": self.paths.cli_toml,
            "keys_dir": self.paths.mounted_keys_dir,
        })
    }
}

fn names(targets: &[Target]) -> Vec<String> {
    targets.iter().filter_map(|target| target.database.clone()).collect()
}

const fn words(source: Source) -> &'static str {
    match source {
        Source::Configuration => "[host] of the configuration",
        Source::Project => "spacetime.json",
        Source::DefaultServer => "default_server of cli.toml",
        _ => "an argument",
    }
}
