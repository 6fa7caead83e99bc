use crate::Identity;
use crate::advice::{Choice, NextStep, Run};
use crate::doctor::fate::{self, TokenFate};
use crate::doctor::{CliTomlSeen, Command, LogEvent, Reply, TokenAnswer, TokenFacts};
use crate::fleet::Vault;

use super::config;
use super::files::FilePlan;
use super::host::{Files, Host, holds};
use crate::doctor::checks::is_another_servers;

/// The plan for the token.
pub(super) enum Token {
    /// It is right, or these steps bring the right one.
    Right(Vec<Command>),
    /// It cannot be judged: it stays, whatever becomes of the files.
    Stays(Vec<Command>),
    /// It is wrong, and nothing known brings the right one.
    Wrong,
}

/// The step that brings the right identity's token, signed with the key that the server will have.
pub(super) fn steps(host: &Host<'_>, plan: &mut FilePlan) -> Token {
    if is_good(host, plan) {
        let refused = matches!(fate::token(host.seen), TokenFate::Refused { .. });
        if refused && !plan.restart && host.served.is_some() {
            // For another reason than those that are known.
            return Token::Stays(sync_for(host, plan, None));
        }
        // The mounted key has signed it: the server, which shows none, has not read that yet.
        plan.restart |= refused;
        return Token::Right(sync_for(host, plan, None));
    }
    if !is_judgeable(host, plan) {
        return Token::Stays(sync_for(host, plan, None));
    }
    let resigned = host.goal.and_then(|goal| resign(host, plan, goal));
    if let Some(steps) = resigned {
        return Token::Right(steps);
    }
    if let Some(steps) = host.goal.and_then(|goal| restore(host, plan, goal)) {
        return Token::Right(steps);
    }
    // Files can be repaired all the same.
    plan.steps.extend(sync_for(host, plan, None));
    Token::Wrong
}

/// Without the server's key there is nothing to hold a token against, unless the key that it will
/// have is known, or the server or a log says that the token is refused.
fn is_judgeable(host: &Host<'_>, plan: &FilePlan) -> bool {
    let seen = host.seen;
    let refused = matches!(seen.server.token, Reply::Is(TokenAnswer::Refused { .. }));
    let told = !seen.server.was_asked()
        && seen.log.and_then(|log| log.cause()).is_some_and(LogEvent::is_about_token);
    let looked = !matches!(seen.cli_toml, CliTomlSeen::NotLooked | CliTomlSeen::Unreadable);
    // Without a token there is nothing to hold against a key.
    let there = seen.server.is_there() && (host.facts().is_none() || plan.restart);
    looked && (host.served.is_some() || refused || told || there || (plan.mends && host.is_down()))
}

/// Whether the token is the right one, and will be taken.
fn is_good(host: &Host<'_>, plan: &FilePlan) -> bool {
    let Some(facts) = host.facts() else { return false };
    if facts.identity.is_none() || facts.identity != host.goal {
        return false;
    }
    let accepted = fate::token(host.seen).is_accepted();
    // An issuer's keys signed it, which no step changes.
    if accepted && facts.signed_by.is_none() {
        return true;
    }
    // A server may take what we would not sign.
    let sound = (facts.flaw.is_none() || accepted)
        && facts.can_be_sent
        && !facts.has_expired(host.seen.now);
    let signed = facts.signed_by.is_some() && facts.signed_by == plan.key;
    let stays = accepted && plan.key == host.served;
    sound && !plan.is_new && (signed || stays)
}

/// The same claims, re-signed.
fn resign(host: &Host<'_>, plan: &FilePlan, goal: Identity) -> Option<Vec<Command>> {
    let facts = host.facts().filter(|facts| can_be_signed_anew(facts, goal))?;
    let mut steps = Vec::new();
    if facts.signed_by.is_some_and(|by| is_another_servers(host.seen, by)) {
        // The other server goes on with the copy.
        let cli_toml = &host.seen.places.cli_toml;
        let (from, to) = (cli_toml.clone(), format!("{cli_toml}.other-server"));
        steps.push(Command::Copy { from, to });
    }
    // A sync leaves a token as it is where its key has signed it, even if it has expired.
    let by_sync = plan.sync && facts.signed_by != plan.key;
    if by_sync {
        steps.extend(sync_for(host, plan, Some((goal, facts))));
        return Some(steps);
    }
    steps.extend(sync_for(host, plan, None));
    if plan.sync || plan.is_new || host.files.key().is_some() {
        let mut choices = vec![
            Choice::CliToml(Some(host.seen.places.cli_toml.clone())),
            Choice::PrivateKey(host.file("id_ecdsa")),
        ];
        choices.extend(expecting(goal, facts));
        steps.push(Command::Step(NextStep::TokenResign(choices)));
    } else {
        // The private key is only in the vault.
        let (vault, pair) = host.vault?;
        if host.served.is_some() && host.served != Some(pair) {
            return None;
        }
        let mut choices = expecting(goal, facts);
        choices.push(Choice::LeaveMountedKeys);
        steps.push(sync(host, vault, choices));
    }
    Some(steps)
}

fn can_be_signed_anew(facts: &TokenFacts, goal: Identity) -> bool {
    facts.identity == Some(goal)
        && facts.flaw.is_none()
        // A key of ours has signed it, whatever its issuer.
        && (facts.is_local || facts.signed_by.is_some())
}

/// A token made from the claims in escrow.
fn restore(host: &Host<'_>, plan: &mut FilePlan, goal: Identity) -> Option<Vec<Command>> {
    let (vault, pair) = host.vault.filter(|(vault, _)| holds(vault, goal))?;
    // It signs with the vault's key, and wants that to be the mounted one.
    match host.files {
        Files::Good(mounted)
        | Files::Odd(mounted)
        | Files::Swapped(mounted)
        | Files::PrivateElsewhere(mounted)
            if mounted != pair =>
        {
            plan.add_sync(host, pair);
        }
        Files::Unseen if host.seen.mounted.is_some() => return None,
        Files::Unseen if host.served.is_some() && host.served != Some(pair) => return None,
        _ => {}
    }
    let mut steps = Vec::new();
    if matches!(host.seen.cli_toml, CliTomlSeen::Bad(_)) {
        let cli_toml = &host.seen.places.cli_toml;
        let (from, to) = (cli_toml.clone(), format!("{cli_toml}.damaged"));
        steps.push(Command::Move { from, to });
    }
    steps.extend(sync_for(host, plan, None));
    let choices = vec![Choice::ExpectIdentity(Some(goal))];
    steps.push(Command::Step(NextStep::TokenRestore(run(host, vault, choices))));
    Some(steps)
}

/// The step that mounts the vault's pair, if there is to be one.
fn sync_for(
    host: &Host<'_>,
    plan: &FilePlan,
    resigned: Option<(Identity, &TokenFacts)>,
) -> Vec<Command> {
    let Some((vault, _)) = host.vault.filter(|_| plan.sync) else { return Vec::new() };
    let leaving = vec![Choice::LeaveToken];
    let choices = resigned.map_or(leaving, |(goal, facts)| expecting(goal, facts));
    vec![sync(host, vault, choices)]
}

fn sync(host: &Host<'_>, vault: &Vault, mut choices: Vec<Choice>) -> Command {
    choices.push(Choice::Yes);
    Command::Step(NextStep::Sync(run(host, vault, choices)))
}

/// The identity whose token is re-signed, whatever its issuer.
fn expecting(goal: Identity, facts: &TokenFacts) -> Vec<Choice> {
    let expected = Choice::ExpectIdentity(Some(goal));
    let external = (!facts.is_local).then_some(Choice::AllowExternalIssuer);
    [expected].into_iter().chain(external).collect()
}

/// With the configuration, and with this host's files where they are not the configuration's.
fn run(host: &Host<'_>, vault: &Vault, mut choices: Vec<Choice>) -> Run {
    let places = &host.seen.places;
    choices.extend(config(host.seen));
    if !places.are_configured {
        choices.push(Choice::CliToml(Some(places.cli_toml.clone())));
        choices.push(Choice::MountedKeysDir(Some(places.keys_dir.clone())));
    }
    Run { environment: Some(vault.environment.clone()), choices }
}
