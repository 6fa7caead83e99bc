//! `docs/errors.md` is made from the tables of errors, kinds and findings. A stale page is an error;
//! `SPACETIME_KEYS_WRITE_PAGES=1` writes it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use spacetime_keys_core::Error;
use spacetime_keys_core::error::{Class, Unsound};
use spacetime_keys_core::fleet::{Environment, Finding, Problem, Severity};
use spacetime_keys_rotation::places::{Found, Layout, Nothing};
use spacetime_keys_rotation::{Failure, Kind};

const HEAD: &str = "\
# Every code, and the next step

<!-- Made by a test: SPACETIME_KEYS_WRITE_PAGES=1 cargo test -p spacetime-keys-rotation errors_page -->

A code is stable; texts are for people. In a next step, `E` stands for the environment at hand, `FILE`, `DIR` and
`HEX` for what you know; its commands are the program's. In the library it is data (`Error::advice`,
`Failure::advice`), in the npm package an error's `step` names its kind, such as `token-restore`. A code of class
*safety* ends the program with 3: going on would be unsafe ([exit codes](output.md#exit-codes)).

Not here: what [`jwks lint`](jwks.md) and [`identity map`](identity-map.md) find, and `ERR_USAGE`, a command line
that cannot be.
";

/// What is made where a store or a file is looked at, with a text for each place.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ERR_CLI_TOML_ACCESSIBLE", "others can read or write `cli.toml`"),
    ("ERR_KEYS_FOLDER_WRITABLE", "others can write the folder of the mounted keys"),
    (
        "ERR_KEY_OWNER",
        "the key files belong to different users, or the folder's owner cannot read them",
    ),
    ("ERR_PUBLIC_KEY_WRITABLE", "others can write the mounted public key"),
    ("ERR_RETIRED_KEYS_WRITABLE", "others can write `retired-keys.json`"),
    ("ERR_STORE_ACCESSIBLE", "others can read or write the directory store"),
    ("ERR_STORE_ANSWER", "the key vault answered something else than was asked for"),
    ("ERR_STORE_DAMAGED", "what stands beside a stored value is missing or damaged"),
    ("ERR_STORE_FIREWALL", "the key vault takes no connections from this address"),
    ("ERR_STORE_FORBIDDEN", "the login lacks a role on the key vault"),
    ("ERR_STORE_LOGIN", "nobody is logged in, or the login was refused"),
    ("ERR_STORE_NETWORK", "the key vault cannot be reached"),
    ("ERR_STORE_SECRET_DELETED", "a secret was deleted, and can be recovered"),
    ("ERR_STORE_SECRET_DISABLED", "a secret is disabled"),
    ("ERR_STORE_STALE", "the key vault still shows an earlier state"),
    ("ERR_STORE_THROTTLED", "the key vault is asked too often"),
    ("ERR_STORE_TIMEOUT", "the key vault did not answer in time"),
    ("ERR_STORE_TLS", "no encrypted connection that is trusted"),
    ("ERR_STORE_UNAVAILABLE", "the key vault's service failed"),
    ("ERR_STORE_VAULT_MISSING", "there is no key vault of this name"),
    ("ERR_UNFINISHED_ELSEWHERE", "a run is unfinished that another host began"),
    ("ERR_VERSION_DAMAGED", "an earlier version in the store is damaged"),
];

/// Rows of one code and one next step, and what they say; `…` stands for what differs.
struct Row {
    code: &'static str,
    class: &'static str,
    message: String,
    hint: String,
}

fn add(rows: &mut Vec<Row>, new: Row) {
    match rows.iter_mut().find(|row| (row.code, &row.hint) == (new.code, &new.hint)) {
        Some(row) => row.message = what_both_say(&row.message, &new.message),
        None => rows.push(new),
    }
}

fn what_both_say(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let same = |(a, b): &(char, char)| a == b;
    let begin: String = one.chars().zip(other.chars()).take_while(same).map(|(a, _)| a).collect();
    let (one, other) = (&one[begin.len()..], &other[begin.len()..]);
    let end = one.chars().rev().zip(other.chars().rev()).take_while(same).map(|(a, _)| a);
    let end: String = end.collect::<Vec<_>>().into_iter().rev().collect();
    format!("{begin}…{end}").replace("……", "…")
}

fn errors() -> Vec<Row> {
    let mut rows = Vec::new();
    for error in Error::all() {
        let (code, class) = (error.code(), class(error.class()));
        add(
            &mut rows,
            Row { code, class, message: error.to_string(), hint: error.advice().to_string() },
        );
    }
    rows
}

fn kinds() -> Vec<Row> {
    let file = || PathBuf::from("FILE");
    let text = || "…".to_owned();
    let doing = |kind| Failure::io("reading", Path::new("FILE"), &io::Error::from(kind));
    let io_errors = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::NotADirectory,
        ErrorKind::StorageFull,
        ErrorKind::InvalidData,
    ];
    let environment = Environment::new("test").unwrap();
    let kinds = [
        Kind::IsFolder(file()),
        Kind::NotAFile { path: file(), found: "a named pipe" },
        Kind::Contended(file()),
        Kind::TooLarge { path: file(), size: None },
        Kind::NotUtf8(file()),
        Kind::Symlink(file()),
        Kind::MountPoint(file()),
        Kind::Untrusted(file()),
        Kind::NamedMissing { path: file(), by: "FLAG" },
        Kind::NothingHere(Box::new(nothing(Vec::new()))),
        Kind::NothingHere(Box::new(nothing(vec![elsewhere()]))),
        Kind::OtherHost(environment.clone()),
        Kind::NotTrusted(file()),
        Kind::Locked(None),
        Kind::JournalDamaged(file()),
        Kind::OtherStore("…".to_owned()),
        Kind::StoreChanged { secret: "SECRET".to_owned(), vault: "VAULT".to_owned() },
        Kind::CopySame("VAULT".to_owned()),
        Kind::CopyGroups(environment.clone()),
        Kind::CopyDiverged {
            vault: "VAULT".to_owned(),
            secret: "SECRET".to_owned(),
            version: "VERSION".to_owned(),
        },
        unreadable(false),
        unreadable(true),
        Kind::CopyTooLarge {
            secret: "SECRET".to_owned(),
            version: "VERSION".to_owned(),
            what: "…",
        },
        Kind::CopyNothing,
        Kind::CopyChanged { secret: "SECRET".to_owned(), vault: "VAULT".to_owned() },
        Kind::Names(text()),
        Kind::NotInThisBuild("…"),
        Kind::MountedDiffers(environment),
        Kind::OtherNames { folder: file(), files: vec!["FILE".to_owned()] },
        Kind::ServerRuns(PathBuf::from("DIR")),
        Kind::NoData { folder: PathBuf::from("DIR"), below: None },
        Kind::ForeignSecrets { named: Vec::new(), more: 0, is_key: true },
        Kind::ForeignSecrets { named: Vec::new(), more: 0, is_key: false },
        Kind::NotConfirmed,
        Kind::Stopped,
        Kind::Restart(None),
        Kind::Failpoint(text()),
        Kind::Bug("…"),
    ];
    let mut rows = Vec::new();
    for failure in io_errors.map(doing).into_iter().chain(kinds.map(Failure::from)) {
        let (code, class) = (failure.kind().code(), class(failure.kind().class()));
        let (message, hint) = (failure.to_string(), failure.advice().to_string());
        add(&mut rows, Row { code, class, message, hint });
    }
    rows
}

fn unreadable(rollback: bool) -> Kind {
    let [vault, secret, version] = ["VAULT", "SECRET", "VERSION"].map(str::to_owned);
    Kind::CopyUnreadable { vault, secret, version, rollback }
}

fn nothing(found: Vec<Found>) -> Nothing {
    let [store, keys_dir, cli_toml] = ["STORE", "DIR", "FILE"].map(PathBuf::from);
    Nothing { store, keys_dir, cli_toml, found, environment: None }
}

fn elsewhere() -> Found {
    let cli_toml = Some("FILE".into());
    let (folder, private_key, public_key) = ("DIR".into(), None, None);
    Found { layout: Layout::Home, folder, private_key, public_key, cli_toml, store: None }
}

fn findings() -> Vec<Row> {
    let mut rows = Vec::new();
    for finding in Finding::all() {
        // Errors have a table of their own.
        if matches!(finding, Finding::Error(_)) {
            continue;
        }
        let Problem { code, severity, message, hint, .. } = Problem::new(finding, None);
        let class = match (finding, severity) {
            // An error where the vault, or the environment that was asked about, makes it one.
            (Finding::MountedDiffers(_) | Finding::MountedMissing(_), _) => "warning or error",
            (_, Severity::Error) => "error",
            (_, Severity::Warning) => "warning",
        };
        add(&mut rows, Row { code, class, message, hint: hint.to_string() });
    }
    rows
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Safety => "safety",
        _ => "input",
    }
}

fn table(page: &mut String, title: &str, class: &str, rows: &[Row]) {
    let _ = write!(
        page,
        "\n## {title}\n\n| code | {class} | what happened | next step |\n|---|---|---|---|\n"
    );
    for Row { code, class, message, hint } in rows {
        let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
        let _ = writeln!(page, "| `{code}` | {class} | {} | {} |", cell(message), cell(hint));
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    table(&mut page, "Keys, tokens, files and plans", "class", &errors());
    table(&mut page, "Runs", "class", &kinds());
    table(&mut page, "What `verify` finds", "severity", &findings());
    page.push_str("\n## Stores and places\n\nTheir next step names the vault, the secret, the role or the file, and is printed with them.\n\n| code | what happened |\n|---|---|\n");
    for (code, message) in ELSEWHERE {
        let _ = writeln!(page, "| `{code}` | {message} |");
    }
    page
}

#[test]
fn the_page_of_all_codes_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let page = page();
    if env::var_os("SPACETIME_KEYS_WRITE_PAGES").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let is_stale = fs::read_to_string(&path).unwrap_or_default() != page;
    assert!(!is_stale, "docs/errors.md is stale: SPACETIME_KEYS_WRITE_PAGES=1 writes it");
}

/// A kind that is new, and missing in the lists above, shows by its code.
#[test]
fn every_code_of_core_and_engine_is_on_the_page() {
    let page = page();
    let mut missing = BTreeSet::new();
    for folder in ["../spacetime-keys-core/src", "src"] {
        codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut missing);
    }
    missing.retain(|code| !page.contains(&format!("`{code}`")));
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    assert!(page.contains(Error::MountedUnsound(Unsound::Divided).code()));
}

fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // They have pages of their own.
        if path.ends_with("jwks") || path.ends_with("migration") {
            continue;
        }
        if path.is_dir() {
            codes_in(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let literals = text.split('"').filter(|part| part.starts_with("ERR_"));
        codes.extend(literals.filter(|code| !code.contains(' ')).map(str::to_owned));
    }
}
