//! The present moment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unix seconds.
pub fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// `2026-11-22T04:16:00Z`, if the calendar goes that far.
pub fn date(unix: i64) -> Option<String> {
    // humantime writes four-digit years; what lies beyond is shown as a number.
    const LAST: i64 = 253_402_300_799;
    let seconds = u64::try_from(unix).ok().filter(|_| unix <= LAST)?;
    Some(humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string())
}

/// The Unix seconds of `2026-11-22T04:16:00+00:00`, or with `Z`.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let date = date.strip_suffix("+00:00").or_else(|| date.strip_suffix('Z'))?;
    let time = humantime::parse_rfc3339(&format!("{date}Z")).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}
