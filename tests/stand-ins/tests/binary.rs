//! The binary: the files that it writes lead to it, and it ends with its standard input.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn start(folder: &std::path::Path) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_stand-in-key-vault"))
        .args(["--vaults", "kv-prod,kv-test", "--latency-ms", "1", "--folder"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (process, line)
}

#[test]
fn a_shell_that_sources_its_file_reaches_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, line) = start(folder.path());
    let shell = |command: &str| {
        let script = format!(". \"$0\"; {command}");
        let output = Command::new("sh")
            .args(["-c", &script])
            .arg(folder.path().join("environment"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let proxy = shell("printf %s \"$HTTPS_PROXY\"");
    assert!(proxy.starts_with("http://127.0.0.1:") && line.contains(&proxy), "{line}");
    let authority = shell("cat \"$SSL_CERT_FILE\"");
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(authority, std::fs::read_to_string(folder.path().join("ca.pem")).unwrap());

    let address = proxy.strip_prefix("http://").unwrap();
    for (vault, status) in [("kv-prod", "200"), ("kv-test", "200"), ("kv-dev", "502")] {
        let mut stream = TcpStream::connect(address).unwrap();
        let host = format!("{vault}.vault.azure.net:443");
        write!(stream, "CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
    }
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn sigterm_ends_it_in_order() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = tempfile::tempdir().unwrap();
    let (mut process, _) = start(folder.path());
    // Waiting would close it, and that ends the program as well.
    let _open = process.stdin.take();
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    assert!(process.wait().unwrap().success());
}
