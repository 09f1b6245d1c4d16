//! Manifests: text → [`Desired`], with every finding on the way. Pure: files beside the manifests come by argument.

mod agent_set;
mod check;
mod document;
pub mod edit;
mod hidden;
mod ignore;
mod kind;
pub mod layout;
mod literal;
mod node;
pub mod origin;
mod pack;
mod reader;
mod reference;
mod resolve;
mod roster;
mod schema;
mod settings;
mod sheet;
mod side;
mod skill;
mod target;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::diag::{Code, Finding, Sources, closest, sort};
use crate::model::{DeleteBudget, Desired, Place, Policy, Shrunk};
use layout::PROJECT_FILE;
use literal::Literal;
use node::Node;
use reader::{Located, Reader, did_you_mean};
use resolve::{Asked, Documents, Records, Resolved};
use schema::{DeleteBudgetDoc, Document, PolicyDoc, ProjectSpec, TargetDoc};
use value::{Given, Scope};

pub use hidden::hidden;
pub use kind::Kind;
pub use schema::schema;
pub use side::{NoSideFiles, SideFiles, below};

/// What a reading gave: the desired state unless a finding is an error, and every finding in order.
#[derive(Debug)]
pub struct Reading {
    /// The desired state; `None` if anything is wrong or could not be read.
    pub desired: Option<Desired>,
    /// Everything that was found.
    pub findings: Vec<Finding>,
    /// Files beside the manifests of which findings speak, by the path under which they are shown.
    pub beside: BTreeMap<Arc<str>, Arc<str>>,
}

/// Why the target that was asked for cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The project does not have it.
    #[error("there is no target `{name}`; {hint}")]
    Unknown {
        /// The name.
        name: String,
        /// What there is instead.
        hint: String,
        /// The most alike of those that there are.
        near: Option<String>,
    },
    /// The project has several and none is the default.
    #[error("the project has the targets {0}: choose one with `--target`, or set `defaultTarget`")]
    Choose(String),
}

/// Reads all manifests for one target.
///
/// Every document is read even if another is broken, so that all findings are shown at once; but the desired state is
/// only given if none of them is an error and every file could be read. Why one could not be, its reader has said.
pub fn read(sources: &Sources, side_files: &dyn SideFiles, target: Option<&str>) -> Result<Reading, TargetError> {
    Ok(open(sources, side_files, target)?.resolve(side_files))
}

/// Manifests of which each document was read alone. What they ask for together is not made out yet.
#[derive(Debug)]
pub struct Unresolved {
    nodes: Vec<(Arc<str>, Node)>,
    documents: Documents,
    settings: Settings,
    target: String,
    /// The variables; `None` where no target can be told.
    variables: Option<BTreeMap<String, String>>,
    asked: Option<String>,
    is_all_read: bool,
    is_narrow: bool,
    findings: Vec<Finding>,
    beside: BTreeMap<Arc<str>, Arc<str>>,
}

/// The first half of [`read()`]: each document for itself.
pub fn open(sources: &Sources, side_files: &dyn SideFiles, target: Option<&str>) -> Result<Unresolved, TargetError> {
    let asked = target.map(str::to_owned);
    let (nodes, mut findings) = parsed(sources);
    let is_all_read = sources.unread().next().is_none();
    if nodes.is_empty() && findings.is_empty() && is_all_read {
        let message = if sources.is_empty() {
            "no file there ends in `.yaml` or `.yml`"
        } else {
            "the files there hold no document"
        };
        findings.push(Finding::nowhere(Code::NothingFound, message));
    }
    let unparsed = findings.iter().filter_map(|finding| finding.place.as_ref().map(|place| &place.file));
    let is_project_broken = unparsed.chain(sources.unread()).any(|file| layout::is_project(Path::new(&**file)));
    let project = project(&nodes, side_files, is_project_broken, &mut findings);
    let (settings, target, variables) = match project {
        Project::Unknown => (Settings::default(), target.unwrap_or(ONLY_TARGET).to_owned(), None),
        Project::Known(settings) => {
            let target = choose_target(&settings, target)?;
            let variables = settings.variables_of(&target);
            (*settings, target, Some(variables))
        }
    };
    let given = variables.as_ref().map(|variables| settings.given(variables));
    let mut beside = BTreeMap::new();
    let documents = documents(&nodes, &Scope { project: given, side_files, row: None }, &mut findings, &mut beside);
    let is_narrow = sources.is_narrow();
    Ok(Unresolved { nodes, documents, settings, target, variables, asked, is_all_read, is_narrow, findings, beside })
}

impl Unresolved {
    /// The target that was asked for, or that the project chose; `None` if that cannot be told.
    pub fn target(&self) -> Option<&str> {
        if self.variables.is_some() { Some(&self.target) } else { self.asked.as_deref() }
    }

    /// How many agents the manifests ask for, unless something is wrong with what they ask for together; `None` if something
    /// is wrong already.
    pub fn agents(&self) -> Option<usize> {
        let is_sound = self.is_all_read && !self.findings.iter().any(Finding::is_error);
        is_sound.then(|| self.documents.agents())
    }

    /// The second half of [`read()`]: what the documents ask for together, and what there is to say of it.
    pub fn resolve(self, side_files: &dyn SideFiles) -> Reading {
        let Self {
            nodes,
            documents,
            mut settings,
            target,
            variables,
            asked: _,
            is_all_read,
            is_narrow,
            mut findings,
            mut beside,
        } = self;
        let known_target = variables.is_some().then_some(target.as_str());
        let unsure = undefined(&findings);
        let pages = check::Pages::new(&nodes);
        let checks = known_target.is_some().then(|| check::Checks::new(&pages, &unsure));
        let allowed = literal::allowed(std::mem::take(&mut settings.literals), &documents, &pages);
        let project = variables.as_ref().map(|variables| settings.given(variables));
        let scope = Scope { project, side_files, row: None };
        let ids = settings.targets.get(&target).map(|target| target.agents.clone()).unwrap_or_default();
        let all = Asked { scope: &scope, target: known_target, ids: &ids };
        let mut resolved = Resolved { agents: BTreeMap::new(), findings: &mut findings, beside: &mut beside };
        let (agents, Records { packs, actions }) = resolve::resolve(documents, all, checks, &mut resolved);
        literal::let_through(allowed, is_all_read, &mut findings);
        // An agent that seems to be missing may stand in a manifest that cannot be understood, or that was not asked for.
        if is_all_read && !is_narrow && !findings.iter().any(Finding::is_error) {
            target::report_strangers(&settings.targets, &agents, &mut findings);
        }
        sort(&mut findings);
        let is_valid = is_all_read && !findings.iter().any(Finding::is_error);
        let desired = is_valid.then_some(Desired {
            target,
            agents,
            packs,
            actions,
            policy: settings.policy,
            project: settings.place,
            shrunk: Shrunk::default(),
        });
        Reading { desired, findings, beside }
    }
}

/// The documents that say something, with their files, and why files do not parse.
fn parsed(sources: &Sources) -> (Vec<(Arc<str>, Node)>, Vec<Finding>) {
    let (mut nodes, mut findings) = (Vec::new(), Vec::new());
    let files: Vec<(&Arc<str>, &Arc<str>)> = sources.iter().collect();
    for ((file, _), parsed) in files.iter().zip(each(&files, |(file, text)| node::parse(file, text))) {
        match parsed {
            Ok(documents) => {
                let meant = documents.into_iter().filter(|node| node.tree != node::Tree::Null);
                nodes.extend(meant.map(|node| (Arc::clone(file), node)));
            }
            Err(finding) => findings.push(*finding),
        }
    }
    (nodes, findings)
}

/// Fewer than these are not worth the threads.
const MANY: usize = 4;

/// Does the same with each of many, on all cores; what comes of it keeps their order.
fn each<T: Sync, U: Send>(all: &[T], work: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    if all.len() < MANY { all.iter().map(work).collect() } else { all.par_iter().map(work).collect() }
}

/// So many in a row are worth keeping something in mind from one to the next.
const IN_A_ROW: usize = 64;

/// The same for what is used up by it, with something in mind from one to the next.
fn each_of<T: Send, U: Send, M>(
    all: Vec<T>,
    begin: impl Fn() -> M + Sync + Send,
    work: impl Fn(&mut M, T) -> U + Sync + Send,
) -> Vec<U> {
    all.into_par_iter().with_min_len(IN_A_ROW).map_init(begin, work).collect()
}

/// The files in which a value could not be made out, so that what it means cannot be told.
fn undefined(findings: &[Finding]) -> BTreeSet<Arc<str>> {
    const LOST: [Code; 4] = [Code::UnknownVariable, Code::SideFile, Code::Roster, Code::SecretNotAllowed];
    let undefined = findings.iter().filter(|finding| LOST.contains(&finding.code));
    undefined.filter_map(|finding| finding.place.as_ref()).map(|place| Arc::clone(&place.file)).collect()
}

/// The documents of manifests that are sound, and what the project says.
fn settled(sources: &Sources, side_files: &dyn SideFiles) -> (Vec<(Arc<str>, Node)>, Settings) {
    let (nodes, mut findings) = parsed(sources);
    let settings = match project(&nodes, side_files, false, &mut findings) {
        Project::Known(settings) => settings,
        Project::Unknown => Box::default(),
    };
    (nodes, *settings)
}

#[derive(Debug, Default)]
struct Settings {
    place: Option<Place>,
    variables: BTreeMap<String, Located<String>>,
    targets: BTreeMap<String, TargetDoc>,
    default_target: Option<String>,
    policy: Policy,
    literals: Vec<Literal>,
}

impl Settings {
    /// What values draw on, besides the files beside them.
    fn given<'a>(&'a self, variables: &'a BTreeMap<String, String>) -> Given<'a> {
        Given { variables, secret_prefixes: &self.policy.secret_prefixes }
    }

    /// The variables of a target, over those of all.
    fn variables_of(&self, target: &str) -> BTreeMap<String, String> {
        let own = self.targets.get(target).map(|target| &target.variables);
        let all = self.variables.iter().chain(own.into_iter().flatten());
        all.map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
    }
}

/// What the project says.
#[derive(Debug)]
enum Project {
    /// This; or nothing, where there is no project.
    Known(Box<Settings>),
    /// There is one but it is broken, so that nothing can be held against its targets and variables.
    Unknown,
}

/// Reads the project before anything else, since its variables and its policy count for the other documents.
fn project(
    nodes: &[(Arc<str>, Node)],
    side_files: &dyn SideFiles,
    mut is_broken: bool,
    findings: &mut Vec<Finding>,
) -> Project {
    let scope = Scope { project: None, side_files, row: None };
    is_broken |=
        nodes.iter().any(|(file, node)| layout::is_project(Path::new(&**file)) && document::kind_of(node).is_none());
    let mut first: Option<(Place, Settings)> = None;
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

fn settings(project: ProjectSpec, place: Place, findings: &mut Vec<Finding>) -> Settings {
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
    Settings {
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
const ONLY_TARGET: &str = "default";

fn choose_target(settings: &Settings, asked: Option<&str>) -> Result<String, TargetError> {
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

fn read_one(file: &Arc<str>, node: &Node, scope: &Scope<'_>) -> (Option<Document>, Reader) {
    let mut reader = Reader::new(file);
    (document::read(&mut reader, scope, node), reader)
}

fn documents(
    nodes: &[(Arc<str>, Node)],
    scope: &Scope<'_>,
    findings: &mut Vec<Finding>,
    beside: &mut BTreeMap<Arc<str>, Arc<str>>,
) -> Documents {
    let mut documents = Documents::default();
    let nodes = nodes.iter().filter(|(_, node)| document::kind_of(node) != Some(Kind::Project));
    let nodes: Vec<&(Arc<str>, Node)> = nodes.collect();
    let Scope { project, side_files: _, row: _ } = *scope;
    // Files beside the manifests are read by one thread.
    let alone = each(&nodes, |(file, node)| {
        let scope = Scope { project, side_files: &NoSideFiles, row: None };
        (!reference::needs_file(node)).then(|| read_one(file, node, &scope))
    });
    for ((file, node), alone) in nodes.into_iter().zip(alone) {
        let (document, mut reader) = alone.unwrap_or_else(|| read_one(file, node, scope));
        match document {
            Some(Document::Agent(agent)) => documents.agents.push(*agent),
            Some(Document::SkillSet(set)) => documents.skill_sets.push(set),
            Some(Document::AgentSet(set)) => documents.agent_sets.push(*set),
            Some(Document::ConnectorPack(pack)) => documents.packs.push(pack),
            Some(Document::Project(_)) | None => {}
        }
        findings.append(&mut reader.findings);
        beside.append(&mut reader.beside);
    }
    documents
}
