//! The commands in groups, for the program's own help.

use clap::Command;

/// Each group's title, and its commands.
const GROUPS: &[(&str, &[&str])] = &[
    ("Set up and rotate", &["init", "rotate", "resume", "rollback", "sync"]),
    ("Look", &["verify", "history", "doctor", "scan", "config"]),
    ("Keys and tokens", &["key", "token", "identity", "jwks"]),
    ("Servers", &["exchange", "promote", "store"]),
    ("This program", &["completions", "man"]),
];

/// The same command, with a help text that lists its commands in groups.
pub(super) fn add(command: Command) -> Command {
    let width = command.get_subcommands().map(|inner| inner.get_name().len()).max().unwrap_or(0);
    let about = |name: &&str| {
        let inner = command.find_subcommand(name);
        let about = inner.and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
        format!("  {name:width$}  {about}\n")
    };
    let groups = GROUPS.iter().map(|(title, names)| {
        let lines: String = names.iter().map(about).collect();
        format!("{title}:\n{lines}\n")
    });
    let groups: String = groups.collect();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{{options}}\n\n\
         `spacetime-keys COMMAND --help` explains a command, with examples."
    );
    command.help_template(template)
}

#[cfg(test)]
mod tests {
    use super::GROUPS;
    use crate::args::command;

    #[test]
    fn each_command_stands_in_one_group() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let command = command();
        let mut commands: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .filter(|name| *name != "help")
            .collect();
        listed.sort_unstable();
        commands.sort_unstable();
        assert_eq!(listed, commands);
    }

    /// The list is written by us, so nothing wraps it.
    #[test]
    fn the_list_fits_into_80_columns() {
        let help = command().render_help().to_string();
        let lines = help.lines().take_while(|line| !line.trim_start().starts_with("--"));
        let long: Vec<&str> = lines.filter(|line| line.chars().count() > 80).collect();
        assert_eq!(long, Vec::<&str>::new());
    }
}
