//! Before the destination's server is started on the source's data: what must not be is refused, and the
//! publisher gets a token of the destination's own key.

use std::path::Path;

use spacetime_keys_core::es256::{Signer, Verifier};
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{Environment, PairState, PublisherState, Vault};
use spacetime_keys_core::jwt::{Publisher, Token, sign_publisher};
use spacetime_keys_core::promotion::{Gate, GateName, Order, Passport};
use spacetime_keys_core::{Error, Fingerprint, PrivateKey, key};

use super::foreign::search_for;
use super::running::{require_data, require_stopped};
use crate::apply::escrow;
use crate::clock;
use crate::error::{Failure, Kind};
use crate::failpoint;
use crate::files::{self, Mode};
use crate::host::{self, Paths};
use crate::places::require_something;
use crate::read::{Gathered, gather};
use crate::site::Site;
use crate::token::put;

/// The data to admit, and the destination.
pub struct Admission<'a> {
    /// The source's.
    pub passport: &'a Passport,
    /// The order in which data goes.
    pub order: &'a Order,
    /// The environment of this host.
    pub environment: &'a Environment,
    /// The folder that the source's data was copied to. `None`: it is not looked at.
    pub data: Option<&'a Path>,
    /// This host's files.
    pub paths: &'a Paths,
}

/// The result.
#[derive(Debug)]
pub struct Admitted {
    /// The gates, all of them well.
    pub gates: Vec<Gate>,
    /// The key that has signed the publisher's token.
    pub signed_by: Fingerprint,
    /// The publisher whose token `cli.toml` holds, or held, if there is one.
    pub replaced: Option<Publisher>,
    /// Whether `cli.toml` was to be written. It is not where it holds such a token already.
    pub writes_token: bool,
    /// Those whose claims were to be added to the escrow: the publisher's, and those of anybody whose
    /// token stood in `cli.toml`, for whom the earlier data may be swapped back.
    pub escrows: Vec<Publisher>,
}

/// The parts that a token is made with.
struct Found {
    key: PrivateKey,
    admitted: Admitted,
}

/// Refuses what [`admit`] would, and changes nothing.
///
/// # Errors
/// As those of [`admit`].
pub fn look(site: &Site<'_>, admission: &Admission<'_>) -> Result<Admitted, Failure> {
    let found = checked(site, admission)?.admitted;
    if found.writes_token {
        files::check_replaceable(&admission.paths.cli_toml)?;
    }
    if !found.escrows.is_empty() {
        let vault = site.settings.vault(admission.environment)?;
        site.store.check_writable(vault, &site.settings.escrow_secret)?;
    }
    Ok(found)
}

/// Puts the publisher's claims into this environment's escrow, and a token of theirs, signed by the mounted
/// key, into `cli.toml`. The same call again changes nothing; one that was cut short is finished by it.
///
/// # Errors
/// Data that would go up; a passport of several owners; the same key on both; a server that runs; a secret of
/// the source in the data or beside it; an external issuer's publisher; a run at work, or an unfinished one;
/// mounted keys that are not the vault's.
pub fn admit(site: &Site<'_>, admission: &Admission<'_>) -> Result<Admitted, Failure> {
    let paths = admission.paths;
    let guarded = site.state.guarded(paths);
    if guarded.is_locked() {
        return Err(guarded.busy());
    }
    // What is refused leaves no trace: the lock comes after a first look, which may be a long one.
    let gates = look(site, admission)?.gates;
    let _lock = site.state.lock(paths, "admit")?;
    let Found { key, admitted } = found(site, admission)?;
    let admitted = Admitted { gates, ..admitted };
    if let Some(data) = admission.data {
        require_stopped(data)?;
    }
    files::remove_leftovers(files::folder_of(&paths.cli_toml))?;
    let run = format!("admit-{}", clock::now());
    let keep = |publishers: &[Publisher]| {
        escrow(site, admission.environment, publishers, &run).map(|_| ())
    };
    if !admitted.escrows.is_empty() {
        failpoint::reached("promotion:before-escrow")?;
        keep(&admitted.escrows)?;
        failpoint::reached("promotion:after-escrow")?;
    }
    if admitted.writes_token {
        // The SpacetimeDB CLI knows no lock: a user who has logged in meanwhile is kept, too.
        let present = host::read_cli_toml(&paths.cli_toml)?;
        let came =
            local(present.publisher()).filter(|came| admitted.replaced.as_ref() != Some(*came));
        if let Some(came) = came {
            keep(std::slice::from_ref(came))?;
        }
        write(admission, &key)?;
        failpoint::reached("promotion:after-token")?;
    }
    Ok(admitted)
}

/// The cheap checks first, then the others.
fn checked(site: &Site<'_>, admission: &Admission<'_>) -> Result<Found, Failure> {
    let Admission { passport, data, paths, .. } = admission;
    let mut found = found(site, admission)?;
    let gates = &mut found.admitted.gates;
    if let Some(data) = data {
        require_data(data)?;
        require_stopped(data)?;
        gates.push(Gate::new(GateName::Stopped, true, "no server runs on the data"));
        let foreign = search_for(passport, Some(data), paths)?;
        foreign.require_none()?;
        let seen = foreign.as_seen().as_gate();
        gates.push(seen);
    }
    Ok(found)
}

/// The refusals that do not depend on the data.
fn found(site: &Site<'_>, admission: &Admission<'_>) -> Result<Found, Failure> {
    let Admission { passport, order, environment, paths, .. } = admission;
    let (source, publisher) = (&passport.environment, &passport.publisher);
    let settings = site.settings;
    order.check(source, environment)?;
    let mut gates = vec![Gate::new(GateName::Order, true, format!("{source} to {environment}"))];
    if let Some(host) = settings.host.as_ref().filter(|host| host != environment) {
        return Err(Kind::OtherHost(host.clone()).into());
    }
    passport.check_owners()?;
    if !publisher.is_local() {
        return Err(Error::OwnerExternal.into());
    }
    let owner = format!("{} owns each database", publisher.identity);
    gates.push(Gate::new(GateName::Owner, true, owner));
    require_something(settings, site.store.folder(), paths, Some(environment))?;
    let Gathered { mut snapshot, mut failures, .. } = gather(site, paths)?;
    if snapshot.unfinished.is_some() {
        return Err(Error::Unfinished.into());
    }
    if let Some(at) = failures.iter().position(|(failed, _)| failed == *environment) {
        return Err(failures.swap_remove(at).1);
    }
    let vault = snapshot.vaults.iter().position(|vault| vault.environment == **environment);
    let vault = vault.map(|at| snapshot.vaults.swap_remove(at));
    let vault = vault.ok_or(Error::EnvironmentUnknown)?;
    let key = mounted_key(&snapshot.host.pair(), &vault, admission)?;
    let (ours, theirs) = (key.public_key().fingerprint(), passport.public_key.fingerprint());
    let is_honored = |list: &RetiredKeys| list.find(theirs).is_some_and(|retired| !retired.revoked);
    let lists = [&snapshot.host.retired, &vault.retired];
    if ours == theirs || lists.into_iter().flatten().flatten().any(is_honored) {
        return Err(Failure::from(Error::PromotionSameKey).in_environment_of(environment));
    }
    let detail = format!("{} here, {} at the source", ours.short(), theirs.short());
    gates.push(Gate::new(GateName::Key, true, detail));
    let escrow = vault.escrow.map_err(|error| Failure::in_environment(environment, error))?;
    let (replaced, is_there) = match &snapshot.host.publisher {
        PublisherState::Found { publisher: found, times, verified_with, .. } => {
            let same = found == publisher && *verified_with == Some(ours) && times.exp.is_none();
            (Some(found.clone()), same && is_closed(&paths.cli_toml))
        }
        _ => (None, false),
    };
    let earlier = replaced.iter().filter(|replaced| replaced.is_local());
    let claims = earlier.chain([publisher]).filter(|known| !escrow.holds(known.identity));
    let mut escrows: Vec<Publisher> = claims.cloned().collect();
    escrows.dedup();
    let admitted = Admitted { gates, signed_by: ours, replaced, writes_token: !is_there, escrows };
    Ok(Found { key, admitted })
}

/// Whether only its owner can read and write the file.
fn is_closed(path: &Path) -> bool {
    files::mode(path).is_none_or(|mode| mode == host::PRIVATE_MODE)
}

/// The mounted key, which is the vault's, if that has one.
fn mounted_key(
    mounted: &PairState,
    vault: &Vault,
    admission: &Admission<'_>,
) -> Result<PrivateKey, Failure> {
    let Admission { environment, paths, .. } = admission;
    if let PairState::Unsound(how) = mounted {
        return Err(Error::MountedUnsound(*how).into());
    }
    match vault.pair() {
        PairState::Unsound(how) => {
            return Err(Failure::in_environment(environment, Error::GroupUnsound(how)));
        }
        pair @ PairState::Sound(_) if pair != *mounted => {
            return Err(Kind::MountedDiffers((*environment).clone()).into());
        }
        _ => {}
    }
    let path = paths.private_key();
    let content = files::read_existing(&path)?;
    PrivateKey::from_pem(&*content).map_err(|error| Failure::in_file(&path, error))
}

fn write(admission: &Admission<'_>, private: &PrivateKey) -> Result<(), Failure> {
    let Admission { passport, paths, .. } = admission;
    let path = &paths.cli_toml;
    key::self_test(private)?;
    let token = sign_publisher(&passport.publisher, clock::now(), &Signer::new(private)?)?;
    let parsed = Token::parse(&token)?;
    let verifies = |key| Ok::<_, Error>(parsed.is_signed_by(&Verifier::new(key)?));
    if !verifies(private.public_key())? || verifies(&passport.public_key)? {
        return Err(Error::SelfTest.into());
    }
    put(path, &token, private, Mode::Set(host::PRIVATE_MODE))
}

/// The publisher whose token a server's own login has made.
fn local(state: &PublisherState) -> Option<&Publisher> {
    match state {
        PublisherState::Found { publisher, .. } => Some(publisher).filter(|one| one.is_local()),
        _ => None,
    }
}
