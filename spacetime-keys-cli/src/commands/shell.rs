//! `completions` and `man`: made from the argument definitions.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Answer;
use crate::args::Args;
use crate::failure::Failure;
use crate::files;
use crate::output::Output;

pub(super) fn completions(shell: Shell, output: &Output) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "spacetime-keys", &mut script);
    output.raw(&String::from_utf8_lossy(&script));
    Answer::Yes
}

pub(super) fn man(folder: Option<&Path>, output: &Output) -> Result<Answer, Failure> {
    if let Some(folder) = folder {
        files::create_folder(folder, 0o755)?;
        clap_mangen::generate_to(Args::command(), folder)
            .map_err(|error| Failure::io("writing to", folder, &error))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Args::command())
            .render(&mut page)
            .map_err(|_| Failure::bug("the manual page cannot be made"))?;
        output.raw(&String::from_utf8_lossy(&page));
    }
    Ok(Answer::Yes)
}
