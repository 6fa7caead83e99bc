//! The present moment, and moments in words.

use std::time::Duration;

pub(crate) use spacetime_keys_rotation::clock::{date, now};

/// `3days 4h ago`, `in 5m`: the two largest units.
pub(crate) fn relative(unix: i64, now: i64) -> String {
    let distance = humantime::format_duration(Duration::from_secs(unix.abs_diff(now))).to_string();
    let short = distance.split(' ').take(2).collect::<Vec<_>>().join(" ");
    if unix > now { format!("in {short}") } else { format!("{short} ago") }
}
