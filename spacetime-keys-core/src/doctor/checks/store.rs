use crate::doctor::{Check, CheckName, Observations};

/// Whether the key store could be read. What it holds is part of other checks.
pub(super) fn store(seen: &Observations) -> Option<Check> {
    let name = CheckName::Store;
    let why = seen.unread(name)?;
    let detail = format!("the key store could not be read: {}", why.detail);
    Some(Check::unseen(name, detail).with_hint(why.hint.clone()))
}
