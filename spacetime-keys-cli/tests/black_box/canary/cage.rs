//! Where the program is run, and everything that it shows is looked at.

use super::*;

/// What stdout may show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdout {
    Clean,
    /// What was asked for, if the command succeeds.
    Asked,
}

/// A host with the marked key mounted and the marked token in `cli.toml`; files to name beside it.
pub(super) struct Cage {
    pub(super) host: Host,
    /// Bad and good inputs, named by what they are.
    pub(super) inputs: Host,
    /// Its `TMPDIR`.
    pub(super) temporary: Host,
    pub(super) marks: Marks,
    pub(super) runs: Cell<usize>,
    /// The commands that ran to their end.
    pub(super) succeeded: RefCell<BTreeSet<String>>,
}

impl Cage {
    pub(super) fn new() -> Self {
        let host = Host::new();
        host.mount(&marked_key());
        host.set_token(&marked_token());
        let cage = Self {
            host,
            inputs: Host::empty(),
            temporary: Host::empty(),
            marks: Marks::new(),
            runs: Cell::new(0),
            succeeded: RefCell::default(),
        };
        cage.write_inputs();
        cage
    }

    pub(super) fn write_inputs(&self) {
        for (name, content) in key_files().into_iter().chain(cli_tomls()).chain(configurations()) {
            self.inputs.write(&name, content);
        }
    }

    pub(super) fn input(&self, name: &str) -> String {
        self.inputs.path(name).to_str().unwrap().to_owned()
    }

    /// The paths of the inputs in a folder.
    pub(super) fn inputs(&self, folder: &str) -> Vec<String> {
        let files = fs::read_dir(self.inputs.path(folder)).unwrap();
        files.map(|file| file.unwrap().path().to_str().unwrap().to_owned()).collect()
    }

    /// Runs a command in words and for programs, both as talkative as can be.
    pub(super) fn run(&self, arguments: &[&str], stdout: Stdout) {
        self.run_with_input(arguments, b"", stdout);
    }

    pub(super) fn run_with_input(&self, arguments: &[&str], input: &[u8], stdout: Stdout) {
        for more in [&["-v", "-v"][..], &["-v", "-v", "--json"]] {
            let mut command = self.host.command(&[arguments, more].concat());
            command.env("TMPDIR", self.temporary.path("")).env("RUST_BACKTRACE", "1");
            let run = Run::of(&mut command, input);
            assert!(!self.marks.are_in(run.stderr.as_bytes()), "stderr of {}", name(arguments));
            if stdout == Stdout::Clean || run.status != Some(0) {
                assert!(!self.marks.are_in(run.stdout.as_bytes()), "stdout of {}", name(arguments));
            }
            assert!(run.status.is_some_and(|code| code < 5), "{}: panicked?", name(arguments));
            self.runs.set(self.runs.get() + 1);
            if run.status == Some(0) {
                self.succeeded.borrow_mut().insert(name(arguments));
            }
        }
    }

    /// Only where keys and tokens live may the marks be: by path below the host's folder.
    pub(super) fn check_files(&self) {
        for (path, entry) in self.host.tree() {
            assert!(!self.marks.are_in(path.as_os_str().as_bytes()), "a file's name");
            let Content::File(content) = entry.content else { continue };
            let is_home = path == Path::new(PRIVATE)
                || path == Path::new(CLI_TOML)
                || path.starts_with(Path::new(STORE).join(".state/set-aside"))
                || (path.starts_with(STORE)
                    && path.file_name() == Some(OsStr::new("value"))
                    && path.to_str().unwrap().contains("-private-key/"));
            assert!(is_home || !self.marks.are_in(&content), "{}", path.display());
        }
        let left = self.temporary.tree().into_keys().filter(|path| path != Path::new(""));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new());
    }
}

/// The command without its arguments, which may be secret: `key check`, `rotate`.
pub(super) fn name(arguments: &[&str]) -> String {
    const FAMILIES: [&str; 7] = ["key", "token", "identity", "jwks", "config", "promote", "store"];
    let is_family = arguments.first().is_some_and(|first| FAMILIES.contains(first));
    let words = if is_family { 2 } else { 1 };
    let words = arguments.iter().take(words);
    let ours = words.copied().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    ours.collect::<Vec<_>>().join(" ")
}
