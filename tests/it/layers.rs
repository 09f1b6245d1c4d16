//! The architecture, kept by reading the source: who may import whom, how long a file may be, that modules say what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::repository;

/// From the lowest to the highest. A module sees only lower levels and its own tree; those of one level do not see each other.
const LEVELS: &[&[&str]] = &[
    &["model"],
    &["diag"],
    &["manifest", "diff"],
    &["plan", "compare"],
    &["pull"],
    &["api"],
    &["report"],
    &["record"],
    &["ops", "render", "forge"],
    &["fs", "git", "http", "sandbox"],
    &["cli"],
];

/// Modules that see less than their level would allow.
const NARROWER: &[(&str, &[&str])] = &[("api", &["model"]), ("forge", &["model", "api"])];

/// Modules that must not see some that their level would allow.
const FORBIDDEN: &[(&str, &[&str])] = &[("sandbox", &["cli", "ops", "render"])];

const LONGEST_FILE: usize = 600;

fn level(module: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.contains(&module))
}

/// Why a module may not import another; `None` if it may.
fn objection(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let Some(to_level) = level(to) else { return Some(format!("`{to}` is in no layer")) };
    let Some(from_level) = level(from) else { return Some(format!("`{from}` is in no layer")) };
    let is_narrowed = NARROWER.iter().any(|(module, seen)| *module == from && !seen.contains(&to));
    let is_forbidden = FORBIDDEN.iter().any(|(module, unseen)| *module == from && unseen.contains(&to));
    let is_refused = to_level >= from_level || is_narrowed || is_forbidden;
    is_refused.then(|| format!("`{from}` may not import `{to}`"))
}

/// The source without comments, texts and characters, so that only code is left.
fn code(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(len) = raw_text(rest) {
            len
        } else if c == '"' {
            text(rest, '"')
        } else if c == '\'' && is_character(rest) {
            text(rest, '\'')
        } else if c.is_alphanumeric() || c == '_' {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push_str(&rest[..word]);
            rest = &rest[word..];
            continue;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        out.push(' ');
        rest = &rest[len..];
    }
    out
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of `r"…"`, `r#"…"#`, `br"…"`.
fn raw_text(rest: &str) -> Option<usize> {
    let start = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = start.len() - start.trim_start_matches('#').len();
    let body = start[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let prefix = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| prefix + at + end.len()))
}

fn text(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}

/// Whether a quote begins a character, and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut after = rest.chars().skip(1);
    after.next() == Some('\\') || after.next() == Some('\'')
}

/// The top-level modules that a source names by `crate::…`, nested groups included.
fn imports(source: &str) -> BTreeSet<String> {
    let code: String = code(source)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" :: ", "::")
        .replace(":: ", "::")
        .replace(" ::", "::");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let is_whole_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if is_whole_word {
            heads(&code[at + "crate::".len()..], &mut found);
        }
    }
    found
}

/// The first words of a path, or of every path of a group.
fn heads(path: &str, found: &mut BTreeSet<String>) {
    let Some(group) = path.strip_prefix('{') else {
        let word = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
        if word > 0 {
            found.insert(path[..word].to_owned());
        }
        return;
    };
    let mut depth = 0_usize;
    let mut is_start = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if is_start && !c.is_whitespace() => {
                heads(&group[at..], found);
                is_start = false;
            }
            _ => {}
        }
    }
}

fn files(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(repository("src")).unwrap().to_str().unwrap().replace('\\', "/");
            into.push((shown, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every source file, by its path below `src`.
fn sources() -> BTreeMap<String, String> {
    let mut found = Vec::new();
    files(&repository("src"), &mut found);
    found.into_iter().collect()
}

fn module(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let mut found = Vec::new();
    for (path, source) in sources() {
        if path == "lib.rs" || path == "main.rs" {
            continue;
        }
        // What `crate::` names directly at the top is not a module but a macro or a re-export: there are none.
        for import in imports(&source) {
            found.extend(objection(module(&path), &import).map(|why| format!("src/{path}: {why}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_top_level_module_is_in_a_layer_and_says_what_it_is() {
    for (path, source) in sources().iter().filter(|(path, _)| !path.contains('/')) {
        assert!(source.starts_with("//! "), "src/{path} does not begin with a line that says what it is");
        let module = module(path);
        assert!(["lib", "main"].contains(&module) || level(module).is_some(), "`{module}` is in no layer");
    }
}

#[test]
fn no_file_is_too_long() {
    for (path, source) in sources() {
        let lines = source.lines().count();
        assert!(lines <= LONGEST_FILE, "src/{path} has {lines} lines, and {LONGEST_FILE} are too many");
    }
}

#[test]
fn the_parser_finds_every_import_and_no_other() {
    let found = |source: &str| imports(source).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(found("use crate::model::Place;"), "model");
    assert_eq!(found("use crate::{diag::{Code, finding::*}, model, plan as p};"), "diag model plan");
    assert_eq!(found("use crate::{\n    diag::Code, // crate::cli\n    model,\n};"), "diag model");
    assert_eq!(found("fn a() -> crate::api::Route { crate :: plan :: make() }"), "api plan");
    assert_eq!(
        found("pub(crate) fn a() {}\n/// See [`crate::cli`].\n/* crate::http /* crate::fs */ crate::ops */"),
        ""
    );
    assert_eq!(found(r##"let a = "crate::cli"; let b = r#"crate::"http"#; let c = b"crate::fs";"##), "");
    assert_eq!(found("fn a<'x>(b: &'x str) { let c = '\"'; crate::model::d(c, '\\'') }"), "model");
    assert_eq!(found("use other_crate::cli; use mycrate::http;"), "");
}

#[test]
fn imports_that_go_up_or_sideways_are_refused() {
    for (from, to) in [
        ("model", "diag"),
        ("diff", "manifest"),
        ("manifest", "plan"),
        ("api", "plan"),
        ("api", "diag"),
        ("render", "ops"),
        ("ops", "http"),
        ("forge", "plan"),
        ("forge", "render"),
        ("http", "fs"),
        ("sandbox", "render"),
        ("sandbox", "ops"),
        ("sandbox", "cli"),
        ("plan", "nowhere"),
        ("nowhere", "model"),
    ] {
        assert!(objection(from, to).is_some(), "`{from}` could import `{to}`");
    }
    for (from, to) in
        [("manifest", "diag"), ("cli", "sandbox"), ("sandbox", "api"), ("api", "model"), ("fs", "manifest")]
    {
        assert_eq!(objection(from, to), None);
    }
}
