//! An issuer that is a folder of files: what `jwks export --issuer … --out …` wrote, served by a few
//! lines of static web server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use crate::host::Host;

pub(crate) struct Issuer {
    url: String,
    folder: PathBuf,
}

impl Issuer {
    /// Serves a folder of the host on a free port, until the test process ends.
    pub(crate) fn serve(host: &Host) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = host.path("issuer");
        let served = folder.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is its own business.
                let _ = answer(&stream.unwrap(), &served);
            }
        });
        Self { url, folder }
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

fn answer(mut stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The rest of the head: nothing that a folder of files asks for.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
