//! The messages of `init`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use spacetime_keys_rotation::places::{GUIDE_KEYS, Kept, Service};

use super::write::{File, Status};
use super::{Seen, deploy, shown, template};
use crate::args;
use crate::failure::Failure;
use crate::output::{BOLD, GOOD, styled};

pub(super) fn several(what: &str, flag: &str, found: &[PathBuf]) -> Failure {
    let all: Vec<_> = found.iter().map(|path| shown(path)).collect();
    Failure::refused(
        "ERR_SEVERAL_FOUND",
        format!("several {what} were found: {}", all.join(", ")),
        format!("name the one that this server uses: {flag}"),
    )
}

pub(super) fn above(path: &Path) -> Failure {
    Failure::refused(
        "ERR_CONFIG_ABOVE",
        format!("a configuration is in force here already: {}", shown(path)),
        "work with that one (`spacetime-keys config show`); for one of this folder's own: --dir .",
    )
}

pub(super) fn differ(files: &[&File], args: &args::Init) -> Failure {
    let all: Vec<_> = files.iter().map(|file| shown(&file.path)).collect();
    let (are, stays) = if files.len() == 1 {
        ("is there, and says something else", "it stays as it is")
    } else {
        ("are there, and say something else", "they stay as they are")
    };
    let with = if args.with.is_some() { " --with deploy" } else { "" };
    Failure::refused(
        "ERR_FILE_DIFFERS",
        format!("{} {are}", all.join(", ")),
        format!("{stays}: `spacetime-keys init{with} --diff` shows what would be written"),
    )
}

pub(super) fn keys_are_there(seen: &Seen) -> Failure {
    let all: Vec<_> = seen.chosen.keys_files.iter().map(|path| shown(path)).collect();
    Failure::refused(
        "ERR_KEYS_THERE",
        format!("this server has keys: {}", all.join(", ")),
        "run `spacetime-keys init` without --new-keys; `spacetime-keys rotate` then replaces them",
    )
}

pub(super) fn done(seen: &Seen, files: &[File], args: &args::Init) -> String {
    let mut text = String::new();
    if args.dry_run {
        let _ = writeln!(text, "{} (nothing is changed)", styled(BOLD, "init, dry run"));
    }
    for file in files {
        let status = file.status.name();
        let style = if file.status == Status::Unchanged { BOLD } else { GOOD };
        let _ = writeln!(text, "{} {}", styled(style, format!("{status:<9}")), shown(&file.path));
    }
    let chosen = &seen.chosen;
    let default = seen.folder.join(GUIDE_KEYS);
    let keys = chosen.keys_dir.as_deref().unwrap_or(&default);
    let have = if chosen.keys_files.is_empty() { " (no keys there yet)" } else { "" };
    let _ = writeln!(text, "keys      {}{have}", shown(keys));
    if let Some(path) = &chosen.cli_toml {
        let _ = writeln!(text, "cli.toml  {}", shown(path));
    }
    if let Some(server) = seen.server.as_ref().filter(|_| !seen.deploys) {
        let _ = writeln!(text, "server    {server}");
    }
    let next = next(seen, files, args.new_keys);
    if !next.is_empty() {
        let _ = writeln!(text, "next");
        for step in next {
            let _ = writeln!(text, "  - {step}");
        }
    }
    text
}

/// The steps that are left.
pub(super) fn next(seen: &Seen, files: &[File], new_keys: bool) -> Vec<String> {
    if seen.deploys {
        return to_deploy(seen, files, new_keys);
    }
    let mut next = Vec::new();
    let others = &seen.chosen.other_names;
    if !others.is_empty() {
        let all: Vec<_> = others.iter().map(|path| shown(path)).collect();
        next.push(format!(
            "The server reads {}. This program works on files that are called id_ecdsa and id_ecdsa.pub: copy them into one folder under these names, and change the server's paths.",
            all.join(" and ")
        ));
    }
    let inside: Vec<String> =
        seen.services.iter().flat_map(|service| out_of_container(seen, service)).collect();
    let is_inside = !inside.is_empty();
    next.extend(inside);
    if !seen.chosen.keys_files.is_empty() {
        next.push(
            "`spacetime-keys rotate` replaces the keys. Your databases stay yours.".to_owned(),
        );
    } else if !new_keys && !is_inside && others.is_empty() {
        next.push("For a server that has no keys yet: `spacetime-keys init --new-keys`. For one that has: name their folder as `keys_dir` in the configuration.".to_owned());
    }
    next
}

/// From the files of a deployment to a server that has published.
fn to_deploy(seen: &Seen, files: &[File], new_keys: bool) -> Vec<String> {
    let mut next = Vec::new();
    for file in files.iter().filter(|file| file.status == Status::Kept) {
        next.push(format!("Add this line to {}: {}", shown(&file.path), deploy::IMPORT));
    }
    if seen.chosen.keys_files.is_empty() && !new_keys {
        next.push("For a server that has no keys yet: `spacetime-keys init --with deploy --new-keys`. For one that has: copy id_ecdsa and id_ecdsa.pub to .generated/spacetimedb-keys.".to_owned());
    }
    next.push("Put your module's source into spacetimedb/.".to_owned());
    next.push(
        "`just spacetimedb-setup-host` makes folders and .env: choose SPACETIME_VERSION there."
            .to_owned(),
    );
    next.push("`just spacetimedb-build`, `docker compose up --detach`, `just spacetimedb-verify-runtime`.".to_owned());
    next
}

/// The commands that bring the keys out of a container, into a folder that it then mounts.
fn out_of_container(seen: &Seen, service: &Service) -> Vec<String> {
    let name = &service.name;
    let inside = service.private_key.parent().unwrap_or(Path::new("/"));
    let mount = format!(
        "give the service `{name}` this mount, in place of one for the same folder: volumes: [\"./{GUIDE_KEYS}:{}\"]",
        inside.display()
    );
    let file = template::written(&service.file, &seen.folder);
    match &service.kept {
        Kept::Container | Kept::Volume(_) => {
            let why = match &service.kept {
                Kept::Volume(volume) if !volume.is_empty() => {
                    format!("The keys of `{name}` are in the volume `{volume}`.")
                }
                _ => format!("The keys of `{name}` are in the container, and go with it."),
            };
            let copy = |path: &Path| {
                format!("`docker compose -f {file} cp {name}:{} {GUIDE_KEYS}/`", path.display())
            };
            vec![
                format!(
                    "{why} Copy them out: `mkdir -p {GUIDE_KEYS}`, {}, {} (without compose: `docker cp CONTAINER:{} {GUIDE_KEYS}/`).",
                    copy(&service.private_key),
                    copy(&service.public_key),
                    service.private_key.display(),
                ),
                format!("Let the container read them from there: {mount}."),
            ]
        }
        Kept::Files(_) => vec![format!(
            "`{name}` mounts each key file by itself: such a file cannot be replaced. Mount its folder: {mount}."
        )],
        _ => Vec::new(),
    }
}
