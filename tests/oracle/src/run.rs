//! A run: thousands of tokens, judged by both sides.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use spacetime_keys_core::PublicKey;
use spacetime_keys_core::server::{Rules, Server, Wording};

use crate::generate;
use crate::json::Json;
use crate::judge::{Judge, Judgement, NotJudged};
use crate::keys::LOCAL_PUBLIC_PEM;
use crate::recipe::Recipe;
use crate::regression::Regression;
use crate::shrink::{Case, shrink};
use spacetime_keys_test_support::Random;

/// Tokens that share a set of their issuer.
const BATCH: u64 = 32;
/// Disagreements of different kinds that a run collects at most.
const ENOUGH: usize = 12;

/// Servers of all rules with the same keys, on both sides.
pub struct Servers {
    theirs: Judge,
    ours: [Server; 3],
}

/// What came of one token and one set of rules.
#[derive(Clone, Debug)]
pub enum Outcome {
    Agreed(Judgement),
    NotJudged(NotJudged),
    Disagreed { server: Judgement, core: Judgement },
}

impl Servers {
    pub fn new(jwks: Option<&[u8]>) -> Self {
        let key = PublicKey::from_pem(LOCAL_PUBLIC_PEM).expect("a key of ours");
        let ours = Rules::ALL.map(|rules| {
            let server = Server::new(rules).with_local_key(&key).expect("a key of ours");
            match jwks {
                Some(jwks) => server.with_issuer_keys(jwks),
                None => server,
            }
        });
        Self { theirs: Judge::new(LOCAL_PUBLIC_PEM, jwks), ours }
    }

    /// `rules`: an index into [`Rules::ALL`].
    pub fn compare(&self, rules: usize, token: &str) -> Outcome {
        let now = now();
        let server = self.theirs.judge(Rules::ALL[rules], token);
        let core = self.ask_core(rules, token, now);
        match server {
            Err(NotJudged::Hmac) if core.accepted => {
                let server = Judgement {
                    accepted: false,
                    identity: None,
                    reason: "we never take an HMAC".to_owned(),
                    reason_is_open: true,
                };
                Outcome::Disagreed { server, core }
            }
            Err(reason) => Outcome::NotJudged(reason),
            // The servers' clock may have moved on by a second meanwhile.
            Ok(server)
                if agree(&server, &core)
                    || agree(&server, &self.ask_core(rules, token, now + 1)) =>
            {
                Outcome::Agreed(server)
            }
            Ok(server) => Outcome::Disagreed { server, core },
        }
    }

    fn ask_core(&self, rules: usize, token: &str, now: i64) -> Judgement {
        let verdict = self.ours[rules].check(token, now);
        Judgement {
            accepted: verdict.accepted,
            identity: verdict.identity.map(|identity| identity.to_string()),
            reason: verdict
                .reason
                .map(|reason| reason.words(Wording::Debug).to_owned())
                .unwrap_or_default(),
            reason_is_open: false,
        }
    }
}

/// Our reason is what the server's own words begin with: as its errors print for programmers.
fn agree(server: &Judgement, core: &Judgement) -> bool {
    server.accepted == core.accepted
        && server.identity == core.identity
        && (server.reason_is_open
            || (server.reason.is_empty() == core.reason.is_empty()
                && server.reason.starts_with(&core.reason)))
}

pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    i64::try_from(now.as_secs()).expect("a date")
}

/// What a run has seen.
#[derive(Default)]
pub struct Statistics {
    pub tokens: u64,
    /// By rules.
    pub accepted: [u64; 3],
    pub refused: [u64; 3],
    pub not_judged: BTreeMap<NotJudged, u64>,
    /// By the server's word for it, by rules.
    pub reasons: BTreeMap<String, [u64; 3]>,
    /// Which of the three accept.
    pub patterns: BTreeMap<[bool; 3], u64>,
    /// Only by what was done to the token: how many, and how many each accepted.
    pub tags: BTreeMap<&'static str, (u64, [u64; 3])>,
}

impl Statistics {
    fn add(&mut self, tags: &[&'static str], outcomes: &[Outcome; 3]) {
        self.tokens += 1;
        let mut accepted = [None; 3];
        for (rules, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Outcome::Agreed(judgement) => {
                    accepted[rules] = Some(judgement.accepted);
                    if judgement.accepted {
                        self.accepted[rules] += 1;
                    } else {
                        self.refused[rules] += 1;
                        self.reasons.entry(word(&judgement.reason)).or_default()[rules] += 1;
                    }
                }
                Outcome::NotJudged(reason) => *self.not_judged.entry(*reason).or_default() += 1,
                Outcome::Disagreed { .. } => {}
            }
        }
        if let [Some(a), Some(b), Some(c)] = accepted {
            *self.patterns.entry([a, b, c]).or_default() += 1;
        }
        if let [tag] = tags {
            let (count, by_rules) = self.tags.entry(tag).or_default();
            *count += 1;
            for (rules, accepted) in accepted.into_iter().enumerate() {
                by_rules[rules] += u64::from(accepted == Some(true));
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.tokens += other.tokens;
        for rules in 0..3 {
            self.accepted[rules] += other.accepted[rules];
            self.refused[rules] += other.refused[rules];
        }
        for (reason, count) in other.not_judged {
            *self.not_judged.entry(reason).or_default() += count;
        }
        for (reason, counts) in other.reasons {
            add_all(self.reasons.entry(reason).or_default(), counts);
        }
        for (pattern, count) in other.patterns {
            *self.patterns.entry(pattern).or_default() += count;
        }
        for (tag, (count, counts)) in other.tags {
            let entry = self.tags.entry(tag).or_default();
            entry.0 += count;
            add_all(&mut entry.1, counts);
        }
    }
}

fn add_all(sums: &mut [u64; 3], more: [u64; 3]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

/// What an error is called, without what it says of this token.
fn word(reason: &str) -> String {
    for text in ["Issuer too long", "Subject too long", "Identity mismatch", "Error fetching"] {
        if reason.starts_with(text) {
            return text.to_owned();
        }
    }
    reason.split('(').next().unwrap_or_default().to_owned()
}

/// What disagreed, as it was found.
pub struct Disagreement {
    pub rules: usize,
    pub case: Case,
    pub batch: u64,
}

/// Judges `tokens` tokens, on all cores, whatever their number the same ones.
pub fn tokens(seed: u64, tokens: u64) -> (Statistics, Vec<Disagreement>) {
    let next_batch = AtomicU64::new(0);
    let results = Mutex::new((Statistics::default(), Vec::new(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut statistics = Statistics::default();
                loop {
                    let batch = next_batch.fetch_add(1, Ordering::Relaxed);
                    if batch * BATCH >= tokens {
                        break;
                    }
                    let count = BATCH.min(tokens - batch * BATCH);
                    for (kind, found) in one_batch(seed, batch, count, &mut statistics) {
                        let mut results = results.lock().expect("no panic elsewhere");
                        let (_, kinds, all) = &mut *results;
                        if all.len() < ENOUGH && !kinds.contains(&kind) {
                            kinds.push(kind);
                            all.push(found);
                        }
                    }
                }
                results.lock().expect("no panic elsewhere").0.merge(statistics);
            });
        }
    });
    let (statistics, _, disagreements) = results.into_inner().expect("no panic elsewhere");
    (statistics, disagreements)
}

fn one_batch(
    seed: u64,
    batch: u64,
    count: u64,
    statistics: &mut Statistics,
) -> Vec<(String, Disagreement)> {
    let mut random = Random::part(seed, batch);
    let jwks = random.percent(60).then(|| generate::sets::mutated(&mut random).0);
    let jwks_bytes = jwks.as_ref().map(Json::to_bytes);
    let servers = Servers::new(jwks_bytes.as_deref());
    let mut disagreements = Vec::new();
    let now = now();
    for _ in 0..count {
        let recipe = generate::recipe(&mut random, now, jwks_bytes.as_deref());
        let token = recipe.build();
        let outcomes = std::array::from_fn(|rules| servers.compare(rules, &token));
        statistics.add(&recipe.tags, &outcomes);
        for (rules, outcome) in outcomes.iter().enumerate() {
            if let Outcome::Disagreed { server, core } = outcome {
                let kind = format!(
                    "{rules} {} {} {} {}",
                    server.accepted,
                    core.accepted,
                    word(&server.reason),
                    core.reason
                );
                let case = (recipe.clone(), jwks.clone());
                disagreements.push((kind, Disagreement { rules, case, batch }));
            }
        }
    }
    disagreements
}

fn servers_of(jwks: Option<&Json>) -> Servers {
    Servers::new(jwks.map(Json::to_bytes).as_deref())
}

impl Disagreement {
    /// Makes it smaller, and writes it down.
    pub fn report(self) -> String {
        let Self { rules, case, batch } = self;
        let tags = case.0.tags.clone();
        let kind = |case: &Case| match servers_of(case.1.as_ref()).compare(rules, &case.0.build()) {
            Outcome::Disagreed { server, core } => {
                Some((server.accepted, core.accepted, word(&server.reason), core.reason))
            }
            _ => None,
        };
        let wanted = kind(&case);
        let (recipe, jwks) =
            if wanted.is_some() { shrink(case, |case| kind(case) == wanted) } else { case };
        describe(rules, batch, &tags, &recipe, jwks.as_ref())
    }
}

fn describe(
    rules: usize,
    batch: u64,
    tags: &[&str],
    recipe: &Recipe,
    jwks: Option<&Json>,
) -> String {
    let token = recipe.build();
    let (server, core) = match servers_of(jwks).compare(rules, &token) {
        Outcome::Disagreed { server, core } => (say(&server), say(&core)),
        // Its signature, or the clock, is another now.
        other => (format!("{other:?}"), "not seen again".to_owned()),
    };
    let regression = Regression {
        token: Some(token),
        jwks: jwks.map(Json::to_bytes),
        rules: Rules::ALL[rules].name().to_owned(),
        server,
        core,
    };
    let path = regression.save();
    format!(
        "rules {}: the server says {}; we say {}\n  batch {batch}, {tags:?}\n  header {}\n  claims {}\n  \
         signature {:?}, encodings {:?}\n  set {}\n  kept as {}",
        regression.rules,
        regression.server,
        regression.core,
        String::from_utf8_lossy(&recipe.header.to_bytes()),
        String::from_utf8_lossy(&recipe.claims.to_bytes()),
        recipe.signature,
        recipe.encodings,
        jwks.map_or_else(
            || "none".to_owned(),
            |jwks| { String::from_utf8_lossy(&jwks.to_bytes()).into_owned() }
        ),
        path.display(),
    )
}

fn say(judgement: &Judgement) -> String {
    match &judgement.identity {
        Some(identity) => format!("accepted, {identity}"),
        None => format!("refused, {}", judgement.reason),
    }
}
