//! What a server's or a compose log says of publishes.

use serde::Serialize;

use crate::Identity;

/// A longer line is looked at piece by piece.
const MAX_LINE: usize = 64 << 10;
/// What is kept of a piece, so that no words are cut in two.
const OVERLAP: usize = 256;

/// What a line can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogEvent {
    /// `PUBLISH_SUCCESS`: what the self-hosting guide's publisher prints.
    PublishSuccess,
    /// `PUBLISH_FAILED`
    PublishFailed,
    /// `InvalidSignature`: the server's 401.
    InvalidSignature,
    /// `not authorized to perform action`: 403, from 1.8 on.
    NotAuthorized,
    /// `does not own database`: the 500 of servers before that.
    NotOwner,
}

impl LogEvent {
    /// All. Of several in one line, the first of these is taken for the last word.
    pub const ALL: [Self; 5] = [
        Self::PublishFailed,
        Self::PublishSuccess,
        Self::InvalidSignature,
        Self::NotAuthorized,
        Self::NotOwner,
    ];

    /// The words in the log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PublishSuccess => "PUBLISH_SUCCESS",
            Self::PublishFailed => "PUBLISH_FAILED",
            Self::InvalidSignature => "InvalidSignature",
            Self::NotAuthorized => "not authorized to perform action",
            Self::NotOwner => "does not own database",
        }
    }

    const fn is_reason(self) -> bool {
        !matches!(self, Self::PublishSuccess | Self::PublishFailed)
    }
}

/// What a log says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSeen {
    /// What came last, of all of these.
    pub last: Option<LogEvent>,
    /// The line that it stands in, from 1 on.
    pub line: u64,
    /// Why it failed: the last reason since the publish before.
    pub reason: Option<LogEvent>,
    /// Who was refused, where the reason's line names an identity.
    pub refused: Option<Identity>,
    /// How many lines have such words, in the order of [`LogEvent::ALL`].
    pub counts: [u64; LogEvent::ALL.len()],
}

impl LogSeen {
    /// Whether the last word is that a publish succeeded.
    pub fn is_success(&self) -> bool {
        self.last == Some(LogEvent::PublishSuccess)
    }
}

/// Reads a log as it comes, in pieces of any size. Of a line no more is kept than 64 KiB; the text
/// need not be UTF-8.
#[derive(Debug, Default)]
pub struct LogScanner {
    line: Vec<u8>,
    lines: u64,
    /// What the present line has said already.
    said: [bool; LogEvent::ALL.len()],
    seen: LogSeen,
}

impl LogScanner {
    /// The next piece.
    pub fn push(&mut self, mut piece: &[u8]) {
        while let Some(at) = piece.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = piece.split_at(at);
            self.take(line);
            self.end_line();
            piece = rest.get(1..).unwrap_or_default();
        }
        self.take(piece);
    }

    /// The last word of a publish so far, in the lines that have ended.
    pub const fn last(&self) -> Option<LogEvent> {
        self.seen.last
    }

    /// The end of the log.
    pub fn finish(mut self) -> LogSeen {
        self.end_line();
        self.seen
    }

    fn take(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let room = MAX_LINE.saturating_sub(self.line.len());
            let (now, later) = piece.split_at(room.min(piece.len()));
            self.line.extend_from_slice(now);
            piece = later;
            if self.line.len() >= MAX_LINE {
                self.scan();
                let kept = self.line.len().saturating_sub(OVERLAP);
                self.line.drain(..kept);
            }
        }
    }

    fn end_line(&mut self) {
        self.scan();
        self.line.clear();
        self.lines += 1;
        self.said = [false; LogEvent::ALL.len()];
    }

    fn scan(&mut self) {
        let line = without_colours(&self.line);
        let text = String::from_utf8_lossy(&line);
        // A line may say both: why, and that it failed.
        let order = LogEvent::ALL.iter().enumerate().rev();
        for (place, event) in order {
            let said = self.said.get_mut(place);
            if let Some(said) = said.filter(|said| !**said && text.contains(event.words())) {
                *said = true;
                if let Some(count) = self.seen.counts.get_mut(place) {
                    *count += 1;
                }
                self.seen.note(*event, self.lines + 1, &text);
            }
        }
    }
}

impl LogSeen {
    fn note(&mut self, event: LogEvent, line: u64, text: &str) {
        if event.is_reason() {
            // A new attempt's reason; the one of the attempt before is history.
            self.reason = Some(event);
            self.refused = identity_in(text);
        } else if event == LogEvent::PublishSuccess
            || self.last.is_some_and(|last| !last.is_reason())
        {
            self.reason = None;
            self.refused = None;
        }
        self.last = Some(event);
        self.line = line;
    }
}

/// The first identity in a line: who was refused is named before the database.
fn identity_in(text: &str) -> Option<Identity> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| word.strip_prefix("0x").unwrap_or(word))
        .find_map(|word| Identity::parse(word).ok())
}

/// Without the escape sequences of terminals (ECMA-48, section 5.4).
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == 0x1b && bytes.peek() == Some(&b'[') {
            bytes.next();
            // Parameters, up to the letter that ends them.
            while bytes.next().is_some_and(|byte| !(0x40..=0x7e).contains(&byte)) {}
        } else {
            plain.push(byte);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(log: &[u8]) -> LogSeen {
        let mut whole = LogScanner::default();
        whole.push(log);
        let whole = whole.finish();
        let mut bytewise = LogScanner::default();
        for byte in log {
            bytewise.push(&[*byte]);
        }
        assert_eq!(bytewise.finish(), whole);
        whole
    }

    #[test]
    fn the_last_word_counts() {
        let seen = read(b"x | PUBLISH_FAILED\nx | starting\nx | PUBLISH_SUCCESS\n");
        assert!(seen.is_success());
        assert_eq!((seen.line, seen.reason), (3, None));
        assert_eq!(seen.counts, [1, 1, 0, 0, 0]);
        let seen =
            read(b"PUBLISH_SUCCESS\r\nTokenError(Error(InvalidSignature))\r\nPUBLISH_FAILED");
        assert_eq!(seen.last, Some(LogEvent::PublishFailed));
        assert_eq!(seen.reason, Some(LogEvent::InvalidSignature));
        let seen = read(b"InvalidSignature\nPUBLISH_FAILED\nPUBLISH_FAILED\n");
        assert_eq!(seen.reason, None, "the second failure's reason is not told");
        assert_eq!(read(b"").last, None);
        assert_eq!(read(b"publish_success").last, None);
    }

    #[test]
    fn prefixes_colours_and_bytes_that_are_no_text() {
        let who = Identity::from_claims("localhost", "someone");
        let line = format!(
            "publisher-1  | \u{1b}[2m2026-11-22T04:16:00Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m `{who}` does \u{1b}[1mnot own\u{1b}[0m database `c200`"
        );
        let seen = read(&[&b"\xff\xfe"[..], line.as_bytes(), b"\xc3\n\x1b["].concat());
        assert_eq!((seen.last, seen.refused), (Some(LogEvent::NotOwner), Some(who)));
        let line = format!("{who} is not authorized to perform action on database {who}: update");
        assert_eq!(read(line.as_bytes()).last, Some(LogEvent::NotAuthorized));
        let both = read(b"PUBLISH_FAILED: 401 InvalidSignature\n");
        assert_eq!(both.last, Some(LogEvent::PublishFailed));
        assert_eq!(both.reason, Some(LogEvent::InvalidSignature));
    }

    #[test]
    fn an_endless_line_is_bounded_and_loses_nothing() {
        for at in [MAX_LINE - 7, MAX_LINE, MAX_LINE + 1, 3 * MAX_LINE - 100] {
            let mut log = vec![b'x'; at];
            log.extend_from_slice(b"InvalidSignature");
            log.resize(4 * MAX_LINE, b'y');
            let mut scanner = LogScanner::default();
            for piece in log.chunks(1000) {
                scanner.push(piece);
                assert!(scanner.line.capacity() <= 2 * MAX_LINE);
            }
            let seen = scanner.finish();
            assert_eq!((seen.last, seen.line), (Some(LogEvent::InvalidSignature), 1), "{at}");
            assert_eq!(seen.counts, [0, 0, 1, 0, 0]);
        }
    }
}
