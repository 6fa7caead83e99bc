//! A host whose owner can publish, as long as nothing goes wrong.

use std::fs;

use crate::host::{DATABASE, Host, NICKNAME};
use crate::process::Ended;
use crate::server::Server;
use crate::{host_with_a_database, rotate};

use super::cure;
use super::diagnosis::Diagnosis;
use super::faults::{KeyFault, TokenFault};

/// What is put back before each case.
const KEPT: &str = ".generated data/.config .spacetime-keys";

/// With a rotation behind it: the owner's claims are in escrow.
pub(crate) struct OwnersHost {
    pub(crate) host: Host,
    pub(crate) server: Server,
    owner: String,
    /// `cli.toml` from before the rotation.
    older: String,
}

impl OwnersHost {
    pub(crate) fn new() -> Self {
        let (host, mut server) = host_with_a_database();
        let owner = server.owner();
        let older = fs::read_to_string(host.cli_toml()).unwrap();
        rotate(&host, &owner);
        server.restart();
        // The note that the CLI has of the server's key, fresh again.
        host.spacetime(&["server", "fingerprint", "-y", NICKNAME]).expect_success();
        let owners = Self { host, server, owner, older };
        owners.shell(&format!("mkdir kept && cp -a --parents {KEPT} kept")).expect_success();
        owners
    }

    /// As it was when the owner could publish.
    pub(crate) fn reset(&mut self) {
        self.shell(&format!("rm -rf {KEPT} && cp -a kept/. .")).expect_success();
        self.server.restart();
    }

    pub(crate) fn befall(&mut self, keys: KeyFault, token: TokenFault) {
        keys.happen(&self.host, &mut self.server);
        token.happen(&self.host, &self.server, &self.older);
    }

    pub(crate) fn shell(&self, script: &str) -> Ended {
        cure::shell(&self.host, script)
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis {
        Diagnosis::of(&self.host, self.server.url(), Some(DATABASE))
    }

    /// Whether the owner publishes over the database.
    pub(crate) fn publishes(&self) -> Result<(), String> {
        let known = fs::read_to_string(self.host.cli_toml())
            .is_ok_and(|content| content.contains(&format!("nickname = \"{NICKNAME}\"")));
        // By its URL where the file that knew the server's nickname is gone.
        let server = if known { NICKNAME } else { self.server.url() };
        let published = self.host.publish(server);
        if !published.success || !published.stdout.contains("Updated database") {
            return Err(published.output());
        }
        let owner = self.server.owner();
        if owner == self.owner { Ok(()) } else { Err(format!("the owner is now {owner}")) }
    }
}
