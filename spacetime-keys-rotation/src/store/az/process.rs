//! Running az: an argument array, nothing on its input, what it prints taken as secret, a deadline.
//!
//! az is a script that starts Python. It gets a process group of its own, and all of that is killed
//! when it may not go on: whatever ends a call early, nothing of it lives on.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// What is kept of its errors. They are only searched.
const MAX_STDERR: usize = 64 << 10;
/// Room that is there from the start: a buffer that grows leaves copies of a secret behind.
const ROOM: usize = 256 << 10;
const PIECE: usize = 16 << 10;
const TICK: Duration = Duration::from_millis(10);
/// What az has left behind may hold its output open for ever: what az itself has said is there this
/// many ticks after its end. Not a time: this very process may have stood still.
const QUIET_TICKS: usize = 50;

/// The output of az, and its end.
pub(super) struct Ran {
    pub(super) stdout: Zeroizing<Vec<u8>>,
    pub(super) stderr: Zeroizing<Vec<u8>>,
    pub(super) status: ExitStatus,
}

/// Why there is no end of its own.
pub(super) enum NotRun {
    /// It could not be started.
    Start(io::Error),
    /// It was killed when the time was over.
    TimedOut,
    /// It was killed because it printed more than any answer is long.
    TooMuch,
    /// It was killed because somebody asked the run to stop.
    Stopped,
}

/// Runs it to its end, but not beyond the deadline. The environment is this process's.
pub(super) fn run(
    program: &Path,
    arguments: &[OsString],
    timeout: Duration,
    max_stdout: usize,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Ran, NotRun> {
    let started = Instant::now();
    let mut group = Group::start(program, arguments).map_err(NotRun::Start)?;
    let pieces = group.pieces().map_err(NotRun::Start)?;
    let mut stdout = Zeroizing::new(Vec::with_capacity(max_stdout.min(ROOM)));
    let mut stderr = Zeroizing::new(Vec::with_capacity(MAX_STDERR));
    let mut quiet = 0;
    let (status, is_open) = loop {
        let is_open = match pieces.recv_timeout(TICK) {
            Ok((Stream::Out, piece)) => {
                if stdout.len() + piece.len() > max_stdout {
                    return Err(NotRun::TooMuch);
                }
                stdout.extend_from_slice(&piece);
                quiet = 0;
                true
            }
            Ok((Stream::Err, piece)) => {
                let room = MAX_STDERR.saturating_sub(stderr.len()).min(piece.len());
                stderr.extend_from_slice(piece.get(..room).unwrap_or_default());
                quiet = 0;
                true
            }
            Err(RecvTimeoutError::Timeout) => {
                quiet += 1;
                true
            }
            Err(RecvTimeoutError::Disconnected) => {
                // Both ends are closed: nothing is left but to wait for the end.
                thread::sleep(Duration::from_millis(1));
                false
            }
        };
        if let Some(status) = group.status().map_err(NotRun::Start)?
            && (!is_open || quiet >= QUIET_TICKS)
        {
            break (status, is_open);
        }
        if group.status.is_none() {
            quiet = 0;
        }
        if is_stopped() {
            return Err(NotRun::Stopped);
        }
        if started.elapsed() >= timeout {
            return Err(NotRun::TimedOut);
        }
    };
    // Where the script was killed, what it had started may go on; a process that holds its output open shows
    // that the group is still there. What a good call leaves behind is let be.
    group.is_over = !is_open || status.success();
    Ok(Ran { stdout, stderr, status })
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

type Piece = (Stream, Zeroizing<Vec<u8>>);

/// az, and all that it starts. Dropped before that is over, it is killed.
struct Group {
    child: Child,
    status: Option<ExitStatus>,
    is_over: bool,
}

impl Group {
    fn start(program: &Path, arguments: &[OsString]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Where its log is switched on, az writes the bodies of requests to it.
        command.env("AZURE_LOGGING_ENABLE_LOG_FILE", "false");
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self { child: command.spawn()?, status: None, is_over: false })
    }

    /// Its output, as it comes; `None` when both of its streams are closed.
    fn pieces(&mut self) -> io::Result<Receiver<Piece>> {
        let (sender, receiver) = sync_channel(4);
        if let Some(stdout) = self.child.stdout.take() {
            read(stdout, Stream::Out, sender.clone())?;
        }
        if let Some(stderr) = self.child.stderr.take() {
            read(stderr, Stream::Err, sender)?;
        }
        Ok(receiver)
    }

    fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    #[cfg(unix)]
    fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }

    #[cfg(not(unix))]
    fn kill(&self) {
        let mut command = Command::new("taskkill");
        command.args(["/T", "/F", "/PID", &self.child.id().to_string()]);
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

/// Its own thread, for a pipe may be held open for ever. It ends when nobody listens.
fn read(
    mut stream: impl Read + Send + 'static,
    which: Stream,
    pieces: SyncSender<Piece>,
) -> io::Result<()> {
    let work = move || {
        loop {
            let mut piece = Zeroizing::new(vec![0; PIECE]);
            match stream.read(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    piece.truncate(length);
                    if pieces.send((which, piece)).is_err() {
                        return;
                    }
                }
            }
        }
    };
    thread::Builder::new().name("az".to_owned()).spawn(work).map(drop)
}
