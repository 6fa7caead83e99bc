//! What `doctor` asks of the network, and reads of a log.

mod client;
mod log;

pub(crate) use client::Client;
pub(crate) use log::read;
