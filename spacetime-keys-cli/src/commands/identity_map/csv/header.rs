//! The kind of a first row: names of columns, or a user.

use std::borrow::Cow;

pub(super) const OLD_NAMES: [&str; 2] = ["old_subject", "old_sub"];
pub(super) const NEW_NAMES: [&str; 2] = ["new_subject", "new_sub"];
pub(super) const SAME_NAMES: [&str; 2] = ["subject", "sub"];

/// The last words of names that columns have, and subjects seldom.
const LAST_WORDS: [&str; 42] = [
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "oid",
    "sid",
    "pk",
    "key",
    "sub",
    "subs",
    "subject",
    "subjects",
    "identity",
    "identifier",
    "email",
    "mail",
    "address",
    "phone",
    "number",
    "login",
    "user",
    "users",
    "username",
    "userid",
    "name",
    "nickname",
    "firstname",
    "lastname",
    "account",
    "provider",
    "connection",
    "role",
    "status",
    "type",
    "created",
    "updated",
    "at",
    "localid",
    "externalid",
    "old",
    "new",
];

/// A name in the form in which headers are compared.
pub(super) fn name(field: &[u8]) -> String {
    // A table in another encoding than UTF-8 still has its known names in ASCII.
    let name = String::from_utf8_lossy(field);
    name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_ascii_lowercase()
}

/// Whether this is one of the names that say what a column is.
pub(super) fn is_known(name: &str) -> bool {
    [OLD_NAMES, NEW_NAMES, SAME_NAMES].iter().any(|names| names.contains(&name))
}

/// Whether a first row is more likely names of columns than a user: by its words, or because
/// its values are of another kind than those in the rows below.
pub(super) fn is_likely(first: &[Cow<'_, [u8]>], below: &[Vec<Cow<'_, [u8]>>]) -> bool {
    if first.iter().any(|value| Kind::of(value) != Kind::Other) {
        return false;
    }
    first.iter().any(|value| has_last_word(value)) || differs(first, below)
}

fn has_last_word(value: &[u8]) -> bool {
    let value = String::from_utf8_lossy(value);
    // `userId`, `user_id`, `User ID`, `cognito:username`: the last word, and the whole as one.
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in value.trim().chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase();
    }
    words.iter().rfind(|word| !word.is_empty()).is_some_and(|word| LAST_WORDS.contains(&&**word))
}

/// The kind of a value, as far as all subjects of a source are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Uuid,
    Digits,
    Address,
    Other,
}

impl Kind {
    fn of(value: &[u8]) -> Self {
        let is_uuid = value.len() == 36
            && value.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_uuid {
            Self::Uuid
        } else if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
            Self::Digits
        } else if value.contains(&b'@') {
            Self::Address
        } else {
            Self::Other
        }
    }
}

/// Fewer rows of one length may be chance.
const ALIKE: usize = 3;

/// Ids of a fixed length are no shorter.
const ID_LENGTH: usize = 16;

/// Whether all values of a column are alike, but for the first.
fn differs(first: &[Cow<'_, [u8]>], below: &[Vec<Cow<'_, [u8]>>]) -> bool {
    first.iter().enumerate().any(|(column, value)| {
        let mut values = below.iter().filter_map(|row| row.get(column));
        let Some(second) = values.next() else { return false };
        let kind = Kind::of(second);
        if kind != Kind::Other {
            return values.all(|value| Kind::of(value) == kind);
        }
        let length = second.len();
        below.len() >= ALIKE
            && length >= ID_LENGTH
            && value.len() != length
            && values.all(|value| value.len() == length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Vec<Cow<'_, [u8]>> {
        text.split(',').map(|value| Cow::Borrowed(value.as_bytes())).collect()
    }

    #[test]
    fn names_are_likely_by_their_words() {
        for header in [
            "id",
            "User ID",
            "userId",
            "user_id",
            "USER-ID",
            "UUID",
            "email",
            "cognito:username",
            "kc_sub,app_sub",
            "x,name",
            "Primary Email Address",
            "user_id ",
            "localId",
            "created_at",
        ] {
            assert!(is_likely(&row(header), &[]), "{header}");
        }
        for user in [
            "a",
            "a,b",
            "abc,u_1",
            "auth0|5f7c",
            "4711,user",
            "4711,id",
            "david",
            "alice,bob",
            "",
            "2f6c6d0e-7b1c-4c5e-9a55-0d3c8f3f8a01,name",
            "user@id",
            "user_2abc",
            "kc-1,usr_1",
        ] {
            assert!(!is_likely(&row(user), &[]), "{user}");
        }
    }

    #[test]
    fn names_are_likely_by_the_rows_below() {
        let uuid = "2f6c6d0e-7b1c-4c5e-9a55-0d3c8f3f8a01";
        let firebase = "cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1";
        let rows = |texts: &[&'static str]| texts.iter().map(|text| row(text)).collect::<Vec<_>>();
        assert!(is_likely(&row("Kennung"), &[row(uuid)]));
        assert!(is_likely(&row("Kennung,Konto"), &rows(&["a,4711", "b,4712"])));
        assert!(is_likely(&row("Kennung"), &[row(firebase), row(firebase), row(firebase)]));
        assert!(!is_likely(&row("Kennung"), &[row(firebase), row(firebase)]));
        assert!(!is_likely(&row("Kennung"), &rows(&["4711", "abc"])));
        assert!(!is_likely(&row(uuid), &rows(&["4711", "4712"])));
        assert!(!is_likely(&row("alice"), &rows(&["bob", "carol", "david"])));
    }
}
