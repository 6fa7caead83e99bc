//! Secrets that were pasted into the command line: `key check "$PRIVATE_KEY" …`, where a path
//! belongs. Read as a path, they would stand in the error that the file cannot be found.

use super::{Args, Command, Token};
use crate::failure::Failure;

/// Refuses a command line with a key or a token in it. `token decode TOKEN` and the like ask
/// for one.
pub(crate) fn refuse_misplaced_secrets(args: &Args) -> Result<(), Failure> {
    let asked_for = match &args.command {
        Command::Token(Token::Decode(source)) => source.token.as_deref(),
        Command::Token(Token::Verify(verify)) => verify.source.token.as_deref(),
        Command::Token(Token::Check(check)) => check.source.token.as_deref(),
        _ => None,
    };
    let misplaced = std::env::args_os()
        .filter_map(|argument| argument.into_string().ok())
        .any(|argument| Some(argument.as_str()) != asked_for && holds_a_secret(&argument));
    if misplaced {
        return Err(Failure::usage(
            "an argument is a key or a token itself, where the path to one belongs",
            "name the file, or `-` for standard input; what was typed may be in a shell's history",
        ));
    }
    Ok(())
}

/// Whether it is a PEM text, or has a word in it that begins like a token: `eyJ` is `{"`.
fn holds_a_secret(argument: &str) -> bool {
    let is_token = |word: &str| word.starts_with("eyJ") && word.contains('.') && word.len() > 32;
    argument.contains("-----BEGIN") || argument.split([' ', '\n', '=']).any(is_token)
}

#[cfg(test)]
mod tests {
    use super::holds_a_secret;

    #[test]
    fn keys_and_tokens_are_told_from_paths() {
        let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.e30";
        for secret in [token, &format!("--config={token}"), &format!("Bearer {token}\n")] {
            assert!(holds_a_secret(secret));
        }
        assert!(holds_a_secret("-----BEGIN PRIVATE KEY-----"));
        for open in ["eyJ.toml", "keys/id_ecdsa", "-", &"ab".repeat(32), "--env=prod"] {
            assert!(!holds_a_secret(open));
        }
    }
}
