//! The bytes that are looked at together.

use zeroize::Zeroize;

use super::look::{Passed, look};
use super::{Found, MAX_LENGTH, Wanted};

/// The sizes of the window.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// The size of the whole window, in bytes.
    pub(super) capacity: usize,
    /// The bytes behind an anchor when it is looked at.
    pub(super) ahead: usize,
    /// The bytes that are kept before it.
    pub(super) behind: usize,
}

impl Default for Size {
    fn default() -> Self {
        // As much as a processor's second cache holds: it is gone over twice.
        Self { capacity: 512 << 10, ahead: MAX_LENGTH, behind: 8 << 10 }
    }
}

/// A window on an input.
pub(super) struct Window {
    wanted: Wanted,
    size: Size,
    bytes: Vec<u8>,
    /// The place of the first byte in the input.
    offset: u64,
    /// Anchors before this byte have been looked at.
    seen: usize,
    passed: Passed,
}

impl Window {
    pub(super) fn new(wanted: Wanted, size: Size) -> Self {
        // All at once: a growing vector would leave copies of secrets behind.
        let bytes = Vec::with_capacity(size.capacity);
        Self { wanted, size, bytes, offset: 0, seen: 0, passed: Passed::default() }
    }

    pub(super) fn feed(&mut self, mut input: &[u8], found: &mut dyn FnMut(Found)) {
        while !input.is_empty() {
            let room = self.size.capacity - self.bytes.len();
            let (now, later) = input.split_at(room.min(input.len()));
            self.bytes.extend_from_slice(now);
            input = later;
            if self.bytes.len() == self.size.capacity {
                self.look(self.size.capacity - self.size.ahead, found);
                self.drop_before(self.seen.saturating_sub(self.size.behind));
            }
        }
    }

    pub(super) fn finish(&mut self, found: &mut dyn FnMut(Found)) {
        self.look(self.bytes.len(), found);
        self.drop_before(self.bytes.len());
    }

    /// Goes on, without a look. The window is empty.
    pub(super) const fn advance(&mut self, bytes: u64) {
        self.offset = self.offset.saturating_add(bytes);
    }

    pub(super) const fn rewind(&mut self) {
        self.offset = 0;
    }

    /// Looks at the anchors up to there.
    fn look(&mut self, until: usize, found: &mut dyn FnMut(Found)) {
        let offset = self.offset;
        look(&self.bytes, self.seen..until, self.wanted, &mut self.passed, &mut |at, what| {
            found(Found { offset: offset.saturating_add(at as u64), what });
        });
        self.seen = until;
    }

    fn drop_before(&mut self, start: usize) {
        self.bytes.copy_within(start.., 0);
        self.bytes.truncate(self.bytes.len() - start);
        self.seen -= start;
        self.passed.shift(start);
        self.offset = self.offset.saturating_add(start as u64);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // Beyond its end, too: a vector wipes its whole capacity.
        self.bytes.zeroize();
    }
}
