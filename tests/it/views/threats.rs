//! Attacks that other tools fell for, by their numbers in the threat list: hostile words in every place that comes from
//! manifests, from the server or from git, looked at in every form.

use flowops::diag::{Code, Finding, Sources};
use flowops::plan::{Action, Plan, Since, Subject};
use flowops::record::Record;
use flowops::render::{self, Form, Style, drift, plan, report};
use flowops::report::{Event, Outcome, Proof, Report, Status};
use serde_json::json;

use super::machine::runner::{self, Obeyed};
use super::{json_of, machine, text, world};

/// A plan in which everything that others say says this.
fn poisoned(words: &str) -> Plan {
    let mut value = world::every_action();
    words.clone_into(&mut value.target);
    value.since = Some(Since { revision: words.to_owned(), commit: "0123456789abcdef".to_owned() });
    for step in &mut value.steps {
        step.id = format!("front-desk/skill/{words}");
        words.clone_into(&mut step.reason);
        step.place.file = format!("manifests/{words}.yaml").as_str().into();
        step.needs = vec![words.to_owned()];
        match &mut step.action {
            Action::Create { name, fields } | Action::UpdatePreset { name, fields } => {
                *name = world::name(words);
                *fields = world::fields(&json!({ "description": words, "executionConfig": { words: [words] } }));
            }
            Action::Update { name, was, .. } => (*name, *was) = (world::name(words), Some(world::former(words))),
            Action::Delete { name, .. } => *name = world::name(words),
            Action::Install { missing, .. } => *missing = vec![world::name(words)],
            action @ Action::Publish { .. } => *action = world::publish(vec![words.to_owned()]),
        }
    }
    for held in &mut value.held {
        held.id = format!("front-desk/{words}");
        held.subject = Subject::Skill { name: world::name(words), id: None };
        words.clone_into(&mut held.message);
        held.place.file = words.into();
    }
    for skill in &mut value.unmanaged {
        (skill.name, skill.skill_type) = (world::name(words), Some(words.to_owned()));
    }
    value.findings = vec![
        Finding::at(Code::AgentNotFound, world::place(words, 3), words).help(words),
        Finding::nowhere(Code::ListingUnproven, words),
    ];
    value
}

/// What came of it, in the server's words.
fn failed(plan: &Plan, words: &str) -> Report {
    let all = [
        Status::Failed(words.to_owned()),
        Status::Unknown(words.to_owned()),
        Status::Conflict(words.to_owned()),
        Status::Settled(words.to_owned()),
        Status::Done,
    ];
    let outcomes = plan.steps.iter().zip(all.into_iter().cycle()).map(|(step, status)| Outcome {
        step: step.id.clone(),
        verb: step.action.verb(),
        agent: step.agent.clone(),
        place: step.place.clone(),
        status,
        sent: 1,
        notes: vec![words.to_owned()],
    });
    Report {
        outcomes: outcomes.collect(),
        proof: Proof::Unread(words.to_owned()),
        plan: plan.clone(),
        reads: 1,
        writes: 1,
        lookups: 1,
        installed: Vec::new(),
        after: std::collections::BTreeMap::new(),
    }
}

/// The words in every form; annotations apart, since they are commands.
struct Everywhere {
    shown: Vec<String>,
    annotations: Vec<String>,
}

fn everywhere(words: &str) -> Everywhere {
    let value = poisoned(words);
    let applied = failed(&value, words);
    let mut sources = Sources::default();
    sources.insert(words, format!("# {words}\n# {words}\n# {words}\n"));
    let mut shown = vec![
        text(|out| plan::plan(&value, Style::Plain, out)),
        text(|out| drift::drift(&value, Style::Plain, out)),
        text(|out| report::report(&applied, Style::Plain, out)),
        render::findings(&value.findings, &sources, Style::Plain),
    ];
    let ended = applied.outcomes.iter().cloned().map(Event::Ended);
    shown.extend(ended.map(|event| text(|out| report::event(&event, Style::Plain, out))));
    let mut annotations = Vec::new();
    for record in [
        Record::plan(&value),
        Record::drift(&value),
        Record::report(&applied),
        Record::findings(&value.findings),
        Record::error(words, &value.findings),
    ] {
        machine::sound(&record);
        shown.push(json_of(&record));
        shown.extend(
            [Form::Sarif, Form::Junit, Form::Html, Form::Markdown, Form::Summary]
                .map(|form| render::view(form, &record)),
        );
        annotations.push(render::view(Form::Github, &record));
    }
    Everywhere { shown, annotations }
}

impl Everywhere {
    fn all(&self) -> impl Iterator<Item = &String> {
        let Self { shown, annotations } = self;
        shown.iter().chain(annotations)
    }
}

/// Checks that a character is nowhere, and that it is seen that it was there.
fn is_visible(all: &Everywhere, c: char) {
    let (braces, digits) = (format!("u{{{:x}}}", u32::from(c)), format!("u{:04x}", u32::from(c)));
    let percent = match u8::try_from(c) {
        Ok(byte) if byte < 0x80 => format!("%{byte:02X}"),
        Ok(_) | Err(_) => digits.clone(),
    };
    for shown in all.all() {
        assert!(!shown.contains(c), "{shown}");
        assert!([&braces, &digits, &percent].iter().any(|escape| shown.contains(*escape)), "no {braces} in {shown}");
    }
}

#[test]
fn t43_terminal_sequences_from_the_server_are_shown_and_not_executed() {
    let all = everywhere("a\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}link\u{9b}2J\u{1b}Pq\u{1b}\\b\u{7f}c\u{8}d");
    for c in ['\u{1b}', '\u{7}', '\u{9b}', '\u{7f}'] {
        is_visible(&all, c);
    }
    assert!(all.all().all(|shown| !shown.chars().any(|c| c.is_control() && c != '\n')));
}

#[test]
fn t44_escape_sequences_in_the_names_of_files_and_branches_are_shown() {
    let mut value = world::since();
    let odd = "feature/\u{1b}[2K\u{1b}[1Amain";
    value.since = Some(Since { revision: odd.to_owned(), commit: "0123456789abcdef".to_owned() });
    value.steps.iter_mut().for_each(|step| step.place.file = odd.into());
    value.held.iter_mut().for_each(|held| held.place.file = odd.into());
    let record = Record::plan(&value);
    let shown = vec![
        text(|out| plan::plan(&value, Style::Plain, out)),
        text(|out| drift::drift(&value, Style::Plain, out)),
        json_of(&record),
        render::view(Form::Sarif, &record),
        render::view(Form::Junit, &record),
        render::view(Form::Html, &record),
    ];
    is_visible(&Everywhere { shown, annotations: vec![render::view(Form::Github, &record)] }, '\u{1b}');
}

#[test]
fn t46_nothing_reorders_or_hides_what_is_read() {
    let all = everywhere("access\u{202e}nimda\u{2066}\u{200b}x\u{2069}\u{feff}\u{e0041}\u{61c}\u{ad}y");
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{2069}', '\u{feff}', '\u{61c}', '\u{ad}'] {
        is_visible(&all, c);
    }
    assert!(all.all().all(|shown| !shown.contains('\u{e0041}')));
}

#[test]
fn t47_words_of_the_server_never_look_like_a_line_of_flowops() {
    let lies =
        ["Plan: nothing to do; 9 unchanged.", "No changes.", "In sync.", "- note[M001]: all is well", "error: no"];
    for end in ["\n", "\r", "\r\n", "\u{2028}", "\u{85}", "\u{b}"] {
        let words = lies.iter().fold("broken".to_owned(), |words, lie| format!("{words}{end}{lie}"));
        let all = everywhere(&words);
        for line in all.all().flat_map(|shown| shown.split(['\n', '\r', '\u{2028}', '\u{85}', '\u{b}'])) {
            let line = line.trim_start();
            assert!(!lies.iter().any(|lie| line.starts_with(lie)), "{line:?}");
        }
    }
}

#[test]
fn t49_no_text_is_obeyed_by_a_runner() {
    for command in [
        "::set-env name=PATH::/tmp",
        "::add-path::/tmp",
        "::stop-commands::x",
        "::add-mask::a",
        "::error file=a.yaml,line=1::gone",
        "##[set-env name=PATH]/tmp",
        "##vso[task.setvariable variable=a]b",
        "100%0A::add-path::/tmp",
        ",line=9,title=x::y",
    ] {
        for before in ["", "a\n", "a\r", "a\r\n  \t", "\u{2028}", "%0A", "::", "##"] {
            let all = everywhere(&format!("{before}{command}{before}{command}"));
            for shown in &all.shown {
                assert_eq!(runner::obeyed(shown), vec![], "{shown}");
                assert_eq!(shown.lines().find_map(runner::obeyed_by_gitea), None, "{shown}");
            }
            for shown in &all.annotations {
                let obeyed = runner::obeyed(shown);
                let is_ours = |one: &Obeyed| ["error", "warning", "notice"].contains(&one.command.as_str());
                assert!(obeyed.iter().all(is_ours) && obeyed.len() == shown.lines().count(), "{shown}");
                // Unescaping happens once, and what comes out of it is not read as lines again; but some do read it.
                let said = obeyed.iter().flat_map(|one| one.message.split('\n'));
                assert!(said.into_iter().all(|line| runner::obeyed(line).is_empty()), "{shown}");
            }
        }
    }
}
