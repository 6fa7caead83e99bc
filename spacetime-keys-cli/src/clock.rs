//! The present moment, and moments in words.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unix seconds.
pub(crate) fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// `2026-11-22T04:16:00Z`, if the calendar goes that far.
pub(crate) fn date(unix: i64) -> Option<String> {
    // humantime writes four-digit years; what lies beyond is shown as a number.
    const LAST: i64 = 253_402_300_799;
    let seconds = u64::try_from(unix).ok().filter(|_| unix <= LAST)?;
    Some(humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string())
}

/// `3days 4h ago`, `in 5m`: the two largest units.
pub(crate) fn relative(unix: i64, now: i64) -> String {
    let distance = humantime::format_duration(Duration::from_secs(unix.abs_diff(now))).to_string();
    let short = distance.split(' ').take(2).collect::<Vec<_>>().join(" ");
    if unix > now { format!("in {short}") } else { format!("{short} ago") }
}
