//! An apply of fifty steps that is killed wherever its journal may stand, and run again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use flowops::model::AgentId;
use flowops::report::journal::Journal;
use flowops::sandbox::{Sandbox, Store};
use serde_json::{Map, Value as Json, json};

use super::Place;
use crate::raw::{Answer, KEY, RawServer, Seen, exchange, plain};
use crate::scene::state;
use crate::support::repository;

/// How many steps the apply has.
const STEPS: usize = 50;

/// Runs under way at once. Most of the time, a run waits.
const AT_ONCE: usize = 24;

/// Says that a client need not be slow.
const GENEROUS: &str = "RateLimit-Limit: 1000\r\nRateLimit-Remaining: 1000\r\nRateLimit-Reset: 1\r\n";

/// A skill that no manifest declares.
const BY_HAND: &str = "Made by hand";

const PROJECT: &str = "\
apiVersion: flowops/v1
kind: Project
metadata: { name: killed }
spec: { policy: { deleteBudget: { count: 50, percent: 100 } } }
";

/// Where an apply is killed, around its nth write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// It was written down and sent, and nothing is done yet.
    Sent,
    /// It is done, and its answer is not heard.
    Done,
    /// Its answer was heard and written down: the next request came.
    Heard,
}

/// A kill that is to come.
#[derive(Debug, Clone, Copy)]
struct Kill {
    write: usize,
    moment: Moment,
}

/// How many skills of a sort an agent has.
struct Count {
    creates: usize,
    updates: usize,
    deletes: usize,
}

const COUNTER: Count = Count { creates: 6, updates: 6, deletes: 6 };
const DISPATCH: Count = Count { creates: 5, updates: 4, deletes: 3 };
const NIGHT: Count = Count { creates: 5, updates: 5, deletes: 4 };

/// What the second agent has beside those: a pack, one of whose presets differs here, a rename, a replacement, a publish.
const MORE: &str = "
    - { name: Route call, was: Forward call, description: Routes it., skillType: builtin }
    - name: Find order
      replace: true
      description: Finds an order.
      skillType: http_webhook
      executionConfig: { url: 'https://api.example.com/orders' }
  packs: [{ kind: hubspot }]
  overrides: [{ name: Look up contact, description: Looks up who calls. }]
  publish: onChange
";

fn manifest(name: &str, count: &Count, more: &str) -> String {
    let skill = |name: String| {
        format!(
            "    - name: {name}\n      description: As declared.\n      skillType: http_webhook\n      \
             executionConfig: {{ url: 'https://api.example.com/x', headers: {{ X-Api-Key: {{ fromEnv: FLOWOPS_SECRET_KEY }} }} }}\n"
        )
    };
    let created = (1..=count.creates).map(|number| skill(format!("Create {number}")));
    let updated = (1..=count.updates).map(|number| skill(format!("Update {number}")));
    let skills: String = created.chain(updated).collect();
    let absent: Vec<String> = (1..=count.deletes).map(|number| format!("Delete {number}")).collect();
    format!(
        "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {name} }}\nspec:\n  match: {{ name: {name} }}\n  \
         absent: [{}]\n  skills:\n{skills}{}",
        absent.join(", "),
        more.trim_start_matches('\n'),
    )
}

fn place() -> Place {
    let pack = fs::read_to_string(repository("manifests/packs/hubspot.yaml")).unwrap();
    Place::with(&[
        ("flowops.yaml", PROJECT),
        ("manifests/hubspot.yaml", &pack),
        ("manifests/counter.yaml", &manifest("counter", &COUNTER, "")),
        ("manifests/dispatch.yaml", &manifest("dispatch", &DISPATCH, MORE)),
        ("manifests/night.yaml", &manifest("night", &NIGHT, "")),
    ])
}

fn live() -> Sandbox {
    let skill = |name: String| {
        let fields = json!({
            "name": name, "description": "As before.", "skillType": "http_webhook",
            "executionConfig": { "url": "https://api.example.com/x", "headers": { "X-Api-Key": "as before" } },
        });
        fields.as_object().cloned().unwrap()
    };
    let mut store = Store::new(7);
    store.connect(&flowops::model::ProviderKind::Hubspot);
    for (name, count) in [("counter", COUNTER), ("dispatch", DISPATCH), ("night", NIGHT)] {
        let agent = store.seed_agent(None, name);
        let updated = (1..=count.updates).map(|number| format!("Update {number}"));
        let deleted = (1..=count.deletes).map(|number| format!("Delete {number}"));
        for name in updated.chain(deleted).chain([BY_HAND.to_owned()]) {
            store.seed_skill(&agent, skill(name));
        }
        if name == "dispatch" {
            for name in ["Forward call", "Find order"] {
                let fields = json!({ "name": name, "description": "As before.", "skillType": "builtin" });
                store.seed_skill(&agent, fields.as_object().cloned().unwrap());
            }
        }
    }
    let sandbox = Sandbox::in_memory(store);
    let agent = crate::world::agent_id(&sandbox, "dispatch");
    crate::laws::post(&sandbox, &format!("/agents/{agent}/publish"));
    sandbox
}

/// A server that kills its client once, if it is to.
struct Hunt {
    live: Arc<Sandbox>,
    prey: Arc<Prey>,
    kill: Option<Kill>,
    /// Writes of the client until it is killed.
    writes: usize,
}

#[derive(Default)]
struct Prey {
    process: Mutex<Option<Child>>,
    /// The method of the request at which it was killed.
    last: OnceLock<String>,
}

impl Hunt {
    fn start(live: &Arc<Sandbox>, prey: &Arc<Prey>, kill: Option<Kill>) -> RawServer {
        let mut hunt = Self { live: Arc::clone(live), prey: Arc::clone(prey), kill, writes: 0 };
        RawServer::start(move |seen| hunt.answer(seen))
    }

    fn answer(&mut self, seen: &Seen) -> Answer {
        let Some(kill) = self.kill else { return self.through(seen) };
        let is_heard = self.writes == kill.write;
        self.writes += usize::from(seen.method != "GET");
        let is_it = self.writes == kill.write;
        match kill.moment {
            Moment::Sent if is_it => {}
            Moment::Done if is_it => drop(self.through(seen)),
            Moment::Heard if is_heard => {}
            Moment::Sent | Moment::Done | Moment::Heard => return self.through(seen),
        }
        let mut process = self.prey.process.lock().unwrap();
        let process = process.as_mut().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        self.prey.last.set(seen.method.clone()).unwrap();
        self.kill = None;
        Answer::HangUp
    }

    fn through(&self, seen: &Seen) -> Answer {
        let answer = exchange(&self.live, seen);
        let headers = format!("Content-Type: {}\r\n{GENEROUS}", answer.content_type);
        plain(answer.status, &headers, std::str::from_utf8(&answer.body).unwrap())
    }
}

/// All skills on the server with their ids.
fn skills(live: &Sandbox) -> Vec<(String, Map<String, Json>)> {
    live.with_store(|store| {
        let agents: Vec<AgentId> = store.agents().map(|(id, _)| id.clone()).collect();
        let skills = agents.iter().flat_map(|agent| store.skills_of(agent));
        skills.map(|(id, fields)| (id.to_string(), fields)).collect()
    })
    .unwrap()
}

fn by_hand(live: &Sandbox) -> Vec<(String, Map<String, Json>)> {
    skills(live).into_iter().filter(|(_, fields)| fields["name"] == BY_HAND).collect()
}

/// Writes that arrived since the world began, and how many of them changed something.
fn writes(live: &Sandbox) -> (usize, usize) {
    let writes = |store: &mut Store| {
        let of_runs = store.events().iter().skip(1).filter(|event| event.method != "GET");
        of_runs.fold((0, 0), |(all, changed), event| (all + 1, changed + usize::from(event.changed)))
    };
    live.with_store(writes).unwrap()
}

/// What an undisturbed run leaves: its steps in their order, and the server's state.
struct Goal {
    steps: Vec<String>,
    state: Vec<Json>,
}

fn environment(server: &RawServer) -> [(&'static str, String); 3] {
    let secret = ("FLOWOPS_SECRET_KEY", "SENTINEL-of-fifty".to_owned());
    [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned()), secret]
}

fn undisturbed() -> Goal {
    let (place, live) = (place(), Arc::new(live()));
    let server = Hunt::start(&live, &Arc::default(), None);
    place.run_with("apply --yes --concurrency 1 --receipt receipt.ndjson", &environment(&server)).ends(0);
    let journal = fs::read_to_string(place.path("receipt.ndjson")).unwrap();
    let lines = journal.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let steps: Vec<String> = lines.filter_map(|line| Some(line["intent"]["step"].as_str()?.to_owned())).collect();
    assert_eq!((steps.len(), writes(&live)), (STEPS, (STEPS, STEPS)), "{steps:#?}");
    Goal { steps, state: state(&live) }
}

fn killed(kill: Kill, goal: &Goal) {
    let (place, live) = (place(), Arc::new(live()));
    let before = by_hand(&live);
    let prey = Arc::<Prey>::default();
    let server = Hunt::start(&live, &prey, Some(kill));
    let environment = environment(&server);
    let receipt = if kill.write.is_multiple_of(2) { " --receipt receipt.ndjson" } else { "" };
    let apply = format!("apply --yes --concurrency 1{receipt}");

    let mut stdout = {
        let mut process = prey.process.lock().unwrap();
        process.insert(place.spawn(&apply, &environment)).stdout.take().unwrap()
    };
    stdout.read_to_end(&mut Vec::new()).unwrap();
    let status = prey.process.lock().unwrap().as_mut().unwrap().wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{kill:?}: {status}");

    let number = match kill.moment {
        Moment::Sent => kill.write - 1,
        Moment::Done | Moment::Heard => kill.write,
    };
    assert_eq!(writes(&live), (number, number), "{kill:?}");
    let is_next_written_down = prey.last.get().unwrap() != "GET";
    let open = match kill.moment {
        Moment::Sent | Moment::Done => Some(&goal.steps[kill.write - 1]),
        Moment::Heard => is_next_written_down.then(|| &goal.steps[kill.write]),
    };
    let left = journal(&place);
    let left: Vec<&String> = left.open.iter().map(|intent| &intent.step).collect();
    assert_eq!(left, Vec::from_iter(open), "{kill:?}");

    let second = place.run_with(&apply, &environment).ends(0);
    assert_eq!(second.stderr.contains("an earlier apply ended in the middle"), open.is_some(), "{}", second.all());
    assert_eq!(journal(&place).open, []);
    assert_eq!(writes(&live), (STEPS, STEPS), "{kill:?}: something was done twice or not at all\n{}", second.all());
    assert_eq!(state(&live), goal.state, "{kill:?}");
    assert_eq!(by_hand(&live), before, "{kill:?}");
    let all = skills(&live);
    assert_eq!(all.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), all.len(), "{kill:?}");

    place.run_with(&apply, &environment).ends(0).prints("No changes");
    assert_eq!(writes(&live), (STEPS, STEPS), "{kill:?}");
}

/// What the one journal of a place says.
fn journal(place: &Place) -> Journal {
    let receipt = place.path("receipt.ndjson");
    let path = if receipt.exists() {
        receipt
    } else {
        let mut files = fs::read_dir(place.path(".flowops")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none(), "there is more than one journal");
        file
    };
    Journal::read(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn an_apply_that_is_killed_anywhere_and_run_again_ends_as_if_it_had_not_been() {
    let goal = undisturbed();
    let moments = [Moment::Sent, Moment::Done, Moment::Heard];
    let kills: Vec<Kill> = (1..=STEPS).flat_map(|write| moments.map(|moment| Kill { write, moment })).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(kill) = kills.get(next.fetch_add(1, Ordering::Relaxed)) {
                    killed(*kill, &goal);
                }
            });
        }
    });
}
