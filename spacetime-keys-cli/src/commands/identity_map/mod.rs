//! `identity map`: users → old and new identity, for as many users as there are.

mod csv;
mod input;
mod ndjson;
mod pipeline;
mod report;
mod row;
mod rows;
mod sink;
mod sort;
mod waiting;

use std::path::Path;

use clap::ValueEnum;
use spacetime_keys_core::migration::{Clash, ClashKind, Clashes, Migration, Sighting};

use super::Answer;
use crate::args::{Header, Map};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use csv::Layout;
use input::Input;
use pipeline::Job;
use report::Report;
use rows::Writer;
use sink::Sink;
use sort::{Runs, Sorter};

/// For the clashes, which are found by identity, and told by line.
const CLASH_BYTES: usize = 8 << 20;

pub(super) fn run(args: &Map, output: &Output) -> Result<Answer, Failure> {
    let written_to = args.out.as_deref().filter(|path| *path != Path::new("-"));
    if output.is_json() && written_to.is_none() {
        return Err(Failure::usage(
            "with --json, standard output has the summary, and the rows need another place",
            "give --out FILE",
        ));
    }
    let same_file = |path: &Path| {
        let real = |path: &Path| path.canonicalize().ok().filter(|path| path.is_file());
        real(path).is_some_and(|path| Some(path) == real(&args.input))
    };
    if written_to.is_some_and(same_file) {
        return Err(Failure::usage(
            "--out is the input",
            "name another file: the users' list is worth keeping",
        ));
    }
    let migration = Migration::new(&args.from_issuer, &args.to_issuer).map_err(|_| {
        Failure::usage(
            "an issuer is empty, or has more than the 128 bytes that servers accept",
            "give --from-issuer and --to-issuer as the tokens' `iss` has them",
        )
    })?;
    let writer = Writer::new(args.format, args.table.as_deref())?;
    let mut progress = Progress::new(output.is_quiet());
    let layout = Layout {
        separator: args.separator,
        header: args.header.map(|header| header == Header::Yes),
        subject: args.subject_column.clone(),
        new_subject: args.new_subject_column.clone(),
    };
    let input = Input::open(&args.input, args.input_format, &layout)?;
    let mut sink = Sink::open(written_to)?;
    let mut report = Report::new(output, migration.traps());
    progress.set_size(input.size);
    if let Some(doubt) = input.doubt {
        output.warn(doubt);
    }
    let form = input.form.clone();
    output.detail(&form.words());

    sink.write(writer.head().as_bytes())?;
    let tail = writer.tail();
    let mingles = migration.mingles();
    let job = Job { migration, form: form.clone(), writer, seek_clashes: !args.no_clash_check };
    let sighted = pipeline::run(input, job, |batch| {
        sink.write(&batch.output)?;
        if sink.is_unread() {
            return Err(Failure::bug("nobody reads the rows"));
        }
        for &(line, problem) in &batch.bad {
            report.bad_row(line, problem, &progress);
        }
        let users = report.count(&batch.tally);
        progress.advance(batch.input.len() as u64, || format!("mapped {users}"));
        Ok(())
    });
    if sink.is_unread() {
        output.note("the reader of standard output went away: the rest is not mapped");
        return Ok(Answer::Yes);
    }
    let sighted = sighted?;
    if let Some(sighted) = sighted {
        progress.begin("looking for duplicates and collisions");
        for clash in clashes(sighted, mingles, &mut progress)? {
            report.clash(clash?, &progress);
        }
    }
    drop(progress);
    sink.write(tail.as_bytes())?;
    sink.finish()?;
    let format = args.format.to_possible_value();
    let format = format.as_ref().map_or("", |value| value.get_name());
    let written_to = written_to.map(|path| path.to_string_lossy());
    Ok(report.finish(!args.no_clash_check, &form, written_to.as_deref(), format).into())
}

/// All clashes, by line.
fn clashes(
    sighted: sort::Merged,
    mingles: bool,
    progress: &mut Progress,
) -> Result<impl Iterator<Item = Result<Clash, Failure>> + use<>, Failure> {
    let (mut by_line, runs) = (Sorter::new(CLASH_BYTES), Runs::default());
    let mut clashes = Clashes::new(mingles);
    for (number, words) in sighted.enumerate() {
        let words = words.map_err(|error| sort::failure(&error))?;
        let mut kept = Ok(());
        clashes.next(Sighting::from_words(words.into()), |Clash { line, first_line, kind }| {
            if kept.is_ok() {
                kept = by_line.push((line, kind as u64, first_line), &runs);
            }
        });
        kept?;
        if number % (1 << 16) == 0 {
            progress.tick();
        }
    }
    let clash = |(line, kind, first_line): sort::Words| {
        let kinds = [ClashKind::Duplicate, ClashKind::Collision, ClashKind::Handover];
        let kind = kinds.into_iter().find(|known| *known as u64 == kind);
        kind.map(|kind| Clash { line, first_line, kind })
            .ok_or_else(|| Failure::bug("a temporary file is damaged"))
    };
    let sorted = sort::merged(runs, vec![by_line.sorted()])?;
    Ok(sorted.map(move |words| clash(words.map_err(|error| sort::failure(&error))?)))
}
