//! What the addon's files take from Node-API's crate.

/// What JavaScript throws: a text, which is the JSON of an error, or no JSON where it is a bug.
pub struct Error(pub(crate) String);

pub type Result<T> = std::result::Result<T, Error>;

/// JavaScript sees the text only.
pub enum Status {
    GenericFailure,
    InvalidArg,
}

impl Error {
    pub fn new(_: Status, text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

pub mod bindgen_prelude {
    pub type Buffer = Vec<u8>;

    /// There is one thread: it is done already.
    pub struct AsyncTask<T>(pub(crate) T);
}
