//! `store copy`: from a folder to a key vault and back. The judge reads folders and vaults by itself,
//! and shares nothing with the program.

mod answers;
mod damage;
mod faults;
mod judge;
mod places;
#[cfg(feature = "testing")]
mod points;
#[cfg(feature = "testing")]
mod together;
mod world;
