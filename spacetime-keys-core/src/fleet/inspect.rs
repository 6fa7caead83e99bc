//! What an audit is told of files beyond their content: modes, owners, and damage in a store.

use super::finding::{MOUNTED_MISSING, Problem, Severity};
use super::readers::Unreadable;
use super::{Environment, Policy, Report, Snapshot, Vault};
use crate::advice::{Advice, NextStep};
use crate::doctor::shell;
use crate::{Error, Fingerprint};

/// The way out where a server's keys have names of their own.
pub const OTHER_NAMES: &str = "if the server reads those, rename them to id_ecdsa and id_ecdsa.pub, and start it with these paths; if not, move them to another folder";

/// The purpose of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A folder of a directory store: nobody else gets in.
    StoreFolder,
    /// A file of a directory store that holds a private key, or may.
    StoreSecret,
    /// Another file of a directory store: nobody else writes it.
    StoreFile,
    /// The folder of the mounted files: a user who may write it chooses the server's key.
    KeysFolder,
    /// `id_ecdsa`. Its group may read it, for a server may run as another user.
    PrivateKey,
    /// `id_ecdsa.pub`.
    PublicKey,
    /// `retired-keys.json`: a user who may write it makes keys of their own valid.
    RetiredKeys,
    /// `cli.toml`: a user who can read it can publish.
    CliToml,
}

/// A file or folder, and who may do what with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its purpose.
    pub kind: PlaceKind,
    /// Where it is, as a person would type it.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// The numbers of its user and its group.
    pub owner: (u32, u32),
}

impl Place {
    /// Whether others can do with it what they should not. A sticky bit does not help: a user who may
    /// write a folder may add a file where there is none.
    pub const fn is_exposed(&self) -> bool {
        let others = match self.kind {
            PlaceKind::StoreFolder | PlaceKind::StoreSecret => 0o077,
            PlaceKind::PrivateKey => 0o027,
            PlaceKind::CliToml => 0o004 | self.write_by_others(),
            PlaceKind::StoreFile => 0o022,
            PlaceKind::KeysFolder | PlaceKind::PublicKey | PlaceKind::RetiredKeys => {
                self.write_by_others()
            }
        };
        self.mode & others != 0
    }

    /// Bits by which others may write. Of a user who has a group of their own, as many systems make
    /// them, that group is nobody else.
    const fn write_by_others(&self) -> u32 {
        let own_group = self.owner.0 == self.owner.1 && self.owner.0 != 0;
        if own_group { 0o002 } else { 0o022 }
    }

    fn problem(&self) -> Option<Problem> {
        if !self.is_exposed() {
            return None;
        }
        let mut severity = Severity::Error;
        let mut more = "";
        let (code, message, change) = match self.kind {
            PlaceKind::StoreFolder | PlaceKind::StoreSecret | PlaceKind::StoreFile => return None,
            PlaceKind::KeysFolder => (
                "ERR_KEYS_FOLDER_WRITABLE",
                "others can write the folder of the mounted keys, and so choose the server's key",
                "go-w",
            ),
            PlaceKind::PrivateKey => (
                "ERR_KEY_WORLD_ACCESSIBLE",
                "others on this host can read or change the mounted private key",
                "g-w,o=",
            ),
            PlaceKind::PublicKey => (
                "ERR_PUBLIC_KEY_WRITABLE",
                "others can write the mounted public key, with which the server verifies tokens",
                "go-w",
            ),
            PlaceKind::RetiredKeys => (
                "ERR_RETIRED_KEYS_WRITABLE",
                "others can write retired-keys.json, and so have tokens of their own exchanged",
                "go-w",
            ),
            PlaceKind::CliToml if self.mode & self.write_by_others() != 0 => (
                "ERR_CLI_TOML_ACCESSIBLE",
                "others can write cli.toml, which holds the publisher's token",
                "g-w,o=",
            ),
            PlaceKind::CliToml => {
                // So the SpacetimeDB CLI makes it, each time that it writes it.
                severity = Severity::Warning;
                more = "; the SpacetimeDB CLI writes the file with the umask of its user: 077 keeps others out";
                (
                    "ERR_CLI_TOML_ACCESSIBLE",
                    "everybody on this host can read cli.toml, which holds the publisher's token",
                    "g-w,o=",
                )
            }
        };
        let hint = format!("`chmod {change} {}`{more}", shell::path(&self.path));
        Some(problem(code, severity, None, message.to_owned(), hint))
    }
}

/// The damaged part of a stored version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamagedPart {
    /// What stands beside the value: time and tags. The version counts as one without tags.
    Properties,
    /// The value of an earlier version of a private key: it is missing, cannot be read, is no key, or
    /// is another key than its tag says.
    PrivateKey,
    /// The value of an earlier version of something else.
    Other,
}

/// Damage in a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The environment of the vault.
    pub environment: Environment,
    /// The damaged part.
    pub part: DamagedPart,
    /// The version, as the store names it.
    pub version: String,
    /// The key that the version should hold, if a tag tells.
    pub fingerprint: Option<Fingerprint>,
    /// The file, or the version's name, as a person would look for it.
    pub place: String,
}

impl Damage {
    /// Whether a rollback would return to this version, and there is no whole one of the same key.
    fn is_needed(&self, all: &[Self], policy: &Policy, snapshot: &Snapshot) -> bool {
        let Some(vault) = snapshot.vault(&self.environment) else { return false };
        let Some(latest) = &vault.latest else { return false };
        let group = policy.group_of(&self.environment).unwrap_or_default();
        let is_whole = |of: &Vault, version: &str| {
            !all.iter().any(|damage| {
                damage.part == DamagedPart::PrivateKey
                    && damage.environment == of.environment
                    && damage.version == version
            })
        };
        // As a rollback chooses: what the tag names, else the newest other pair.
        let current = vault.private.fingerprint();
        let newest = vault
            .earlier_in_order()
            .into_iter()
            .rev()
            .find(|version| version.fingerprint.is_some() && version.fingerprint != current);
        let target = latest.tags.previous.or_else(|| newest?.fingerprint);
        let Some(target) = target else { return true };
        let is_kept = snapshot.group(group).any(|other| {
            let mut versions = other.versions().filter(|v| is_whole(other, &v.version));
            versions.any(|version| version.fingerprint == Some(target))
        });
        !is_kept && self.fingerprint.is_none_or(|key| key == target)
    }

    fn problem(&self, all: &[Self], policy: &Policy, snapshot: &Snapshot) -> Problem {
        let environment = Some(&self.environment);
        let place = &self.place;
        match self.part {
            DamagedPart::Properties => problem(
                "ERR_STORE_DAMAGED",
                Severity::Warning,
                environment,
                format!("{place} is missing or damaged: the version counts as one without tags"),
                "the value beside it is whole, and every command goes on without the file; a backup of it brings the tags back",
            ),
            DamagedPart::PrivateKey if self.is_needed(all, policy, snapshot) => problem(
                "ERR_VERSION_DAMAGED",
                Severity::Error,
                environment,
                format!("{place} is not the private key that it should be, and a rollback needs it"),
                Advice::from((
                    "put the key back from a backup; without one, {} makes the present pair the one that a rollback returns to",
                    [NextStep::ROTATE],
                ))
                .at(environment),
            ),
            DamagedPart::PrivateKey => problem(
                "ERR_VERSION_DAMAGED",
                Severity::Warning,
                environment,
                format!("{place} is not the private key that it should be"),
                "put the key back from a backup; no command needs it",
            ),
            DamagedPart::Other => problem(
                "ERR_VERSION_DAMAGED",
                Severity::Warning,
                environment,
                format!("{place} is missing"),
                "put the file back from a backup; no command needs it",
            ),
        }
    }
}

/// A run that was cut short, and that another host has to finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftElsewhere {
    /// The environment whose keys that host mounts, as the run's note has it.
    pub environment: Option<Environment>,
    /// The folder that it mounts them from.
    pub folder: String,
    /// The vaults' part is done: only that host's own files are left.
    pub vaults_are_done: bool,
}

impl LeftElsewhere {
    fn problem(&self) -> Problem {
        let message =
            format!("a run that another host began is unfinished: it mounts {}", self.folder);
        let hint = if self.vaults_are_done {
            Advice::from((
                "{} on that host finishes it; until then its server has an earlier pair",
                [NextStep::FINISH_RUN],
            ))
        } else {
            Advice::from((
                "{} on that host finishes it; {} here finishes only what concerns the vaults",
                [NextStep::FINISH_RUN, NextStep::FINISH_RUN],
            ))
        };
        let environment = self.environment.as_ref();
        problem("ERR_UNFINISHED_ELSEWHERE", Severity::Warning, environment, message, hint)
    }
}

/// The things that were looked at.
#[derive(Clone, Debug, Default)]
pub struct Inspected {
    /// The store's folder, if it is one on this machine; its folders, where that has other things in
    /// it.
    pub store: Vec<String>,
    /// Files and folders, where modes are known.
    pub places: Vec<Place>,
    /// The damage in vaults.
    pub damage: Vec<Damage>,
    /// A run that is left to another host.
    pub elsewhere: Option<LeftElsewhere>,
    /// Where `id_ecdsa` and `id_ecdsa.pub` are, or would be, as a person would type it.
    pub mounted: Option<[String; 2]>,
    /// The names of other files in their folder that are keys.
    pub other_keys: Vec<String>,
}

fn problem(
    code: &'static str,
    severity: Severity,
    environment: Option<&Environment>,
    message: String,
    hint: impl Into<Advice>,
) -> Problem {
    Problem { code, severity, environment: environment.cloned(), message, hint: hint.into() }
}

impl Inspected {
    /// The problems with these places.
    pub fn problems(&self, policy: &Policy, snapshot: &Snapshot) -> Vec<Problem> {
        let all = &self.damage;
        let damage = all.iter().map(|damage| damage.problem(all, policy, snapshot));
        let exposed = self.places.iter().filter_map(Place::problem);
        let elsewhere = self.elsewhere.as_ref().map(LeftElsewhere::problem);
        damage
            .chain(exposed)
            .chain(self.store_problem())
            .chain(self.owner_problem().or_else(|| self.reader_problem()))
            .chain(elsewhere)
            .collect()
    }

    /// One problem for all of a store: one command sets everything right.
    fn store_problem(&self) -> Option<Problem> {
        let is_stores = |place: &&Place| {
            use PlaceKind::{StoreFile, StoreFolder, StoreSecret};
            matches!(place.kind, StoreFile | StoreFolder | StoreSecret) && place.is_exposed()
        };
        let first = self.places.iter().find(is_stores)?;
        let folders: Vec<_> = self.store.iter().map(|folder| shell::path(folder)).collect();
        Some(problem(
            "ERR_STORE_ACCESSIBLE",
            Severity::Error,
            None,
            format!("others can read or write the key store, such as {}", first.path),
            format!("`chmod -R go= {}`", folders.join(" ")),
        ))
    }

    /// The folder's owner, most likely the server's user, cannot read what root has put there.
    fn reader_problem(&self) -> Option<Problem> {
        let unreadable = Unreadable::of(&self.places)?;
        Some(problem(
            "ERR_KEY_OWNER",
            Severity::Warning,
            None,
            unreadable.message(),
            format!("{}: `{}`", unreadable.effect(), unreadable.command()),
        ))
    }

    /// The mounted files belong to one user. Where they do not, the one that root owns, or that its
    /// folder's owner does not, is the odd one.
    fn owner_problem(&self) -> Option<Problem> {
        let find = |kind| self.places.iter().find(|place| place.kind == kind);
        let (private, public) = (find(PlaceKind::PrivateKey)?, find(PlaceKind::PublicKey)?);
        if private.owner.0 == public.owner.0 {
            return None;
        }
        let folder = find(PlaceKind::KeysFolder).map(|folder| folder.owner.0);
        let public_is_odd =
            public.owner.0 == 0 || (private.owner.0 != 0 && folder == Some(private.owner.0));
        let (odd, right) = if public_is_odd { (public, private) } else { (private, public) };
        let (user, group) = right.owner;
        Some(problem(
            "ERR_KEY_OWNER",
            Severity::Error,
            None,
            "id_ecdsa and id_ecdsa.pub belong to different users: the server may not be able to read them".to_owned(),
            format!("`chown {user}:{group} {}`", shell::path(&odd.path)),
        ))
    }
}

impl Report {
    /// Says of the mounted files where they are, and which others lie beside them.
    pub fn locate(&mut self, inspected: &Inspected) {
        for problem in &mut self.problems {
            if problem.code == Error::MountedUnreadable.code() {
                let private = inspected.mounted.as_ref().map(|[private, _]| private.clone());
                problem.hint = problem.hint.clone().map_first(|_| NextStep::KeyExamine(private));
            }
            if problem.code == MOUNTED_MISSING && !inspected.other_keys.is_empty() {
                let names = inspected.other_keys.join(", ");
                problem.message =
                    format!("{}; the folder holds keys of other names: {names}", problem.message);
                problem.hint = OTHER_NAMES.into();
            }
        }
    }

    /// Adds what was found beyond the snapshot. Of a problem that is there already, the more exact
    /// words count.
    pub fn extend(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            let same = |known: &&mut Problem| {
                known.code == problem.code && problem.code == "ERR_KEY_WORLD_ACCESSIBLE"
            };
            match self.problems.iter_mut().find(same) {
                Some(known) => known.hint = problem.hint,
                None => self.problems.push(problem),
            }
        }
        self.ok = !self.problems.iter().any(|problem| problem.severity == Severity::Error);
    }
}
