//! The manifests: read, and found to be valid.

use std::path::{Path, PathBuf};

use super::args::Manifests;
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use crate::diag::{Code, Finding, Sources, sort};
use crate::fs::{self, ProjectRoot};
use crate::manifest::{self, TargetError, Unresolved};
use crate::model::{Day, Desired};
use crate::plan;

/// Manifests of which each document was read alone.
pub(super) struct Opened {
    sources: Sources,
    root: ProjectRoot,
    /// The files and folders that were given, as they really are.
    given: Vec<PathBuf>,
    /// The manifests that were found, as they really are.
    pub(super) files: Vec<PathBuf>,
    unreadable: Vec<Finding>,
    unresolved: Unresolved<ProjectRoot>,
}

impl Opened {
    /// How many agents they ask for, unless something is wrong with what they ask for together; `None` if something is wrong
    /// already.
    pub(super) fn agents(&self) -> Option<usize> {
        self.unresolved.agents().filter(|_| !self.unreadable.iter().any(Finding::is_error))
    }

    /// Makes out what they ask for together.
    pub(super) fn resolve(self, today: Day) -> Project {
        let Self { mut sources, root, given, files, unreadable, unresolved } = self;
        let manifest::Reading { desired, mut findings, beside } = unresolved.resolve();
        sources.insert_beside(beside);
        let is_unreadable = unreadable.iter().any(Finding::is_error);
        if is_unreadable {
            // What could not be read is said already; that nothing else was found is no news.
            findings.retain(|finding| finding.place.is_some());
        }
        findings.extend(unreadable);
        let mut desired = desired.filter(|_| !is_unreadable);
        if let Some(desired) = &mut desired {
            findings.extend(plan::check_rules(desired, today));
        }
        sort(&mut findings);
        Project { sources, root, given, files, findings, desired }
    }
}

/// The manifests as read.
pub(super) struct Project {
    pub(super) sources: Sources,
    pub(super) root: ProjectRoot,
    given: Vec<PathBuf>,
    files: Vec<PathBuf>,
    pub(super) findings: Vec<Finding>,
    /// What they ask for; `None` if a finding is an error.
    pub(super) desired: Option<Desired>,
}

/// Manifests that ask for something: nothing in them is wrong.
pub(super) struct Valid {
    pub(super) sources: Sources,
    pub(super) root: ProjectRoot,
    /// The files and folders that were given, as they really are.
    pub(super) given: Vec<PathBuf>,
    /// The manifests that were found, as they really are.
    pub(super) files: Vec<PathBuf>,
    pub(super) findings: Vec<Finding>,
    pub(super) desired: Desired,
}

impl Project {
    /// Stops if anything is wrong with them.
    pub(super) fn valid(self) -> Result<Valid, Failure> {
        let Self { sources, root, given, files, findings, desired } = self;
        match desired {
            Some(desired) => Ok(Valid { sources, root, given, files, findings, desired }),
            None => Err(Failure::found(findings, sources, "the manifests are not valid; nothing was written")),
        }
    }
}

/// The day on which rules hold or have expired.
pub(super) fn today() -> Day {
    Day::of_seconds(env::seconds())
}

/// Reads each document of the manifests.
pub(super) fn open(manifests: &Manifests, output: &mut Output) -> Result<Opened, Failure> {
    let fs::Collected { sources, root, given, files, findings: unreadable } =
        fs::collect(&manifests.paths, &env::working_directory());
    output.spare(&files)?;
    let unresolved = manifest::open(&sources, root.clone(), manifests.target.as_deref()).map_err(|error| {
        let failure = Failure::from_error(Exit::Usage, &error);
        match error {
            TargetError::Unknown { name: _, hint: _, near: Some(near) } => {
                failure.help(format!("did you mean `{near}`?"))
            }
            TargetError::Unknown { name: _, hint: _, near: None } | TargetError::Choose(_) => failure,
        }
    })?;
    output.aim(unresolved.target().map(str::to_owned));
    Ok(Opened { sources, root, given, files, unreadable, unresolved })
}

/// Reads the manifests.
pub(super) fn read(manifests: &Manifests, today: Day, output: &mut Output) -> Result<Project, Failure> {
    Ok(open(manifests, output)?.resolve(today))
}

/// Reads the manifests for whoever writes them: there may be none yet.
pub(super) fn read_to_write(manifests: &Manifests, output: &mut Output) -> Result<Valid, Failure> {
    let mut project = read(manifests, today(), output)?;
    let is_nothing = |finding: &Finding| finding.code == Code::NothingFound;
    if project.desired.is_none() && project.findings.iter().all(is_nothing) {
        let target = manifests.target.clone().unwrap_or_else(|| "default".to_owned());
        project.desired = Some(Desired { target, ..Desired::default() });
    }
    let mut valid = project.valid()?;
    valid.findings.retain(|finding| !is_nothing(finding));
    Ok(valid)
}

/// The first folder that was given, as paths are shown.
pub(super) fn first_folder(paths: &[PathBuf]) -> String {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if fs::is_dir(first) { first } else { first.parent().unwrap_or(first) };
    folder.to_string_lossy().trim_end_matches('/').to_owned()
}
