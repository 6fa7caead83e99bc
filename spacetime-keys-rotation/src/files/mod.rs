//! Files: read with a limit, replaced in one go.
//!
//! A replacement is written beside its target (mode 0600 from the start), flushed to the disk, and
//! renamed over it: a reader sees the old file or the new one. Owner and group are kept. A
//! target that is a symbolic link is refused: a rename would replace the link, and following it
//! would write where somebody else says.

mod folder;
mod owner;
mod read;
mod replace;

use std::path::{Path, PathBuf};

pub(crate) use folder::{close_folder, nearest_folder};
pub use folder::{
    create_folder, folder_of, leftovers, remove_leftovers, sync_folder, temp_folder_in,
};
pub use owner::{Mode, is_world_accessible, mode, set_mode_of};
pub(crate) use owner::{give_away, is_this_user, owner};
pub use read::{
    MAX_BYTES, as_text, contains, is_handed_over, not_found, open_named, read, read_existing,
    read_existing_text, read_open, read_stream, read_text,
};
pub(crate) use read::{no_file, read_unnamed, without_waiting};
pub(crate) use replace::write_note;
pub use replace::{Replacement, check_replaceable, create, create_new, replace};

/// An absolute path, whatever the working directory becomes.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
