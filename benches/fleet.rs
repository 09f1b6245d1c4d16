//! What must hold at ten thousand agents, measured in one run: `cargo bench --bench fleet`; with `-- http`, `-- local` or
//! `-- start` only that part of it.
//!
//! The end-to-end part runs the release binary against `flowops sandbox` in another process, which answers each request
//! after 20 ms; the local part works without a network. Every figure is printed beside what it is measured against. Compare
//! figures of one run only. Linux tells CPU time and memory of a process in `/proc`; elsewhere they are left out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a bench measures, prints, and stops where it is surprised"
)]

mod franchise;

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use flowops::manifest::read;
use flowops::model::{
    Agent, AgentId, BusinessHours, Catalog, Desired, Draft, Found, Listing, LiveAgent, LiveSkill, Published,
    References, SkillId, SkillName,
};
use flowops::plan::Context;
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::sandbox::Sandbox;
use serde_json::Value as Json;

use franchise::{Files, SKILLS, Written};

const LATENCY: Duration = Duration::from_millis(20);
const CONCURRENCY: u32 = 32;

/// Runs of which the median counts.
const RUNS: usize = 5;

/// Agents on one page of the list.
const PAGE: usize = 100;

/// The program: that of `cargo build --release`, if `FLOWOPS_PROGRAM` names it. Cargo builds the one beside a bench so that it
/// unwinds, which makes it larger.
fn program() -> String {
    std::env::var("FLOWOPS_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_flowops").to_owned())
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let parts = ["http", "local", "start"].into_iter();
    let asked: Vec<&str> = parts.filter(|part| words.iter().any(|word| word == part)).collect();
    let is_asked = |part: &str| asked.is_empty() || asked.contains(&part);
    if is_asked("http") {
        end_to_end();
    }
    if is_asked("local") {
        rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(local);
    }
    if is_asked("start") {
        starts();
    }
}

fn end_to_end() {
    let latency = LATENCY.as_millis();
    println!(
        "End to end, {latency} ms latency, {CONCURRENCY} requests at once, nothing to do; the median of {RUNS} runs:"
    );
    for (written, branches) in [(Written::AsTemplate, 1_000), (Written::OneByOne, 1_000), (Written::AsTemplate, 10_000)]
    {
        over_http(written, branches);
    }
}

fn local() {
    println!("Local work on one core, nothing to do:");
    let small = locally(Written::AsTemplate, 400);
    let large = locally(Written::AsTemplate, 10_000);
    println!("  a skill among 250,000 costs {:.2} times one among 10,000", large / small);
    locally(Written::OneByOne, 400);
}

/// No-op plans of the release binary against the sandbox in another process.
fn over_http(written: Written, branches: usize) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(written, branches);
    for (path, text) in files.manifests.iter().chain(&files.beside) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let state = folder.path().join("state.json");
    seed(&state, &files.desired());
    drop(files);
    let (mut server, url) = serve(folder.path(), &state);
    let out = folder.path().join("plan.json");
    // The first run finds a server that has not begun its threads yet.
    let mut runs: Vec<Ended> = (0..=RUNS).map(|_| plan(folder.path(), &url, &out)).skip(1).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    runs.sort_by_key(|run| run.wall);
    let peak = runs.iter().filter_map(|run| run.peak).max();
    let Ended { wall, cpu, peak: _ } = runs.swap_remove(RUNS / 2);
    let plan: Json = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    let number = |pointer: &str| plan.pointer(pointer).and_then(Json::as_u64).unwrap();
    let formula = (branches + branches.div_ceil(PAGE)) as u64;
    let reads = number("/requests/reads");
    assert_eq!(number("/summary/unchanged"), (branches * SKILLS) as u64, "all is as declared");
    assert_eq!(number("/requests/writes"), 0, "nothing is to do");
    assert_eq!(reads, formula, "no request beyond the formula");
    let ideal = LATENCY.mul_f64(reads as f64 / f64::from(CONCURRENCY));
    println!(
        "  {branches} agents × {SKILLS} skills, {}: {reads} requests (formula: {formula}), no write; {:.2} s = {:.2} × ideal \
         ({:.2} s); CPU {}; peak memory {}",
        match written {
            Written::AsTemplate => "a template and a table",
            Written::OneByOne => "a file for each agent",
        },
        wall.as_secs_f64(),
        wall.as_secs_f64() / ideal.as_secs_f64(),
        ideal.as_secs_f64(),
        cpu.map_or("not told".to_owned(), |cpu| format!("{:.2} s", cpu.as_secs_f64())),
        peak.map_or("not told".to_owned(), |kib| format!("{} MiB", kib / 1024)),
    );
}

fn plan(folder: &Path, url: &str, out: &Path) -> Ended {
    let begun = Instant::now();
    let plan = Command::new(program())
        .args(["plan", "manifests", "--format", "json", "--base-url", url])
        .args(["--concurrency", &CONCURRENCY.to_string(), "--output"])
        .arg(out)
        .current_dir(folder)
        .env("FLOWYTE_API_KEY", "flowyte_sk_bench")
        .spawn()
        .unwrap();
    watch(plan, begun)
}

/// Puts the agents as they are after an apply into a sandbox's file.
fn seed(state: &Path, desired: &Desired) {
    let sandbox = Sandbox::open(state).unwrap();
    let seeded = sandbox.with_store(|store| {
        for agent in &desired.agents {
            let flowops::model::Lookup::Name(name) = &agent.lookup else { panic!("every branch is found by name") };
            let id = store.seed_agent(None, name);
            for skill in franchise::shown(agent) {
                store.seed_skill(&id, skill).unwrap();
            }
        }
    });
    seeded.unwrap();
}

fn serve(folder: &Path, state: &Path) -> (Child, String) {
    let mut server = Command::new(program())
        .args(["sandbox", "--listen", "127.0.0.1:0", "--rate", "1000000", "--latency"])
        .arg(format!("{}ms", LATENCY.as_millis()))
        .arg("--state")
        .arg(state)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| {
        let (_, url) = line.split_once("FLOWYTE_BASE_URL=")?;
        Some(url.split_whitespace().next()?.to_owned())
    });
    (server, url.unwrap())
}

/// What a process took.
struct Ended {
    wall: Duration,
    cpu: Option<Duration>,
    /// KiB.
    peak: Option<u64>,
}

/// How often the memory of a process is looked at. Its peak only grows; more often, looking would take a part of the CPU that
/// the process needs.
const LOOK: Duration = Duration::from_millis(10);

/// Waits for a process, and looks at its memory until it is gone.
fn watch(mut child: Child, begun: Instant) -> Ended {
    let status = format!("/proc/{}/status", child.id());
    let before = of_children();
    let (gone, is_gone) = mpsc::channel::<()>();
    let looking = thread::spawn(move || {
        let mut peak = None;
        while let Err(RecvTimeoutError::Timeout) = is_gone.recv_timeout(LOOK) {
            let status = fs::read_to_string(&status).unwrap_or_default();
            let high =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
            peak = high.or(peak);
        }
        peak
    });
    assert!(child.wait().unwrap().success());
    let wall = begun.elapsed();
    let cpu = of_children().zip(before).map(|(after, before)| after.saturating_sub(before));
    drop(gone);
    Ended { wall, cpu, peak: looking.join().unwrap() }
}

/// The CPU time of all processes that were waited for.
fn of_children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok());
    // USER_HZ is 100 wherever Linux runs.
    ticks(13).zip(ticks(14)).map(|(user, system)| Duration::from_millis((user + system) * 10))
}

/// Reads, checks, compares and renders; gives the microseconds for each skill.
fn locally(written: Written, branches: usize) -> f64 {
    let files = Files::new(written, branches);
    let sources = files.sources();
    let mut took: BTreeMap<&str, Duration> = BTreeMap::new();
    let (desired, time) = timed(|| read(black_box(&sources), &files, None).unwrap().desired.unwrap());
    took.insert("1 parse and check", time);
    let live: Vec<Found> = desired.agents.iter().enumerate().map(|(number, agent)| live(number, agent)).collect();
    let catalog = Catalog::NotNeeded;
    let context = Context::new(&desired, &catalog, None, None);
    let (plan, time) = timed(|| {
        let looked = desired.agents.iter().zip(&live).map(|(agent, found)| context.look(agent, found)).collect();
        context.join(looked, 0)
    });
    took.insert("2 diff", time);
    assert_eq!(plan.unchanged, (branches * SKILLS) as u64);
    let (text, time) = timed(|| {
        let mut text = String::new();
        render::plan::plan(&plan, Style::Plain, &mut text).unwrap();
        text + &render::view(Form::Json, &Record::plan(&plan))
    });
    took.insert("3 render", time);
    black_box(text);
    let all: Duration = took.values().sum();
    let skills = branches * SKILLS;
    let each = all.as_secs_f64() * 1e6 / skills as f64;
    let parts: Vec<String> =
        took.iter().map(|(what, time)| format!("{} {:.0} ms", &what[2..], time.as_secs_f64() * 1e3)).collect();
    println!(
        "  {skills} skills, {}: {:.2} s ({}), {each:.1} µs a skill",
        match written {
            Written::AsTemplate => "a template and a table",
            Written::OneByOne => "a file for each agent",
        },
        all.as_secs_f64(),
        parts.join(", "),
    );
    each
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

fn live(number: usize, agent: &Agent) -> Found {
    let skill = |(at, raw): (usize, serde_json::Map<String, Json>)| LiveSkill {
        id: SkillId::parse(&format!("skl_{number}_{at}")).unwrap(),
        name: SkillName::live(raw.get("name").and_then(Json::as_str).unwrap()),
        raw,
    };
    Found::One(Box::new(LiveAgent {
        id: AgentId::parse(&format!("agt_{number}")).unwrap(),
        hours: BusinessHours::Unstated,
        skills: Listing::Complete(franchise::shown(agent).into_iter().enumerate().map(skill).collect()),
        references: References::NotNeeded,
        draft: Draft::NotNeeded,
        published: Published::Unstated,
    }))
}

/// How long the program takes to say its version, beside one that does nothing, and how large it is.
fn starts() {
    let median = |program: &str, argument: Option<&str>| {
        let mut times: Vec<Duration> = (0..100)
            .map(|_| timed(|| assert!(Command::new(program).args(argument).output().unwrap().status.success())).1)
            .collect();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("Start and size:");
    let (ours, nothing) = (median(&program(), Some("--version")), median("/bin/true", None));
    println!("  `flowops --version` takes {ours:.1} ms; a program that does nothing takes {nothing:.1} ms");
    println!("  the release binary has {:.1} MiB", fs::metadata(program()).unwrap().len() as f64 / 1024.0 / 1024.0);
}
