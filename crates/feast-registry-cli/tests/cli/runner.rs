//! A folder, and the binary run in it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder in which the binary runs.
pub(crate) struct Folder(TempDir);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with a registry that holds every example.
    pub(crate) fn with_examples() -> Self {
        let folder = Folder::new();
        let mut files = examples();
        files.insert(0, "apply".into());
        folder.run(files).ok();
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path().join(name), content).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// The binary, with nothing of this process's configuration.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feast-registry"));
        command.current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let shown = name.to_string_lossy();
            if shown.starts_with("FEAST") || shown.starts_with("FEATURE") || shown.contains("COLOR")
            {
                command.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        Run::of(self.command().args(args).output().unwrap())
    }

    /// Runs a command line whose arguments have no spaces.
    pub(crate) fn cli(&self, line: &str) -> Run {
        self.run(line.split_whitespace())
    }

    pub(crate) fn cli_with_input(&self, line: &str, input: impl AsRef<[u8]>) -> Run {
        let mut child = self
            .command()
            .args(line.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that ends early does not read it all.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Run::of(child.wait_with_output().unwrap())
    }
}

impl Run {
    fn of(output: std::process::Output) -> Self {
        Run {
            code: output.status.code().expect("the command is not killed"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts success without a word on standard error.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Asserts an exit code and a part of the error.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains("error: "), "{self:?}");
        assert!(self.err.contains(part), "no {part:?} in {:?}", self.err);
        self.err
    }

    /// The output as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }
}

/// The files in `examples/objects`.
pub(crate) fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/objects");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

pub(crate) fn entity(name: &str) -> String {
    format!("kind: Entity\nproject: rides\nspec: {{name: {name}, joinKey: {name}_id}}\n")
}

pub(crate) fn view(name: &str, feature: &str) -> String {
    format!(
        "kind: FeatureView\nproject: rides\nspec:\n  name: {name}\n  entities: [driver]\n  \
         features: [{{name: {feature}, valueType: INT64}}]\n"
    )
}
