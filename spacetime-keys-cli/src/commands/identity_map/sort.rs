//! Sorting more than the memory holds.
//!
//! What fills its room is sorted and put into a temporary file: a run. In the end all runs are
//! merged. When there are many, they are merged into longer ones before, so that neither memory
//! nor open files grow with the input. The files have mode 0600 and no name, so they are gone with
//! the process, however it ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, Write};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// The sorted values.
pub(super) type Words = (u64, u64, u64);

const WORDS_BYTES: usize = size_of::<Words>();

/// Merge fan-in.
const FAN_IN: usize = 64;

/// Runs on the disk. Several threads add to them.
#[derive(Default)]
pub(super) struct Runs {
    /// Those in the n-th list are `FAN_IN`ⁿ times as long as a sorter's room.
    levels: Mutex<Vec<Vec<File>>>,
}

impl Runs {
    fn add(&self, run: File) -> io::Result<()> {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let mut run = run;
        for level in 0.. {
            if level == levels.len() {
                levels.push(Vec::new());
            }
            let Some(runs) = levels.get_mut(level) else { break };
            runs.push(run);
            if runs.len() < FAN_IN {
                break;
            }
            let full = runs.drain(..).map(Source::File).collect();
            run = write_run(Merged::new(full)?)?;
        }
        Ok(())
    }
}

/// Takes what is to be sorted.
pub(super) struct Sorter {
    room: usize,
    waiting: Vec<Words>,
}

impl Sorter {
    /// With so many bytes of memory.
    pub(super) fn new(bytes: usize) -> Self {
        Self { room: (bytes / WORDS_BYTES).max(1), waiting: Vec::new() }
    }

    pub(super) fn push(&mut self, words: Words, runs: &Runs) -> Result<(), Failure> {
        if self.waiting.len() == self.room {
            self.waiting.sort_unstable();
            let written = write_run(self.waiting.drain(..).map(Ok)).and_then(|run| runs.add(run));
            written.map_err(|error| failure(&error))?;
        } else if self.waiting.capacity() == 0 {
            // All at once: a growing buffer would need half as much again.
            self.waiting.reserve_exact(self.room);
        }
        self.waiting.push(words);
        Ok(())
    }

    /// Sorts what has found room.
    pub(super) fn sorted(mut self) -> Vec<Words> {
        self.waiting.sort_unstable();
        self.waiting
    }
}

/// All that the sorters took, in order: the runs that they made, and what they hold yet.
pub(super) fn merged(runs: Runs, held: Vec<Vec<Words>>) -> Result<Merged, Failure> {
    let levels = runs.levels.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut sources: Vec<_> = levels.into_iter().flatten().map(Source::File).collect();
    sources.extend(held.into_iter().map(Source::Memory));
    Merged::new(sources).map_err(|error| failure(&error))
}

/// The failure of the temporary files.
pub(super) fn failure(error: &io::Error) -> Failure {
    let folder = std::env::temp_dir();
    let failure = Failure::io("sorting in", &folder, error);
    failure.and_then("name a folder with more room in TMPDIR, or give --no-clash-check")
}

enum Source {
    File(File),
    Memory(Vec<Words>),
}

enum Reader {
    File(BufReader<File>),
    Memory(std::vec::IntoIter<Words>),
}

impl Reader {
    fn next(&mut self) -> io::Result<Option<Words>> {
        match self {
            Self::Memory(words) => Ok(words.next()),
            Self::File(file) => {
                let mut bytes = [0; WORDS_BYTES];
                match file.read_exact(&mut bytes) {
                    Ok(()) => {}
                    // Runs hold nothing but whole entries.
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                    Err(error) => return Err(error),
                }
                let mut words = [0; 3];
                for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                    *word = u64::from_le_bytes(*bytes);
                }
                Ok(Some(words.into()))
            }
        }
    }
}

/// Sorted runs as one.
pub(super) struct Merged {
    readers: Vec<Reader>,
    /// The first of each reader, and whose it is.
    firsts: BinaryHeap<Reverse<(Words, usize)>>,
}

impl Merged {
    fn new(sources: Vec<Source>) -> io::Result<Self> {
        let mut readers = Vec::new();
        let mut firsts = BinaryHeap::new();
        for source in sources {
            let mut reader = match source {
                Source::Memory(words) => Reader::Memory(words.into_iter()),
                Source::File(mut file) => {
                    file.rewind()?;
                    Reader::File(BufReader::with_capacity(1 << 16, file))
                }
            };
            if let Some(words) = reader.next()? {
                firsts.push(Reverse((words, readers.len())));
                readers.push(reader);
            }
        }
        Ok(Self { readers, firsts })
    }
}

impl Iterator for Merged {
    type Item = io::Result<Words>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut first = self.firsts.peek_mut()?;
        let Reverse((words, whose)) = *first;
        match self.readers.get_mut(whose).map(Reader::next) {
            Some(Ok(Some(next))) => first.0.0 = next,
            Some(Err(error)) => return Some(Err(error)),
            Some(Ok(None)) | None => {
                PeekMut::pop(first);
            }
        }
        Some(Ok(words))
    }
}

fn write_run(sorted: impl Iterator<Item = io::Result<Words>>) -> io::Result<File> {
    let mut writer = BufWriter::with_capacity(1 << 16, tempfile::tempfile()?);
    for words in sorted {
        let mut bytes = [0; WORDS_BYTES];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(<[u64; 3]>::from(words?)) {
            *bytes = word.to_le_bytes();
        }
        writer.write_all(&bytes)?;
    }
    writer.into_inner().map_err(io::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough for runs of runs, in several sorters at once.
    #[test]
    fn what_does_not_fit_is_sorted_on_the_disk() {
        for count in [0, 1, 6, 7, 20_000] {
            let runs = Runs::default();
            let held = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..2_u64)
                    .map(|thread| {
                        let runs = &runs;
                        scope.spawn(move || {
                            let mut sorter = Sorter::new(3 * WORDS_BYTES);
                            for number in 0..count {
                                // Each number once, in no order.
                                let mixed =
                                    (2 * number + thread).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                                sorter.push((mixed, number, thread), runs).unwrap();
                            }
                            sorter.sorted()
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            if count == 20_000 {
                let levels = runs.levels.lock().unwrap();
                assert!(levels.len() > 2 && levels.iter().all(|level| level.len() < FAN_IN));
            }
            let sorted: Vec<_> = merged(runs, held).unwrap().map(Result::unwrap).collect();
            assert_eq!(sorted.len() as u64, 2 * count);
            assert!(sorted.is_sorted());
            let mut expected: Vec<_> = (0..2 * count)
                .map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number / 2, number % 2))
                .collect();
            expected.sort_unstable();
            assert!(sorted == expected, "{count}");
        }
    }
}
