//! The URLs that keys are fetched from.

use crate::doctor::is_loopback;

/// A URL that can be asked, with its scheme in lowercase and without a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place(String);

/// Why a text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// It has no scheme.
    Relative,
    /// Another scheme, no host, or characters that no URL has (RFC 3986): what reads it then may
    /// read another host in it than we do.
    Form,
}

impl Place {
    pub(super) fn parse(text: &str) -> Result<Self, NoPlace> {
        let is_whole = text.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        });
        if !is_whole {
            return Err(NoPlace::Relative);
        }
        let (scheme, rest) = text.split_once("://").ok_or(NoPlace::Form)?;
        let scheme = scheme.to_ascii_lowercase();
        let is_good = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        let rest = rest.split('#').next().unwrap_or_default();
        let place = Self(format!("{scheme}://{rest}"));
        if matches!(&*scheme, "http" | "https")
            && rest.bytes().all(is_good)
            && !place.host().starts_with(':')
            && !place.host().is_empty()
        {
            Ok(place)
        } else {
            Err(NoPlace::Form)
        }
    }

    /// Where a redirect from here leads (RFC 3986, section 5.2; dots in paths stay).
    pub(super) fn moved(&self, location: &str) -> Result<Self, NoPlace> {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let path = rest.split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        match Self::parse(location) {
            Err(NoPlace::Relative) => Self::parse(&if location.starts_with("//") {
                format!("{scheme}:{location}")
            } else if location.starts_with('/') {
                format!("{scheme}://{}{location}", self.authority())
            } else if location.starts_with('?') || location.is_empty() {
                format!("{scheme}://{path}{location}")
            } else {
                format!("{scheme}://{folder}/{location}")
            }),
            whole => whole,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    pub(super) fn has_user(&self) -> bool {
        self.authority().contains('@')
    }

    /// Whether it is this machine.
    pub(super) fn is_near(&self) -> bool {
        is_loopback(self.host())
    }

    /// Without query.
    pub(super) fn path_ends_with(&self, end: &str) -> bool {
        self.0.split('?').next().unwrap_or_default().ends_with(end)
    }

    fn authority(&self) -> &str {
        let rest = self.0.split_once("://").unwrap_or_default().1;
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// With its port.
    fn host(&self) -> &str {
        self.authority().rsplit('@').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_urls_of_http() {
        for (text, near, user) in [
            ("https://id.example", false, false),
            ("HTTP://127.0.0.1:8/x?y", true, false),
            ("http://localhost", true, false),
            ("http://[::1]:8/", true, false),
            ("http://localhost.example/", false, false),
            ("http://127.0.0.1@evil.example/", false, true),
            ("http://evil.example?@127.0.0.1/", false, false),
            ("http://evil.example#@127.0.0.1/", false, false),
            ("http://me:secret@localhost/", true, true),
        ] {
            let place = Place::parse(text).unwrap();
            assert_eq!((place.is_near(), place.has_user()), (near, user), "{text}");
        }
        for text in ["", "jwks.json", "/jwks", "//host/jwks", "id.example/jwks"] {
            assert_eq!(Place::parse(text), Err(NoPlace::Relative), "{text}");
        }
        for text in [
            "file:///etc/passwd",
            "ftp://id.example",
            "http:",
            "http://",
            "http:///x",
            "http://:80/",
            "http://a b/",
            "http://evil\\@localhost/",
            "http://a\u{202e}/",
            "https:id.example",
        ] {
            assert_eq!(Place::parse(text), Err(NoPlace::Form), "{text}");
        }
    }

    #[test]
    fn redirects_may_be_relative() {
        let from = Place::parse("https://a.example/b/c?d").unwrap();
        for (location, to) in [
            ("http://e.example/", "http://e.example/"),
            ("//e.example/f", "https://e.example/f"),
            ("/f", "https://a.example/f"),
            ("f", "https://a.example/b/f"),
            ("?f", "https://a.example/b/c?f"),
        ] {
            assert_eq!(from.moved(location).unwrap().as_str(), to);
        }
        let bare = Place::parse("https://a.example").unwrap();
        assert_eq!(bare.moved("/f").unwrap().as_str(), "https://a.example/f");
        assert_eq!(bare.moved("f").unwrap().as_str(), "https://a.example/f");
    }
}
