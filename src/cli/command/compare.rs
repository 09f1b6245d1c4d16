use crate::cli::args::{CompareArgs, Manifests};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::focus;
use crate::cli::output::Output;
use crate::cli::project::{self, Project};
use crate::compare::{Side, compare};
use crate::diag::{Finding, sort};
use crate::manifest::origin::{Origins, Written};
use crate::model::Desired;
use crate::record::Record;
use crate::render;

/// `flowops compare`
pub(super) fn run(args: &CompareArgs, output: &mut Output) -> Result<Exit, Failure> {
    let today = project::today();
    let (here, there) = (manifests(args, &args.a), manifests(args, &args.b));
    let one = project::read(&here, today, output)?;
    let other = project::read(&there, today, output)?;
    // Neither is the one that a failure would be about.
    output.aim(None);
    let Project { sources, root, .. } = &one;
    let (Some(mut a), Some(mut b)) = (one.desired.clone(), other.desired.clone()) else {
        return Err(not_valid(args, one, other));
    };
    // An agent may have its address, or its label, in one of the two alone: that is a difference.
    match (focus::select(&mut a, None, &here), focus::select(&mut b, None, &there)) {
        (Err(failure), Err(_)) => return Err(failure),
        (Err(_), Ok(_)) => a.agents.clear(),
        (Ok(_), Err(_)) => b.agents.clear(),
        (Ok(_), Ok(_)) => {}
    }
    let written = Written::new(sources, root);
    let of = |desired: &Desired| Origins::new(&written, root, &desired.target);
    let (origins_a, origins_b) = (of(&a), of(&b));
    let side_a = Side { desired: &a, origins: &origins_a };
    let comparison = compare(side_a, Side { desired: &b, origins: &origins_b });
    let record = Record::compare(&comparison);
    output.text(|style, out| render::compare::compare(&record, style, out));
    output.record(|| record);
    Ok(if args.exit_code && !comparison.is_equal() { Exit::Differences } else { Exit::Ok })
}

fn manifests(args: &CompareArgs, target: &str) -> Manifests {
    let CompareArgs { a: _, b: _, paths, agent, selector, exit_code: _ } = args;
    Manifests {
        paths: paths.clone(),
        target: Some(target.to_owned()),
        agent: agent.clone(),
        selector: selector.clone(),
    }
}

/// Says for which target the manifests are not valid, with what is wrong for either, each once.
fn not_valid(args: &CompareArgs, one: Project, other: Project) -> Failure {
    let is_broken = |project: &Project| project.desired.is_none();
    let which = match (is_broken(&one), is_broken(&other)) {
        (true, true) if args.a != args.b => format!("`{}` and `{}`", args.a, args.b),
        (true, _) => format!("`{}`", args.a),
        (false, _) => format!("`{}`", args.b),
    };
    let mut findings: Vec<Finding> = Vec::new();
    for finding in [&one, &other].into_iter().filter(|project| is_broken(project)).flat_map(|one| &one.findings) {
        if !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    sort(&mut findings);
    let sources = if is_broken(&one) { one.sources } else { other.sources };
    let message = format!("the manifests are not valid for target {which}, so there is nothing to compare");
    Failure::found(findings, sources, &message)
}
