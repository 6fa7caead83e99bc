//! `doctor` against the real server: what it predicts, what its remedies do, and that it changes
//! nothing.

pub(crate) mod cure;
pub(crate) mod diagnosis;
mod faults;
mod fix;
mod foretell;
mod keys;
mod owner;
mod page;
mod proxy;
mod remedies;
mod set_up;
mod token;
pub(crate) mod tree;
mod unchanged;
pub(crate) mod world;
