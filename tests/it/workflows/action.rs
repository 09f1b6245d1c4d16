//! The action that gets flowops: what it does not know the hash of, it does not hand out.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::repository;

const BINARY: &str = "#!/bin/sh\necho this is flowops\n";

/// A runner with the action in it, and a `curl` that gives what a folder holds and writes down what it was asked.
struct Runner {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// How the action ended.
struct Ended {
    is_ok: bool,
    said: String,
    binary: Option<PathBuf>,
}

impl Runner {
    fn new(table: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["action", "bin", "temp", "checkout", "releases"] {
            fs::create_dir(path(name)).unwrap();
        }
        fs::copy(repository(".github/actions/flowops/install.sh"), path("action/install.sh")).unwrap();
        fs::write(path("action/checksums.txt"), table).unwrap();
        program(
            &path("bin/curl"),
            r#"echo "$@" >> "$CURL_LOG"
url= file=
while [ $# -gt 0 ]; do
  case "$1" in
    --output) file="$2"; shift ;;
    https://*) url="$1" ;;
  esac
  shift
done
cp "$RELEASES/$(basename "$url")" "$file" 2>/dev/null || exit 22"#,
        );
        let text = |name: &str| path(name).to_str().unwrap().to_owned();
        let environment = [
            ("PATH", format!("{}:/usr/bin:/bin", text("bin"))),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_TEMP", text("temp")),
            ("GITHUB_WORKSPACE", text("checkout")),
            ("GITHUB_OUTPUT", text("output")),
            ("INPUT_REPOSITORY", "example/flowops".to_owned()),
            ("CURL_LOG", text("asked")),
            ("RELEASES", text("releases")),
        ];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { folder, environment }
    }

    /// With one release, and its row.
    fn released() -> Self {
        let runner = Self::new(&row("0.3.0", "x86_64-unknown-linux-musl", BINARY));
        runner.release("flowops-0.3.0-x86_64-unknown-linux-musl", BINARY);
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn release(&self, name: &str, bytes: &str) {
        fs::write(self.path("releases").join(name), bytes).unwrap();
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self) -> Ended {
        let output = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .arg(self.path("action/install.sh"))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let told = fs::read_to_string(self.path("output")).unwrap_or_default();
        Ended {
            is_ok: output.status.success(),
            said: String::from_utf8(output.stderr).unwrap(),
            binary: told.strip_prefix("binary=").map(|path| PathBuf::from(path.trim_end())),
        }
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.path("asked")).unwrap_or_default()
    }

    /// Checks that nothing is handed out, and why.
    #[track_caller]
    fn refuses(&self, why: &str) {
        let Ended { is_ok, said, binary } = self.run();
        assert!(!is_ok && binary.is_none(), "{said}");
        assert!(said.contains("::error title=flowops::") && said.contains(why), "{said}");
    }
}

fn program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn row(version: &str, platform: &str, binary: &str) -> String {
    format!("# A comment.\n{version} {platform} {}\n", hex::encode(Sha256::digest(binary)))
}

#[test]
fn a_binary_with_the_right_hash_is_downloaded_and_named() {
    let runner = Runner::released();
    let Ended { is_ok, said, binary } = runner.run();
    assert!(is_ok, "{said}");
    let binary = binary.unwrap();
    assert!(binary.is_absolute() && binary.starts_with(runner.path("temp")));
    assert_eq!(fs::read_to_string(&binary).unwrap(), BINARY);
    assert_eq!(fs::metadata(&binary).unwrap().permissions().mode() & 0o777, 0o755);
    let asked = runner.asked();
    let url = "https://github.com/example/flowops/releases/download/v0.3.0/flowops-0.3.0-x86_64-unknown-linux-musl";
    assert!(asked.starts_with("-q --proto =https --proto-redir =https --tlsv1.2 ") && asked.contains(url), "{asked}");
    // A folder of its own each time.
    fs::remove_file(runner.path("output")).unwrap();
    assert_ne!(runner.run().binary.unwrap(), binary);
}

#[test]
fn a_binary_with_another_hash_is_refused_and_gone() {
    let runner = Runner::released();
    runner.release("flowops-0.3.0-x86_64-unknown-linux-musl", "#!/bin/sh\necho this is not\n");
    runner.refuses("another SHA-256");
    let folders: Vec<_> = fs::read_dir(runner.path("temp")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(folders.iter().all(|folder| fs::read_dir(folder).unwrap().next().is_none()));
}

#[test]
fn what_has_no_row_is_not_even_downloaded() {
    let runner = Runner::released().with("INPUT_VERSION", "0.4.0");
    runner.release("flowops-0.4.0-x86_64-unknown-linux-musl", BINARY);
    runner.refuses("no row for flowops 0.4.0");
    let runner = Runner::released().with("RUNNER_ARCH", "ARM64");
    runner.release("flowops-0.3.0-aarch64-unknown-linux-musl", BINARY);
    runner.refuses("no row for flowops 0.3.0 on aarch64-unknown-linux-musl");
    assert_eq!(runner.asked(), "");
    let runner = Runner::released().with("RUNNER_OS", "Plan9");
    runner.refuses("no flowops for a runner with Plan9");
    assert_eq!(runner.asked(), "");
    // A regular expression is no version.
    Runner::released().with("INPUT_VERSION", "0.3..").refuses("no row for flowops 0.3..");
    // Not the last version that this platform has, but the last one.
    let both = row("0.3.0", "x86_64-unknown-linux-musl", BINARY) + &row("0.4.0", "aarch64-apple-darwin", BINARY);
    Runner::new(&both).refuses("no row for flowops 0.4.0");
}

#[test]
fn the_table_that_is_committed_has_only_rows_that_are_rows() {
    let table = fs::read_to_string(repository(".github/actions/flowops/checksums.txt")).unwrap();
    let has_rows = table.lines().any(|line| !line.starts_with('#') && !line.is_empty());
    let runner = Runner::new(&table);
    if !has_rows {
        runner.refuses("checksums.txt has no release yet");
    }
    assert!(!runner.run().said.contains("is none: it takes"));
    Runner::new("0.3.0 x86_64-unknown-linux-musl abc\n").refuses("has a row that is none");
    Runner::new("0.3.0 x86_64-unknown-linux-musl\n").refuses("has a row that is none");
    let one = row("0.3.0", "x86_64-unknown-linux-musl", BINARY);
    let two = format!("{one}{}", row("0.3.0", "x86_64-unknown-linux-musl", "another"));
    Runner::new(&two).with("INPUT_VERSION", "0.3.0").refuses("two rows");
}

/// T52: whoever can write a cache that a later job restores cannot have that job run anything else.
#[test]
fn a_cached_binary_that_was_tampered_with_is_refused() {
    let runner = Runner::released();
    let cache = runner.path("cache");
    let runner = runner.with("INPUT_CACHE_DIR", cache.to_str().unwrap());
    assert!(runner.run().is_ok);
    let cached = cache.join("flowops-0.3.0-x86_64-unknown-linux-musl");
    assert_eq!(fs::read_to_string(&cached).unwrap(), BINARY);
    // It is used, and nothing is downloaded again.
    fs::remove_file(runner.path("asked")).unwrap();
    fs::remove_file(runner.path("output")).unwrap();
    assert!(runner.run().binary.unwrap().starts_with(runner.path("temp")));
    assert_eq!(runner.asked(), "");
    fs::remove_file(runner.path("output")).unwrap();
    fs::write(&cached, "#!/bin/sh\ncurl https://evil.example.com\n").unwrap();
    runner.refuses("from the cache has another SHA-256");
}

#[test]
fn a_download_that_fails_ends_it() {
    let runner = Runner::new(&row("0.3.0", "x86_64-unknown-linux-musl", BINARY));
    runner.refuses("could not be downloaded");
    Runner::released().with("INPUT_REPOSITORY", "").refuses("which repository");
    Runner::released().with("INPUT_REPOSITORY", "example/flowops/../..").refuses("which repository");
}

#[test]
fn an_attestation_is_asked_for_if_it_is_wanted() {
    let runner = Runner::released().with("INPUT_VERIFY_ATTESTATION", "true");
    program(&runner.path("bin/gh"), r#"echo "gh $*" >> "$CURL_LOG"; exit 1"#);
    runner.refuses("could not be verified");
    let asked = runner.asked();
    assert!(asked.contains("gh attestation verify ") && asked.contains("--repo example/flowops"), "{asked}");
    program(&runner.path("bin/gh"), "exit 0");
    assert!(runner.run().is_ok);
    Runner::released().with("INPUT_VERIFY_ATTESTATION", "yes").refuses("is true or false");
}

#[test]
fn a_binary_that_is_there_already_lies_outside_of_the_checkout() {
    let given = |runner: Runner, path: &str| {
        let path = runner.path(path);
        runner.with("INPUT_PATH", path.to_str().unwrap())
    };
    let runner = Runner::new("");
    program(&runner.path("bin/flowops"), "true");
    let runner = given(runner, "bin/flowops");
    assert_eq!(runner.run().binary, Some(runner.path("bin/flowops")));
    let inside = Runner::new("");
    program(&inside.path("checkout/flowops"), "true");
    given(inside, "checkout/flowops").refuses("outside of the checkout");
    // Nor by a way around it.
    let around = Runner::new("");
    program(&around.path("checkout/flowops"), "true");
    symlink(around.path("checkout"), around.path("bin/there")).unwrap();
    given(around, "bin/there/flowops").refuses("outside of the checkout");
    let link = Runner::new("");
    program(&link.path("checkout/flowops"), "true");
    symlink(link.path("checkout/flowops"), link.path("bin/flowops")).unwrap();
    given(link, "bin/flowops").refuses("no link");
    Runner::new("").with("INPUT_PATH", "bin/flowops").refuses("an absolute path");
    given(Runner::new(""), "bin/missing").refuses("a file that can be run");
}
