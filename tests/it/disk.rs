//! The disk: what is read, what is refused before it is opened, what is written.

use std::fs;
use std::path::{Path, PathBuf};

use flowops::diag::Code;
use flowops::fs::{Access, WriteError, collect, create_dir, write_atomically};
use flowops::manifest::SideFiles as _;
use flowops::render::{Style, findings};
use secrecy::ExposeSecret as _;

use crate::support::{folder, read_folder};

const PROJECT: &str = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: {}\n";

fn here() -> Vec<PathBuf> {
    vec![PathBuf::from(".")]
}

fn paths(collected: &flowops::fs::Collected) -> Vec<String> {
    collected.sources.iter().map(|(path, _)| path.to_string()).collect()
}

fn codes(collected: &flowops::fs::Collected) -> Vec<(Code, String)> {
    let place = |finding: &flowops::diag::Finding| {
        finding.place.as_ref().map_or_else(String::new, |place| place.file.to_string())
    };
    collected.findings.iter().map(|finding| (finding.code, place(finding))).collect()
}

#[test]
fn manifests_are_found_in_path_order_and_other_files_are_ignored() {
    let root = folder(&[
        ("b.yaml", ""),
        ("a/c.yml", "\u{feff}x: 1"),
        ("a/readme.md", ""),
        ("a/branches.csv", ""),
        (".hidden/d.yaml", ""),
        (".e.yaml", ""),
    ]);
    let found = collect(&here(), root.path());
    assert_eq!(paths(&found), ["a/c.yml", "b.yaml"]);
    assert_eq!(found.sources.text("a/c.yml"), Some("x: 1"));
    assert_eq!(found.findings, []);
}

#[test]
fn one_file_given_twice_is_read_once() {
    let root = folder(&[("a/b.yaml", "")]);
    let found = collect(&["a".into(), "a/b.yaml".into(), "./a/../a".into()], root.path());
    assert_eq!(paths(&found), ["a/b.yaml"]);
}

#[test]
fn the_project_above_the_given_folder_is_added() {
    let root = folder(&[("world/flowops.yaml", PROJECT), ("world/agents/a.yaml", ""), ("other/b.yaml", "")]);
    let found = collect(&["world/agents".into()], root.path());
    assert_eq!(paths(&found), ["world/agents/a.yaml", "world/flowops.yaml"]);
    assert!(found.root.folder().ends_with("world"));
}

#[test]
fn a_project_above_the_repository_is_not_taken() {
    let root = folder(&[("flowops.yaml", PROJECT), ("repo/.git/HEAD", ""), ("repo/m/a.yaml", "")]);
    let found = collect(&["../m".into()], &root.path().join("repo/m"));
    assert_eq!(paths(&found), ["a.yaml"]);
    let found = collect(&["repo/m".into()], root.path());
    assert_eq!(paths(&found), ["repo/m/a.yaml"]);
}

#[test]
fn the_project_is_looked_for_above_the_working_directory_only_in_a_repository() {
    let root = folder(&[("flowops.yaml", PROJECT), ("in/m/a.yaml", "")]);
    let found = || collect(&["m".into()], &root.path().join("in"));
    assert_eq!(paths(&found()), ["m/a.yaml"]);
    fs::create_dir(root.path().join(".git")).unwrap();
    assert_eq!(paths(&found()), ["../flowops.yaml", "m/a.yaml"]);
    assert_eq!(found().root.folder(), fs::canonicalize(root.path()).unwrap());
    // A worktree and a submodule have a file of that name.
    fs::write(root.path().join("in/.git"), "gitdir: elsewhere").unwrap();
    assert_eq!(paths(&found()), ["m/a.yaml"]);
}

#[test]
fn without_a_project_the_working_directory_is_the_root_if_all_paths_lie_below_it() {
    let root = folder(&[("in/m/a.yaml", ""), ("out/b.yaml", "")]);
    let inside = collect(&["m".into()], &root.path().join("in"));
    assert!(inside.root.folder().ends_with("in"));
    let outside = collect(&["../out".into()], &root.path().join("in"));
    assert!(outside.root.folder().ends_with("out"));
    assert_eq!(paths(&outside), ["../out/b.yaml"]);
}

#[test]
fn a_path_that_is_not_there_is_a_finding() {
    let root = folder(&[]);
    let found = collect(&["nowhere".into(), "a/b.yaml".into()], root.path());
    assert_eq!(codes(&found), [(Code::Unreadable, "a/b.yaml".into()), (Code::Unreadable, "nowhere".into())]);
}

#[test]
fn a_file_of_five_gigabytes_is_refused_unread() {
    let root = folder(&[("good.yaml", "x: 1")]);
    let file = fs::File::create(root.path().join("big.yaml")).unwrap();
    file.set_len(5 << 30).unwrap();
    let found = collect(&here(), root.path());
    assert_eq!(codes(&found), [(Code::LimitExceeded, "big.yaml".into())]);
    assert_eq!(paths(&found), ["good.yaml"]);
}

#[test]
fn more_than_the_limit_together_is_refused() {
    let root = folder(&[]);
    let text = " ".repeat(1 << 20);
    for number in 0..65 {
        fs::write(root.path().join(format!("{number}.yaml")), &text).unwrap();
    }
    let found = collect(&here(), root.path());
    assert_eq!(codes(&found), [(Code::LimitExceeded, String::new())]);
}

#[test]
fn more_files_than_the_limit_are_refused() {
    let root = folder(&[]);
    for number in 0..10_001 {
        fs::File::create(root.path().join(format!("{number}.yaml"))).unwrap();
    }
    let found = collect(&here(), root.path());
    assert_eq!(codes(&found), [(Code::LimitExceeded, String::new())]);
    assert_eq!(found.sources.len(), 10_000);
}

#[test]
fn what_is_not_utf_8_is_a_finding_and_the_others_are_read() {
    let root = folder(&[("good.yaml", "x: 1")]);
    fs::write(root.path().join("bad.yaml"), b"x: \xff").unwrap();
    let found = collect(&here(), root.path());
    assert_eq!(codes(&found), [(Code::Unreadable, "bad.yaml".into())]);
    assert!(found.findings.iter().all(|finding| finding.message.contains("byte 3")));
    assert_eq!(paths(&found), ["good.yaml"]);
}

#[test]
fn a_project_that_cannot_be_read_is_one_finding_and_no_other_document_pays_for_it() {
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec:\n  match: { byTarget: { x: { name: '${var.x}' } } }\n";
    let root = folder(&[("agents/a.yaml", agent)]);
    fs::write(root.path().join("flowops.yaml"), b"x: \xff").unwrap();
    let (_, reading) = read_folder(root.path());
    let codes: Vec<Code> = reading.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::Unreadable]);
    fs::remove_file(root.path().join("agents/a.yaml")).unwrap();
    let (_, reading) = read_folder(root.path());
    assert_eq!((reading.findings.len(), reading.desired), (1, None), "that nothing else was found is no news");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_refused_and_never_opened() {
    use std::os::unix::fs::symlink;

    let root = folder(&[("m/good.yaml", "x: 1"), ("outside/z.yaml", "")]);
    symlink(root.path().join("outside/z.yaml"), root.path().join("m/link.yaml")).unwrap();
    symlink(root.path().join("outside"), root.path().join("m/folder")).unwrap();
    symlink("/nowhere", root.path().join("m/ignored.txt")).unwrap();
    symlink(root.path().join("m"), root.path().join("given")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("m/pipe.yaml")).status().unwrap();
    assert!(made.success());
    let found = collect(&["m".into(), "given".into()], root.path());
    let unreadable = ["given", "m/folder", "m/link.yaml", "m/pipe.yaml"];
    assert_eq!(codes(&found), unreadable.map(|path| (Code::Unreadable, path.to_owned())));
    assert_eq!(paths(&found), ["m/good.yaml"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_a_finding() {
    use std::os::unix::fs::PermissionsExt as _;

    let root = folder(&[("closed/a.yaml", ""), ("open/b.yaml", "")]);
    let closed = root.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let is_closed_to_us = fs::read_dir(&closed).is_err();
    let found = collect(&here(), root.path());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    // The superuser may read everything.
    if is_closed_to_us {
        assert_eq!(codes(&found), [(Code::Unreadable, "closed".into())]);
        assert_eq!(paths(&found), ["open/b.yaml"]);
    }
}

#[test]
fn what_cannot_be_read_is_shown_without_a_line() {
    let root = folder(&[]);
    let found = collect(&["nowhere".into()], root.path());
    let shown = findings(&found.findings, &found.sources, Style::Plain);
    let expected =
        "error[M004]: the file cannot be read\n--> nowhere:1:1\n |\n = there is no such file or folder\n\n1 error\n";
    assert_eq!(shown, expected);
}

#[test]
fn side_files_are_found_from_the_manifest_and_only_below_the_root() {
    let root = folder(&[
        ("p/flowops.yaml", PROJECT),
        ("p/agents/a.yaml", ""),
        ("p/prompts/x.md", "hello\n"),
        ("secret.md", "outside"),
    ]);
    let found = collect(&["p".into()], root.path());
    let text = |path: &str| found.root.text("p/agents/a.yaml", path);
    assert_eq!(text("../prompts/x.md"), Ok("hello\n".to_owned()));
    assert_eq!(text("./../prompts//x.md"), Ok("hello\n".to_owned()));
    for refused in
        ["", "/etc/passwd", "~/x", "../../secret.md", "..\\prompts\\x.md", "C:x", "../prompts", "none.md", "a\0b"]
    {
        let why = text(refused).unwrap_err();
        assert!(why.starts_with(|c: char| c.is_lowercase() || c == '`') && !why.ends_with('.'), "{why}");
    }
    assert_eq!(found.root.locate("p/agents/a.yaml", "../.secrets/key"), Ok(".secrets/key".to_owned()));
}

#[cfg(unix)]
#[test]
fn side_files_behind_links_are_refused() {
    use std::os::unix::fs::symlink;

    let root = folder(&[("p/a.yaml", ""), ("out/x.md", "outside")]);
    symlink(root.path().join("out"), root.path().join("p/linked")).unwrap();
    symlink(root.path().join("out/x.md"), root.path().join("p/y.md")).unwrap();
    let found = collect(&here(), &root.path().join("p"));
    for path in ["linked/x.md", "y.md"] {
        assert_eq!(found.root.text("a.yaml", path), Err("it is a link, and links are not followed".to_owned()));
        assert!(found.root.locate("a.yaml", path).is_err());
        assert!(found.root.read_secret(path).is_err());
    }
}

#[test]
fn a_secret_loses_one_line_break_and_nothing_else() {
    let root = folder(&[("one", "abc\n"), ("two", "abc\n\n"), ("windows", "abc\r\n"), ("empty", "\n"), ("long", "")]);
    fs::write(root.path().join("long"), "x".repeat(65_537)).unwrap();
    let found = collect(&here(), root.path());
    let secret = |path: &str| found.root.read_secret(path).map(|secret| secret.expose_secret().to_owned());
    assert_eq!(secret("one").unwrap(), "abc");
    assert_eq!(secret("two").unwrap(), "abc\n");
    assert_eq!(secret("windows").unwrap(), "abc");
    for refused in ["empty", "long", "../x", "nowhere"] {
        assert!(secret(refused).unwrap_err().to_string().starts_with("the secret in file"));
    }
}

#[test]
fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
    let root = folder(&[("x.txt", "before")]);
    let path = root.path().join("x.txt");
    write_atomically(&path, b"after", Access::Owner).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "after");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    create_dir(&root.path().join("a/b")).unwrap();
    assert!(matches!(write_atomically(&root.path().join("a"), b"", Access::Owner), Err(WriteError::Kind { path: _ })));
    let missing = root.path().join("no/such/file");
    assert!(matches!(write_atomically(&missing, b"", Access::Owner), Err(WriteError::Write { path: _, source: _ })));
}

#[cfg(unix)]
#[test]
fn a_written_file_has_the_mode_that_was_asked_for_and_links_are_not_written_through() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let root = folder(&[("target", "kept")]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (access, expected) in [(Access::Owner, 0o600), (Access::Everybody, 0o644)] {
        let path = root.path().join("file");
        write_atomically(&path, b"", access).unwrap();
        assert_eq!(mode(&path), expected);
    }
    let link = root.path().join("link");
    symlink(root.path().join("target"), &link).unwrap();
    assert!(matches!(write_atomically(&link, b"gone", Access::Owner), Err(WriteError::Link { path: _ })));
    assert_eq!(fs::read_to_string(root.path().join("target")).unwrap(), "kept");
}
