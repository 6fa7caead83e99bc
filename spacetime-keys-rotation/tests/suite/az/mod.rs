//! The store by the Azure CLI, on an `az` that is played.

mod answers;
mod copy;
mod faults;
mod host;
mod net;
mod rotation;
mod secrets;
mod stand_in;
mod stopped;
mod words;
