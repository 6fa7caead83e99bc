//! `scan`: which secrets of a fleet lie in files.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use spacetime_keys_core::printable::visible;
use spacetime_keys_core::scan::{Found, Judged, Ring, Secret, SecretKind, Wanted};
use spacetime_keys_rotation::search::{Finder, ring_of, search};

use super::{Answer, searching};
use crate::args;
use crate::config::{Config, HostFiles};
use crate::failure::Failure;
use crate::opened::Opened;
use crate::output::{BAD, GOOD, Output, styled};
use crate::progress::Progress;

/// The most finds that are listed. Further ones are counted: a database of tokens has many.
const LISTED: usize = 10_000;

/// A secret, and where it is.
#[derive(Serialize)]
struct Placed {
    file: PathBuf,
    offset: u64,
    #[serde(flatten)]
    secret: Secret,
}

struct Scan {
    ring: Ring,
    progress: Progress,
    found: Vec<Placed>,
    omitted: u64,
    other_tokens: u64,
}

impl Finder for Scan {
    fn found(&mut self, path: &Path, found: &Found) -> ControlFlow<()> {
        match self.ring.judge(found) {
            Judged::Secret(secret) if self.found.len() < LISTED => {
                let file = path.to_owned();
                self.found.push(Placed { file, offset: found.offset, secret });
            }
            Judged::Secret(_) => self.omitted += 1,
            Judged::OtherToken => self.other_tokens += 1,
            Judged::Nothing => {}
        }
        ControlFlow::Continue(())
    }

    fn searched(&mut self, path: &Path, bytes: u64) {
        searching::advance(&mut self.progress, path, bytes);
    }
}

pub(super) fn run(args: &args::Scan, config: &Config, output: &Output) -> Result<Answer, Failure> {
    let files = &args.files;
    let HostFiles { paths, .. } =
        config.host_files(files.cli_toml.as_deref(), files.keys_dir.as_deref())?;
    let opened = Opened::new(config, output)?;
    let ring = ring_of(&opened.site(), &paths)?;
    if ring.is_empty() {
        output.warn("no keys of a fleet are known here: no token can be told to be one of its own");
    }
    let progress = Progress::new(output.is_quiet());
    let mut scan = Scan { ring, progress, found: Vec::new(), omitted: 0, other_tokens: 0 };
    let searched = search(searching::inputs(&args.paths), Wanted::Secrets, &mut scan)?;
    let Scan { progress, found, omitted, other_tokens, .. } = scan;
    drop(progress);
    if found.is_empty() {
        searching::require_all_read(&searched)?;
    }
    searching::warn(&searched, output);
    let report = json!({
        "ok": found.is_empty(),
        "found": found,
        "omitted": omitted,
        "other_tokens": other_tokens,
        "searched": searching::to_json(&searched),
    });
    output.result(&report, || {
        let mut lines: Vec<_> = found.iter().map(line).collect();
        if omitted > 0 {
            lines.push(format!("and {omitted} more"));
        }
        lines.push(if found.is_empty() {
            styled(GOOD, "no secret was found")
        } else {
            styled(BAD, format!("found: {}", found.len() as u64 + omitted))
        });
        if !output.is_quiet() {
            if other_tokens > 0 {
                lines.push(format!(
                    "{other_tokens} tokens of SpacetimeDB servers that no key known here has signed"
                ));
            }
            lines.push(searching::to_text(&searched));
        }
        lines.join("\n") + "\n"
    });
    Ok(found.is_empty().into())
}

/// The line for a person about one find.
fn line(placed: &Placed) -> String {
    let Placed { file, offset, secret } = placed;
    let of = secret.environment.as_ref().map_or_else(
        || "a key that no vault has".to_owned(),
        |environment| format!("a key of {environment}"),
    );
    let what = match (secret.kind, secret.identity) {
        (SecretKind::PrivateKey, _) => format!("private key, {of}"),
        (SecretKind::Token, Some(identity)) => {
            let whose = if secret.owner { "publisher" } else { "identity" };
            format!("token of {whose} {identity}, signed by {of}")
        }
        (SecretKind::Token, None) => format!("token that no server takes, signed by {of}"),
    };
    let file = visible(&file.to_string_lossy()).into_owned();
    format!("{file}:{offset}: {what} ({})", secret.fingerprint.short())
}
