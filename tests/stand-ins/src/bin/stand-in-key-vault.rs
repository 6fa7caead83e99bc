//! A stand-in Key Vault for trying the program by hand, and for tests with the real `az`.

#![allow(clippy::print_stdout, reason = "one line, when it is ready")]

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

use clap::Parser;
use spacetime_keys_stand_ins::{Setup, StandIn};
use tokio::sync::mpsc;

/// Azure's login and Key Vault on a port of this machine, until the standard input ends or SIGTERM
/// comes
#[derive(Parser)]
struct Args {
    /// The vaults that exist
    #[arg(long, value_delimiter = ',', required = true, value_name = "NAMES")]
    vaults: Vec<String>,
    /// Where to write `ca.pem` and `environment`, which a shell can source
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// How long each request takes at least
    #[arg(long, default_value_t = 0, value_name = "N")]
    latency_ms: u64,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("stand-in-key-vault: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> io::Result<()> {
    let latency = Duration::from_millis(args.latency_ms);
    let stand_in = StandIn::start(Setup { vaults: args.vaults, latency, ..Setup::default() });
    fs::create_dir_all(&args.folder)?;
    let folder = fs::canonicalize(&args.folder)?;
    for file in [stand_in.ca_file(), stand_in.assertion_file()] {
        fs::copy(&file, folder.join(file.file_name().unwrap_or_default()))?;
    }
    let mut environment = String::new();
    for (name, value) in stand_in.environment() {
        let _ = writeln!(environment, "export {name}='{value}'");
    }
    fs::write(folder.join("environment"), environment)?;
    // The signals are listened for before anybody is told that they may come.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    println!("ready at {}: source {}", stand_in.proxy_url(), folder.join("environment").display());
    runtime.block_on(async {
        tokio::select! {
            () = signals.next() => {}
            () = end_of_stdin() => {}
        }
    });
    Ok(())
}

async fn end_of_stdin() {
    let (ended, mut end) = mpsc::channel::<()>(1);
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(ended);
    });
    end.recv().await;
}

/// What ends a program in order.
#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    async fn next(mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    const fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
