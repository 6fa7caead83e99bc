//! The exchange's listener: sockets, files, a clock, and questions to the server. What is answered
//! stands in the core (`exchange::front`).

mod connections;
mod listen;
mod respond;
mod server;
mod shared;

pub(crate) use listen::{bind, serve};
pub(crate) use server::Server;
pub(crate) use shared::Shared;
