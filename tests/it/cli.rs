//! The command line as a user has it: the real binary, in a folder of its own, with nothing else in its environment.

mod agent_set;
mod apply;
mod ci;
mod comment;
mod compare;
mod completions;
mod connections;
mod demonstration;
mod drift;
mod early;
mod explain;
mod faults;
mod help;
mod ignore;
mod init;
mod input;
mod issue;
#[cfg(unix)]
mod killed;
mod marker;
mod merge;
mod origin;
mod output;
mod overwrite;
mod packs;
mod partition;
mod plan;
mod prune;
mod publish;
mod pull;
mod repository;
mod review;
mod risk;
mod schema;
mod secrets;
mod server;
mod since;
mod story;

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::support::{copy, folder, golden, repository};

/// One agent with one skill; enough for whatever is not about the manifests.
pub(crate) const DESK: &str = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk, labels: { team: reception } }
spec:
  match: { name: Front Desk }
  skills:
    - name: Look up order
      description: Looks up an order.
      skillType: http_webhook
      executionConfig: { url: 'https://api.example.com/orders' }
";

/// A folder in which commands are run.
pub(crate) struct Place {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    line: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self { folder: folder(files) }
    }

    /// With [`DESK`] as its only manifest.
    pub(crate) fn desk() -> Self {
        Self::with(&[("manifests/desk.yaml", DESK)])
    }

    /// With a copy of the repository's own manifests.
    pub(crate) fn with_manifests() -> Self {
        let place = Self::with(&[]);
        copy(&repository("manifests"), &place.path("manifests"));
        place
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// A command in this folder with nothing in its environment but what every shell has.
    pub(crate) fn command(&self, line: &str) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_flowops"));
        command.env_clear().env("HOME", self.folder.path()).env("PATH", "/usr/bin:/bin").env("COLUMNS", "100");
        command.current_dir(self.folder.path()).args(line.split_whitespace());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with::<&str>(line, &[])
    }

    /// The same with words that may hold spaces.
    pub(crate) fn run_words(&self, words: &[&str]) -> Ran {
        Ran::of(&words.join(" "), self.command("").args(words).output().unwrap())
    }

    /// The same in a folder below this one.
    pub(crate) fn run_in(&self, folder: &str, line: &str) -> Ran {
        Ran::of(line, self.command(line).current_dir(self.path(folder)).output().unwrap())
    }

    pub(crate) fn run_with<V: AsRef<OsStr>>(&self, line: &str, environment: &[(&str, V)]) -> Ran {
        let mut command = self.command(line);
        for (name, value) in environment {
            command.env(name, value);
        }
        Ran::of(line, command.output().unwrap())
    }

    /// A command in this folder that goes on while the test does, with nothing else in its environment.
    fn spawn<V: AsRef<OsStr>>(&self, line: &str, environment: &[(&str, V)]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_flowops"))
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .args(line.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Writes that the folder's own sandbox has answered.
    pub(crate) fn writes(&self) -> u64 {
        let text = fs::read_to_string(self.path(".flowops/sandbox.json")).unwrap_or_default();
        serde_json::from_str::<Json>(&text).map_or(0, |store| store["writes"].as_u64().unwrap())
    }
}

impl Ran {
    fn of(line: &str, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { line: line.to_owned(), code: output.status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Checks the exit code and shows everything if it is another.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// Checks that a text comes out on stdout.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no `{text}` in\n{}", self.all());
        self
    }

    /// Checks that a text comes out on stderr.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in\n{}", self.all());
        self
    }

    /// Checks that nothing comes out on stderr.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.stderr, "", "{}", self.all());
        self
    }

    /// The one JSON value on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{}", self.all()))
    }

    /// Everything that came out, as a person would see it.
    pub(crate) fn all(&self) -> String {
        let Self { line, code, stdout, stderr } = self;
        let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("[{name}]\n{text}") };
        format!("$ flowops {line}\n{}{}[exit code {code}]\n", part("stdout", stdout), part("stderr", stderr))
    }

    /// Compares everything that came out with a committed file; some texts are another each time.
    #[track_caller]
    pub(crate) fn is_golden(&self, name: &str, varying: &[(&str, &str)]) {
        let text = varying.iter().fold(self.all(), |text, (from, to)| text.replace(from, to));
        golden(&repository("tests/it/cli/golden").join(name), &text);
    }
}
