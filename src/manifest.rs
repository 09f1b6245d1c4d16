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
mod project;
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

use crate::diag::{Code, Finding, Sources, sort};
use crate::model::{Desired, Shrunk};
use node::Node;
use project::{Project, ProjectSettings};
use reader::Reader;
use resolve::{Asked, Documents, Records, Resolved};
use schema::Document;
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
    Ok(open(sources, side_files, target)?.resolve())
}

/// Manifests of which each document was read alone. What they ask for together is not made out yet.
#[derive(Debug)]
pub struct Unresolved<S> {
    side_files: S,
    nodes: Vec<(Arc<str>, Node)>,
    documents: Documents,
    settings: ProjectSettings,
    aim: Aim,
    is_all_read: bool,
    is_narrow: bool,
    findings: Vec<Finding>,
    beside: BTreeMap<Arc<str>, Arc<str>>,
}

/// The target for which manifests are read.
#[derive(Debug)]
enum Aim {
    /// This one, with its variables.
    Known { target: String, variables: BTreeMap<String, String> },
    /// This one was asked for, if any; the project is broken, so whether there is one cannot be told.
    Unknown { asked: Option<String> },
}

impl Aim {
    /// What values draw on, besides the files beside them.
    fn given<'a>(&'a self, settings: &'a ProjectSettings) -> Option<Given<'a>> {
        match self {
            Self::Known { target: _, variables } => {
                Some(Given { variables, secret_prefixes: &settings.policy.secret_prefixes })
            }
            Self::Unknown { .. } => None,
        }
    }

    /// The target, where it can be told.
    fn known(&self) -> Option<&str> {
        match self {
            Self::Known { target, variables: _ } => Some(target),
            Self::Unknown { .. } => None,
        }
    }
}

/// The first half of [`read()`]: each document for itself.
pub fn open<S: SideFiles>(
    sources: &Sources,
    side_files: S,
    target: Option<&str>,
) -> Result<Unresolved<S>, TargetError> {
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
    let (settings, aim) = match project::read(&nodes, &side_files, is_project_broken, &mut findings) {
        Project::Unknown => (ProjectSettings::default(), Aim::Unknown { asked: target.map(str::to_owned) }),
        Project::Known(settings) => {
            let target = project::choose_target(&settings, target)?;
            let variables = settings.variables_of(&target);
            (*settings, Aim::Known { target, variables })
        }
    };
    let scope = Scope { project: aim.given(&settings), side_files: &side_files, row: None };
    let mut beside = BTreeMap::new();
    let documents = documents(&nodes, &scope, &mut findings, &mut beside);
    let is_narrow = sources.is_narrow();
    Ok(Unresolved { side_files, nodes, documents, settings, aim, is_all_read, is_narrow, findings, beside })
}

impl<S: SideFiles> Unresolved<S> {
    /// The target that was asked for, or that the project chose; `None` if that cannot be told.
    pub fn target(&self) -> Option<&str> {
        match &self.aim {
            Aim::Known { target, variables: _ } => Some(target),
            Aim::Unknown { asked } => asked.as_deref(),
        }
    }

    /// How many agents the manifests ask for, unless something is wrong with what they ask for together; `None` if something
    /// is wrong already.
    pub fn agents(&self) -> Option<usize> {
        is_sound(self.is_all_read, &self.findings).then(|| self.documents.agents())
    }

    /// The second half of [`read()`]: what the documents ask for together, and what there is to say of it.
    pub fn resolve(self) -> Reading {
        let Self { side_files, nodes, documents, mut settings, aim, is_all_read, is_narrow, mut findings, mut beside } =
            self;
        let unsure = undefined(&findings);
        let pages = check::Pages::new(&nodes);
        let checks = aim.known().map(|_| check::Checks::new(&pages, &unsure));
        let allowed = literal::allowed(std::mem::take(&mut settings.literals), &documents, &pages);
        let scope = Scope { project: aim.given(&settings), side_files: &side_files, row: None };
        let target = aim.known().and_then(|target| settings.targets.get(target));
        let ids = target.map(|target| target.agents.clone()).unwrap_or_default();
        let asked = Asked { scope: &scope, target: aim.known(), ids: &ids };
        let mut resolved = Resolved { agents: BTreeMap::new(), findings: &mut findings, beside: &mut beside };
        let (agents, Records { packs, actions }) = resolve::resolve(documents, asked, checks, &mut resolved);
        literal::let_through(allowed, is_all_read, &mut findings);
        // An agent that seems to be missing may stand in a manifest that cannot be understood, or that was not asked for.
        if !is_narrow && is_sound(is_all_read, &findings) {
            target::report_strangers(&settings.targets, &agents, &mut findings);
        }
        sort(&mut findings);
        let desired = match aim {
            Aim::Known { target, variables: _ } if is_sound(is_all_read, &findings) => Some(Desired {
                target,
                agents,
                packs,
                actions,
                policy: settings.policy,
                project: settings.place,
                shrunk: Shrunk::default(),
            }),
            Aim::Known { .. } | Aim::Unknown { .. } => None,
        };
        Reading { desired, findings, beside }
    }
}

/// Whether nothing is wrong, as far as it is known.
fn is_sound(is_all_read: bool, findings: &[Finding]) -> bool {
    is_all_read && !findings.iter().any(Finding::is_error)
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
fn settled(sources: &Sources, side_files: impl SideFiles) -> (Vec<(Arc<str>, Node)>, ProjectSettings) {
    let (nodes, mut findings) = parsed(sources);
    let settings = match project::read(&nodes, &side_files, false, &mut findings) {
        Project::Known(settings) => settings,
        Project::Unknown => Box::default(),
    };
    (nodes, *settings)
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
