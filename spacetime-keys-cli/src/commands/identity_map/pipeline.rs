//! One thread reads, one for each processor maps, and the caller's writes, in the order of the
//! input.
//!
//! A fixed number of batches goes round, so that a slow reader, writer or worker makes the others
//! wait instead of filling the memory.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use spacetime_keys_core::migration::{Mapped, Migration, SubjectProblem, is_odd};

use super::input::{Form, Input};
use super::row::{BadRow, Row};
use super::rows::Writer;
use super::sort::{Merged, Runs, Sorter, merged};
use super::waiting::Waiting;
use super::{csv, ndjson};
use crate::failure::Failure;

/// For sorting, all threads together.
const SORT_BYTES: usize = 32 << 20;

/// More threads than this would wait for the one that reads.
const MAX_THREADS: usize = 16;

/// The data that all threads share.
pub(super) struct Job {
    pub(super) migration: Migration,
    pub(super) form: Form,
    pub(super) writer: Writer,
    pub(super) seek_clashes: bool,
}

/// A piece of the input, and what became of it.
#[derive(Default)]
pub(super) struct Batch {
    number: u64,
    first_line: u64,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    pub(super) bad: Vec<(u64, BadRow)>,
    pub(super) tally: Tally,
}

/// The counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) mapped: u64,
    /// Users whose identity stays.
    pub(super) unchanged: u64,
    pub(super) blank: u64,
    /// Users with an odd subject.
    pub(super) odd: u64,
    /// The first of those, by line.
    pub(super) first_odd: Option<u64>,
}

/// Maps the whole input, hands each batch to `done`, and returns what was sighted, sorted.
pub(super) fn run(
    input: Input,
    job: Job,
    mut done: impl FnMut(&Batch) -> Result<(), Failure>,
) -> Result<Option<Merged>, Failure> {
    let count = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let seek_clashes = job.seek_clashes;
    let (job, runs) = (Arc::new(job), Arc::new(Runs::default()));
    let (to_reader, free) = mpsc::channel();
    let (to_workers, filled) = mpsc::channel();
    let (to_writer, results) = mpsc::channel();
    let filled = Arc::new(Mutex::new(filled));
    for _ in 0..4 * count {
        let _ = to_reader.send(Batch::default());
    }
    // Threads that nobody waits for: after a failure the process ends, though the reader may hang
    // in a pipe that says nothing.
    let failed = to_writer.clone();
    let reader = spawn(move || read(input, &free, &to_workers, &failed))?;
    let mut workers = Vec::new();
    for _ in 0..count {
        let (job, runs, filled) = (Arc::clone(&job), Arc::clone(&runs), Arc::clone(&filled));
        let to_writer = to_writer.clone();
        let room = SORT_BYTES / count;
        workers.push(spawn(move || {
            let mut sorter = Sorter::new(room);
            loop {
                let next = filled.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(mut batch) = next else { return sorter.sorted() };
                // A batch that never comes back would be waited for.
                let mapped =
                    catch_unwind(AssertUnwindSafe(|| job.map(&mut batch, &mut sorter, &runs)));
                let mapped = mapped.unwrap_or_else(|_| Err(Failure::bug("a row made a panic")));
                let _ = to_writer.send(mapped.map(|()| batch));
            }
        })?);
    }
    drop(to_writer);

    let (mut next, mut early) = (0, BTreeMap::new());
    for batch in results {
        let batch = batch?;
        early.insert(batch.number, batch);
        while let Some(batch) = early.remove(&next) {
            done(&batch)?;
            next += 1;
            let _ = to_reader.send(batch);
        }
    }
    // All have ended. A thread that was lost took rows with it.
    let read = reader.join();
    let held = workers.into_iter().map(thread::JoinHandle::join).collect::<Result<Vec<_>, _>>();
    let (Ok(()), Ok(held), Some(runs)) = (read, held, Arc::into_inner(runs)) else {
        return Err(Failure::bug("a thread was lost"));
    };
    Ok(if seek_clashes { Some(merged(runs, held)?) } else { None })
}

fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, Failure> {
    thread::Builder::new().spawn(work).map_err(|_| {
        Failure::new("ERR_IO", "the system gives no more threads", "end other programs first")
    })
}

/// Fills batches until the input or the interest in it ends.
fn read(
    mut input: Input,
    free: &Receiver<Batch>,
    to_workers: &Sender<Batch>,
    failed: &Sender<Result<Batch, Failure>>,
) {
    for number in 0.. {
        let Ok(mut batch) = free.recv() else { return };
        match input.next(&mut batch.input) {
            Ok(Some(first_line)) => {
                (batch.number, batch.first_line) = (number, first_line);
                let _ = to_workers.send(batch);
            }
            Ok(None) => return,
            Err(failure) => {
                let _ = failed.send(Err(failure));
                return;
            }
        }
    }
}

impl Job {
    fn map(&self, batch: &mut Batch, sorter: &mut Sorter, runs: &Runs) -> Result<(), Failure> {
        let Batch { first_line, input, output, bad, tally, .. } = batch;
        output.clear();
        bad.clear();
        *tally = Tally::default();
        let (mut kept, mut bad_subjects) = (Ok(()), Vec::new());
        let mut mapped = |line, row: &Row<'_>, mapped: Result<Mapped, SubjectProblem>| match mapped
        {
            Ok(mapped) => {
                self.writer.row(row, &mapped, output);
                tally.add(line, row, mapped.old == mapped.new);
                if self.seek_clashes && kept.is_ok() {
                    let (one, two) = self.migration.sight(line, &mapped, row.changes, row.new);
                    for sighting in [Some(one), two].into_iter().flatten() {
                        kept = sorter.push(sighting.to_words().into(), runs);
                    }
                }
            }
            Err(problem) => bad_subjects.push((line, problem.into())),
        };
        let mut waiting = Waiting::default();
        let each = |line, row: Result<Row<'_>, BadRow>| match row {
            Ok(row) => {
                waiting.add(line, &row);
                if waiting.is_full() {
                    waiting.map(&self.migration, &mut mapped);
                }
            }
            Err(problem) => bad.push((line, problem)),
        };
        let blank = match &self.form {
            Form::Csv(columns) => csv::rows(input, *first_line, columns, each),
            Form::Ndjson(members) => ndjson::rows(input, *first_line, members, each),
        };
        waiting.map(&self.migration, &mut mapped);
        tally.blank = blank;
        // Rows that wait are judged later than those that cannot be read.
        bad.append(&mut bad_subjects);
        bad.sort_by_key(|(line, _)| *line);
        kept
    }
}

impl Tally {
    fn add(&mut self, line: u64, row: &Row<'_>, stays: bool) {
        self.mapped += 1;
        self.unchanged += u64::from(stays);
        if is_odd(row.old) || (row.changes && is_odd(row.new)) {
            self.odd += 1;
            self.first_odd.get_or_insert(line);
        }
    }

    /// Adds what was counted further down in the input.
    pub(super) fn merge(&mut self, later: &Self) {
        self.mapped += later.mapped;
        self.unchanged += later.unchanged;
        self.blank += later.blank;
        self.odd += later.odd;
        self.first_odd = self.first_odd.or(later.first_odd);
    }
}
