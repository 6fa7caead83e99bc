//! The operations on secrets.

use std::time::Instant;

use super::state::{Absent, Secret, Vault, Version};
use super::{Call, Context, limits, list, shape};
use crate::answer::Answer;
use crate::log::Operation;
use crate::random;

/// Carries out a request that its sender may make.
pub(super) fn carry_out(vault: &mut Vault, call: &Call, context: &mut Context<'_>) -> Answer {
    let Some(name) = call.route.secret.as_deref() else {
        return match call.route.operation {
            Operation::ListSecrets => list_secrets(vault, call, context),
            _ => Answer::error(404, "NotFound", "There is nothing at this address.", None),
        };
    };
    if let Err(refused) = limits::name(name) {
        return refused;
    }
    match call.route.operation {
        Operation::Put => put(vault, name, call, context),
        Operation::GetLatest => get(seen(vault, name, call.stale).last(), name, call),
        Operation::GetVersion => {
            let wanted = call.route.version.as_deref().unwrap_or_default();
            let version =
                seen(vault, name, call.stale).iter().find(|known| known.version == wanted);
            get(version, name, call)
        }
        Operation::ListVersions => list_versions(vault, name, call, context),
        Operation::Update => update(vault, name, call, context.now),
        Operation::Delete => delete(vault, name, call, context.now),
        Operation::GetDeleted => match vault.deleted(name) {
            Some(secret) => deleted(secret, name, call),
            None => shape::not_found(name),
        },
        Operation::Recover => recover(vault, name, call, context),
        _ => Answer::error(404, "NotFound", "There is nothing at this address.", None),
    }
}

/// The versions that a reader sees, the oldest first. Without the newest in a stale read.
fn seen<'a>(vault: &'a Vault, name: &str, stale: bool) -> &'a [Version] {
    let versions = vault.live(name).map_or(&[][..], |secret| &secret.versions);
    match versions {
        [older @ .., _] if stale => older,
        versions => versions,
    }
}

fn get(version: Option<&Version>, name: &str, call: &Call) -> Answer {
    match version {
        Some(version) if version.enabled => {
            Answer::json(200, &shape::secret(&call.host, name, version))
        }
        Some(_) => shape::disabled(),
        None => match &call.route.version {
            Some(version) => shape::not_found(&format!("{name}/{version}")),
            None => shape::not_found(name),
        },
    }
}

fn put(vault: &mut Vault, name: &str, call: &Call, context: &mut Context<'_>) -> Answer {
    let draft = match limits::draft(&call.body) {
        Ok(draft) => draft,
        Err(refused) => return refused,
    };
    if let Some(conflict) = shape::conflict(name, vault.live(name).err()) {
        return conflict;
    }
    let id = random::version(context.random);
    let version = vault.write(name, draft, id.clone(), context.now);
    let mut answer = Answer::json(200, &shape::secret(&call.host, name, version));
    answer.made = Some(id);
    answer
}

fn list_versions(vault: &Vault, name: &str, call: &Call, context: &mut Context<'_>) -> Answer {
    if vault.live(name).is_err() {
        return shape::not_found(name);
    }
    let items = seen(vault, name, call.stale)
        .iter()
        .map(|version| (version.version.clone(), shape::item(&call.host, name, version)))
        .collect();
    list::page(items, call, context)
}

fn list_secrets(vault: &Vault, call: &Call, context: &mut Context<'_>) -> Answer {
    let items = vault
        .live_names()
        .filter_map(|name| {
            let newest = seen(vault, name, call.stale).last()?;
            Some((name.to_owned(), shape::latest_item(&call.host, name, newest)))
        })
        .collect();
    list::page(items, call, context)
}

fn update(vault: &mut Vault, name: &str, call: &Call, now: u64) -> Answer {
    let Some(versions) = vault.versions_mut(name) else { return shape::not_found(name) };
    let version = match &call.route.version {
        None => versions.last_mut(),
        Some(wanted) => versions.iter_mut().find(|known| known.version == *wanted),
    };
    let Some(version) = version else { return shape::not_found(name) };
    let mut changed = version.clone();
    if let Err(refused) = limits::update(&call.body, &mut changed) {
        return refused;
    }
    changed.updated = now;
    *version = changed;
    Answer::json(200, &shape::item(&call.host, name, version))
}

fn delete(vault: &mut Vault, name: &str, call: &Call, now: u64) -> Answer {
    match vault.live(name) {
        Err(Absent::Missing | Absent::Deleted) => shape::not_found(name),
        Err(absent @ Absent::Recovering) => shape::conflict(name, Some(absent)).unwrap(),
        Ok(_) => {
            let secret = std::sync::Arc::make_mut(vault.secrets.get_mut(name).unwrap());
            secret.deleted = Some(now);
            deleted(secret, name, call)
        }
    }
}

fn deleted(secret: &Secret, name: &str, call: &Call) -> Answer {
    let newest = secret.versions.last().unwrap();
    let at = secret.deleted.unwrap_or_default();
    Answer::json(200, &shape::deleted(&call.host, name, newest, at))
}

fn recover(vault: &mut Vault, name: &str, call: &Call, context: &Context<'_>) -> Answer {
    let Some(secret) = vault.deleted(name) else { return shape::not_found(name) };
    secret.deleted = None;
    secret.recovered = Some(Instant::now() + context.recovery);
    Answer::json(200, &shape::item(&call.host, name, secret.versions.last().unwrap()))
}
