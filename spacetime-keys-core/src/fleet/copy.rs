//! What has to be written so that one store's secret becomes another's, with its whole history.
//!
//! A copy adds versions at the end, and nothing else: a destination is either a beginning of the
//! source's history, or it is refused. So a copy that was cut short goes on by the same plan.

use super::order::{Stamp, in_order};
use crate::Fingerprint;

/// A version of a secret, as a copy sees it. `C` is what it holds, and is only compared.
#[derive(Clone, Debug)]
pub struct Version<C> {
    /// The store's name for it.
    pub version: String,
    /// When this store wrote it: its number, or Unix seconds.
    pub written: i64,
    /// Its place in the history, where the store numbers its versions, or a copy noted it.
    pub position: Option<u32>,
    /// The pair that it is of, if it is of one.
    pub fingerprint: Option<Fingerprint>,
    /// The pair that it took the place of.
    pub previous: Option<Fingerprint>,
    /// The store hands it out when no version is named.
    pub is_latest: bool,
    /// Its value; `None` if that is disabled or damaged.
    pub content: Option<C>,
}

impl<C> Version<C> {
    fn stamp(&self) -> Stamp<'_> {
        Stamp {
            time: self.written,
            position: self.position,
            version: &self.version,
            fingerprint: self.fingerprint,
            previous: self.previous,
            // A place says more: while another copy writes, the latest may be read before the list.
            is_latest: self.is_latest && self.position.is_none(),
        }
    }
}

/// The copy of one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPlan {
    /// How many versions of the source are to be at the destination in the end.
    pub total: usize,
    /// How many of them it has.
    pub there: usize,
    /// The versions to write, in this order.
    pub writes: Vec<Write>,
    /// The source's versions that are disabled or damaged, and stay behind: indices.
    pub left_out: Vec<usize>,
}

/// A version that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The source's version: its index.
    pub source: usize,
    /// Its place in the history, counted from 1.
    pub position: u32,
}

/// Why nothing is copied. The names are the stores' own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The destination has a version that the source's history does not have at this place.
    Diverged(String),
    /// A version of the destination is disabled, so that it cannot be compared.
    Unreadable(String),
    /// The source's latest version is disabled or damaged.
    LatestUnreadable(String),
    /// A version of the source is disabled or damaged, and a rollback returns to it.
    Needed(String),
}

/// Plans the copy of one secret. `revoked`: of private keys, the pairs that no rollback returns to;
/// `None` of other secrets, of which a rollback needs no earlier version.
///
/// # Errors
/// A [`Refusal`]: then nothing may be written.
pub fn plan<'a, C: PartialEq>(
    source: &'a [Version<C>],
    destination: &'a [Version<C>],
    revoked: Option<&[Fingerprint]>,
) -> Result<SecretPlan, Refusal> {
    let unreadable = |version: &&Version<C>| version.content.is_none();
    if let Some(latest) = source.iter().filter(|version| version.is_latest).find(unreadable) {
        return Err(Refusal::LatestUnreadable(latest.version.clone()));
    }
    if let Some(needed) = revoked.and_then(|revoked| needed(source, revoked)) {
        return Err(Refusal::Needed(needed.version.clone()));
    }
    if let Some(version) = destination.iter().find(unreadable) {
        return Err(Refusal::Unreadable(version.version.clone()));
    }
    let mut history = whole(source);
    let mut there = whole(destination);
    for place in 0..there.len().min(history.len()) {
        let content = |side: &[(usize, &'a Version<C>)]| {
            side.get(place).and_then(|(_, version)| version.content.as_ref())
        };
        let (known, version) = (content(&history), content(&there));
        if known != version {
            // Of one second, lists tell no order: either side may have them the other way round.
            let _ = bring(&mut there, place, known) || bring(&mut history, place, version);
        }
    }
    for (place, (_, version)) in there.iter().enumerate() {
        if history.get(place).is_none_or(|(_, known)| known.content != version.content) {
            return Err(Refusal::Diverged(version.version.clone()));
        }
    }
    let mut first = there.len();
    // Another copy that came late may have written an earlier version again, so that it is the
    // latest: the last one is written once more.
    let latest = destination.iter().find(|version| version.is_latest);
    if let (Some((_, last)), Some(latest)) = (history.last(), latest)
        && first == history.len()
        && latest.content != last.content
    {
        first -= 1;
    }
    let writes = history.iter().enumerate().skip(first).map(|(place, (index, _))| Write {
        source: *index,
        position: u32::try_from(place + 1).unwrap_or(u32::MAX),
    });
    let left_out = source.iter().enumerate().filter(|(_, version)| version.content.is_none());
    Ok(SecretPlan {
        total: history.len(),
        there: there.len(),
        writes: writes.collect(),
        left_out: left_out.map(|(index, _)| index).collect(),
    })
}

/// Exchanges a version with a later one of the same second that has this content, where neither has a
/// place of its own. Whether there was one.
fn bring<C: PartialEq>(
    versions: &mut [(usize, &Version<C>)],
    place: usize,
    content: Option<&C>,
) -> bool {
    let Some((_, this)) = versions.get(place).copied() else { return false };
    let is_like = |other: &&Version<C>| {
        other.written == this.written && other.position.is_none() && !other.is_latest
    };
    let later = versions
        .iter()
        .skip(place)
        .position(|(_, other)| is_like(other) && other.content.as_ref() == content);
    match later.filter(|_| is_like(&this)) {
        Some(later) => {
            versions.swap(place, place + later);
            true
        }
        None => false,
    }
}

/// The versions that can be read, in order, each once: a write whose answer was lost is sent again,
/// and has made two of them.
fn whole<C: PartialEq>(versions: &[Version<C>]) -> Vec<(usize, &Version<C>)> {
    let all = versions.iter().enumerate().filter(|(_, version)| version.content.is_some());
    let ordered = in_order(all.collect(), |(_, version)| version.stamp());
    let mut whole: Vec<(usize, &Version<C>)> = Vec::with_capacity(ordered.len());
    for (index, version) in ordered {
        let is_again = version.position.is_some()
            && whole.iter().any(|(_, known)| {
                known.position == version.position && known.content == version.content
            });
        if !is_again {
            whole.push((index, version));
        }
    }
    whole
}

/// A version that stays behind, although a rollback returns to its pair and no other version has it.
fn needed<'a, C>(source: &'a [Version<C>], revoked: &[Fingerprint]) -> Option<&'a Version<C>> {
    let latest = source.iter().find(|version| version.is_latest)?;
    // As a rollback chooses: what the tag names, else the newest other pair.
    let newest = || {
        let ordered = in_order(source.iter().collect(), |version| version.stamp());
        let mut others = ordered.into_iter().rev().filter_map(|version| version.fingerprint);
        others.find(|pair| Some(*pair) != latest.fingerprint)
    };
    let target = latest.previous.or_else(newest);
    if target.is_some_and(|pair| revoked.contains(&pair)) {
        return None;
    }
    let is_target = |version: &&Version<C>| version.fingerprint == target;
    let is_kept = target.is_some()
        && source.iter().filter(is_target).any(|version| version.content.is_some());
    let is_needed = |version: &&Version<C>| {
        let may_be = version.fingerprint.is_none() || target.is_none() || is_target(version);
        version.content.is_none() && may_be
    };
    if is_kept { None } else { source.iter().find(is_needed) }
}
