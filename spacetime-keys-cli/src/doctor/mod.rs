//! What `doctor` looks at, asks of the network, and reads of a log; and what it does with the steps.

mod address;
mod client;
mod defaults;
mod fix;
mod inquiry;
mod log;
mod named;
mod subject;
mod text;
mod wait;

pub(crate) use client::Client;
pub(crate) use defaults::Defaults;
pub(crate) use fix::{Fixed, fix};
pub(crate) use inquiry::Inquiry;
pub(crate) use log::read;
pub(crate) use named::{foreign, known, look, no_url, server_url, servers, unreached};
pub(crate) use subject::{Subject, Wanted};
pub(crate) use text::to_text;
pub(crate) use wait::{Waiting, with_sign};
