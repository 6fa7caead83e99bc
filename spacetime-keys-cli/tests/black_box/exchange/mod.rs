//! The exchange's listener, between a stand-in proxy or client and a stand-in server.

mod abuse;
mod ending;
mod game;
mod proxies;
mod refused;
mod requests;
mod running;
mod started;
mod trap;
mod watched;
