//! What stands behind a flag: how it is read, and what is wanted where it cannot be.

use std::fmt;
use std::time::Duration;

use spacetime_keys_core::Identity;

/// What an argument takes: words for its error, and never a part of what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) &'static str);

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Wanted {}

pub(super) fn identity(text: &str) -> Result<Identity, spacetime_keys_core::Error> {
    Identity::parse(text)
}

/// A time such as `90s` or `30d`; a bare number is seconds.
pub(super) fn time(text: &str) -> Result<Duration, Wanted> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    let time = seconds.or_else(|| humantime::parse_duration(text).ok());
    time.ok_or(Wanted("a time such as 30s or 5m, or a number of seconds"))
}

/// The same, in whole seconds: for flags, and for entries of a configuration.
pub(crate) fn time_in_seconds(text: &str) -> Result<u32, Wanted> {
    const WANTED: Wanted =
        Wanted("a time such as 12h or 30d, up to 100 years, or a number of seconds");
    let time = time(text).map_err(|_| WANTED)?;
    u32::try_from(time.as_secs()).map_err(|_| WANTED)
}

/// The same; what is less than a second is cut off.
pub(super) fn seconds(text: &str) -> Option<u32> {
    time(text).ok().and_then(|time| u32::try_from(time.as_secs()).ok())
}

/// A number of days, or a time such as `90d` in whole days.
pub(super) fn days(text: &str) -> Result<u32, Wanted> {
    const DAY: u64 = 86_400;
    const WANTED: Wanted = Wanted("a number of days, or a time in whole days such as 90d");
    let whole = |time: Duration| {
        let days = time.as_secs() / DAY;
        (Duration::from_secs(days * DAY) == time).then(|| u32::try_from(days).ok()).flatten()
    };
    let time = || humantime::parse_duration(text).ok().and_then(whole);
    text.parse().ok().or_else(time).ok_or(WANTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("5m", 300), ("0", 0)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "soon", "-1", "1.5"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_of_days() {
        for (text, number) in [("90", 90), ("90d", 90), ("48h", 2), ("0", 0), ("0s", 0)] {
            assert_eq!(days(text), Ok(number), "{text}");
        }
        for bad in ["", "soon", "-1", "1.5", "36h", "1ms", "99999999999999d"] {
            assert!(days(bad).is_err(), "{bad}");
        }
    }
}
