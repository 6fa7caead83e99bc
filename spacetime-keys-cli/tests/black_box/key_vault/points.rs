//! The points at which a fault can strike: each request of a clean run, with each fault.

use std::collections::BTreeMap;

use spacetime_keys_core::PrivateKey;
use spacetime_keys_stand_ins::{Fault, Matcher, Operation, Request};

use super::fleet::PRIVATE_SECRET;

/// One request of a run, and what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    request: Request,
    pub(crate) fault: Fault,
    /// Once, or to every such request from then on.
    lasting: bool,
}

impl Point {
    pub(crate) fn matcher(&self) -> Matcher {
        let matcher = Matcher::of(&self.request);
        if self.lasting { matcher.always() } else { matcher }
    }

    pub(crate) const fn is_second_writer(&self) -> bool {
        matches!(self.fault, Fault::SecondWriter { .. })
    }

    pub(crate) const fn hangs(&self) -> bool {
        matches!(self.fault, Fault::Hang | Fault::HangAfter)
    }

    pub(crate) const fn kills(&self) -> bool {
        matches!(self.fault, Fault::KillBefore | Fault::KillAfter)
    }
}

/// A point's place, and the fault's name: values are not shown.
impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Request { host, operation, occurrence, secret, .. } = &self.request;
        let secret = secret.as_deref().unwrap_or_default();
        let name = format!("{:?}", self.fault);
        let name = name.split([' ', '{']).next().unwrap_or_default();
        let lasting = if self.lasting { ", lasting" } else { "" };
        write!(f, "{name} at {operation:?} {host} {secret} #{occurrence}{lasting}")
    }
}

fn once(operation: Operation) -> Vec<Fault> {
    let mut faults = vec![
        Fault::DropBefore,
        Fault::Status429 { retry_after: None },
        Fault::Status503,
        Fault::Hang,
        Fault::KillBefore,
    ];
    if operation == Operation::Challenge {
        return faults;
    }
    faults.extend([Fault::DropAfter, Fault::CutJson, Fault::Status500]);
    if operation == Operation::Login {
        return faults;
    }
    faults.extend([
        Fault::Status429 { retry_after: Some(1) },
        Fault::Forbidden("ForbiddenByRbac".to_owned()),
        Fault::Forbidden("ForbiddenByFirewall".to_owned()),
        Fault::TokenExpired,
    ]);
    if operation == Operation::Put {
        faults.extend([Fault::HangAfter, Fault::KillAfter]);
    } else {
        faults.push(Fault::StaleRead);
    }
    faults
}

fn lasting(operation: Operation) -> Vec<Fault> {
    match operation {
        Operation::Put => vec![
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Status429 { retry_after: None },
            Fault::Forbidden("ForbiddenByRbac".to_owned()),
        ],
        Operation::GetLatest | Operation::ListVersions => vec![Fault::Status503, Fault::StaleRead],
        _ => vec![Fault::DropBefore],
    }
}

/// Another operator, who writes a pair of their own.
fn second_writer(secret: &str, key: &PrivateKey) -> Fault {
    let value =
        if secret == PRIVATE_SECRET { key.to_pem().to_string() } else { key.public_key().to_pem() };
    Fault::SecondWriter { value, tags: BTreeMap::new() }
}

/// All points of a run.
pub(crate) fn points_of(requests: &[Request]) -> Vec<Point> {
    let other = PrivateKey::generate().unwrap();
    let mut points = Vec::new();
    for request in requests {
        let mut add = |fault, lasting| {
            points.push(Point { request: request.clone(), fault, lasting });
        };
        for fault in once(request.operation) {
            add(fault, false);
        }
        for fault in lasting(request.operation) {
            add(fault, true);
        }
        if let Some(secret) = request.secret.as_deref().filter(|name| name.ends_with("-key"))
            && !matches!(request.operation, Operation::Challenge | Operation::Login)
        {
            add(second_writer(secret, &other), false);
        }
    }
    points
}
