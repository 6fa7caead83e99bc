//! What a folder holds, to be compared before and after.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Of each file: its mode, when it was last written, and what it holds. Not for printing.
pub(crate) type Tree = BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>;

pub(crate) fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        let entry = (metadata.mode(), metadata.mtime(), metadata.mtime_nsec(), content);
        found.insert(path.strip_prefix(root).unwrap().to_owned(), entry);
    }
    found
}
