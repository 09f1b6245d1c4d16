//! A scene: manifests, a server in some state, and what goes wrong between them. It is played in every way that a run
//! can take, in virtual time, and what must hold after any run is checked after each.
//!
//! The ways: alone; again without the faults, and once more, which must write nothing; with every write arriving twice;
//! and killed wherever something was written down or done, then run again.

pub(crate) mod invariants;
mod line;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flowops::api::{Method, RawRequest};
use flowops::cli::exit::Exit;
use flowops::diag::Sources;
use flowops::http::{Patience, Patient};
use flowops::manifest::{self, NoSideFiles};
use flowops::model::{AgentId, Desired};
use flowops::ops::{self, Halt, OnFailure, Run, recover};
use flowops::plan::{Plan, plan};
use flowops::render;
use flowops::report::journal::Journal;
use flowops::report::{Cause, Event, Report, Status};
use flowops::sandbox::quirk::{KeyReplay, Names};
use flowops::sandbox::{Faults, Quirks, Sandbox, Store};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::world;
use line::{Death, Limit, Line, Times, Unreached};
pub(crate) use line::{KillAt, Paper};

/// How long a run may take at most, in virtual time, as by default on the command line.
const DEADLINE: Duration = Duration::from_hours(1);

/// What is played.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) desired: Desired,
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    unreached: Option<Unreached>,
    on_failure: OnFailure,
    seed: u64,
    concurrency: usize,
    rate: Option<u32>,
}

/// How a run came out.
pub(crate) struct Played {
    pub(crate) exit: Exit,
    /// What it did, if it came to an apply.
    pub(crate) report: Option<Report>,
    /// Why it did not.
    pub(crate) error: String,
    /// The server afterwards, without faults.
    pub(crate) sandbox: Sandbox,
    /// Every request for which there was a connection, whatever became of it.
    pub(crate) sent: Vec<RawRequest>,
    /// Its journal.
    pub(crate) journal: String,
    /// How long it took, in virtual time.
    pub(crate) took: Duration,
    /// Requests that arrived, reads and writes.
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    /// Whether it was killed.
    pub(crate) was_killed: bool,
    /// Requests that the server had answered before.
    before: u64,
}

/// Manifests that are right, read.
pub(crate) fn read(manifests: &str) -> Desired {
    let mut sources = Sources::default();
    sources.insert("manifests/scene.yaml", manifests);
    let reading = manifest::read(&sources, &NoSideFiles, None).unwrap();
    reading.desired.unwrap_or_else(|| panic!("{:#?}", reading.findings))
}

impl Scene {
    pub(crate) fn new(desired: Desired, store: Store) -> Self {
        let faults = Faults { seed: 1, faults: Vec::new() };
        Self {
            desired,
            store,
            faults,
            unreached: None,
            on_failure: OnFailure::Stop,
            seed: 1,
            concurrency: 3,
            rate: None,
        }
    }

    /// Adds faults, as a fault script writes them: one or more items of a YAML list.
    pub(crate) fn fault(mut self, items: &str) -> Self {
        let script = format!("faults:\n{items}");
        self.faults.faults.extend(Faults::parse(&script).unwrap_or_else(|error| panic!("{error}\n{script}")).faults);
        self
    }

    pub(crate) fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// For some requests with a method, counted from 1, there is no connection, as it turns out after a while.
    pub(crate) fn unreached(self, method: Method, which: Range<u64>, after: Duration) -> Self {
        Self { unreached: Some(Unreached { method, which, after }), ..self }
    }

    /// The server answers open questions so, as `--quirks` has it.
    pub(crate) fn quirks(mut self, quirks: &str) -> Self {
        self.store.set_quirks(Quirks::parse(quirks).unwrap());
        self
    }

    pub(crate) fn keep_going(self) -> Self {
        Self { on_failure: OnFailure::KeepGoing, ..self }
    }

    pub(crate) fn concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// Lets the server answer so many requests a second.
    pub(crate) fn rate(self, rate: u32) -> Self {
        Self { rate: Some(rate), ..self }
    }

    pub(crate) fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same without anything going wrong.
    fn calm(&self) -> Self {
        Self { faults: Faults { seed: 1, faults: Vec::new() }, unreached: None, ..self.clone() }
    }

    /// The same on the server that a run left.
    pub(crate) fn after(&self, played: &Played) -> Self {
        Self { store: played.sandbox.with_store(|store| store.clone()).unwrap(), ..self.clone() }
    }

    /// Plays it in every way. Alone it must end with `exit`; every run after that without faults must end with 0.
    #[track_caller]
    pub(crate) fn plays(&self, exit: Exit) -> Played {
        self.plays_then(exit, Exit::Ok)
    }

    /// The same, where what comes after ends otherwise, since something stays in the way.
    #[track_caller]
    pub(crate) fn plays_then(&self, exit: Exit, then: Exit) -> Played {
        let played = self.once(&Paper::new(), Times::Once, None);
        assert_eq!(played.exit, exit, "{}", played.all());
        let goal = self.rerun(&played, then);
        let is_comparable = self.faults.faults.iter().all(|fault| !line::changes_the_world(fault));
        // What somebody changes meanwhile may stay in the way; without it nothing does.
        let undisturbed = if is_comparable { then } else { self.calm().once(&Paper::new(), Times::Once, None).exit };
        self.twice(undisturbed);
        for kill in self.kill_points() {
            let goal = Some(&goal).filter(|_| is_comparable);
            self.killed(kill, then, goal);
        }
        played
    }

    /// Plays it alone.
    pub(crate) fn alone(&self) -> Played {
        self.once(&Paper::new(), Times::Once, None)
    }

    /// What `plan --exit-code` ends with. It must not write, and everything it says must be fit to be seen.
    #[track_caller]
    pub(crate) fn plans(&self, exit: Exit) -> Plan {
        let sandbox = Arc::new(Sandbox::in_memory(self.store.clone()).with_faults(self.faults.clone()));
        let wire = Line::new(&sandbox, Times::Once, Death::never()).unreached(self.unreached.clone());
        let (ended, plan) = wait(async {
            let reader = self.patient(wire).into_planner();
            match ops::fetch(&reader, &self.desired, 3).await {
                Ok(live) => {
                    let plan = plan(&self.desired, &live);
                    let ended = match (plan.has_errors(), plan.steps.is_empty(), plan.held.is_empty()) {
                        (true, _, _) => Exit::of(&plan.findings),
                        (false, true, true) => Exit::Ok,
                        (false, _, false) => Exit::Guarded,
                        (false, false, true) => Exit::Differences,
                    };
                    (ended, plan)
                }
                Err(error) => panic!("{error}: {}", error.source),
            }
        });
        assert_eq!(ended, exit, "{:#?}", plan.findings);
        assert_eq!(sandbox.with_store(|store| store.writes()).unwrap(), self.store.writes(), "a plan has written");
        plan
    }

    /// Reading fails for good: what is said then. Nothing may have been written.
    #[track_caller]
    pub(crate) fn fails_to_read(&self) -> String {
        let played = self.once(&Paper::new(), Times::Once, None);
        assert_eq!((played.exit, played.writes), (Exit::Failed, 0), "{}", played.all());
        assert!(played.report.is_none());
        self.rerun(&played, Exit::Ok);
        played.error
    }

    fn patient(&self, wire: Line) -> Patient<Line> {
        Patient::new(wire, Patience { concurrency: self.concurrency, seed: self.seed, deadline: Some(DEADLINE) })
    }

    /// One run: recover, look, plan, apply.
    pub(crate) fn once(&self, paper: &Paper, times: Times, kill: Option<KillAt>) -> Played {
        let sandbox = Arc::new(Sandbox::in_memory(self.store.clone()).with_faults(self.faults.clone()));
        let (before, writes) = sandbox.with_store(|store| (store.requests(), store.writes())).unwrap();
        let death = paper.until(kill);
        let wire = Line::new(&sandbox, times, death.clone()).unreached(self.unreached.clone());
        let sent = wire.sent();
        let (outcome, took) = wait(async {
            let start = tokio::time::Instant::now();
            let wire = wire.limited(self.rate.map(Limit::new));
            let outcome = tokio::select! {
                biased;
                () = death.wait() => None,
                ended = self.run(wire, paper) => Some(ended),
            };
            (outcome, start.elapsed())
        });
        let (report, exit, error) = match outcome {
            Some(Ok(report)) => (Some(*report), None, String::new()),
            Some(Err((exit, error))) => (None, Some(exit), error),
            None => (None, None, String::new()),
        };
        let exit = report.as_ref().map(|report| Exit::of_verdict(report.verdict())).or(exit);
        let store = sandbox.with_store(|store| store.clone()).unwrap();
        let played = Played {
            exit: exit.unwrap_or(Exit::Internal),
            was_killed: exit.is_none(),
            report,
            error,
            sent: sent.lock().unwrap().clone(),
            journal: paper.text(),
            took,
            reads: store.requests() - before - (store.writes() - writes),
            writes: store.writes() - writes,
            sandbox: Sandbox::in_memory(store),
            before,
        };
        invariants::check(self, &played);
        played
    }

    /// Two runs at once that know nothing of each other, as from two places.
    pub(crate) fn side_by_side(&self) -> [Played; 2] {
        let sandbox = Arc::new(Sandbox::in_memory(self.store.clone()).with_faults(self.faults.clone()));
        let (before, writes) = sandbox.with_store(|store| (store.requests(), store.writes())).unwrap();
        let (papers, other) = ([Paper::new(), Paper::new()], self.clone().seed(self.seed + 1));
        let lines = [(), ()].map(|()| Line::new(&sandbox, Times::Once, Death::never()));
        let sent = lines.each_ref().map(Line::sent);
        let [line, other_line] = lines;
        let (ended, took) = wait(async {
            let start = tokio::time::Instant::now();
            let ended = tokio::join!(self.run(line, &papers[0]), other.run(other_line, &papers[1]));
            (ended, start.elapsed())
        });
        let store = sandbox.with_store(|store| store.clone()).unwrap();
        let played = |ended: Result<Box<Report>, (Exit, String)>, at: usize| {
            let (report, exit, error) = match ended {
                Ok(report) => (Some(*report), None, String::new()),
                Err((exit, error)) => (None, Some(exit), error),
            };
            let verdict = report.as_ref().map(|report| Exit::of_verdict(report.verdict()));
            Played {
                exit: verdict.or(exit).unwrap_or(Exit::Internal),
                was_killed: false,
                report,
                error,
                sent: sent[at].lock().unwrap().clone(),
                journal: papers[at].text(),
                took,
                reads: store.requests() - before - (store.writes() - writes),
                writes: store.writes() - writes,
                sandbox: Sandbox::in_memory(store.clone()),
                before,
            }
        };
        [played(ended.0, 0), played(ended.1, 1)]
    }

    async fn run(&self, wire: Line, paper: &Paper) -> Result<Box<Report>, (Exit, String)> {
        let client = self.patient(wire);
        let unread =
            |error: ops::FetchError| (Exit::Failed, render::safe(&format!("{error}: {}", error.source)).into_owned());
        let left = Journal::read(&paper.text()).map_err(|error| (Exit::Failed, error.to_string()))?;
        recover(&client, &left.open).await.map_err(unread)?;
        let live = ops::fetch(&client, &self.desired, self.concurrency).await.map_err(unread)?;
        let plan = plan(&self.desired, &live);
        let approved = plan.approve().map_err(|plan| {
            let said: Vec<String> = plan.findings.iter().map(|finding| finding.message.clone()).collect();
            (Exit::of(&plan.findings), said.join("\n"))
        })?;
        paper.begin(approved.plan());
        let secrets = world::secrets();
        let run = Run {
            nonce: Uuid::new_v5(&Uuid::NAMESPACE_OID, &(paper.runs() + self.seed).to_be_bytes()),
            note: "a scene".to_owned(),
            concurrency: self.concurrency,
            secrets: &secrets,
            refused: &BTreeMap::new(),
            on_failure: self.on_failure,
            halt: &Halt::default(),
            journal: paper,
            on_event: &|_: Event| {},
        };
        Ok(Box::new(ops::apply(&client, &self.desired, &live, approved, &run).await))
    }

    /// Runs again without faults, and once more. Gives the state in which the server ends.
    #[track_caller]
    fn rerun(&self, played: &Played, then: Exit) -> Vec<Json> {
        let store = played.sandbox.with_store(|store| store.clone()).unwrap();
        let paper = Paper::with(&played.journal);
        let calm = Self { store, ..self.calm() };
        let second = calm.once(&paper, Times::Once, None);
        assert_eq!(second.exit, then, "run again: {}\nafter {}", second.all(), played.all());
        let store = second.sandbox.with_store(|store| store.clone()).unwrap();
        let third = Self { store, ..calm }.once(&Paper::with(&second.journal), Times::Once, None);
        assert_eq!((third.exit, third.writes), (then, 0), "run once more: {}", third.all());
        state(&third.sandbox)
    }

    /// Every write arrives twice, as from a proxy that repeats; the second answer is the one that is heard.
    ///
    /// A server that knows neither keys nor names makes two skills of that, whoever the client is.
    #[track_caller]
    fn twice(&self, then: Exit) {
        let quirks = self.store.quirks();
        if quirks.names == Names::Free && quirks.key_replay == KeyReplay::Ignored {
            return;
        }
        let calm = self.calm();
        let played = calm.once(&Paper::new(), Times::Twice, None);
        calm.rerun(&played, then);
    }

    /// Plays it where the disk is full from an entry of the journal on; then again, where it is not.
    #[track_caller]
    pub(crate) fn with_full_disk(&self, entry: u64) -> Played {
        let played = self.once(&Paper::full_from(entry), Times::Once, None);
        self.rerun(&played, Exit::Ok);
        played
    }

    /// Plays it alone and checks how it ends.
    #[track_caller]
    pub(crate) fn ends(&self, exit: Exit) -> Played {
        let played = self.alone();
        assert_eq!(played.exit, exit, "{}", played.all());
        played
    }

    /// Plays it once, killed or not, then without faults until nothing is left to do. Gives the first run and says how
    /// the last one ended.
    pub(crate) fn play_to_the_end(&self, kill: Option<KillAt>) -> (Played, Exit) {
        let first = self.once(&Paper::new(), Times::Once, kill);
        let again = |played: &Played| {
            let store = played.sandbox.with_store(|store| store.clone()).unwrap();
            Self { store, ..self.calm() }.once(&Paper::with(&played.journal), Times::Once, None)
        };
        let second = again(&first);
        let last = again(&second);
        assert_eq!(last.writes, 0, "run once more: {}\nafter: {}", last.all(), second.all());
        (first, last.exit)
    }

    fn kill_points(&self) -> Vec<KillAt> {
        let paper = Paper::new();
        let played = self.once(&paper, Times::Once, None);
        let entries = (1..=paper.entries()).map(KillAt::Entry);
        entries.chain((1..=played.writes).map(KillAt::Write)).collect()
    }

    /// Killed somewhere, then run again.
    #[track_caller]
    pub(crate) fn killed(&self, kill: KillAt, then: Exit, goal: Option<&Vec<Json>>) {
        let paper = Paper::new();
        let played = self.once(&paper, Times::Once, Some(kill));
        let state = self.rerun(&played, then);
        if let Some(goal) = goal {
            assert_eq!(&state, goal, "killed at {kill:?}");
        }
    }
}

/// Waits for something in virtual time.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

/// What the server holds, without what no two runs share.
pub(crate) fn state(sandbox: &Sandbox) -> Vec<Json> {
    let agents: Vec<AgentId> = sandbox.with_store(|store| store.agents().map(|(id, _)| id.clone()).collect()).unwrap();
    let mut all = Vec::new();
    for agent in agents {
        let skills = sandbox.with_store(|store| store.skills_of(&agent)).unwrap();
        let mut skills: Vec<Json> = skills.into_iter().map(|(_, skill)| plain(skill)).collect();
        skills.sort_by_key(ToString::to_string);
        all.push(Json::Array(skills));
    }
    all
}

fn plain(mut skill: Map<String, Json>) -> Json {
    for key in ["id", "createdAt", "updatedAt", "expectedLatencyMs"] {
        skill.remove(key);
    }
    Json::Object(skill)
}

impl Played {
    /// All names of skills on the server.
    pub(crate) fn names(&self) -> Vec<String> {
        let agents: Vec<AgentId> =
            self.sandbox.with_store(|store| store.agents().map(|(id, _)| id.clone()).collect()).unwrap();
        let skills = agents.iter().flat_map(|agent| self.sandbox.with_store(|store| store.skills_of(agent)).unwrap());
        skills.map(|(_, fields)| fields["name"].as_str().unwrap().to_owned()).collect()
    }

    /// How each step ended, in a word.
    pub(crate) fn ended(&self) -> Vec<&'static str> {
        let word = |status: &Status| match status {
            Status::Done => "done",
            Status::Settled(_) => "settled",
            Status::Unneeded => "unneeded",
            Status::Conflict(_) => "conflict",
            Status::Failed(_) => "failed",
            Status::Unknown(_) => "unknown",
            Status::Skipped(Cause::Step(_)) => "needs",
            Status::Skipped(Cause::Stopped(_)) => "stopped",
        };
        self.report.iter().flat_map(|report| &report.outcomes).map(|outcome| word(&outcome.status)).collect()
    }

    /// How many writes changed something.
    pub(crate) fn changes(&self) -> usize {
        let is_it = |event: &&flowops::sandbox::Event| {
            event.sequence > self.before && event.method != Method::Get.as_str() && event.changed
        };
        self.sandbox.with_store(|store| store.events().iter().filter(is_it).count()).unwrap()
    }

    /// The first skill of a name.
    pub(crate) fn skill(&self, name: &str) -> Map<String, Json> {
        let agents: Vec<AgentId> =
            self.sandbox.with_store(|store| store.agents().map(|(id, _)| id.clone()).collect()).unwrap();
        let mut skills =
            agents.iter().flat_map(|agent| self.sandbox.with_store(|store| store.skills_of(agent)).unwrap());
        let found = skills.find(|(_, fields)| fields["name"] == name);
        found.unwrap_or_else(|| panic!("there is no `{name}`\n{}", self.all())).1
    }

    /// How often a request arrived whose path ends so.
    pub(crate) fn arrived(&self, method: Method, end: &str) -> usize {
        let is_it = |event: &&flowops::sandbox::Event| {
            event.sequence > self.before && event.method == method.as_str() && event.path.ends_with(end)
        };
        self.sandbox.with_store(|store| store.events().iter().filter(is_it).count()).unwrap()
    }

    /// The idempotency keys of what was sent to paths that end so, whether or not it arrived.
    pub(crate) fn keys(&self, end: &str) -> Vec<&str> {
        let sent = self.sent.iter().filter(|request| request.method == Method::Post && request.path.ends_with(end));
        sent.map(|request| request.idempotency_key.as_deref().unwrap()).collect()
    }

    /// Checks that it says something.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.all().contains(text), "no `{text}` in\n{}", self.all());
    }

    /// Everything that it says.
    pub(crate) fn all(&self) -> String {
        let said = self.report.as_ref().map(invariants::text).unwrap_or_default();
        format!("{}{}[exit code {}]", self.error, said, self.exit.code())
    }
}
