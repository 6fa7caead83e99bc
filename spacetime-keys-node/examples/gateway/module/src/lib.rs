//! Documents of many tenants in one database: who may see and write what stands in tables, never in a
//! token.

mod access;
mod administrators;
mod documents;
mod grants;
mod links;
mod members;
mod rules;
mod tables;
mod visibility;
