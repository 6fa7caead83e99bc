//! Whether the user whose folder the mounted keys lie in can read them. That user is most likely the
//! server's.

use super::inspect::{Place, PlaceKind};
use crate::doctor::shell;

/// Mounted files that their folder's owner cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The numbers of the folder's user and group.
    pub owner: (u32, u32),
    /// The files that belong to others, as a person would type them.
    pub paths: Vec<String>,
    /// Whether that user can read neither.
    pub both: bool,
}

impl Unreadable {
    /// From the folder of the mounted keys and its files. `None` where that user reads both, or where
    /// owners are not known. Root reads everything.
    pub fn of(places: &[Place]) -> Option<Self> {
        let find = |kind| places.iter().find(move |place| place.kind == kind);
        let owner = find(PlaceKind::KeysFolder)?.owner;
        let files = [PlaceKind::PrivateKey, PlaceKind::PublicKey].into_iter().filter_map(find);
        let of_others: Vec<_> = files.filter(|place| place.owner.0 != owner.0).collect();
        let hidden = of_others.iter().filter(|place| !place.is_readable_by(owner)).count();
        if owner.0 == 0 || hidden == 0 {
            return None;
        }
        // The two belong together: what is readable goes with the other.
        let paths = of_others.iter().map(|place| place.path.clone()).collect();
        Some(Self { owner, both: hidden == 2, paths })
    }

    /// The problem, as a text.
    pub fn message(&self) -> String {
        let user = self.owner.0;
        let what = if self.both { "the mounted key files" } else { "one of the mounted key files" };
        format!("user {user}, who owns the folder of the mounted keys, cannot read {what}")
    }

    /// The behaviour of a server that runs as that user.
    pub const fn effect(&self) -> &'static str {
        if self.both {
            "a server of that user does not start (1.2), or replaces both files by a new pair (2.8)"
        } else {
            "a server of that user does not start"
        }
    }

    /// The command that gives the files to that user, as it must be typed.
    pub fn command(&self) -> String {
        let (user, group) = self.owner;
        let paths: Vec<_> = self.paths.iter().map(|path| shell::path(path)).collect();
        format!("chown {user}:{group} {}", paths.join(" "))
    }
}

impl Place {
    /// Whether somebody else than its owner may read it, by the bits of group and others. A user's
    /// further groups are not known here.
    const fn is_readable_by(&self, (_, group): (u32, u32)) -> bool {
        let bit = if self.owner.1 == group { 0o040 } else { 0o004 };
        self.mode & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(kind: PlaceKind, path: &str, mode: u32, owner: (u32, u32)) -> Place {
        Place { kind, path: path.to_owned(), mode, owner }
    }

    #[test]
    fn the_folder_s_user_and_the_files() {
        let server = (1000, 1000);
        for (folder, private, public, paths, both) in [
            (server, (0o600, (0, 0)), (0o644, (0, 0)), "k/id_ecdsa k/id_ecdsa.pub", false),
            (server, (0o600, (0, 0)), (0o600, (0, 0)), "k/id_ecdsa k/id_ecdsa.pub", true),
            (server, (0o600, (0, 0)), (0o644, server), "k/id_ecdsa", false),
            // Another owner changes nothing about the bits.
            (server, (0o000, server), (0o644, server), "", false),
            (server, (0o640, (0, 1000)), (0o644, (0, 0)), "", false),
            (server, (0o600, server), (0o644, (0, 0)), "", false),
            (server, (0o604, (0, 0)), (0o644, (0, 0)), "", false),
            // Root reads everything.
            ((0, 0), (0o600, server), (0o644, server), "", false),
        ] {
            let found = Unreadable::of(&[
                place(PlaceKind::KeysFolder, "k", 0o755, folder),
                place(PlaceKind::PrivateKey, "k/id_ecdsa", private.0, private.1),
                place(PlaceKind::PublicKey, "k/id_ecdsa.pub", public.0, public.1),
            ]);
            let command = found.as_ref().map(Unreadable::command);
            let expected = (!paths.is_empty()).then(|| format!("chown 1000:1000 {paths}"));
            assert_eq!(command, expected, "{private:?} {public:?}");
            assert_eq!(found.is_some_and(|found| found.both), both);
        }
    }
}
