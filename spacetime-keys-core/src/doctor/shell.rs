//! Commands as they are typed.

/// A word for a POSIX shell: as it is if that is safe, else in single quotes.
pub(super) fn quote(word: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'+' | b'@' | b'%')
    };
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A path as an argument: one that begins with a hyphen would be taken for an option.
pub(crate) fn path(path: &str) -> String {
    if path.starts_with('-') { quote(&format!("./{path}")) } else { quote(path) }
}

/// The path of a file in a folder, not yet quoted.
pub(super) fn file_in(folder: &str, name: &str) -> String {
    let folder = folder.strip_suffix('/').unwrap_or(folder);
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (word, quoted) in [
            ("data/cli.toml", "data/cli.toml"),
            ("my keys", "'my keys'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(rm -rf /)", "'$(rm -rf /)'"),
            ("a\nb", "'a\nb'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
        assert_eq!(path("-x"), "./-x");
        assert_eq!(file_in("keys/", "id_ecdsa"), "keys/id_ecdsa");
    }
}
