//! The program as a service, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::common::{Host, Run};

/// A running `spacetime-keys exchange`. It ends with this value.
pub(crate) struct Exchange {
    child: Child,
    pub(crate) address: SocketAddr,
    stdout: Option<BufReader<ChildStdout>>,
    first_line: String,
    stderr: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(field).collect(), body: body.to_owned() }
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.headers.iter().filter(|(known, _)| known == name);
        fields.map(|(_, value)| value.as_str()).collect()
    }

    /// The one token that a proxy would pass on.
    #[track_caller]
    pub(crate) fn passed_on(&self) -> &str {
        assert_eq!(self.status, 200, "{self:?}");
        let [value] = self.all("authorization")[..] else { panic!("{self:?}") };
        value.strip_prefix("Bearer ").unwrap()
    }

    /// `error.code`
    pub(crate) fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends bytes to an address, and reads until the other side is done.
pub(crate) fn exchanged(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    // A server that refuses a head reads no more of it.
    let _ = stream.write_all(bytes);
    let mut came = Vec::new();
    let _ = stream.read_to_end(&mut came);
    String::from_utf8(came).unwrap()
}

/// A request; `fields` are whole header lines.
pub(crate) fn ask(address: SocketAddr, first: &str, fields: &[&str]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let fields = fields.concat();
    let request = format!("{first} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{fields}\r\n");
    Answer::parse(&exchanged(address, request.as_bytes()))
}

impl Exchange {
    pub(crate) fn start(host: &Host, arguments: &[&str]) -> Self {
        let all = [&["exchange", "--listen", "127.0.0.1:0"], arguments].concat();
        Self::of(&mut host.command(&all))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        let stderr = Arc::<Mutex<String>>::default();
        let reading = read_on(child.stderr.take().unwrap(), Arc::clone(&stderr));
        let place = first_line.trim_end().rsplit('/').next().unwrap();
        let address = place.parse().unwrap_or_else(|_| panic!("{first_line:?} {stderr:?}"));
        Self { child, address, stdout: Some(stdout), first_line, stderr, reading: Some(reading) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ask(&self, first: &str, fields: &[&str]) -> Answer {
        ask(self.address, first, fields)
    }

    /// A proxy's question about a request with this token.
    pub(crate) fn forward(&self, token: &str) -> Answer {
        self.ask("GET /forward-auth", &[&format!("Authorization: Bearer {token}")])
    }

    /// A client that wants to keep the new one.
    pub(crate) fn keep(&self, token: &str) -> Answer {
        self.ask("POST /exchange", &[&format!("Authorization: Bearer {token}")])
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ask("GET /healthz", &[]).status == 200
    }

    /// What it has said on standard error until now.
    pub(crate) fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Tells it to end, and waits for that.
    pub(crate) fn end(self) -> Run {
        self.signal("-TERM");
        self.wait()
    }

    pub(crate) fn wait(mut self) -> Run {
        let status = self.child.wait().unwrap();
        let mut stdout = self.first_line.clone();
        self.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.reading.take().unwrap().join().unwrap();
        Run { status: status.code(), stdout, stderr: self.said() }
    }
}

fn read_on(stderr: ChildStderr, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut said = into.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    })
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
