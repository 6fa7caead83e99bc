//! What of a publish's answer depends on the server's version, beside the rules for tokens.

use crate::server::Rules;

/// Whether this is a version, and nothing else that a stranger could want to have printed.
pub(crate) fn is_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    text.len() <= 64 && text.bytes().all(plain) && Rules::of_version(text).is_ok()
}

/// The HTTP status with which a server refuses a publish to somebody else's database.
///
/// Up to 1.3 it is the `PUT`'s, a 500; 1.4 to 1.7 say 401 to the CLI's first step, `pre_publish`;
/// from 1.8 on it is 403. `None` where the version is not known.
pub(super) fn status_of_not_owner(version: Option<&str>) -> Option<u16> {
    let version = version?;
    let mut parts = version.strip_prefix('v').unwrap_or(version).split(['.', '-', '+']);
    let major: u32 = parts.next()?.parse().ok()?;
    let minor: u32 = parts.next().map_or(Some(0), |minor| minor.parse().ok())?;
    Some(match (major, minor) {
        (0, _) | (1, 0..=3) => 500,
        (1, 4..=7) => 401,
        _ => 403,
    })
}

/// `parent/name` as the SpacetimeDB CLI 2.x reads it: it publishes `name`, and says which database is
/// its parent. A CLI is as old as the server here; where no version is known, it is a new one.
pub(super) fn parent_and_name<'a>(
    version: Option<&str>,
    name: &'a str,
) -> Option<(&'a str, &'a str)> {
    let is_old = version.is_some_and(|version| {
        let major = version.strip_prefix('v').unwrap_or(version).split('.').next();
        major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major < 2)
    });
    let (parent, name) = name.split_once('/').filter(|_| !is_old)?;
    (!parent.is_empty() && !name.is_empty() && !name.contains('/')).then_some((parent, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation() {
        for (version, status) in [
            ("1.0.0", 500),
            ("1.2.0", 500),
            ("1.3.2", 500),
            ("1.4.0", 401),
            ("1.7.0-rc1", 401),
            ("1.8.0", 403),
            ("1.12.0", 403),
            ("2.8.3", 403),
            ("v2.14.0", 403),
        ] {
            assert_eq!(status_of_not_owner(Some(version)), Some(status), "{version}");
        }
        assert_eq!(status_of_not_owner(None), None);
        assert_eq!(status_of_not_owner(Some("x")), None);
    }

    #[test]
    fn parents() {
        for (version, name, read) in [
            (Some("2.8.3"), "app/b", Some(("app", "b"))),
            (Some("v10.0"), "app/b", Some(("app", "b"))),
            (None, "app/b", Some(("app", "b"))),
            (Some("1.12.0"), "app/b", None),
            (Some("2.8.3"), "app", None),
            (Some("2.8.3"), "/b", None),
            (Some("2.8.3"), "app/", None),
            (Some("2.8.3"), "a/b/c", None),
        ] {
            assert_eq!(parent_and_name(version, name), read, "{version:?} {name}");
        }
    }

    #[test]
    fn versions_alone_are_shown() {
        assert!(is_version("2.7.0-hotfix2"));
        for bad in ["", "eyJ0eXAi", "1.2 <b>", "1.2.\u{1b}[31m", &"1.".repeat(40)] {
            assert!(!is_version(bad), "{bad:?}");
        }
    }
}
