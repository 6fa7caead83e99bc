//! An issuer that is a folder of files: what `jwks export --issuer … --out …` wrote, served by a few
//! lines of static web server.

use std::fs;
use std::path::PathBuf;

use spacetime_keys_stand_ins::plain::{Plain, reply};

use crate::host::Host;

pub(crate) struct Issuer {
    url: String,
    folder: PathBuf,
}

impl Issuer {
    /// Serves a folder of the host on a free port, until the test process ends.
    pub(crate) fn serve(host: &Host) -> Self {
        let folder = host.path("issuer");
        let served = folder.clone();
        let plain = Plain::serve(move |request, stream| {
            match fs::read(served.join(request.path.trim_start_matches('/'))) {
                Ok(body) => reply(stream, "200 OK", body),
                Err(_) => reply(stream, "404 Not Found", ""),
            }
        });
        Self { url: plain.url, folder }
    }

    /// What tokens name as `iss`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.url)
    }

    /// Publishes these public keys, and no others.
    pub(crate) fn publish(&self, host: &Host, public_keys: &[PathBuf]) {
        let mut arguments = vec!["jwks", "export", "--issuer", &self.url, "--out"];
        arguments.push(self.folder.to_str().unwrap());
        arguments.extend(public_keys.iter().map(|path| path.to_str().unwrap()));
        host.spacetime_keys_json(&arguments);
    }
}
