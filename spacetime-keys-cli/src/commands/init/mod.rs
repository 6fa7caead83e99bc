//! `init`: looks at what is here, and writes it down.

mod choose;
mod deploy;
mod difference;
mod template;
mod words;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use spacetime_keys_core::doctor::{ServerSeen, Servers};
use spacetime_keys_core::fleet::{Environment, Operation, Request};
use spacetime_keys_core::{Fingerprint, PublicKey};
use spacetime_keys_rotation::places::{Around, Found, Kept, Service, services};
use spacetime_keys_rotation::{self as engine, Job, Outcome, configuration, files};

use super::Answer;
use crate::args::{self, With};
use crate::config::Config;
use crate::doctor::Client;
use crate::failure::Failure;
use crate::here;
use crate::opened::Opened;
use crate::output::Output;
use crate::rotation_report::Report;
use choose::Chosen;
use write::{File, Status};

/// The default address of a server.
const USUAL_SERVER: &str = "http://127.0.0.1:3000";

/// The environment of a host of which nothing else is said.
const LOCAL: &str = "local";

/// A server of this machine answers at once, or is not there.
const SERVER_TIMEOUT: Duration = Duration::from_secs(2);

/// The values to write down.
struct Seen {
    folder: PathBuf,
    environment: Environment,
    database: Option<String>,
    chosen: Chosen,
    /// The server that answers here.
    server: Option<String>,
    services: Vec<Service>,
    /// The files of a deployment are written, too.
    deploys: bool,
}

impl Seen {
    /// The database of a deployment, where that is written.
    fn deployed(&self) -> Option<&str> {
        self.database.as_deref().filter(|_| self.deploys)
    }

    /// Whether the server's keys are in a container, and none were found on this host.
    fn keys_are_inside(&self) -> bool {
        let inside = |service: &Service| matches!(service.kept, Kept::Container | Kept::Volume(_));
        self.chosen.keys_files.is_empty() && self.services.iter().any(inside)
    }
}

pub(super) fn run(args: &args::Init, output: &Output) -> Result<Answer, Failure> {
    let folder = folder(args)?;
    let seen = match args.with {
        Some(With::Deploy) => deployment(args, folder)?,
        None => look(args, folder, output)?,
    };
    if args.new_keys && !seen.chosen.keys_files.is_empty() {
        return Err(words::keys_are_there(&seen));
    }
    let files = write::plan(&seen)?;
    if args.diff {
        output.result(&report(&seen, &files, args.new_keys), || write::differences(&files));
        return Ok(Answer::Yes);
    }
    let differ: Vec<_> = files.iter().filter(|file| file.status == Status::Differs).collect();
    if !differ.is_empty() {
        return Err(words::differ(&differ, args));
    }
    if !args.dry_run {
        for file in &files {
            file.write()?;
        }
    }
    let made = if args.new_keys && !args.dry_run { Some(first_pair(&seen, output)?) } else { None };
    let document = Document { init: report(&seen, &files, args.new_keys), rotation: made.as_ref() };
    output.result(&document, || {
        let made = made.as_ref().map(Report::to_text);
        words::done(&seen, &files, args) + &made.unwrap_or_default()
    });
    Ok(Answer::Yes)
}

/// The written files, and the rotation that made a first pair.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    init: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<&'a Report>,
}

/// The folder to set up: no other configuration is in force there.
fn folder(args: &args::Init) -> Result<PathBuf, Failure> {
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    if !folder.is_dir() {
        return Err(files::not_found(&folder).into());
    }
    let folder = files::absolute(&folder).components().collect::<PathBuf>();
    let found = if args.dir.is_some() { None } else { configuration::find(&folder)? };
    match found {
        Some(found) if found.path.parent() != Some(&folder) => Err(words::above(&found.path)),
        _ => Ok(folder),
    }
}

fn look(args: &args::Init, folder: PathBuf, output: &Output) -> Result<Seen, Failure> {
    let environment = environment(args.env.as_deref().unwrap_or(LOCAL))?;
    let services = services(&folder);
    let around = Around { folder: folder.clone(), ..Around::of_process() };
    let mut found = around.look();
    found.extend(mounted_by(&services));
    let (server, its_key) = ask(&found, output);
    let chosen = choose::choose(args, &folder, &found, its_key)?;
    let database = args.database.clone();
    Ok(Seen { folder, environment, database, chosen, server, services, deploys: false })
}

/// What a deployment has, wherever other servers keep theirs. What a configuration says that is there
/// already is not asked for again.
fn deployment(args: &args::Init, folder: PathBuf) -> Result<Seen, Failure> {
    let path = folder.join(configuration::FILE_NAME);
    // One that cannot be understood differs, and is left as it is.
    let said = path.is_file().then(|| Config::load(Some(&path)).ok()).flatten();
    let host = said.as_ref().and_then(|said| said.settings.host.as_ref());
    let named = args.env.as_deref().or_else(|| host.map(Environment::as_str));
    let database = said.as_ref().and_then(|said| said.defaults().database);
    let database = args.database.clone().or(database).unwrap_or(deploy::DATABASE.to_owned());
    deploy::check_database(&database)?;
    Ok(Seen {
        environment: environment(named.unwrap_or(LOCAL))?,
        database: Some(database),
        chosen: Chosen::of_guide(&folder),
        server: Some(USUAL_SERVER.to_owned()),
        services: Vec::new(),
        deploys: true,
        folder,
    })
}

fn environment(name: &str) -> Result<Environment, Failure> {
    Environment::new(name).map_err(|error| Failure::from(error).into_usage())
}

/// The keys that containers mount from this host.
fn mounted_by(services: &[Service]) -> impl Iterator<Item = Found> {
    services.iter().filter_map(Service::on_host).cloned()
}

/// The server of this machine that answers, and the key that it verifies with. Asked are the usual one
/// and those that a `cli.toml` has as its default: without a token, and no other machine.
fn ask(found: &[Found], output: &Output) -> (Option<String>, Option<Fingerprint>) {
    let mut urls: Vec<String> =
        found.iter().filter_map(|found| default_server(found.cli_toml.as_deref()?)).collect();
    urls.push(USUAL_SERVER.to_owned());
    urls.dedup();
    for url in urls {
        let seen = ServerSeen::look(&Client::new(&url, SERVER_TIMEOUT, false, output));
        if seen.version().is_some() {
            return (Some(url), seen.verifying_key().map(PublicKey::fingerprint));
        }
    }
    (None, None)
}

fn default_server(cli_toml: &Path) -> Option<String> {
    let content = files::read(cli_toml).ok()??;
    let servers = Servers::of(Some(&content));
    let url = servers.url(servers.default_server()?).ok()?;
    // A server that knows nobody but this machine.
    Servers::of(Some(b"")).knows(&url).then_some(url)
}

fn report(seen: &Seen, files: &[File], new_keys: bool) -> serde_json::Value {
    json!({
        "folder": seen.folder,
        "environment": seen.environment,
        "keys_dir": seen.chosen.keys_dir,
        "cli_toml": seen.chosen.cli_toml,
        "server": seen.server,
        "files": files.iter().map(File::report).collect::<Vec<_>>(),
        "next": words::next(seen, files, new_keys),
    })
}

/// The rotation that makes a first pair, by the configuration that was written.
fn first_pair(seen: &Seen, output: &Output) -> Result<Report, Failure> {
    let config = Config::load(Some(&seen.folder.join(configuration::FILE_NAME)))?;
    let request = Request {
        environments: vec![seen.environment.clone()],
        host: Some(seen.environment.clone()),
        ..Request::new(Operation::Rotate)
    };
    let paths = config.host_files(None, None)?.paths;
    let job = Job { request, paths, dry_run: false, ask: false };
    here::say(&config, &job.paths, output);
    let opened = Opened::new(&config, output)?;
    match engine::run(&opened.site(), &job).map_err(|failure| opened.watcher.words(failure))? {
        Outcome::Done(planned, done) => Ok(Report::done(&planned, &done, false)),
        _ => Err(Failure::bug("a rotation that is to be done was not done")),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
