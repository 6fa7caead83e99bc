//! The addresses of a host's name, looked up once.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The addresses of one host. What the first question found is what every later one goes to: else a name
/// that was this machine's when it was judged could be another's when the token is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Once(Arc<OnceLock<Vec<SocketAddr>>>);

impl Once {
    /// Whether all of them are this machine's. `false` where none was looked up.
    pub(super) fn are_of_this_machine(&self) -> bool {
        self.0.get().is_some_and(|found| {
            !found.is_empty() && found.iter().all(|address| is_this_machine(address.ip()))
        })
    }
}

/// A loopback address, or the one that stands for "any": it leads to this machine, too.
fn is_this_machine(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

impl Resolver for Once {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if self.0.get().is_none() {
            let found = DefaultResolver::default().resolve(uri, config, timeout)?;
            let _ = self.0.set(found.iter().copied().collect());
        }
        let mut addresses = self.empty();
        for address in self.0.get().into_iter().flatten() {
            addresses.push(*address);
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(addresses: &[&str]) -> Once {
        let once = Once::default();
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        once.0.set(addresses.collect()).unwrap();
        once
    }

    #[test]
    fn this_machine_and_others() {
        for near in [
            &["127.0.0.1:1"][..],
            &["127.9.8.7:1"],
            &["[::1]:1", "127.0.0.1:1"],
            &["[::ffff:127.0.0.1]:1"],
            &["0.0.0.0:1"],
        ] {
            assert!(found(near).are_of_this_machine(), "{near:?}");
        }
        for far in [
            &["192.0.2.1:1"][..],
            &["127.0.0.1:1", "192.0.2.1:1"],
            &["[::ffff:192.0.2.1]:1"],
            &["[2001:db8::1]:1"],
            &[],
        ] {
            assert!(!found(far).are_of_this_machine(), "{far:?}");
        }
        assert!(!Once::default().are_of_this_machine());
    }
}
