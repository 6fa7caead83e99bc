use std::time::Duration;

use spacetime_keys_core::Identity;
use spacetime_keys_core::doctor::{Ask, Came};
use spacetime_keys_core::exchange::front::{KEY_PATH, Ownership, owned_path};

use crate::doctor::Client;
use crate::output::Output;

/// How long a question may take. A server that is slower than that is not asked in time anyway.
const QUESTION: Duration = Duration::from_secs(2);

/// The server that is asked. It is sent no token.
pub(crate) struct Server {
    url: String,
    output: Output,
}

impl Server {
    pub(crate) fn new(url: String, output: &Output) -> Self {
        // With `-v -v`, the paths of questions would be printed, and identities stand in them.
        Self { url, output: output.without_details() }
    }

    /// Its answer to the question for its key; `None`: there was none.
    pub(super) fn key(&self) -> Option<Came> {
        self.get(KEY_PATH)
    }

    /// Whether an identity owns a database.
    pub(super) fn ownership(&self, identity: Identity) -> Ownership {
        let came = self.get(&owned_path(identity));
        Ownership::of(came.as_ref().map(Came::as_answer))
    }

    fn get(&self, path: &str) -> Option<Came> {
        // The client gives one question half of its time.
        Client::new(&self.url, 2 * QUESTION, false, &self.output).get(path, None).ok()
    }
}
