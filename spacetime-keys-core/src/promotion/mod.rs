//! Promotion: the data of one environment's server goes to the server of another, and nothing else does.
//!
//! A [`Passport`] says of the source what the destination needs to know: no secret is in it. The
//! destination signs a token for the publisher with its own key, and [`judge`] holds what was seen there
//! ([`Seen`]) against the passport. The passport's public key is what shows that nothing of the source
//! verifies at the destination, and nothing of the destination at the source.

mod answers;
mod gate;
mod judge;
mod order;
mod passport;
mod seen;
mod table;

pub use answers::{DatabaseFacts, Query, database, sql_path};
pub use gate::{Gate, GateName};
pub use judge::judge;
pub use order::Order;
pub use passport::{Count, Database, Passport};
pub use seen::{DatabaseSeen, Rows, Seen, Signed, TreeSeen};
pub use table::{Counted, Table};
