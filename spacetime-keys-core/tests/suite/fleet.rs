//! Plans, carried out on a fleet that exists only in memory: from any state that vaults and host
//! can be in, a plan is refused or leads to a proven end; cut off after any step and made again, it
//! leads there too; and no private key is ever lost.

use crate::common::properties;
use crate::fleet_model::{World, all_environments, environment, policy};
use proptest::prelude::*;
use spacetime_keys_core::Error;
use spacetime_keys_core::exchange::RetiredKeys;
use spacetime_keys_core::fleet::{
    CliTomlFacts, Environment, Escrow, Host, KeyState, Mounted, Operation, Policy, Request, Scope,
    Snapshot, Source, Vault, audit, plan, prove,
};

pub(crate) const OPERATIONS: [Operation; 4] =
    [Operation::Rotate, Operation::Resume, Operation::Rollback, Operation::Sync];

pub(crate) fn request(operation: Operation, environments: &[&str], host: Option<&str>) -> Request {
    Request {
        rotation_id: "this-run".to_owned(),
        environments: environments.iter().map(|name| environment(name)).collect(),
        host: host.map(environment),
        ..Request::new(operation)
    }
}

/// Where a run is cut short: in the stage that this step belongs to, and how far it had come by then
/// in each of the vaults that such a stage writes at once.
type Cut = (usize, [usize; 4]);

const TO_THE_END: Cut = (usize::MAX, [0; 4]);

/// Carries a plan out, up to the cut. Whether it came to its end; then it is proven.
fn carry_out(
    world: &mut World,
    request: &Request,
    (mut steps, lanes): Cut,
) -> Result<bool, TestCaseError> {
    let before = world.snapshot_of(request);
    let plan = match plan(&policy(), &before, request) {
        Ok(plan) => plan,
        Err(refusal) => return Err(TestCaseError::fail(format!("refused: {refusal}"))),
    };
    let mut pairs: Vec<_> = plan.targets.iter().map(|t| t.source.fingerprint()).collect();
    world.begin(&plan);
    for stage in plan.stages() {
        let cut = steps < stage.len();
        for (lane, part) in stage.chunk_by(|a, b| a.environment == b.environment).enumerate() {
            let part = if cut { &part[..lanes[lane % 4].min(part.len())] } else { part };
            for step in part {
                world.apply(&plan, step, request, &before, &mut pairs);
            }
        }
        if cut {
            return Ok(false);
        }
        steps -= stage.len();
    }
    let pairs: Vec<_> =
        pairs.into_iter().map(|pair| pair.expect("every target has a pair")).collect();
    prop_assert_eq!(prove(&plan, request, &pairs, &world.snapshot()), Ok(()));
    Ok(true)
}

proptest! {
    #![proptest_config(properties("tests/suite/fleet.regressions", 4_000, 20_000))]

    #[test]
    fn refused_or_proven_wherever_it_is_cut(
        world in crate::fleet_model::any_world(),
        operation in prop::sample::select(&OPERATIONS[..]),
        whole_fleet in any::<bool>(),
        adopt_mounted in any::<bool>(),
        replace_lost_key in any::<bool>(),
        honor in prop::option::of(prop::sample::select(&[0, 30 * 86_400][..])),
        compromised in prop::bool::weighted(0.2),
        cuts in prop::collection::vec((0_usize..20, prop::array::uniform4(0_usize..5)), 0..3),
        others in prop::collection::vec((0_usize..3, any::<bool>()), 0..3),
    ) {
        let environments: &[&str] =
            if whole_fleet && operation == Operation::Rotate { &["prod", "dev", "local"] } else { &["local"] };
        let mut request = request(operation, environments, Some("local"));
        request.adopt_mounted = adopt_mounted;
        request.replace_lost_key = replace_lost_key;
        request.honor_old_tokens = honor;
        request.compromised = compromised && operation == Operation::Rotate;
        let mut world = world;
        let before = world.reachable_keys();
        let lists = world.lists(&request);
        if plan(&policy(), &world.snapshot(), &request).is_err() {
            return Ok(());
        }
        for cut in cuts {
            if carry_out(&mut world, &request, cut)? {
                return lists.judge(&world, &request, !others.is_empty());
            }
            request.continuing = true;
            for (vault, public) in &others {
                world.another_operator(*vault, *public);
            }
            prop_assert!(before.is_subset(&world.reachable_keys()), "a key is lost half-way");
            // A sync writes no vault: one that somebody else has half-written is repaired first.
            let refused = plan(&policy(), &world.snapshot_of(&request), &request).is_err();
            if refused && !others.is_empty() && operation == Operation::Sync {
                request.operation = Operation::Resume;
            }
        }
        prop_assert!(carry_out(&mut world, &request, TO_THE_END)?);
        prop_assert!(before.is_subset(&world.reachable_keys()), "a key is lost");
        lists.judge(&world, &request, !others.is_empty())?;
    }

    /// What an audit calls sound, `rotate` and `rollback` take; what they do, it calls sound.
    #[test]
    fn audit_and_plans_agree(world in crate::fleet_model::any_world()) {
        let mut world = world;
        let scope = Scope::of(all_environments(), None);
        let report = audit(&policy(), &world.snapshot(), &scope, 0);
        // The host mounts the keys of the environment that the audit says.
        let host = report.mounted.as_ref().and_then(|mounted| mounted.environment.as_ref());
        let host = host.map_or("local", |environment| environment.as_str());
        let rotate = request(Operation::Rotate, &["prod", "dev", "local"], Some(host));
        let planned = plan(&policy(), &world.snapshot(), &rotate);
        if report.ok {
            prop_assert!(planned.is_ok(), "sound, and refused: {:?}", planned.err());
        }
        if planned.is_ok() {
            prop_assert!(carry_out(&mut world, &rotate, TO_THE_END)?);
            let report = audit(&policy(), &world.snapshot(), &scope, 0);
            prop_assert!(report.ok, "rotated, and unsound: {:?}", report.problems);
        }
    }
}

#[test]
fn a_plan_that_has_nothing_to_do_only_proves() {
    let world = World::sound();
    for operation in [Operation::Resume, Operation::Sync] {
        let request = request(operation, &["local"], Some("local"));
        let plan = plan(&policy(), &world.snapshot(), &request).expect("sound");
        assert!(!plan.changes_anything(), "{operation:?}: {:?}", plan.steps);
        assert_eq!(plan.steps.len(), 1);
    }
}

/// What is mounted here fills the empty vaults of its own group, and of no other.
#[test]
fn another_groups_empty_vault_is_not_mended_with_this_hosts_keys() {
    let environments = ["prod", "local"].map(|name| Environment::new(name).expect("a name"));
    let policy = Policy::new(&environments, Vec::new(), 0).expect("a policy");
    let key = spacetime_keys_core::PrivateKey::generate().expect("a key");
    let (private, public) = (key.to_pem(), key.public_key().to_pem());
    let mounted = Mounted::of(Some(private.as_bytes()), Some(public.as_bytes()));
    let snapshot = Snapshot {
        vaults: environments
            .iter()
            .map(|environment| Vault {
                environment: environment.clone(),
                name: format!("kv-{environment}"),
                private: KeyState::Missing,
                public: KeyState::Missing,
                latest: None,
                earlier: Vec::new(),
                escrow: Ok(Escrow::default()),
                retired: Ok(None),
                retired_before: RetiredKeys::default(),
            })
            .collect(),
        host: Host::of(mounted, false, CliTomlFacts::of(None)),
        unfinished: None,
    };
    let resume = |environment, host| {
        plan(&policy, &snapshot, &request(Operation::Resume, &[environment], host))
    };
    let fingerprint = key.public_key().fingerprint();
    let own = resume("local", Some("local")).expect("this host's vault can be filled");
    assert_eq!(own.targets[0].source, Source::Mounted { fingerprint });
    for host in [Some("local"), None] {
        let refusal = resume("prod", host).expect_err("prod's keys are not here");
        assert_eq!(refusal.error, Error::VaultEmpty, "{host:?}");
    }
}
