//! Ports for servers that cannot choose one themselves.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems hand out to programs that name none: of those, any connection may have
/// taken the one that was free a moment ago.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// How many have been given out: no two tests of this process get the same.
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// A port at which nobody listens. Other runs of the tests begin to look elsewhere. Should one of
/// them take it all the same before it is used, its user asks for another.
pub(crate) fn free() -> u16 {
    let start = u16::try_from(process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap();
    for _ in 0..COUNT {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port =
            FIRST + u16::try_from((u32::from(start) + u32::from(step)) % u32::from(COUNT)).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
