use crate::doctor::{Check, CheckName, Observations, ProjectSeen};

/// The project's files: whether they let publishes have a token.
pub(super) fn project(seen: &Observations) -> Option<Check> {
    let name = CheckName::Project;
    Some(match &seen.project {
        ProjectSeen::None => return None,
        ProjectSeen::Read { file, anonymous: false } => {
            Check::good(name, format!("{file} is read"))
        }
        ProjectSeen::Read { file, anonymous: true } => Check::broken(
            name,
            format!("{file} says `anonymous: true`: a publish from here is sent without the token"),
            "each such publish is a new identity's, which owns nothing: take `anonymous` out of the file",
        ),
        ProjectSeen::NotTaken { detail, hint } => {
            Check::unseen(name, detail.clone()).with_hint(hint.clone())
        }
        ProjectSeen::Unread { detail, hint } => Check::broken(name, detail.clone(), hint.clone()),
    })
}
