//! A problem as GitHub Actions shows it, at the top of a job's page: a workflow command, which is one line.
//! (GitHub's documentation, "Workflow commands for GitHub Actions".)

use spacetime_keys_core::fleet::{Problem, Severity};

pub(crate) fn annotation(problem: &Problem) -> String {
    let kind = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = format!("{}\n{}", with_place(problem), problem.hint);
    format!("::{kind} title={}::{}\n", in_title(problem.code), in_message(&text))
}

/// The message, behind the environment that it is about.
pub(crate) fn with_place(problem: &Problem) -> String {
    let place = problem.environment.as_ref().map_or_else(String::new, |e| format!("{e}: "));
    format!("{place}{}", problem.message)
}

/// A line end would end the command, and what follows could be another one.
fn in_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn in_title(text: &str) -> String {
    in_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{in_message, in_title};

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(in_message("50 %\r\n::error::x, y"), "50 %25%0D%0A::error::x, y");
        assert_eq!(in_title("a: b, 1 %"), "a%3A b%2C 1 %25");
    }
}
