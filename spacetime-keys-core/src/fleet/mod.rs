//! A fleet of environments, their vaults and one host: what is sound, and what has to be done.
//!
//! Nothing here reads or writes. A [`Snapshot`] says what was found; [`audit`] judges it; [`plan`]
//! says, as data, which steps lead from there to the end of an operation; [`prove`] judges the
//! snapshot taken afterwards. The program that carries the steps out may die between any two of
//! them: the same plan, made again from the state that was left, holds just the steps that remain.

mod audit;
pub mod copy;
mod decide;
mod escrow;
mod finding;
mod history;
mod inspect;
mod observe;
mod order;
mod plan;
mod planner;
mod policy;
mod prove;
mod readers;
mod retire;
mod snapshot;
mod version;

pub use audit::{
    EnvironmentReport, MountedReport, PublisherReport, Report, RuleReport, Scope, audit, audit_keys,
};
pub use escrow::Escrow;
pub use finding::{Finding, Problem, Severity};
pub use history::{PastPair, PastState, history};
pub use inspect::{Damage, DamagedPart, Inspected, LeftElsewhere, OTHER_NAMES, Place, PlaceKind};
pub use observe::{CliTomlFacts, Misplaced, Mounted};
pub use order::{Stamp, in_order};
pub use plan::{Action, Note, Plan, Refusal, Request, Source, Step, Target};
pub use planner::plan;
pub use policy::{Environment, Policy};
pub use prove::prove;
pub use readers::Unreadable;
pub use retire::Retirement;
pub use snapshot::{
    Host, KeyState, Operation, PairState, PublisherState, Snapshot, Unfinished, Vault,
};
pub use version::{Copied, Origin, StoredVersion, Tags};
