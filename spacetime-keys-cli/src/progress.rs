//! A bar for a person who waits.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Work that ends sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shown on a terminal, after a second. Without colours, so that `NO_COLOR` has its way.
pub(crate) struct Progress {
    wanted: bool,
    started: Instant,
    /// Bytes of the input, where that is known.
    size: Option<u64>,
    read: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to wait.
    pub(crate) fn new(quiet: bool) -> Self {
        let wanted = !quiet && stderr().is_terminal();
        Self { wanted, started: Instant::now(), size: None, read: 0, bar: None }
    }

    /// The total in bytes, where it is known.
    pub(crate) const fn set_size(&mut self, size: Option<u64>) {
        self.size = size;
    }

    /// Advances by this many bytes, and shows a text.
    pub(crate) fn advance(&mut self, bytes: u64, message: impl FnOnce() -> String) {
        self.read += bytes;
        let read = self.read;
        if let Some(bar) = self.bar() {
            bar.set_message(message());
            bar.set_position(read);
        }
    }

    /// All bytes so far.
    pub(crate) const fn read(&self) -> u64 {
        self.read
    }

    /// From now on something else is done, of which nobody knows how long it takes.
    pub(crate) fn begin(&mut self, what: &'static str) {
        self.size = None;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(bar) = self.bar() {
            bar.set_message(what);
        }
    }

    pub(crate) fn tick(&mut self) {
        if let Some(bar) = self.bar() {
            bar.tick();
        }
    }

    /// Says something without disturbing the bar.
    pub(crate) fn pause(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn bar(&mut self) -> Option<&ProgressBar> {
        if !self.wanted || self.started.elapsed() < PATIENCE {
            return None;
        }
        let size = self.size;
        Some(self.bar.get_or_insert_with(|| {
            let (bar, template) = match size {
                Some(size) => (ProgressBar::new(size), "[{bar:30}] {percent}%  {msg}  {eta} left"),
                None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
            };
            let style = ProgressStyle::with_template(template);
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
