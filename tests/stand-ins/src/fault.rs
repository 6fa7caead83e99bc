//! What goes wrong, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::log::{Operation, Request};

/// What goes wrong. "The write" is whatever the request asks for: a read as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends before the write: no answer.
    DropBefore,
    /// The connection ends after the write: no answer.
    DropAfter,
    /// 429, instead of the write.
    Status429 {
        /// The seconds in `Retry-After`, if it is sent.
        retry_after: Option<u64>,
    },
    /// 500, instead of the write.
    Status500,
    /// 503, instead of the write.
    Status503,
    /// No answer and no write, until the client or the stand-in is gone.
    Hang,
    /// The write, and then no answer until the client or the stand-in is gone.
    HangAfter,
    /// 403 with this inner code, instead of the write.
    Forbidden(String),
    /// As if the secret's newest version were not there yet.
    StaleRead,
    /// After the write, half of the answer's JSON under an honest `Content-Length`.
    CutJson,
    /// Every token given out so far becomes invalid, so that this request is refused with 401.
    TokenExpired,
    /// Before the write, another operator writes a new version of the same secret.
    SecondWriter {
        /// What the other wrote.
        value: String,
        /// And its tags.
        tags: BTreeMap<String, String>,
    },
    /// What answers the connection does not speak TLS. Takes only a matcher of a host.
    NoTls,
    /// The certificate is of an authority that nobody trusts. Takes only a matcher of a host.
    UntrustedCa,
    /// Before the write, the process of [`StandIn::set_process`](crate::StandIn::set_process) gets
    /// SIGKILL; there is no write.
    KillBefore,
    /// The same after the write.
    KillAfter,
    /// Waits, then goes on as if nothing were.
    Delay(Duration),
}

impl Fault {
    /// Whether it strikes a connection and no request.
    pub(crate) const fn of_connection(&self) -> bool {
        matches!(self, Self::NoTls | Self::UntrustedCa)
    }
}

/// Which requests a fault strikes: all that fit what is named here, once unless
/// [`times`](Self::times) says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    host: Option<String>,
    operation: Option<Operation>,
    secret: Option<String>,
    occurrence: Option<u64>,
    times: u64,
}

impl Default for Matcher {
    fn default() -> Self {
        Self { host: None, operation: None, secret: None, occurrence: None, times: 1 }
    }
}

impl Matcher {
    /// Any request at all.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests to this vault (only its name).
    #[must_use]
    pub fn vault(name: &str) -> Self {
        Self { host: Some(name.to_owned()), ..Self::default() }
    }

    /// The request that `request` was, when everything is done again: by its host, operation,
    /// secret and occurrence. Its number would not do if requests run side by side.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            secret: request.secret.clone(),
            ..Self::vault(&request.host).operation(request.operation).occurrence(request.occurrence)
        }
    }

    /// Requests to the tenant's login.
    #[must_use]
    pub fn login() -> Self {
        Self::vault("login")
    }

    /// Requests to the instance metadata service.
    #[must_use]
    pub fn imds() -> Self {
        Self::vault("imds")
    }

    /// Of these, the ones that ask for this.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Of these, the ones about this secret.
    #[must_use]
    pub fn secret(mut self, name: &str) -> Self {
        self.secret = Some(name.to_owned());
        self
    }

    /// Of these, the one before which `n` requests of the same host, operation and secret came
    /// since the log was cleared.
    #[must_use]
    pub fn occurrence(mut self, n: u64) -> Self {
        self.occurrence = Some(n);
        self
    }

    /// The first `times` of them (with an occurrence: from that one on).
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// All of them.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    fn fits(&self, host: &str, operation: Operation, secret: Option<&str>) -> bool {
        self.host.as_deref().is_none_or(|wanted| wanted == host)
            && self.operation.is_none_or(|wanted| wanted == operation)
            && self.secret.as_deref().is_none_or(|wanted| Some(wanted) == secret)
    }
}

#[derive(Debug)]
enum When {
    Matching(Matcher),
    Number(u64),
}

#[derive(Debug)]
struct Rule {
    when: When,
    fault: Fault,
    left: u64,
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    /// How often one struck.
    pub(crate) struck: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, matcher: Matcher, fault: Fault) {
        let of_a_request =
            matcher.operation.is_some() || matcher.secret.is_some() || matcher.occurrence.is_some();
        assert!(
            !(fault.of_connection() && of_a_request),
            "{fault:?} strikes a connection: name its host alone"
        );
        let left = matcher.times;
        self.rules.push(Rule { when: When::Matching(matcher), fault, left });
    }

    pub(crate) fn add_nth(&mut self, number: u64, fault: Fault) {
        assert!(!fault.of_connection(), "{fault:?} strikes a connection, which has no number");
        self.rules.push(Rule { when: When::Number(number), fault, left: 1 });
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault of this request, if one strikes it: the first that was added.
    pub(crate) fn of_request(
        &mut self,
        (host, operation, secret): (&str, Operation, Option<&str>),
        (number, occurrence): (u64, u64),
    ) -> Option<Fault> {
        self.take(|rule| match &rule.when {
            _ if rule.fault.of_connection() => false,
            When::Number(wanted) => *wanted == number,
            When::Matching(matcher) => {
                matcher.fits(host, operation, secret)
                    && matcher.occurrence.is_none_or(|first| {
                        occurrence >= first && occurrence - first < matcher.times
                    })
            }
        })
    }

    /// The fault of a connection to `host`, if one strikes it.
    pub(crate) fn of_connection(&mut self, host: &str) -> Option<Fault> {
        self.take(|rule| match &rule.when {
            When::Matching(matcher) if rule.fault.of_connection() => {
                matcher.fits(host, Operation::Other, None)
            }
            _ => false,
        })
    }

    fn take(&mut self, strikes: impl Fn(&Rule) -> bool) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|rule| rule.left > 0 && strikes(rule))?;
        rule.left -= 1;
        self.struck += 1;
        Some(rule.fault.clone())
    }
}
