//! Promotion: what the source says of itself, and what the destination does before and after it is
//! started on the source's data. Nothing here moves data, and nothing goes from host to host but the
//! passport.

mod accept;
mod admit;
mod foreign;
mod passport;
mod running;

pub use accept::{Acceptance, accept};
pub use admit::{Admission, Admitted, admit, look};
pub use foreign::ForeignSecret;
pub use passport::{Subject, passport};
pub use running::{is_running, require_data, require_stopped};
