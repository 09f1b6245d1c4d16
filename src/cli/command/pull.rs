use crate::cli::args::{Manifests, PullArgs, Server};
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::project::{self, Valid};
use crate::cli::{focus, server};
use crate::diag::Sources;
use crate::fs::{self, Replacement};
use crate::manifest::edit::SideEdit;
use crate::manifest::{self, NoSideFiles};
use crate::model::{Desired, Live};
use crate::ops::{self, FetchError, Reads};
use crate::pull::{self, Accept, Only, Pull, Wish};
use crate::record::Record;
use crate::render;

/// `flowops pull`
pub(super) async fn run(args: &PullArgs, output: &mut Output) -> Result<Exit, Failure> {
    let only = Only::read(&args.only).map_err(|why| Failure::new(Exit::Usage, format!("`--only`: {why}")))?;
    if !args.check {
        for path in &args.manifests.paths {
            fs::create_missing_dir(path).map_err(|error| Failure::from_error(Exit::Failed, &error))?;
        }
    }
    let valid = project::read_to_write(&args.manifests, output)?;
    let reader = server::connect(&args.server, &valid.desired, output)?.into_reader();
    let Seen { selected, strangers, live } = look(&reader, args, &only, &valid.desired, output).await?;
    let accept = Accept::read(&args.accept, &selected, &live);
    let accept = accept.map_err(|error| Failure::from_error(Exit::Usage, &error).help("no file was written"))?;
    let folder = pull::folder_of_agents(&valid.desired, &project::first_folder(&args.manifests.paths));
    let wish = Wish { accept: &accept, strangers: &strangers, folder: &folder };
    let pull = pull::pull(&valid.sources, &valid.root, &valid.desired, &live, &wish);
    if !args.check {
        write(&pull, &valid)?;
    }
    output.findings(&valid.findings, &valid.sources);
    output.text(|style, out| render::pull::pull(&pull, args.check, style, out));
    output.record(|| Record::pull(&pull));
    let is_same = pull.left.is_empty() && (pull.is_empty() || !args.check);
    Ok(if is_same { Exit::Ok } else { Exit::Differences })
}

/// What a pull would write into a project without a manifest: its file and text are given, and the folder for the agents.
/// Nothing is written.
pub(super) async fn anew(
    server: &Server,
    (file, text): (&str, &str),
    folder: &str,
    output: &mut Output,
) -> Result<Pull, Failure> {
    let mut sources = Sources::default();
    sources.insert(file, text);
    let reading = manifest::read(&sources, &NoSideFiles, None);
    let reading = reading.map_err(|error| Failure::from_error(Exit::Internal, &error))?;
    let desired = reading.desired.unwrap_or_default();
    let reader = server::connect(server, &desired, output)?.into_reader();
    let manifests = Manifests { paths: Vec::new(), target: None, agent: Vec::new(), selector: Vec::new() };
    let args = PullArgs { manifests, server: server.clone(), only: Vec::new(), accept: Vec::new(), check: false };
    let Seen { selected, strangers, live } = look(&reader, &args, &Only::default(), &desired, output).await?;
    let accept = Accept::read(&[], &selected, &live).map_err(|error| Failure::from_error(Exit::Usage, &error))?;
    let wish = Wish { accept: &accept, strangers: &strangers, folder };
    Ok(pull::pull(&sources, &NoSideFiles, &desired, &live, &wish))
}

/// What is live, and of which agents it is taken over.
struct Seen {
    /// The declared ones that are selected.
    selected: Desired,
    /// Those that no manifest declares.
    strangers: Desired,
    live: Live,
}

/// Reads what is live: of the agents that are declared, and of those that are not, unless some are selected.
async fn look(
    reader: &impl Reads,
    args: &PullArgs,
    only: &Only,
    desired: &Desired,
    output: &Output,
) -> Result<Seen, Failure> {
    let PullArgs { manifests, server, accept, .. } = args;
    let mut selected = pull::readable(desired);
    let is_for_all = manifests.agent.is_empty() && manifests.selector.is_empty();
    if !is_for_all {
        let _by_their_own_names = focus::select(&mut selected, None, manifests)?;
    }
    let _progress = Progress::spinner("reading the live state");
    let failed = |error: FetchError| failure(&error, server);
    let survey = ops::survey(reader).await.map_err(failed)?;
    if let Some(why) = survey.doubt() {
        output.say(&format!("note: the list of agents cannot be proved complete: {why}"));
    }
    let heads = survey.agents();
    selected.agents.retain(|agent| only.is_meant(&agent.names(&heads)));
    let strangers = if is_for_all && accept.is_empty() {
        pull::strangers(desired, &heads, survey.doubt().is_none(), only)
    } else {
        Desired::default()
    };
    let mut all = selected.clone();
    all.agents.extend(strangers.agents.iter().cloned());
    let live = ops::fetch_listed(reader, &all, &survey, usize::from(server.concurrency)).await.map_err(failed)?;
    Ok(Seen { selected, strangers, live })
}

fn failure(error: &FetchError, server: &Server) -> Failure {
    Failure::from_error(Exit::Failed, error).help(server::way_out(&error.source, server))
}

fn write(pull: &Pull, valid: &Valid) -> Result<(), Failure> {
    let here = env::working_directory();
    let manifests = pull.manifests.iter().map(|(path, after)| {
        let before = valid.sources.text(path).map(str::to_owned);
        Replacement { path: here.join(&**path), before, after: after.clone() }
    });
    let new = pull.new_manifests.iter().map(|(path, after)| Replacement {
        path: here.join(path),
        before: None,
        after: after.clone(),
    });
    let mut files: Vec<Replacement> = manifests.chain(new).collect();
    files.extend(pull.side_files.iter().map(|(path, SideEdit { before, after })| Replacement {
        path: valid.root.folder().join(path),
        before: Some(before.clone()),
        after: after.clone(),
    }));
    fs::replace_all(&files)
        .map_err(|error| Failure::from_error(Exit::Failed, &error).help("no file was written; pull again"))
}
