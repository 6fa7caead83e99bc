//! What separates columns: named, declared in the file, or found out to be something else.

/// What tables separate their columns with, how that is called, and as `--separator` takes it.
const SEPARATORS: [(u8, &str, &str); 4] = [
    (b',', "commas", ","),
    (b';', "semicolons", "';'"),
    (b'\t', "tabs", "tab"),
    (b'|', "bars", "'|'"),
];

/// A separator that a table has in place of the one that it is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// In the plural.
    pub(super) name: &'static str,
    /// Its name, as `--separator` takes it.
    pub(super) argument: &'static str,
}

/// All but the one that is in use.
fn others(used: u8) -> impl Iterator<Item = (u8, Other)> {
    SEPARATORS
        .into_iter()
        .filter(move |(byte, ..)| *byte != used)
        .map(|(byte, name, argument)| (byte, Other { name, argument }))
}

/// In the line `sep=;`, with which a table tells spreadsheets its separator.
pub(super) fn declared(record: &[u8]) -> Option<u8> {
    let record = record.trim_ascii_end();
    let record =
        record.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(record);
    // A tab at the end is the separator itself.
    match record {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', byte] => Some(*byte),
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => Some(b'\t'),
        _ => None,
    }
    .filter(|byte| SEPARATORS.iter().any(|(known, ..)| known == byte))
}

/// What separates the columns of a header whose names are in one value, if `is_name` finds one
/// among them.
pub(super) fn in_header(value: &str, used: u8, is_name: impl Fn(&str) -> bool) -> Option<Other> {
    let names = |byte: u8| value.split(char::from(byte)).map(|name| name.trim().trim_matches('"'));
    others(used)
        .find(|(byte, _)| value.contains(char::from(*byte)) && names(*byte).any(&is_name))
        .map(|(_, other)| other)
}

/// The separator in a value that should be one subject.
pub(super) fn in_subject(value: &[u8], used: u8) -> Option<Other> {
    others(used)
        .find(|(byte, _)| match byte {
            // Distinguished names have commas in them, and quotes or another separator keep them.
            b',' => false,
            b'|' => value.contains(&b'|') && !is_federated(value),
            // Behind the last character it is a blank like others, and reported as one.
            byte => value.trim_ascii().contains(byte),
        })
        .map(|(_, other)| other)
}

/// Auth0's kinds of connections, with which its subjects begin.
const STRATEGIES: [&str; 45] = [
    "ad",
    "adfs",
    "amazon",
    "aol",
    "apple",
    "auth0",
    "auth0-adldap",
    "baidu",
    "bitbucket",
    "bitly",
    "box",
    "custom",
    "daccount",
    "dropbox",
    "dwolla",
    "email",
    "evernote",
    "exact",
    "facebook",
    "fitbit",
    "github",
    "google-apps",
    "google-oauth2",
    "instagram",
    "ip",
    "line",
    "linkedin",
    "oauth1",
    "oauth2",
    "office365",
    "oidc",
    "okta",
    "paypal",
    "paypal-sandbox",
    "pingfederate",
    "salesforce",
    "salesforce-sandbox",
    "samlp",
    "sharepoint",
    "shopify",
    "sms",
    "twitter",
    "waad",
    "windowslive",
    "yahoo",
];

/// Those behind which the connection's name may stand, before the user's.
const WITH_CONNECTION: [&str; 12] = [
    "ad",
    "adfs",
    "custom",
    "google-apps",
    "oauth1",
    "oauth2",
    "office365",
    "oidc",
    "okta",
    "pingfederate",
    "samlp",
    "waad",
];

/// `auth0|5f7c`, `samlp|acme|jane`: bars that belong to a subject.
fn is_federated(value: &[u8]) -> bool {
    let Ok(value) = str::from_utf8(value) else { return false };
    let parts: Vec<_> = value.split('|').collect();
    match *parts {
        [strategy, _] => STRATEGIES.contains(&strategy),
        [strategy, _, _] => WITH_CONNECTION.contains(&strategy),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_may_declare_its_separator() {
        for (line, expected) in [
            ("sep=;", Some(b';')),
            ("SEP=,\r", Some(b',')),
            ("\"sep=|\"", Some(b'|')),
            ("sep=\t\r", Some(b'\t')),
            ("sep=", Some(b'\t')),
            ("sep=x", None),
            ("sep", None),
            ("subject", None),
        ] {
            assert_eq!(declared(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn columns_in_one_subject_are_seen() {
        for (value, name) in [
            ("4711;jane", "semicolons"),
            ("4711\tjane", "tabs"),
            ("4711|jane", "bars"),
            ("auth0|5f7c|jane@corp.example", "bars"),
            ("samlp|acme|jane|Jane", "bars"),
            ("2f6c6d0e-7b1c-4c5e-9a55-0d3c8f3f8a01|jane", "bars"),
        ] {
            assert_eq!(in_subject(value.as_bytes(), b',').map(|other| other.name), Some(name));
        }
        for value in ["4711", "auth0|5f7c", "samlp|acme|jane@corp.example", "cn=jane,o=acme"] {
            assert_eq!(in_subject(value.as_bytes(), b','), None, "{value}");
        }
        assert_eq!(in_subject(b"a|b", b'|'), None);
        assert_eq!(in_subject(b"a,b", b';'), None);
    }
}
