//! `#[napi]` for a build that has no Node-API.

use proc_macro::TokenStream;

/// Leaves the item as it is: what is exported stands in `exports.rs`.
#[proc_macro_attribute]
pub fn napi(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
