use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::api::BASE_PATH;
use crate::cli::args::{Manifests, SandboxArgs};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::stop::Stop;
use crate::cli::{project, server};
use crate::fs;
use crate::sandbox::{Faults, Pace, Quirks, Sandbox, bind, serve};

/// `flowops sandbox`
pub(super) async fn run(args: &SandboxArgs, output: &mut Output) -> Result<Exit, Failure> {
    if args.quirks.as_deref() == Some("help") {
        output.data(&listed());
        return Ok(Exit::Ok);
    }
    if !args.listen.ip().is_loopback() {
        return Err(Failure::new(Exit::Usage, format!("`{}` is not a loopback address", args.listen))
            .help("the sandbox takes any key, so it listens on 127.0.0.1 or [::1] only"));
    }
    let quirks = args.quirks.as_deref().map(Quirks::parse).transpose();
    let quirks = quirks
        .map_err(|error| Failure::from_error(Exit::Usage, &error).help("`flowops sandbox --quirks help` lists them"))?;
    let faults = args.faults.as_deref().map(script).transpose()?.unwrap_or_default();
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Failed, error);
    let sandbox = Sandbox::open(&args.state).map_err(|error| failed(&error))?.with_faults(faults);
    if let Some(quirks) = quirks {
        sandbox.with_store(|store| store.set_quirks(quirks)).map_err(|error| failed(&error))?;
    }
    if !args.paths.is_empty() {
        let manifests = Manifests {
            paths: args.paths.clone(),
            target: args.target.clone(),
            agent: Vec::new(),
            selector: Vec::new(),
        };
        let valid = project::read(&manifests, project::today(), output)?.valid()?;
        server::seed(&sandbox, &valid.desired).map_err(|error| failed(&error))?;
    }
    let mut stop = Stop::listen();
    let listener = bind(args.listen).await.map_err(|error| failed(&error))?;
    let address = listener.local_addr().map_err(|error| failed(&error))?;
    output.data(&format!("Listening on http://{address}{BASE_PATH}, kept in {}.\n", args.state.display()));
    output.data(&format!("export FLOWYTE_BASE_URL=http://{address}{BASE_PATH} FLOWYTE_API_KEY=flowyte_sk_sandbox\n"));
    output.flush()?;
    let ended = async move {
        stop.asked().await;
    };
    let pace = Pace { latency: args.latency, rate: args.rate };
    serve(listener, Arc::new(sandbox), pace, ended).await.map_err(|error| failed(&error))?;
    Ok(Exit::Ok)
}

/// Reads a fault script.
fn script(path: &Path) -> Result<Faults, Failure> {
    let text = fs::read_file(path).map_err(|error| {
        Failure::new(Exit::Usage, format!("the fault script {error}"))
            .help("`--faults` takes a file; `flowops schema faults` says what may stand in it")
    })?;
    Faults::parse(&text).map_err(|error| {
        Failure::new(Exit::Usage, format!("the fault script `{}` cannot be used: {error}", path.display()))
            .help("`flowops schema faults` says what may stand in it")
    })
}

fn listed() -> String {
    let mut text =
        "How the sandbox answers what the platform's documentation leaves open; the first word is the default.\n\n"
            .to_owned();
    for question in Quirks::TABLE {
        let _infallible = writeln!(text, "{}: {}", question.name, question.about);
        for answer in question.answers {
            let _infallible = writeln!(text, "    {:<16} {}", answer.word, answer.about);
        }
    }
    text
}
