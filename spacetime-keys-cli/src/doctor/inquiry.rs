//! The inquiry of a diagnosis, repeated until it is complete.

use std::time::Duration;

use spacetime_keys_core::doctor::{
    Ask, Asked, LogSeen, Observations, Outcome, Places, ServerSeen, diagnose,
};
use spacetime_keys_rotation::{Look, Site, observe};

use super::{Client, Subject, Waiting, with_sign};
use crate::failure::Failure;
use crate::output::Output;

const WAITED_FOR: &str = "an answer of the server";

/// The subject of an inquiry, and its settings.
pub(crate) struct Inquiry<'a> {
    pub(crate) site: &'a Site<'a>,
    pub(crate) subject: &'a Subject,
    pub(crate) places: Places,
    /// Whether the folder of the mounted keys was named.
    pub(crate) keys_are_named: bool,
    /// The time limit of one look.
    pub(crate) timeout: Duration,
    /// Whether plain http may carry a token to another machine.
    pub(crate) plain_http: bool,
    pub(crate) output: &'a Output,
}

impl<'a> Inquiry<'a> {
    /// Looks at everything; for as long as it may, again and again until the server answers.
    pub(crate) fn look(
        &self,
        log: Option<LogSeen>,
        wait: Option<Duration>,
    ) -> Result<Observations, Failure> {
        let ask = |left| {
            let timeout = wait.map_or(self.timeout, |_| self.timeout.min(left));
            Ok(Observations { log, ..self.look_once(timeout)? })
        };
        let answers = |seen: &Observations| {
            seen.server.unreached().is_none()
                || diagnose(seen).outcome != Some(Outcome::Unreachable)
        };
        Waiting::new(wait.unwrap_or_default(), WAITED_FOR, self.output).until(ask, answers)
    }

    /// Asks for version and key only. Without a server nothing is seen.
    pub(crate) fn server(&self, timeout: Duration) -> ServerSeen {
        let client = self.client(timeout);
        client.as_ref().map_or_else(ServerSeen::default, |client| ServerSeen::look(client))
    }

    fn client(&self, timeout: Duration) -> Option<Client<'a>> {
        let (url, _) = self.subject.asked.server.as_ref()?;
        Some(Client::new(url, timeout, self.plain_http, self.output))
    }

    fn look_once(&self, timeout: Duration) -> Result<Observations, Failure> {
        let Asked { database, .. } = &self.subject.asked;
        let client = self.client(timeout);
        let look = Look {
            paths: &self.subject.paths,
            keys_are_named: self.keys_are_named,
            server: client.as_ref().map(|client| client as &dyn Ask),
            database: database.as_ref().map(|(name, _)| name.as_str()),
        };
        let seen =
            with_sign(WAITED_FOR, self.output, || observe(self.site, &look, self.places.clone()))?;
        Ok(Observations { project: self.subject.project.clone(), ..seen })
    }
}
