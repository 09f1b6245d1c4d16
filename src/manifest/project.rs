//! The project: its targets, variables and policy.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::TargetError;
use super::document;
use super::kind::Kind;
use super::layout::{self, PROJECT_FILE};
use super::literal::Literal;
use super::node::Node;
use super::reader::{Located, Reader, did_you_mean};
use super::schema::{DeleteBudgetDoc, Document, PolicyDoc, ProjectSpec, TargetDoc};
use super::side::SideFiles;
use super::value::Scope;
use crate::diag::{Code, Finding, closest};
use crate::model::{DeleteBudget, Place, Policy};

/// What the project says, or what is so where it says nothing.
#[derive(Debug, Default)]
pub(super) struct ProjectSettings {
    pub(super) place: Option<Place>,
    pub(super) variables: BTreeMap<String, Located<String>>,
    pub(super) targets: BTreeMap<String, TargetDoc>,
    default_target: Option<String>,
    pub(super) policy: Policy,
    pub(super) literals: Vec<Literal>,
}

impl ProjectSettings {
    /// The variables of a target, over those of all.
    pub(super) fn variables_of(&self, target: &str) -> BTreeMap<String, String> {
        let own = self.targets.get(target).map(|target| &target.variables);
        let all = self.variables.iter().chain(own.into_iter().flatten());
        all.map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
    }
}

/// What the project says.
#[derive(Debug)]
pub(super) enum Project {
    /// This; or nothing, where there is no project.
    Known(Box<ProjectSettings>),
    /// There is one but it is broken, so that nothing can be held against its targets and variables.
    Unknown,
}

/// Reads the project before anything else, since its variables and its policy count for the other documents.
pub(super) fn read(
    nodes: &[(Arc<str>, Node)],
    side_files: &dyn SideFiles,
    mut is_broken: bool,
    findings: &mut Vec<Finding>,
) -> Project {
    let scope = Scope { project: None, side_files, row: None };
    is_broken |=
        nodes.iter().any(|(file, node)| layout::is_project(Path::new(&**file)) && document::kind_of(node).is_none());
    let mut first: Option<(Place, ProjectSettings)> = None;
    for (file, node) in nodes.iter().filter(|(_, node)| document::kind_of(node) == Some(Kind::Project)) {
        let mut reader = Reader::new(file);
        let document = document::read(&mut reader, &scope, node);
        let place = reader.place(node.span);
        findings.append(&mut reader.findings);
        if !layout::is_project(Path::new(&**file)) {
            let help = format!("move it to `{PROJECT_FILE}` at the project root");
            findings.push(Finding::at(Code::SecondProject, place, "a Project stands here").help(help));
            is_broken = true;
            continue;
        }
        if let Some((first, _)) = &first {
            let help = format!("the first one is at {first}");
            findings.push(Finding::at(Code::SecondProject, place, "a second Project stands here").help(help));
            continue;
        }
        match document {
            Some(Document::Project(document)) => {
                first = Some((place.clone(), settings(*document, place, findings)));
            }
            Some(Document::Agent(_) | Document::SkillSet(_) | Document::AgentSet(_) | Document::ConnectorPack(_))
            | None => is_broken = true,
        }
    }
    match first {
        Some((_, settings)) => Project::Known(Box::new(settings)),
        None if is_broken => Project::Unknown,
        None => Project::Known(Box::default()),
    }
}

fn settings(project: ProjectSpec, place: Place, findings: &mut Vec<Finding>) -> ProjectSettings {
    let ProjectSpec { variables, targets, default_target, policy } = project;
    if let Some(default) = &default_target
        && !targets.contains_key(&default.value)
    {
        let help = closest(&default.value, targets.keys().map(String::as_str)).map(did_you_mean);
        let message = format!("`{}` is not one of the targets", default.value);
        findings.push(Finding::at(Code::UnknownReference, default.place.clone(), message).maybe_help(help));
    }
    let PolicyDoc { secret_prefixes, protected, delete_budget, ignore, risk, literals } = policy.unwrap_or_default();
    let DeleteBudgetDoc { count, percent, minimum } = delete_budget.unwrap_or_default();
    let plain = Policy::default();
    let usual = plain.delete_budget;
    ProjectSettings {
        place: Some(place),
        variables,
        targets,
        default_target: default_target.map(|default| default.value),
        policy: Policy {
            secret_prefixes: secret_prefixes.unwrap_or(plain.secret_prefixes),
            protected,
            delete_budget: DeleteBudget {
                count: count.unwrap_or(usual.count),
                percent: percent.unwrap_or(usual.percent),
                minimum: minimum.unwrap_or(usual.minimum),
            },
            ignore,
            risk,
            allowed: Vec::new(),
        },
        literals,
    }
}

/// The name of the target where a project names none.
pub(super) const ONLY_TARGET: &str = "default";

pub(super) fn choose_target(settings: &ProjectSettings, asked: Option<&str>) -> Result<String, TargetError> {
    let known = || settings.targets.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (asked, &settings.default_target, settings.targets.keys().next()) {
        (Some(name), _, _) if settings.targets.contains_key(name) => Ok(name.to_owned()),
        (None | Some(ONLY_TARGET), _, None) => Ok(ONLY_TARGET.to_owned()),
        (Some(name), _, None) => {
            let hint = "the project has no targets".to_owned();
            Err(TargetError::Unknown { name: name.to_owned(), hint, near: None })
        }
        (Some(name), _, Some(_)) => {
            let near = closest(name, settings.targets.keys().map(String::as_str)).map(str::to_owned);
            Err(TargetError::Unknown { name: name.to_owned(), hint: format!("the project has {}", known()), near })
        }
        (None, Some(default), Some(_)) => Ok(default.clone()),
        (None, None, Some(only)) if settings.targets.len() == 1 => Ok(only.clone()),
        (None, None, Some(_)) => Err(TargetError::Choose(known())),
    }
}
