//! The README is kept true: its transcript is what comes out, its tables are generated, what it names exists.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum as _;
use flowops::cli::args::Format;
use flowops::cli::exit::Exit;
use flowops::diag::Code;

use super::support::{copy, golden, repository};

fn readme() -> String {
    fs::read_to_string(repository("README.md")).unwrap()
}

/// The README with everything in it made anew that is made.
fn renewed() -> String {
    let text = between(&readme(), "exit codes", &exit_codes());
    let text = between(&text, "findings", &findings());
    let text = between(&text, "forms", &forms());
    transcripts(&text)
}

fn between(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{table}{end}{after}")
}

fn exit_codes() -> String {
    let mut table = "| code | meaning | what to do |\n| --- | --- | --- |\n".to_owned();
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} | {} |", exit.code(), exit.summary(), exit.about()).unwrap();
    }
    table
}

fn forms() -> String {
    let mut table = "| form | what it is |\n| --- | --- |\n".to_owned();
    for form in Format::value_variants() {
        let value = form.to_possible_value().unwrap();
        writeln!(table, "| `{}` | {} |", value.get_name(), value.get_help().unwrap()).unwrap();
    }
    table
}

fn findings() -> String {
    let mut table = "| code | | meaning |\n| --- | --- | --- |\n".to_owned();
    for code in Code::ALL {
        writeln!(table, "| {code} | {} | {} |", code.severity().as_str(), code.summary()).unwrap();
    }
    table
}

/// Runs every `console` block in one folder with the example world in it, as a reader would.
fn transcripts(text: &str) -> String {
    let world = tempfile::tempdir().unwrap();
    copy(&repository("manifests"), &world.path().join("manifests"));
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```console\n") {
        let (block, after) = after.split_once("```").unwrap();
        writeln!(out, "{before}```console").unwrap();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            writeln!(out, "$ {command}").unwrap();
            out.push_str(&shell(command, world.path()));
        }
        out.push_str("```");
        rest = after;
    }
    out + rest
}

fn shell(command: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_flowops")).parent().unwrap();
    let secrets = ["HOME_WARRANTY", "HOME_API", "CLINIC_API", "SHOP_API", "TIRE_API", "TENANT_API"];
    let ran = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
        .envs(secrets.map(|name| (format!("FLOWOPS_SECRET_{name}"), "a-value-for-the-transcript")))
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
#[cfg(unix)]
fn the_transcript_and_the_tables_are_what_comes_out() {
    golden(&repository("README.md"), &renewed());
}

/// Every text that tests stand in.
fn tests(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &tests(&path);
        } else {
            all += &fs::read_to_string(path).unwrap();
        }
    }
    all
}

/// What stands between backticks outside of code blocks.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_test_that_is_named_in_the_laws_exists() {
    let (readme, tests) = (readme(), tests(&repository("tests/it")));
    let laws = readme.split("\n## ").find(|section| section.starts_with("Laws\n")).unwrap();
    let is_test =
        |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c));
    let rows: Vec<&str> = laws.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert!(rows.len() >= 8);
    for row in rows {
        let named: Vec<&str> = quoted(row).into_iter().filter(is_test).collect();
        assert!(!named.is_empty(), "no test is named in `{row}`");
        for name in named {
            assert!(tests.contains(&format!("fn {name}(")), "there is no test `{name}`");
        }
    }
}

/// Pages for people, by their folder and name.
const PAGES: [(&str, &str); 2] = [("", "README.md"), (".github", "CONTRIBUTING.md")];

#[test]
fn every_file_that_is_linked_or_named_exists() {
    for (folder, page) in PAGES {
        let text = fs::read_to_string(repository(folder).join(page)).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            if !target.starts_with("http") {
                assert!(repository(folder).join(target).exists(), "{page}: there is no `{target}`");
            }
        }
        for path in quoted(&text).into_iter().filter(|word| is_path(word)) {
            assert!(repository(path).exists(), "{page}: there is no `{path}`");
        }
    }
}

/// Whether a word names a file of the repository. Below `.flowops` lies what a run leaves behind.
fn is_path(word: &str) -> bool {
    const ENDS: [&str; 8] = [".rs", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", "/run"];
    word.contains('/')
        && !word.starts_with(".flowops/")
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c))
        && ENDS.iter().any(|end| word.ends_with(end))
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let ci = fs::read_to_string(repository(".ci/run")).unwrap();
    assert!(readme().contains("\ncargo test\n") && ci.contains("cargo test"));
}

#[test]
fn the_yaml_that_it_shows_is_a_valid_manifest() {
    let readme = readme();
    let yaml = readme.split("```yaml\n").find(|block| block.starts_with("# yaml-language-server")).unwrap();
    let yaml = yaml.split("```").next().unwrap();
    let set = "---\napiVersion: flowops/v1\nkind: SkillSet\nmetadata: { name: after-hours }\nspec:\n  skills:\n    - { name: Take a message, description: x, skillType: builtin }\n";
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { variables: { api: 'https://api.example.com' } }\n";
    let folder = super::support::folder(&[("a.yaml", &format!("{yaml}{set}")), ("flowops.yaml", project)]);
    let (_, reading) = super::support::read_folder(folder.path());
    assert!(reading.desired.is_some(), "{:#?}", reading.findings);
}
