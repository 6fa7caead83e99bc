//! Documents of many tenants in one database: who may see and write what stands in tables, never in a
//! token.

mod access;
mod administrators;
mod call;
mod documents;
mod grants;
mod links;
mod members;
mod memberships;
mod rules;
mod tables;
mod visibility;
