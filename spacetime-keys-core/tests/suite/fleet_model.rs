//! A fleet in memory: keys are numbers, and a store is a list.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use spacetime_keys_core::error::Algorithm;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    Action, Environment, Escrow, Host, KeyState, Origin, Plan, Policy, PublisherState, Request,
    Snapshot, Step, StoredVersion, Tags, Unfinished, Vault,
};
use spacetime_keys_core::jwt::{Publisher, Times};
use spacetime_keys_core::{Fingerprint, Identity, PrivateKey, PublicKey};

/// A key pair, by number.
pub(crate) type Pair = u8;

/// The public keys of all pairs: each byte of a pair's private key is its number.
static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    let key = |pair: Pair| {
        const CURVE: [u8; 12] = [0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        let der = [&[0x30, 0x31, 2, 1, 1, 4, 32][..], &[pair; 32], &CURVE].concat();
        let text = STANDARD.encode(&der);
        let pem = format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n");
        PrivateKey::from_pem(pem).expect("a key").public_key().clone()
    };
    (1..=200).map(key).collect()
});

#[derive(Clone, Debug)]
struct Secrets {
    private: Vec<(Pair, Tags)>,
    public: Vec<Pair>,
    escrow: Escrow,
    retired: Option<RetiredKeys>,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    vaults: Vec<(Environment, Secrets)>,
    mounted_private: Option<Pair>,
    mounted_public: Option<Pair>,
    set_aside: Vec<Pair>,
    /// `retired-keys.json`
    listed: Option<RetiredKeys>,
    /// Unix seconds.
    now: i64,
    /// The pair that signed the token; there may be no `cli.toml`.
    token: Option<Pair>,
    /// Whose token it is: after a mistaken login, somebody's whom no escrow knows.
    stranger: bool,
    /// Whose token an interrupted run set out to keep.
    begun_with: Option<Identity>,
    next: Pair,
}

pub(crate) fn environment(name: &str) -> Environment {
    Environment::new(name).expect("a good name")
}

pub(crate) fn all_environments() -> Vec<Environment> {
    ["prod", "dev", "local"].map(environment).to_vec()
}

/// `prod` by itself, `dev` and `local` together.
pub(crate) fn policy() -> Policy {
    let groups = vec![vec![environment("dev"), environment("local")]];
    Policy::new(&all_environments(), groups, 0).expect("a good policy")
}

fn public_key(pair: Pair) -> &'static PublicKey {
    &KEYS[usize::from(pair) - 1]
}

pub(crate) fn fingerprint(pair: Pair) -> Fingerprint {
    public_key(pair).fingerprint()
}

fn pair_of(fingerprint: Fingerprint) -> Pair {
    let place = KEYS.iter().position(|key| key.fingerprint() == fingerprint);
    place.and_then(|place| Pair::try_from(place + 1).ok()).expect("a pair of this world")
}

fn state(pair: Option<Pair>) -> KeyState {
    pair.map_or(KeyState::Missing, |pair| KeyState::Found {
        fingerprint: fingerprint(pair),
        oddities: Vec::new(),
    })
}

fn publisher() -> Publisher {
    Publisher::new("localhost", "37f0c23f-a152-43b9-8728-c04a94a51ed9").expect("good claims")
}

fn stranger() -> Publisher {
    Publisher::new("localhost", "a-mistaken-login").expect("good claims")
}

/// A list of some retired keys, a few of them revoked.
fn lists() -> impl Strategy<Value = RetiredKeys> + Clone {
    let key = (1_u8..5, any::<bool>(), prop::bool::weighted(0.2));
    prop::collection::vec(key, 0..3).prop_map(|keys| {
        let mut list = RetiredKeys::default();
        for (at, (pair, honored, revoked)) in keys.into_iter().enumerate() {
            let at = i64::try_from(at).expect("a few");
            list.retire(public_key(pair), at, if honored { 30 * 86_400 } else { 0 });
            if revoked {
                list.revoke(public_key(pair), at);
            }
        }
        list
    })
}

/// Any state that people, other tools and dying programs can leave: few pairs, so that they meet.
pub(crate) fn any_world() -> impl Strategy<Value = World> {
    let pair = 1_u8..5;
    let tags = prop::option::of((prop::option::of(pair.clone()), any::<bool>()));
    let private = prop::collection::vec((pair.clone(), tags), 0..3);
    let public = prop::collection::vec(pair.clone(), 0..2);
    // Half of the vaults are sound by themselves; chance by itself would hardly make one.
    let retired = prop::option::weighted(0.4, lists());
    let parts = (private, public, any::<bool>(), any::<bool>(), retired.clone());
    let secrets = parts.prop_map(|(private, mut public, sound, escrowed, retired)| {
        let private: Vec<_> = private
            .into_iter()
            .map(|(pair, tags)| {
                let tags = tags.map_or_else(Tags::default, |(previous, rotated)| Tags {
                    fingerprint: Some(fingerprint(pair)),
                    rotation_id: Some("an-earlier-run".to_owned()),
                    origin: Some(if rotated { Origin::Rotate } else { Origin::Adopt }),
                    previous: previous.map(fingerprint),
                    ..Tags::default()
                });
                (pair, tags)
            })
            .collect();
        if sound {
            public = private.last().map(|(pair, _)| *pair).into_iter().collect();
        }
        let mut escrow = Escrow::default();
        if escrowed {
            escrow.add(publisher(), None);
        }
        Secrets { private, public, escrow, retired }
    });
    let one = prop::option::of(pair.clone());
    let shared = any::<bool>();
    (
        [secrets.clone(), secrets.clone(), secrets],
        one.clone(),
        one.clone(),
        one,
        shared,
        any::<bool>(),
        prop::bool::weighted(0.2),
        retired,
    )
        .prop_map(
            |(secrets, private, public, token, shared, sound_mount, stranger, listed)| {
                let mut vaults: Vec<_> = all_environments().into_iter().zip(secrets).collect();
                if shared {
                    vaults[2].1 = vaults[1].1.clone();
                }
                World {
                    vaults,
                    mounted_private: private,
                    mounted_public: if sound_mount { private } else { public },
                    set_aside: Vec::new(),
                    listed,
                    now: 1_000,
                    token,
                    stranger,
                    begun_with: None,
                    next: 100,
                }
            },
        )
}

impl World {
    /// Every vault and the host as after a rotation of all.
    pub(crate) fn sound() -> Self {
        let secrets = |pair| Secrets {
            private: vec![(pair, Tags::default())],
            public: vec![pair],
            escrow: {
                let mut escrow = Escrow::default();
                escrow.add(publisher(), Some(0));
                escrow
            },
            retired: None,
        };
        Self {
            vaults: all_environments()
                .into_iter()
                .zip([secrets(1), secrets(2), secrets(2)])
                .collect(),
            mounted_private: Some(2),
            mounted_public: Some(2),
            set_aside: Vec::new(),
            listed: None,
            now: 1_000,
            token: Some(2),
            stranger: false,
            begun_with: None,
            next: 100,
        }
    }

    /// Somebody logs in again: the token is another identity's, signed with the mounted key.
    pub(crate) fn log_in_by_mistake(&mut self) -> Publisher {
        self.stranger = true;
        self.token = self.mounted_private;
        stranger()
    }

    pub(crate) const fn now(&self) -> i64 {
        self.now
    }

    /// Takes this host's files away.
    pub(crate) fn unmount(&mut self) {
        (self.mounted_private, self.mounted_public) = (None, None);
    }

    fn publisher(&self) -> Publisher {
        if self.stranger { stranger() } else { publisher() }
    }

    fn secrets(&mut self, environment: &Environment) -> &mut Secrets {
        let found = self.vaults.iter_mut().find(|(name, _)| name == environment);
        &mut found.expect("an environment of the policy").1
    }

    /// All private keys that somebody can still get at.
    pub(crate) fn reachable_keys(&self) -> BTreeSet<Pair> {
        let stored = self.vaults.iter().flat_map(|(_, secrets)| &secrets.private);
        let stored = stored.map(|(pair, _)| *pair);
        stored.chain(self.set_aside.iter().copied()).chain(self.mounted_private).collect()
    }

    /// What a program that reads everything would find.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let vaults = self.vaults.iter().map(|(environment, secrets)| {
            let version = |(index, (pair, tags)): (usize, &(Pair, Tags))| StoredVersion {
                version: format!("{index:08}"),
                fingerprint: Some(fingerprint(*pair)),
                created: 0,
                position: u32::try_from(index + 1).ok(),
                tags: tags.clone(),
            };
            let mut versions: Vec<_> = secrets.private.iter().enumerate().map(version).collect();
            let latest = versions.pop();
            Vault {
                environment: environment.clone(),
                name: format!("kv-{environment}"),
                private: state(secrets.private.last().map(|(pair, _)| *pair)),
                public: state(secrets.public.last().copied()),
                latest,
                earlier: versions,
                escrow: Ok(secrets.escrow.clone()),
                retired: Ok(secrets.retired.clone()),
                retired_before: RetiredKeys::default(),
            }
        });
        // Verified by any key that is stored or mounted.
        let known = |pair: &Pair| {
            self.reachable_keys().contains(pair)
                || self.mounted_public == Some(*pair)
                || self.vaults.iter().any(|(_, secrets)| secrets.public.last() == Some(pair))
        };
        let publisher =
            self.token.map_or(PublisherState::NoFile, |signed_by| PublisherState::Found {
                publisher: self.publisher(),
                algorithm: Algorithm::Es256,
                verified_with: Some(signed_by).filter(known).map(fingerprint),
                times: Times { iat: Some(0), exp: None },
            });
        Snapshot {
            vaults: vaults.collect(),
            host: Host {
                private: state(self.mounted_private),
                public: state(self.mounted_public),
                world_accessible: false,
                has_folder: true,
                publisher,
                server_keys: Vec::new(),
                retired: Ok(self.listed.clone()),
            },
            unfinished: None,
        }
    }

    /// The same, for a run that may continue another.
    pub(crate) fn snapshot_of(&self, request: &Request) -> Snapshot {
        let run = Unfinished { running: false, identity: self.begun_with };
        Snapshot { unfinished: request.continuing.then_some(run), ..self.snapshot() }
    }

    /// What somebody else's run on another machine does meanwhile, in one vault: a new private key,
    /// and perhaps its public key.
    pub(crate) fn another_operator(&mut self, vault: usize, public: bool) {
        let pair = self.next;
        self.next += 1;
        let tags = Tags {
            fingerprint: Some(fingerprint(pair)),
            rotation_id: Some("another-run".to_owned()),
            origin: Some(Origin::Rotate),
            ..Tags::default()
        };
        let secrets = &mut self.vaults[vault].1;
        secrets.private.push((pair, tags));
        if public {
            secrets.public.push(pair);
        }
    }

    /// The mark that a run leaves before it changes anything.
    pub(crate) fn begin(&mut self, plan: &Plan) {
        self.now += 1;
        self.begun_with = self.begun_with.or(plan.publisher.as_ref().map(|found| found.identity));
    }

    /// What the program does for a step. `before` is what the plan was made from.
    pub(crate) fn apply(
        &mut self,
        plan: &Plan,
        step: &Step,
        request: &Request,
        before: &Snapshot,
        pairs: &mut [Option<Fingerprint>],
    ) {
        let target = &plan.targets[step.target];
        let new = || pair_of(pairs[step.target].expect("the pair is made before it is used"));
        match step.action {
            Action::Escrow => {
                let publisher = plan.escrow.clone().expect("somebody to keep");
                self.secrets(&step.environment).escrow.add(publisher, Some(0));
            }
            Action::AdoptPrivate => {
                let pair = self.mounted_private.expect("a mounted pair");
                self.push_private(step, request, before, pair, Origin::Adopt, None);
            }
            Action::AdoptPublic => {
                let pair = self.mounted_private.expect("a mounted pair");
                self.secrets(&step.environment).public.push(pair);
            }
            Action::RetireKeys => {
                let retirement = target.retirement.as_ref().expect("something to note");
                let keys: Vec<_> =
                    retirement.keys.iter().map(|key| public_key(pair_of(*key)).clone()).collect();
                let list = retirement.list(&keys, target.source.fingerprint(), self.now);
                self.secrets(&step.environment).retired = Some(list);
            }
            Action::MountRetiredKeys => {
                let list = self.secrets(&step.environment).retired.clone();
                self.listed = Some(list.unwrap_or_default());
            }
            Action::Generate => {
                pairs[step.target] = Some(fingerprint(self.next));
                self.next += 1;
            }
            Action::Load => {
                let wanted = new();
                assert!(self.reachable_keys().contains(&wanted), "there is nothing to load");
            }
            Action::PushPrivate => {
                let pair = new();
                self.push_private(step, request, before, pair, target.origin, target.adopt);
            }
            Action::PushPublic => {
                let pair = new();
                self.secrets(&step.environment).public.push(pair);
            }
            Action::SetAside => self.set_aside.extend(self.mounted_private),
            Action::MountPrivate => self.mounted_private = Some(new()),
            Action::MountPublic => self.mounted_public = Some(new()),
            Action::ResignToken => self.token = Some(new()),
            Action::UpdateServerKey | Action::Prove => {}
        }
    }

    fn push_private(
        &mut self,
        step: &Step,
        request: &Request,
        before: &Snapshot,
        pair: Pair,
        origin: Origin,
        adopted: Option<Fingerprint>,
    ) {
        let current = before.vault(&step.environment).and_then(|vault| vault.private.fingerprint());
        let tags = Tags {
            fingerprint: Some(fingerprint(pair)),
            rotation_id: Some(request.rotation_id.clone()),
            origin: Some(origin),
            previous: adopted.or(current),
            ..Tags::default()
        };
        self.secrets(&step.environment).private.push((pair, tags));
    }
}
