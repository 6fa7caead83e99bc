//! The server's restart, by the operator's own command.

use std::process::{Command, Stdio};

use crate::error::{Failure, Kind};

/// Runs a command line by the system's shell, and waits for its end. Nothing of ours is part of the
/// line. What it prints goes to stderr.
///
/// # Errors
/// [`Kind::Restart`]
pub fn restart(line: &str) -> Result<(), Failure> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let status = Command::new(shell)
        .args([option, line])
        .stdin(Stdio::null())
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .map_err(|_| Kind::Restart(None))?;
    if status.success() { Ok(()) } else { Err(Kind::Restart(status.code()).into()) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_ends_well_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it ran");
        restart(&format!("true && touch '{}'", file.display())).unwrap();
        assert!(file.exists());
        let code = |line: &str| match restart(line).unwrap_err().kind() {
            Kind::Restart(code) => *code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code("exit 3"), Some(3));
        assert_eq!(code("kill -9 $$"), None);
    }
}
