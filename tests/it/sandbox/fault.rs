//! Fault scripts: what they strike, at which stage, and what the world and the caller then have.

use std::time::Duration;

use flowops::api::{Method, RawResponse};
use flowops::model::AgentId;
use flowops::sandbox::fault::{Action, Canned, Change, Edit, Fault, PathGlob, Redirect, Rename, SetFields, Stage};
use flowops::sandbox::{Caller, Delivery, End, Fate, Faults, Sandbox, Store};
use serde_json::{Map, Value as Json, json};

use super::{read, request, webhook};
use crate::support::repository;

/// A sandbox with an agent that has the skill `A`, under a script.
struct Faulty {
    sandbox: Sandbox,
    agent: AgentId,
}

impl Faulty {
    fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self::with(Faults { seed: 1, faults: faults.into_iter().collect() })
    }

    fn with(faults: Faults) -> Self {
        let mut store = Store::new(7);
        let agent = store.seed_agent(None, "Front Desk");
        store.seed_skill(&agent, fields(&webhook("A"))).unwrap();
        Self { sandbox: Sandbox::in_memory(store).with_faults(faults), agent }
    }

    fn send(&self, method: Method, path: &str, body: Option<Json>) -> Delivery {
        let path = format!("/agents/{}{path}", self.agent);
        self.sandbox.deliver(&Caller::local(), &request(method, &path, body)).unwrap()
    }

    fn create(&self, name: &str) -> Delivery {
        self.send(Method::Post, "/skills", Some(webhook(name)))
    }

    /// The names that a list shows.
    fn listed(&self) -> Vec<String> {
        let (status, list) = read(&whole(self.send(Method::Get, "/skills", None)));
        assert_eq!(status, 200);
        super::texts(&list["data"], "name").into_iter().map(str::to_owned).collect()
    }

    /// The names that there are.
    fn stored(&self) -> Vec<String> {
        let skills = self.sandbox.with_store(|store| store.skills_of(&self.agent)).unwrap();
        skills.iter().map(|(_, fields)| super::text(&fields["name"])).collect()
    }

    /// Status and change of every request that the event log knows.
    fn logged(&self) -> Vec<(u16, bool)> {
        let log = |store: &mut Store| store.events().iter().map(|event| (event.status, event.changed)).collect();
        self.sandbox.with_store(log).unwrap()
    }
}

fn fields(value: &Json) -> Map<String, Json> {
    value.as_object().unwrap().clone()
}

/// The answer, which must arrive unbroken.
#[track_caller]
fn whole(delivery: Delivery) -> RawResponse {
    match delivery.fate {
        Fate::Whole(response) => response,
        broken @ (Fate::Cut { .. } | Fate::Trickle { .. } | Fate::Lost(_)) => panic!("{broken:?}"),
    }
}

fn edit(change: Change) -> Action {
    Action::Edit(Edit { agent: "Front Desk".to_owned(), change })
}

fn on_create(stage: Stage, action: Action) -> Fault {
    Fault::new(stage, action).on(Method::Post).at(PathGlob::parse("/agents/*/skills").unwrap())
}

#[test]
fn before_parse_a_request_leaves_no_trace() {
    for action in [Action::Close, Action::Reset, Action::Status(Canned::empty(503)), Action::Garbage(9)] {
        let world = Faulty::new([on_create(Stage::BeforeParse, action)]);
        world.create("B");
        assert_eq!((world.stored(), world.logged()), (vec!["A".to_owned()], vec![]));
        assert_eq!(world.sandbox.with_store(|store| (store.requests(), store.writes())).unwrap(), (0, 0));
    }
}

#[test]
fn before_commit_a_request_is_logged_and_changes_nothing() {
    for (action, status) in [
        (Action::Close, 0),
        (Action::Reset, 0),
        (Action::Status(Canned::empty(503)), 503),
        (Action::Garbage(9), 200),
        (Action::Redirect(Redirect { status: 302, location: "/x".to_owned() }), 302),
    ] {
        let world = Faulty::new([on_create(Stage::BeforeCommit, action)]);
        world.create("B");
        assert_eq!((world.stored(), world.logged()), (vec!["A".to_owned()], vec![(status, false)]));
        assert_eq!(world.sandbox.with_store(|store| store.writes()).unwrap(), 1);
    }
}

#[test]
fn after_commit_a_request_has_done_what_it_asks_for_whatever_arrives() {
    for (action, arrives) in [
        (Action::Close, Fate::Lost(End::Closed)),
        (Action::Reset, Fate::Lost(End::Reset)),
        (Action::Status(Canned::json(400, json!({}))), Fate::Whole(RawResponse::json(400, &json!({})))),
    ] {
        let world = Faulty::new([on_create(Stage::AfterCommit, action)]);
        assert_eq!(world.create("B").fate, arrives);
        assert_eq!((world.stored(), world.logged()), (vec!["A".to_owned(), "B".to_owned()], vec![(201, true)]));
    }
}

#[test]
fn mid_response_an_answer_breaks_in_its_body() {
    let answer = whole(Faulty::new([]).create("B"));
    let half = answer.body.len() / 2;
    let cut = |bytes, end| Fate::Cut { response: answer.clone(), bytes, end };
    let every = Duration::from_millis(3);
    for (action, arrives) in [
        (Action::Close, cut(half, End::Closed)),
        (Action::Reset, cut(half, End::Reset)),
        (Action::Truncate(10), cut(10, End::Closed)),
        (Action::Truncate(0), cut(0, End::Closed)),
        (Action::Truncate(answer.body.len()), Fate::Whole(answer.clone())),
        (Action::Trickle(every), Fate::Trickle { response: answer.clone(), every }),
    ] {
        let world = Faulty::new([on_create(Stage::MidResponse, action)]);
        assert_eq!(world.create("B").fate, arrives);
        assert_eq!(world.logged(), [(201, true)]);
    }
}

#[test]
fn an_answer_without_a_body_is_lost_whole_where_it_would_break() {
    let faults = [Fault::new(Stage::MidResponse, Action::Close).on(Method::Delete)];
    let world = Faulty::new(faults);
    world.sandbox.with_store(|store| store.set_quirks(store.quirks().with("delete", "204").unwrap())).unwrap();
    let skill = world.sandbox.with_store(|store| store.skills_of(&world.agent)[0].0.clone()).unwrap();
    assert_eq!(world.send(Method::Delete, &format!("/skills/{skill}"), None).fate, Fate::Lost(End::Closed));
    assert_eq!(world.stored(), [""; 0]);
}

#[test]
fn a_status_comes_with_its_headers_and_its_body() {
    let canned = |body: Option<Json>, headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Action::Status(Canned { headers, body, ..Canned::empty(429) })
    };
    let answered = |action: Action| {
        let delivery = Faulty::new([Fault::new(Stage::BeforeCommit, action)]).create("B");
        (delivery.headers.clone(), whole(delivery))
    };
    let (headers, response) = answered(canned(Some(json!({ "a": 1 })), &[("Retry-After", "2"), ("X-A", "b")]));
    assert_eq!((response.retry_after, response.content_type.as_str()), (Some(2), "application/json"));
    assert_eq!((response.body, headers), (b"{\"a\":1}".to_vec(), vec![("X-A".to_owned(), "b".to_owned())]));
    let (headers, response) = answered(canned(Some(json!("<p>")), &[("Retry-After", "soon")]));
    assert_eq!((response.retry_after, response.content_type.as_str()), (None, "text/plain; charset=utf-8"));
    assert_eq!((response.body, headers.len()), (b"<p>".to_vec(), 1));
    let (headers, response) = answered(canned(None, &[("Retry-After", "1"), ("retry-after", "2")]));
    assert_eq!((response.retry_after, response.body.len(), headers.len()), (None, 0, 2), "two of one name stay two");
}

#[test]
fn garbage_is_no_text_and_the_seed_decides_it() {
    let garbage = |seed| {
        let faults = vec![Fault::new(Stage::AfterCommit, Action::Garbage(40))];
        whole(Faulty::with(Faults { seed, faults }).create("B"))
    };
    let answer = garbage(1);
    assert_eq!((answer.status, answer.content_type.as_str(), answer.body.len()), (200, "application/json", 40));
    assert!(std::str::from_utf8(&answer.body).is_err());
    assert_eq!(answer, garbage(1));
    assert_ne!(answer, garbage(2));
}

#[test]
fn a_redirect_says_where_to() {
    let redirect = Redirect { status: 308, location: "https://elsewhere.example/".to_owned() };
    let delivery = Faulty::new([Fault::new(Stage::BeforeCommit, Action::Redirect(redirect))]).create("B");
    let answer = whole(delivery);
    assert_eq!((answer.status, answer.location.as_deref()), (308, Some("https://elsewhere.example/")));
}

#[test]
fn delays_add_up_and_the_answer_stays() {
    let late = |millis| Fault::new(Stage::BeforeCommit, Action::Delay(Duration::from_millis(millis)));
    let delivery = Faulty::new([late(200), late(50)]).create("B");
    assert_eq!(delivery.delay, Duration::from_millis(250));
    assert_eq!(whole(delivery).status, 201);
    let lost = Faulty::new([Fault::new(Stage::BeforeParse, Action::Close), late(50)]).create("B");
    assert_eq!((lost.delay, lost.fate), (Duration::from_millis(50), Fate::Lost(End::Closed)));
}

#[test]
fn stale_reads_do_not_see_what_was_written_and_then_do() {
    let world = Faulty::new([on_create(Stage::AfterCommit, Action::Stale(2)).nth(1, 1)]);
    assert_eq!(whole(world.create("B")).status, 201);
    assert_eq!([world.listed(), world.listed()], [["A"], ["A"]]);
    assert_eq!(world.listed(), ["A", "B"]);
    assert_eq!(world.logged().len(), 4, "stale reads are logged too");
}

#[test]
fn a_stale_write_is_seen_by_writes_and_its_lost_answer_changes_nothing_of_that() {
    let world = Faulty::new([
        on_create(Stage::AfterCommit, Action::Reset).nth(1, 1),
        on_create(Stage::AfterCommit, Action::Stale(1)).nth(1, 1),
    ]);
    assert_eq!(world.create("B").fate, Fate::Lost(End::Reset));
    assert_eq!(whole(world.create("B")).status, 409, "the name is taken");
    assert_eq!(world.listed(), ["A"]);
    assert_eq!(world.listed(), ["A", "B"]);
}

#[test]
fn what_never_came_about_leaves_nothing_stale_and_nothing_edited() {
    let world = Faulty::new([
        on_create(Stage::BeforeCommit, Action::Close).nth(1, 1),
        on_create(Stage::AfterCommit, Action::Stale(5)).nth(1, 1),
        on_create(Stage::AfterCommit, edit(Change::Delete("A".to_owned()))).nth(1, 1),
    ]);
    world.create("B");
    world.create("B");
    assert_eq!(world.listed(), ["A", "B"]);
}

#[test]
fn somebody_edits_before_a_request_or_after_it() {
    let rename = || edit(Change::Rename(Rename { skill: "A".to_owned(), to: "Z".to_owned() }));
    for (stage, seen) in [(Stage::BeforeParse, "Z"), (Stage::BeforeCommit, "Z"), (Stage::AfterCommit, "A")] {
        let world = Faulty::new([Fault::new(stage, rename()).on(Method::Get)]);
        assert_eq!((world.listed(), world.stored()), (vec![seen.to_owned()], vec!["Z".to_owned()]));
    }
}

#[test]
fn an_edit_before_a_request_that_is_lost_stays() {
    for stage in [Stage::BeforeParse, Stage::BeforeCommit] {
        let world =
            Faulty::new([Fault::new(stage, edit(Change::Delete("A".to_owned()))), Fault::new(stage, Action::Reset)]);
        assert_eq!(world.create("B").fate, Fate::Lost(End::Reset));
        assert_eq!(world.stored(), [""; 0]);
    }
}

#[test]
fn somebody_makes_changes_and_clears_what_the_dashboard_shows() {
    let set = SetFields { skill: "A".to_owned(), fields: fields(&json!({ "stakes": "high", "description": null })) };
    let world = Faulty::new(
        [
            Change::Create(fields(&json!({ "name": "B" }))),
            Change::Set(set),
            Change::Settings(fields(&json!({ "greeting": "Hi" }))),
            Change::Delete("Nobody".to_owned()),
        ]
        .map(|change| Fault::new(Stage::BeforeCommit, edit(change)).nth(1, 1)),
    );
    let agent = read(&whole(world.send(Method::Get, "", None))).1;
    assert_eq!((&agent["data"]["greeting"], world.stored()), (&json!("Hi"), vec!["A".to_owned(), "B".to_owned()]));
    let skills = world.sandbox.with_store(|store| store.skills_of(&world.agent)).unwrap();
    assert_eq!((&skills[0].1["stakes"], skills[0].1.get("description")), (&json!("high"), None));
    assert_eq!(world.sandbox.with_store(|store| store.writes()).unwrap(), 0, "an edit is no request");
}

#[test]
fn a_fault_strikes_the_nth_request_that_it_means_and_as_many_as_it_says() {
    let struck = |fault: Fault| {
        let world = Faulty::new([fault]);
        let statuses = (0..5).map(|_| whole(world.send(Method::Get, "/skills", None)).status);
        statuses.map(|status| if status == 503 { 'x' } else { '.' }).collect::<String>()
    };
    let fault = || Fault::new(Stage::BeforeCommit, Action::Status(Canned::empty(503)));
    assert_eq!(struck(fault()), "xxxxx");
    assert_eq!(struck(Fault { nth: Some(2), ..fault() }), ".x...");
    assert_eq!(struck(Fault { times: Some(2), ..fault() }), "xx...");
    assert_eq!(struck(fault().nth(3, 2)), "..xx.");
    assert_eq!(struck(fault().on(Method::Post)), ".....");
    assert_eq!(struck(fault().at(PathGlob::parse("/agents/*").unwrap())), ".....", "`*` is one segment");
    assert_eq!(struck(fault().at(PathGlob::parse("/agents/**").unwrap())), "xxxxx");
    assert_eq!(struck(fault().at(PathGlob::parse("**/skills").unwrap()).nth(5, 1)), "....x");
}

#[test]
fn the_first_fault_of_the_script_that_ends_an_exchange_wins_and_all_count_it() {
    let status = |stage, status| Fault::new(stage, Action::Status(Canned::empty(status)));
    let world = Faulty::new([
        status(Stage::AfterCommit, 400).nth(1, 1),
        status(Stage::BeforeParse, 502).nth(1, 1),
        status(Stage::BeforeCommit, 504).nth(2, 1),
    ]);
    let statuses = ["B", "C", "D"].map(|name| whole(world.create(name)).status);
    assert_eq!((statuses, world.stored().join("")), ([400, 504, 201], "ABD".to_owned()));
}

#[test]
fn a_percentage_is_near_its_share_and_the_same_every_time() {
    let struck = |seed, percent| {
        let fault = Fault::new(Stage::BeforeParse, Action::Close);
        let world = Faulty::with(Faults { seed, faults: vec![Fault { percent: Some(percent), ..fault }] });
        let lost = |_| matches!(world.send(Method::Get, "", None).fate, Fate::Lost(_));
        (0..1000).map(lost).collect::<Vec<bool>>()
    };
    let share = |struck: &[bool]| struck.iter().filter(|is_struck| **is_struck).count();
    let first = struck(1, 20);
    assert!((160..240).contains(&share(&first)), "{}", share(&first));
    assert_eq!(first, struck(1, 20));
    assert_ne!(first, struck(2, 20));
    assert_eq!(share(&struck(1, 100)), 1000);
}

#[test]
fn a_person_in_the_dashboard_meets_no_faults() {
    let world = Faulty::new([Fault::new(Stage::BeforeParse, Action::Close).nth(1, 1)]);
    let path = format!("/agents/{}/skills", world.agent);
    let answer = world.sandbox.exchange(&Caller::local(), &request(Method::Get, &path, None)).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(world.create("B").fate, Fate::Lost(End::Closed), "and it is not counted");
}

#[test]
fn what_a_fault_lets_through_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let faults = vec![
        on_create(Stage::AfterCommit, Action::Reset),
        Fault::new(Stage::AfterCommit, edit(Change::Settings(fields(&json!({ "greeting": "Hi" }))))).on(Method::Get),
        Fault::new(Stage::BeforeCommit, Action::Close).on(Method::Delete),
    ];
    let sandbox = Sandbox::open(&path).unwrap().with_faults(Faults { seed: 0, faults });
    let agent = sandbox.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    let send = |method, path: &str, body| {
        sandbox.deliver(&Caller::local(), &request(method, &format!("/agents/{agent}{path}"), body)).unwrap()
    };
    send(Method::Post, "/skills", Some(webhook("A")));
    send(Method::Get, "", None);
    send(Method::Delete, "/skills/skl_1", None);
    let text = std::fs::read_to_string(&path).unwrap();
    let store: Json = serde_json::from_str(&text).unwrap();
    assert_eq!((&store["agents"][0]["skills"][0]["fields"]["name"], &store["writes"]), (&json!("A"), &json!(2)));
    assert_eq!(store["agents"][0]["settings"]["greeting"], json!("Hi"));
    assert!(!text.contains("faults"), "the file knows nothing of the script");
}

fn example() -> String {
    std::fs::read_to_string(repository("tests/faults/example.yaml")).unwrap()
}

#[test]
fn the_example_fits_the_committed_schema_as_it_stands_and_as_it_is_written_again() {
    let schema = std::fs::read_to_string(repository("schemas/faults.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let faults = Faults::parse(&example()).unwrap();
    let written = serde_json::to_value(&faults).unwrap();
    for json in [serde_yaml::from_str(&example()).unwrap(), written.clone()] {
        let error = validator.iter_errors(&json).next().map(|error| error.to_string());
        assert_eq!(error, None);
    }
    assert_eq!(Faults::parse(&written.to_string()).unwrap(), faults);
    let broken = json!({ "faults": [{ "stage": "before-parse", "action": "close", "percent": 0 }] });
    assert!(!validator.is_valid(&broken));
}

#[test]
fn the_example_has_every_action() {
    let faults = Faults::parse(&example()).unwrap();
    let mut said: Vec<&str> = faults.faults.iter().map(|fault| word(&fault.action)).collect();
    said.sort_unstable();
    said.dedup();
    let every = ["close", "delay", "edit", "garbage", "redirect", "reset", "stale", "status", "trickle", "truncate"];
    assert_eq!(said, every);
}

/// The word of an action; a new one has to be in the example, too.
fn word(action: &Action) -> &'static str {
    match action {
        Action::Status(_) => "status",
        Action::Delay(_) => "delay",
        Action::Close => "close",
        Action::Reset => "reset",
        Action::Truncate(_) => "truncate",
        Action::Trickle(_) => "trickle",
        Action::Garbage(_) => "garbage",
        Action::Redirect(_) => "redirect",
        Action::Stale(_) => "stale",
        Action::Edit(_) => "edit",
    }
}

#[test]
fn the_example_does_what_it_says() {
    let world = Faulty::with(Faults::parse(&example()).unwrap());
    let throttled = whole(world.send(Method::Get, "/skills", None));
    assert_eq!((throttled.status, throttled.retry_after), (429, Some(2)));
    assert_eq!(world.create("Look up order").fate, Fate::Lost(End::Reset));
    assert_eq!([world.listed(), world.listed(), world.listed()], [["A"], ["A"], ["A"]]);
    assert_eq!(world.create("B").fate, Fate::Lost(End::Closed));
    assert_eq!(world.listed(), ["A", "Look up order"]);

    let id = |name: &str| {
        let skills = world.sandbox.with_store(|store| store.skills_of(&world.agent)).unwrap();
        skills.into_iter().find(|(_, fields)| fields["name"] == name).map(|(id, _)| format!("/skills/{id}")).unwrap()
    };
    let patch = || read(&whole(world.send(Method::Patch, &id("Look up order"), Some(json!({ "isEnabled": true }))))).1;
    assert_eq!(patch()["data"]["stakes"], json!("high"), "somebody was faster");
    assert_eq!(patch()["data"]["name"], json!("Look up order"));
    assert_eq!(world.stored(), ["A", "Look up orders"], "somebody renamed it right after");
    for name in ["A", "Look up orders"] {
        assert_eq!(whole(world.send(Method::Delete, &id(name), None)).status, 200);
    }
    assert_eq!(world.stored(), ["Made by hand", "Made by hand"]);
    assert_eq!(whole(world.send(Method::Delete, &id("Made by hand"), None)).status, 404, "somebody was faster");
    assert_eq!(read(&whole(world.send(Method::Get, "", None))).1["data"]["greeting"], json!("Good morning"));

    let catalog = || {
        let request = request(Method::Get, "/integrations/catalog", None);
        world.sandbox.deliver(&Caller::local(), &request).unwrap()
    };
    assert!(matches!(catalog().fate, Fate::Cut { bytes: 100, end: End::Closed, .. }));
    assert!(matches!(catalog().fate, Fate::Trickle { .. }));
    assert_eq!(whole(catalog()).body.len(), 64);
    assert_eq!((whole(catalog()).status, whole(catalog()).status), (307, 200));
    let late = (0..100).filter(|_| world.send(Method::Get, "", None).delay == Duration::from_millis(200)).count();
    assert!((10..30).contains(&late), "{late} of 100");
}

#[test]
fn a_broken_script_says_where_and_why() {
    for (fault, why) in [
        ("{ stage: before-parse }", "7: missing field `action`"),
        ("{ stage: before-parse, action: explode }", "36: unknown variant `explode`, expected one of status, delay, "),
        ("{ stage: before-pars, action: close }", "14: unknown variant `before-pars`, expected one of before-parse, "),
        ("{ stage: before-parse, action: close, methods: GET }", "43: unknown field `methods`, expected one of method"),
        ("{ stage: before-parse, action: close, method: PUT }", "51: unknown variant `PUT`, expected one of GET, POST"),
        ("{ stage: before-parse, action: close, path: agents }", "49: the path `agents` fits nothing: every path "),
        ("{ stage: before-parse, action: close, path: '/{a' }", "49: the path `/{a` cannot be used: unclosed "),
        ("{ stage: before-parse, action: close, nth: -1 }", "48: this is not a whole number, or one out of range"),
        ("{ stage: before-parse, action: [close] }", "36: this is neither a word nor a mapping that begins with one"),
        ("{ stage: before-parse, action: close, nth: 0 }", "5: fault 1: `nth` counts from 1"),
        ("{ stage: before-parse, action: close, times: 0 }", "5: fault 1: `times: 0` would never strike"),
        ("{ stage: before-parse, action: close, percent: 101 }", "5: fault 1: `percent` is one of 1 to 100"),
        ("{ stage: before-parse, action: close, percent: 0 }", "5: fault 1: `percent` is one of 1 to 100"),
        ("{ stage: mid-response, action: { delay: 1s } }", "5: fault 1: `delay` cannot be done in the middle of "),
        ("{ stage: before-commit, action: { truncate: 1 } }", "5: fault 1: `truncate` needs `stage: mid-response`"),
        ("{ stage: after-commit, action: { trickle: 1ms } }", "5: fault 1: `trickle` needs `stage: mid-response`"),
        ("{ stage: before-commit, action: { stale: 1 } }", "5: fault 1: `stale` needs `stage: after-commit`"),
        ("{ stage: after-commit, action: { stale: 0 } }", "5: fault 1: `stale` is of 1 read or more"),
        ("{ stage: after-commit, action: { garbage: 0 } }", "5: fault 1: `garbage` is of 1 byte or more"),
        ("{ stage: before-commit, action: { delay: 20 } }", "46: `20` is no time; one is `200ms` or `1s`"),
        ("{ stage: after-commit, action: { edit: { agent: A, change: { drop: B } } } }", "66: unknown variant `drop`"),
        ("{ stage: [", "14: unclosed bracket"),
    ] {
        let error = Faults::parse(&format!("faults:\n  - {fault}\n")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line 2, column {why}")), "{fault}: {error}");
    }
}

#[test]
fn an_answer_that_cannot_be_given_is_refused() {
    for (action, why) in [
        ("status: { status: 99 }", "a status is one of 100 to 599, not 99"),
        ("status: { status: 600 }", "a status is one of 100 to 599, not 600"),
        ("status: { status: 500, headers: { 'a b': c } }", "`a b` cannot be a header"),
        (
            "status: { status: 500, headers: { Content-Length: 1 } }",
            "the header `Content-Length` is not a script's to set; `truncate` breaks an answer's length",
        ),
        (
            "status: { status: 500, headers: { content-type: a } }",
            "the header `content-type` is written as `contentType`, beside `headers`",
        ),
        ("status: { status: 500, headers: { A: \"b\\nc\" } }", "what `A` says cannot stand in a header"),
        ("status: { status: 500, contentType: \"b\\nc\" }", "what `contentType` says cannot stand in a header"),
        ("redirect: { status: 200, location: / }", "`redirect` has a status from 300 to 399, not 200"),
        ("redirect: { status: 302, location: \"b\\nc\" }", "what `location` says cannot stand in a header"),
    ] {
        let text = format!(
            "faults:\n  - {{ stage: before-parse, action: reset }}\n  - {{ stage: after-commit, action: {{ {action} }} }}"
        );
        let error = Faults::parse(&text).unwrap_err().to_string();
        assert_eq!(error, format!("line 3, column 5: fault 2: {why}"));
    }
}

#[test]
fn a_text_that_is_no_script_is_refused() {
    for (text, why) in [
        ("", "line 1, column 1: the script ends too early"),
        ("[]", "line 1, column 1: a mapping belongs here"),
        ("faults: 3", "line 1, column 9: a list belongs here"),
        ("fault: []", "line 1, column 1: unknown field `fault`, expected one of seed, faults"),
        ("faults: []\n---\nfaults: []", "line 3, column 1: a script is one document, and another begins here"),
    ] {
        assert_eq!(Faults::parse(text).unwrap_err().to_string(), why);
    }
    assert_eq!(Faults::parse("{\"faults\": []}"), Ok(Faults::default()), "JSON is YAML");
}
