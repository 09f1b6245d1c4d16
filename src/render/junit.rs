//! A record as JUnit XML, as GitLab, Jenkins and Gitea read it: a suite for each agent, a case for each thing that was
//! looked at, under a name that stays the same from run to run. No case says when it was or how long it took.

mod suites;
mod xml;

use std::fmt;

use self::suites::{Case, Ended, Suites};
use super::compare::{UNEXPLAINED, agents, found_by, what, written};
use super::notice::{
    Level, Notice, Proof, Rule, counts_unmanaged, drifted, ended, finding, held, left_different, planned, wanted_anew,
    was_sent,
};
use super::origin::gist;
use super::value::dotted;
use super::words::count;
use crate::record::{
    ApartV1, CauseOfV1, ChangeActionV1, ChangeV1, CompareV1, EntryV1, ErrorV1, FindingV1, HeldV1, LeftV1, OriginV1,
    PlanV1, PullV1, ReasonV1, Record, ReportV1, SourceV1, StepV1, SummaryV1, Tree, UnmanagedV1,
};

/// What the suite for the run as a whole is called.
const RUN: &str = "flowops";
/// What the suite for the manifests is called.
const MANIFESTS: &str = "manifests";

/// Writes a record as test suites.
pub(super) fn junit(record: &Record, out: &mut impl fmt::Write) -> fmt::Result {
    let (name, suites) = match &record.tree {
        Tree::Plan(tree) => (format!("flowops plan {}", tree.target), plan(tree)),
        Tree::Drift(tree) => (format!("flowops drift {}", tree.target), drift(tree)),
        Tree::Report(tree) => (format!("flowops apply {}", tree.target), report(tree)),
        Tree::Pull(tree) => (format!("flowops pull {}", tree.target), pull(tree)),
        Tree::Origin(tree) => (format!("flowops origin {}", tree.target), origin(tree)),
        Tree::Compare(tree) => (format!("flowops compare {} {}", tree.a, tree.b), compare(tree)),
        Tree::Findings(tree) => ("flowops validate".to_owned(), validate(&tree.findings)),
        Tree::Error(tree) => ("flowops".to_owned(), error(tree)),
    };
    xml::write(&name, &suites, out)
}

/// In a plan nothing has failed yet: what it would do passes, what a guard holds back does not.
fn plan(tree: &PlanV1) -> Suites {
    let mut suites = Suites::default();
    for step in &tree.steps {
        let StepV1 { id, agent, source, .. } = step;
        suites.add(&agent.name, Case::of(id, &agent.name, Some(source), Ended::passed([planned(step)])));
    }
    for one in &tree.held {
        hold(&mut suites, one, Ended::failed(&held(Level::Warning, one)));
    }
    rest(&mut suites, tree);
    suites
}

/// Drift fails, what is pending or left alone is skipped, what is as declared passes.
fn drift(tree: &PlanV1) -> Suites {
    let mut suites = Suites::default();
    let pending = || Ended::Skipped("the manifests changed this, and it is not applied yet".to_owned());
    for step in &tree.steps {
        let StepV1 { id, agent, source, .. } = step;
        let ended = drifted(step).map_or_else(pending, |notice| Ended::failed(&notice));
        suites.add(&agent.name, Case::of(id, &agent.name, Some(source), ended));
    }
    for one in &tree.held {
        let ended = if one.cause.is_pending() { pending() } else { Ended::failed(&held(Level::Warning, one)) };
        hold(&mut suites, one, ended);
    }
    rest(&mut suites, tree);
    suites
}

fn hold(suites: &mut Suites, held: &HeldV1, ended: Ended) {
    let HeldV1 { id, agent, source, .. } = held;
    suites.add(&agent.name, Case::of(id, &agent.name, Some(source), ended));
}

/// What is unmanaged, what was found, and what of a plan is only counted.
fn rest(suites: &mut Suites, tree: &PlanV1) {
    let PlanV1 { complete, concerns, summary, unmanaged, findings, .. } = tree;
    for UnmanagedV1 { agent, name, id: _, skill_type: _ } in unmanaged {
        let ended = if counts_unmanaged(tree) {
            let message = Rule::DriftUnmanaged.summary().to_owned();
            Ended::Failed { kind: Rule::DriftUnmanaged.id().to_owned(), message, lines: Vec::new() }
        } else {
            Ended::Skipped("no manifest declares it; it is left alone".to_owned())
        };
        suites.add(&agent.name, Case::new(format!("skill/{name}"), ended));
    }
    found(suites, findings, Ended::errored_by);
    if !concerns.is_empty() {
        let lines = concerns.iter().map(|concern| concern.sentence.clone());
        suites.add(RUN, Case::new("what to look at first".to_owned(), Ended::passed(lines)));
    }
    let SummaryV1 { unchanged, ignored, left_out, .. } = summary;
    let in_sync = if *complete {
        Ended::passed([format!("{unchanged} in sync")])
    } else {
        Ended::Errored {
            kind: "listing".to_owned(),
            message: "not every listing could be proved complete".to_owned(),
            lines: Vec::new(),
        }
    };
    suites.add(RUN, Case::new("the rest is in sync".to_owned(), in_sync));
    if *ignored > 0 {
        let said = format!("{} left to others by rules", count(*ignored, "difference"));
        suites.add(RUN, Case::new("ignored".to_owned(), Ended::Skipped(said)));
    }
    if *left_out > 0 {
        let said = format!("{} left out, since nothing of them changed", count(*left_out, "agent"));
        suites.add(RUN, Case::new("left out".to_owned(), Ended::Skipped(said)));
    }
}

/// A case for each file in which something was found. What is an error fails as `wrong` says; the rest is told.
fn found(suites: &mut Suites, findings: &[FindingV1], wrong: fn(&[&Notice<'_>]) -> Ended) {
    let mut files: Vec<(Option<&str>, Vec<Notice<'_>>)> = Vec::new();
    for one in findings {
        let file = one.source.as_ref().map(|SourceV1 { file, line: _, column: _ }| file.as_str());
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, notices)) => notices.push(finding(one)),
            None => files.push((file, vec![finding(one)])),
        }
    }
    for (file, notices) in files {
        let errors: Vec<&Notice<'_>> = notices.iter().filter(|notice| notice.level == Level::Error).collect();
        let ended = if errors.is_empty() {
            Ended::passed(notices.iter().map(suites::line))
        } else {
            wrong(&notices.iter().collect::<Vec<_>>())
        };
        let name = file.unwrap_or("beyond the manifests").to_owned();
        suites.add(MANIFESTS, Case { name, file: file.map(str::to_owned), ended });
    }
}

/// A step passes if it is done and took.
fn report(tree: &ReportV1) -> Suites {
    let mut suites = Suites::default();
    let proof = Proof::of(tree);
    for outcome in &tree.steps {
        let agent = &outcome.agent.name;
        let ended = ended(outcome, &proof).map_or_else(|| Ended::passed([]), stepped);
        suites.add(agent, Case::of(&outcome.id, agent, Some(&outcome.source), ended));
    }
    for notice in wanted_anew(tree) {
        let Some(id) = notice.about.first() else { continue };
        let agent = id.split('/').next().unwrap_or(id);
        suites.add(agent, Case::of(id, agent, None, Ended::failed(&notice)));
    }
    for one in &tree.held {
        hold(&mut suites, one, Ended::failed(&held(Level::Warning, one)));
    }
    found(&mut suites, &tree.findings, Ended::errored_by);
    let proved = match tree.converged {
        Some(true) => Ended::passed([]),
        Some(false) => Ended::Failed {
            kind: "not-converged".to_owned(),
            message: "a fresh plan of what was written is not empty".to_owned(),
            lines: Vec::new(),
        },
        None if was_sent(tree) => Ended::Errored {
            kind: "not-proved".to_owned(),
            message: "live could not be read again".to_owned(),
            lines: Vec::new(),
        },
        None => Ended::Skipped("nothing was written".to_owned()),
    };
    suites.add(RUN, Case::new("a fresh plan is empty".to_owned(), proved));
    suites
}

fn stepped(notice: Notice<'_>) -> Ended {
    if notice.rule == Rule::StepSkipped {
        Ended::Skipped(notice.message)
    } else if notice.level != Level::Error {
        // The proof settled it.
        Ended::passed([notice.message])
    } else if notice.rule == Rule::StepUnknown {
        Ended::errored(&notice)
    } else {
        Ended::failed(&notice)
    }
}

/// What stays different fails, what is taken over passes.
fn pull(tree: &PullV1) -> Suites {
    let PullV1 { format: _, target: _, files, changes, left, secrets } = tree;
    let mut suites = Suites::default();
    for change in changes {
        let ChangeV1 { action, agent, file, skill, to, fields: _ } = change;
        let what = match (skill, to) {
            (Some(skill), _) => format!("skill/{skill}"),
            (None, Some(kind)) => format!("pack/{kind}"),
            (None, None) => "agent".to_owned(),
        };
        let name = format!("{what} ({})", word(*action));
        suites.add(agent, Case { name, file: Some(file.clone()), ended: Ended::passed([]) });
    }
    for one in left {
        let LeftV1 { agent, skill, reason: _ } = one;
        let name = skill.as_ref().map_or_else(|| "agent".to_owned(), |skill| format!("skill/{skill}"));
        suites.add(agent, Case::new(name, Ended::failed(&left_different(one))));
    }
    let taken = format!("{} in {}", count(changes.len(), "change"), count(files.len(), "file"));
    let secrets = secrets.iter().map(|secret| format!("to be set before the next apply: {secret}"));
    let lines = std::iter::once(taken).chain(secrets);
    suites.add(RUN, Case::new("the rest is in sync".to_owned(), Ended::passed(lines)));
    suites
}

const fn word(action: ChangeActionV1) -> &'static str {
    match action {
        ChangeActionV1::Set => "set",
        ChangeActionV1::Add => "add",
        ChangeActionV1::Remove => "remove",
        ChangeActionV1::Rename => "rename",
        ChangeActionV1::Allow => "allow",
        ChangeActionV1::AddPack => "add-pack",
        ChangeActionV1::RemovePack => "remove-pack",
        ChangeActionV1::AddAgent => "add-agent",
    }
}

/// Targets may differ: what is explained passes, by its cause, and what nothing explains fails.
fn compare(tree: &CompareV1) -> Suites {
    let CompareV1 { format: _, a: _, b: _, equal: _, agents: _, unexplained, causes } = tree;
    let line = |apart: &ApartV1| format!("{} {}{}", what(apart), agents(apart), written(apart));
    let mut suites = Suites::default();
    for CauseOfV1 { reason, differences } in causes {
        let name = match reason {
            ReasonV1::Variable { name, a: _, b: _ } => format!("variable {name}"),
            ReasonV1::AgentIds | ReasonV1::Match => found_by(reason).to_owned(),
        };
        suites.add(RUN, Case::new(name, Ended::passed(differences.iter().map(line))));
    }
    let ended = if unexplained.is_empty() {
        Ended::passed([])
    } else {
        let (kind, lines) = (Rule::Sum.id().to_owned(), unexplained.iter().map(line).collect());
        Ended::Failed { kind, message: UNEXPLAINED.to_owned(), lines }
    };
    suites.add(RUN, Case::new("everything is explained".to_owned(), ended));
    suites
}

/// Nothing can fail: each value passes, with where it comes from.
fn origin(tree: &OriginV1) -> Suites {
    let OriginV1 { format: _, target: _, agent, skill, entries } = tree;
    let mut suites = Suites::default();
    for EntryV1 { path, value: _, layers } in entries {
        let name = skill.as_ref().map_or_else(|| dotted(path), |skill| format!("{skill}: {}", dotted(path)));
        let source = layers.first().map(|layer| &layer.source);
        suites.add(agent, Case::of(&name, agent, source, Ended::passed([gist(layers)])));
    }
    suites
}

fn validate(findings: &[FindingV1]) -> Suites {
    let mut suites = Suites::default();
    found(&mut suites, findings, Ended::failed_by);
    if findings.is_empty() {
        suites.add(MANIFESTS, Case::new("all files".to_owned(), Ended::passed([])));
    }
    suites
}

fn error(tree: &ErrorV1) -> Suites {
    let ErrorV1 { format: _, error, target: _, partition: _, exit_code: _, findings } = tree;
    let mut suites = Suites::default();
    found(&mut suites, findings, Ended::failed_by);
    let ended = Ended::Errored { kind: Rule::RunFailed.id().to_owned(), message: error.clone(), lines: Vec::new() };
    suites.add(RUN, Case::new("error".to_owned(), ended));
    suites
}
