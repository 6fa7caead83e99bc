//! Texts that stand in a key's place and say where the key is, or how it is locked.

use crate::error::Encoding;

/// The beginnings of such texts.
const BEGINNINGS: [(&str, Encoding); 14] = [
    ("ssh-", Encoding::OpenSshPublic),
    ("ecdsa-sha2-", Encoding::OpenSshPublic),
    ("---- BEGIN SSH2 PUBLIC KEY ----", Encoding::Ssh2Public),
    ("PuTTY-User-Key-File-", Encoding::Putty),
    ("$ANSIBLE_VAULT;", Encoding::AnsibleVault),
    ("age-encryption.org/v", Encoding::Age),
    ("-----BEGIN AGE ENCRYPTED FILE-----", Encoding::Age),
    ("-----BEGIN PGP MESSAGE-----", Encoding::OpenPgp),
    ("version https://git-lfs.github.com/spec/", Encoding::GitLfs),
    ("@Microsoft.KeyVault(", Encoding::Reference),
    ("op://", Encoding::Reference),
    ("arn:aws:", Encoding::Reference),
    ("<!DOCTYPE ", Encoding::Html),
    ("<html", Encoding::Html),
];

/// References that tools expand: a shell, Azure Pipelines, templates.
const BRACKETS: [(&str, &str); 4] = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("((", "))")];

/// The kind of a text without blanks around it, if it is one of these.
pub(super) fn name(bare: &str) -> Option<Encoding> {
    let begins = |with: &str| bare.get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with));
    let beginning = BEGINNINGS.iter().find(|(with, _)| begins(with)).map(|&(_, what)| what);
    beginning.or_else(|| is_reference(bare).then_some(Encoding::Reference))
}

/// One name in brackets or behind `$`, or the asterisks by which a log hides a secret.
fn is_reference(bare: &str) -> bool {
    let in_brackets = |&(open, close): &(&str, &str)| {
        let inner = bare.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains(['\n', '{', '}']))
    };
    let is_variable = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    bare.chars().all(|c| c == '*')
        || BRACKETS.iter().any(in_brackets)
        || bare.strip_prefix('$').is_some_and(is_variable)
}
