//! `doctor` against the real server: what it foretells, what its remedies do, and that it changes
//! nothing.

mod cure;
mod diagnosis;
mod faults;
mod foretell;
mod keys;
mod owner;
mod page;
mod proxy;
mod remedies;
mod set_up;
mod token;
mod tree;
mod unchanged;
mod world;
