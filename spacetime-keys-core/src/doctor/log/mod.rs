//! The publishes and the server's start, as a server's or a compose log reports them.
//!
//! A log's text goes no further than this: what is kept are known words, the lines that they stand
//! in, and identities.

mod event;
mod line;

use std::fmt;

use crate::Identity;
use event::{Found, Words};
pub use event::{KeyFilesFault, LogEvent};

/// A longer line is looked at piece by piece.
const MAX_LINE: usize = 64 << 10;
/// The part of a piece that is kept, so that no words are cut in two.
const OVERLAP: usize = 256;

/// Known words in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHit {
    /// Their meaning.
    pub event: LogEvent,
    /// The words.
    pub words: &'static str,
    /// The line that they stand in, from 1 on.
    pub line: u64,
}

/// The words, as a person would look for them.
impl fmt::Display for LogHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            LogEvent::Status(status) => write!(f, "status {status}"),
            _ => f.write_str(self.words.trim()),
        }
    }
}

/// The content of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSeen {
    /// The last event.
    pub last: Option<LogHit>,
    /// Why it failed: the last reason since the publish before.
    pub reason: Option<LogHit>,
    /// The identity that was refused, where the reason's line names one.
    pub refused: Option<Identity>,
}

impl LogSeen {
    /// Whether the last word is that a publish succeeded.
    pub fn is_success(&self) -> bool {
        self.last.is_some_and(|last| last.event.is_success())
    }

    /// Why it failed, if the log tells.
    pub fn cause(&self) -> Option<LogEvent> {
        self.reason.map(|reason| reason.event)
    }
}

/// A reason, and who was refused for it.
type Cause = (LogHit, Option<Identity>);

/// Reads a log as it comes, in pieces of any size. Of a line no more is kept than 64 KiB; the text
/// need not be UTF-8.
#[derive(Debug, Default)]
pub struct LogScanner {
    line: Vec<u8>,
    lines: u64,
    /// The events of the present line so far.
    found: Found,
    refused: Option<Identity>,
    /// Whether the present line is one that a server writes in passing.
    is_note: Option<bool>,
    story: Story,
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

    /// The last word of a publish so far, in the lines that have ended. What is vague may be told
    /// better yet, or be tried again: that is none.
    pub fn last(&self) -> Option<LogEvent> {
        self.story.seen.last.map(|hit| hit.event).filter(|event| !event.is_vague())
    }

    /// The end of the log.
    pub fn finish(mut self) -> LogSeen {
        self.end_line();
        self.story.told()
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
        let (found, refused) = (std::mem::take(&mut self.found), self.refused.take());
        let is_note = self.is_note.take().unwrap_or_default();
        self.story.go_on(self.lines, found, refused, is_note);
    }

    fn scan(&mut self) {
        let line = line::without_colours(&self.line);
        let text = String::from_utf8_lossy(&line);
        let had = self.found.cause;
        self.found = self.found.and(Found::in_text(&text));
        if self.found.cause != had {
            self.refused = line::identity_in(&text);
        }
        self.is_note.get_or_insert_with(|| line::is_note(&text));
    }
}

/// The events of all lines together.
#[derive(Debug, Default)]
struct Story {
    seen: LogSeen,
    /// Why the present attempt fails, as far as it was told.
    open: Option<Cause>,
    /// The side notes of a server since the last publish.
    noted: Option<Cause>,
    /// An attempt has begun since something ended.
    has_begun: bool,
    /// The last word before the server refused to start.
    before_start: Option<LogSeen>,
}

impl Story {
    fn told(&self) -> LogSeen {
        match (self.seen.last, self.noted) {
            (None, Some((hit, refused))) => LogSeen { last: Some(hit), reason: Some(hit), refused },
            _ => self.seen,
        }
    }

    fn go_on(&mut self, line: u64, found: Found, refused: Option<Identity>, is_note: bool) {
        let hit = |(words, event): Words| LogHit { event, words, line };
        if found.started
            && let Some(before) = self.before_start.take()
        {
            // It has its keys after all.
            (self.seen, self.open) = (before, None);
        }
        if found.begins {
            self.has_begun = true;
            // The reason of the attempt before is history; that the server is down is not.
            self.open = self.open.filter(|(hit, _)| is_of_start(hit.event));
        }
        if let Some(cause) = found.cause.map(hit) {
            if is_note && found.end.is_none() {
                let tells = !cause.event.is_vague();
                self.noted = Some((cause, refused)).filter(|_| tells).or(self.noted);
            } else {
                self.fail(cause, refused);
            }
        }
        match found.end.map(hit) {
            Some(end) if end.event.is_success() => *self = Self::after(end),
            Some(end) => {
                let cause = self.open.or(self.noted);
                *self = Self::after(end);
                self.seen.reason = cause.map(|(hit, _)| hit);
                self.seen.refused = cause.and_then(|(_, refused)| refused);
            }
            None => {}
        }
    }

    fn after(end: LogHit) -> Self {
        Self { seen: LogSeen { last: Some(end), ..LogSeen::default() }, ..Self::default() }
    }

    fn fail(&mut self, cause: LogHit, refused: Option<Identity>) {
        if cause.event.is_vague() {
            // It has been told better already; or it is another program's.
            if self.open.is_some() || (self.seen.is_success() && !self.has_begun) {
                return;
            }
            if let Some((hit, refused)) = self.noted.filter(|_| cause.event != LogEvent::Error) {
                self.open = Some((hit, refused));
                self.seen = LogSeen { last: Some(cause), reason: Some(hit), refused };
                return;
            }
        }
        if is_of_start(cause.event) && self.before_start.is_none() {
            self.before_start = Some(self.seen);
        }
        self.open = Some((cause, refused));
        self.seen = LogSeen { last: Some(cause), reason: Some(cause), refused };
    }
}

const fn is_of_start(event: LogEvent) -> bool {
    matches!(event, LogEvent::KeyFiles(_))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let last = scanner.finish().last.unwrap();
            assert_eq!((last.words, last.line), ("InvalidSignature", 1), "{at}");
        }
    }
}
