//! `completions` and `man`: made from the argument definitions.

use std::path::Path;

use clap_complete::Shell;

use super::Answer;
use crate::args;
use crate::failure::Failure;
use crate::files::{self, Mode};
use crate::output::Output;

pub(super) fn completions(shell: Shell, output: &Output) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "spacetime-keys", &mut script);
    output.raw(&String::from_utf8_lossy(&script));
    Answer::Yes
}

pub(super) fn man(folder: Option<&Path>, output: &Output) -> Result<Answer, Failure> {
    if let Some(folder) = folder {
        write_pages(folder)?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(args::command())
            .render(&mut page)
            .map_err(|_| Failure::bug("the manual page cannot be made"))?;
        output.raw(&String::from_utf8_lossy(&page));
    }
    Ok(Answer::Yes)
}

/// By the engine's way of writing: a page is whole or the one that was there, and nothing is written
/// through a link or into a pipe.
fn write_pages(folder: &Path) -> Result<(), Failure> {
    const MODE: Mode = Mode::KeepOr(0o644);
    let fail = |error: std::io::Error| Failure::io("writing to", folder, &error);
    let made = tempfile::tempdir().map_err(fail)?;
    clap_mangen::generate_to(args::command(), made.path()).map_err(fail)?;
    files::create_folder(folder, 0o755)?;
    for page in std::fs::read_dir(made.path()).map_err(fail)? {
        let page = page.map_err(fail)?;
        let content = files::read_existing(&page.path())?;
        files::replace(&folder.join(page.file_name()), &content, MODE)?;
    }
    Ok(())
}
