//! The same for servers 2.x: all tables are private, views are what clients see, and claims are read from
//! the token. What is asked before a write is the very same, from the very same files.

#[path = "../../module/src/access.rs"]
mod access;
#[path = "../../module/src/administrators.rs"]
mod administrators;
mod call;
mod documents;
#[path = "../../module/src/grants.rs"]
mod grants;
#[path = "../../module/src/links.rs"]
mod links;
#[path = "../../module/src/members.rs"]
mod members;
mod memberships;
#[path = "../../module/src/rules.rs"]
mod rules;
mod tables;
mod views;
