//! Plans and reports made by hand, one for each thing that a view must show.

use std::collections::{BTreeMap, BTreeSet};

use flowops::diag::{Code, Finding};
use flowops::diff::{self, Class, Difference, Facts, FieldChange, ParameterChange, Seen};
use flowops::model::{
    AgentId, Field, Geocode, LiveSkill, Moved, Place, ProviderKind, Risk, SkillId, SkillName, Slug, Value,
};
use flowops::plan::{
    Action, AgentRef, Former, Held, Hold, Meaning, Ours, Plan, Risky, Since, Step, Subject, Unmanaged, Verb, What,
};
use flowops::report::{Cause, Outcome, Proof, Report, Status};
use serde_json::{Value as Json, json};

use crate::support::value;

pub(super) fn agent(name: &str, id: &str) -> AgentRef {
    AgentRef { name: Slug::parse(name).unwrap(), id: AgentId::parse(id).unwrap() }
}

pub(super) fn place(file: &str, line: u32) -> Place {
    Place { file: file.into(), line, column: 7, offset: 0, len: 0 }
}

pub(super) fn name(text: &str) -> SkillName {
    SkillName::live(text)
}

fn id(text: &str) -> SkillId {
    SkillId::parse(text).unwrap()
}

pub(super) fn fields(json: &Json) -> BTreeMap<Field, Value> {
    let fields = json.as_object().unwrap().iter();
    fields.map(|(key, item)| (Field::read(key).unwrap(), value(item))).collect()
}

/// What a comparison of the two finds.
fn changes(declared: &Json, live: &Json) -> Vec<FieldChange> {
    diff::fields(&fields(declared), live.as_object().unwrap(), Facts { shows_headers: true }).unwrap()
}

/// What no view shows.
pub(super) fn seen() -> Seen {
    let raw = json!({ "description": "SENTINEL" }).as_object().cloned().unwrap();
    Seen::new(&LiveSkill { id: id("skl_1"), name: name("Seen"), raw }, Field::ALL)
}

pub(super) fn publish(draft: Vec<String>) -> Action {
    Action::Publish { over: None, draft, ours: Ours::default() }
}

fn step(agent: &AgentRef, path: &str, action: Action, line: u32, reason: &str) -> Step {
    Step {
        id: format!("{}/{path}", agent.name),
        agent: agent.clone(),
        action,
        place: place(&format!("manifests/agents/{}.yaml", agent.name), line),
        reason: reason.to_owned(),
        needs: Vec::new(),
        moved: Moved::Unknown,
        meaning: Meaning::default(),
        geocode: Geocode::Never,
    }
}

pub(super) fn former(text: &str) -> Former {
    Former { name: name(text), moved: Moved::Unknown }
}

fn update(agent: &AgentRef, skill: &str, was: Option<&str>, line: u32, declared: &Json, found: &Json) -> Step {
    let changes = changes(declared, found);
    let action = Action::Update { id: id("skl_20"), name: name(skill), was: was.map(former), changes, seen: seen() };
    step(agent, &format!("skill/{skill}"), action, line, "the live skill differs from the manifest")
}

fn create(agent: &AgentRef, skill: &str, line: u32, declared: &Json) -> Step {
    let action = Action::Create { name: name(skill), fields: fields(declared) };
    step(agent, &format!("skill/{skill}"), action, line, "it is declared and not there")
}

const WARRANTY: &str = "Looks up whether a furnace, boiler, water heater or air conditioner that Brindlecombe installed is still under warranty, and whether parts, labor or both are covered. Use it when a caller asks who pays for a repair, and before you book a repair for a unit that is less than ten years old. Collect the serial number first: it is on the silver rating plate, usually behind the front panel or on the side of the tank. Ask for it in groups of four and read it back, letters as words (\"B as in bravo\"). If the caller cannot get to the unit, book the visit without it.";

fn warranty() -> Json {
    json!({
        "description": WARRANTY,
        "skillType": "http_webhook",
        "parametersSchema": {
            "type": "object",
            "properties": {
                "serial_number": { "type": "string", "description": "Serial number from the rating plate." },
                "install_year": { "type": "number" }
            },
            "required": ["serial_number"]
        },
        "requiredParams": ["serial_number"],
        "executionConfig": {
            "url": "https://api.brindlecombe.example/v1/warranties/lookup",
            "method": "POST",
            "timeout_ms": 4000,
            "headers": { "X-Api-Key": { "fromEnv": "FLOWOPS_SECRET_HOME_WARRANTY" }, "X-Client": "front desk 7" }
        },
        "isWrite": false,
        "errorHandling": { "retries": 1, "fallback_message": "I can't reach our warranty records right now. I can still book the visit, and the technician will check on site." },
        "stakes": "low"
    })
}

/// Every action, and every way in which a value can change.
#[expect(clippy::too_many_lines, reason = "one of everything")]
pub(super) fn every_action() -> Plan {
    let desk = agent("front-desk", "agt_1");
    let tire = agent("tire-main-line", "agt_7Kq");
    let prompt = |middle: &str| {
        format!(
            "Greet the caller.\nAsk for the name.\nAsk for the postcode.\n{middle}\nNever promise a time.\nSay goodbye.\n"
        )
    };
    let mut steps = vec![
        update(
            &desk,
            "Check warranty status",
            Some("Warranty lookup"),
            30,
            &json!({ "stakes": "medium", "description": WARRANTY.replace("parts, labor or both", "parts or labor").replace("silver rating", "rating") }),
            &json!({ "stakes": "low", "description": WARRANTY }),
        ),
        create(&desk, "Look up a warranty", 44, &warranty()),
        update(
            &desk,
            "Book a visit",
            None,
            71,
            &json!({
                "channels": ["voice", "sms"],
                "allowedFields": ["slot", "technician"],
                "executionConfig": {
                    "timeout_ms": 8000, "headers": { "X-Api-Key": "new", "X-Client": "b" }, "api_token": "new",
                    "url": "https://api.brindlecombe.example/v2/visits", "script": prompt("Offer the two next slots, mornings first."),
                    "greeting": "Hello and welcome to Brindlecombe Heating and Plumbing, how can I help you today?"
                },
                "parametersSchema": { "type": "object", "properties": { "day": { "type": "string", "enum": ["today", "tomorrow"] } }, "required": ["day"] },
                "stakes": null,
                "isEnabled": true
            }),
            &json!({
                "channels": ["voice", "chat"],
                "allowedFields": ["slot", "technician", "price"],
                "executionConfig": {
                    "timeout_ms": 4000, "headers": { "X-Api-Key": "old", "X-Client": "a", "X-Old": "gone" }, "api_token": "old",
                    "url": "https://api.brindlecombe.example/v1/visits", "script": prompt("Offer the next slot."), "kept": true
                },
                "parametersSchema": { "type": "object", "properties": { "day": { "type": "string", "enum": ["today"] }, "hour": { "type": "number" } }, "required": ["day", "hour"] },
                "stakes": "high",
                "isEnabled": false
            }),
        ),
        step(
            &desk,
            "pack/hubspot",
            Action::Install {
                kind: ProviderKind::Hubspot,
                via: flowops::model::Via::Pack,
                missing: vec![name("Create contact"), name("Find contact"), name("Log call")],
            },
            19,
            "none of the pack's presets is there",
        ),
        Step {
            needs: vec!["front-desk/pack/hubspot".to_owned()],
            ..step(
                &desk,
                "skill/Log call",
                Action::UpdatePreset {
                    name: name("Log call"),
                    fields: fields(&json!({ "description": "Logs the call, once it is over.", "stakes": "low" })),
                },
                88,
                "the pack's preset is changed once it is installed",
            )
        },
        step(
            &desk,
            "skill/Old warranty lookup",
            Action::Delete { id: id("skl_9"), name: name("Old warranty lookup"), by: None, seen: seen() },
            120,
            "the manifest says that it must be absent",
        ),
        step(
            &desk,
            "publish",
            publish(vec!["skills/Book a visit/stakes".to_owned()]),
            1,
            "callers hear the draft only once it is published",
        ),
    ];
    steps.push(update(
        &tire,
        "Find the nearest branch",
        None,
        61,
        &json!({ "executionConfig": { "roster": [
            { "label": "Northgate", "address": "4 Quay Road", "phone": "+15550100" },
            { "label": "Riverside", "address": "12 Mill Lane", "phone": "+15550102" },
            { "label": "Old Town", "address": "9 Castle Street", "phone": "+15550103" } ] } }),
        &json!({ "executionConfig": { "roster": [
            { "label": "Northgate", "address": "4 Quay Road", "phone": "+15550100" },
            { "label": "Riverside", "address": "10 Mill Lane", "phone": "+15550102" } ] } }),
    ));
    for (at, meaning) in meanings() {
        steps[at].meaning = meaning;
    }
    Plan {
        target: "production".to_owned(),
        is_complete: true,
        held: vec![Held {
            id: "tire-main-line/skill/Take a deposit".to_owned(),
            agent: tire.clone(),
            verb: Verb::Delete,
            subject: Subject::Skill { name: name("Take a deposit"), id: Some(id("skl_21")) },
            place: place("manifests/agents/tire-main-line.yaml", 140),
            hold: Hold::Protected,
            message: "`policy.protected` covers `tire-main-line/Take a deposit`".to_owned(),
            moved: Moved::Unknown,
            meaning: Meaning::default(),
            differences: Vec::new(),
        }],
        unmanaged: vec![
            unmanaged(&desk, "End the call", "skl_31", Some("builtin")),
            unmanaged(&tire, "Try-out", "skl_77", None),
        ],
        unchanged: 9,
        left_out: 0,
        ignored: 2,
        findings: vec![
            Finding::at(
                Code::PackNotRecorded,
                place("manifests/agents/front-desk.yaml", 19),
                "no ConnectorPack manifest records what `hubspot` installs",
            )
            .help("record it"),
        ],
        reads: 4,
        steps,
        since: None,
        facts: Facts { shows_headers: true },
        population: 0,
        unheard: BTreeSet::new(),
        share: None,
    }
}

/// What some of the steps mean: two risks of one that writes, and a shared skill on two agents.
fn meanings() -> Vec<(usize, Meaning)> {
    let plain = |risk, field| Risky { risk, field, of: None, what: None, from: None, to: None };
    let writes = Meaning { writes: true, is_high_stakes: true, ..Meaning::default() };
    let moved = Risky {
        what: Some(What::Host),
        from: Some("api.brindlecombe.example".to_owned()),
        to: Some("visits.example.net".to_owned()),
        ..plain(Risk::ChangesDestination, Field::ExecutionConfig)
    };
    let raised =
        Risky { from: Some("low".to_owned()), to: Some("high".to_owned()), ..plain(Risk::RaisesStakes, Field::Stakes) };
    let enabled = plain(Risk::IsEnabled, Field::IsEnabled);
    let change = |class, what: &str| ParameterChange { class, what: what.to_owned() };
    let parameters = vec![
        change(Class::Breaking, "parameter `day` takes listed values only"),
        change(Class::Breaking, "parameter `hour` is removed"),
        change(Class::Compatible, "parameter `note` is new and optional"),
    ];
    let set = Slug::parse("common-call-handling").ok();
    let shared = |writes| Meaning { shared: set.clone(), writes, ..Meaning::default() };
    vec![
        (2, Meaning { risks: vec![moved, enabled], drifted: vec![raised], parameters, ..writes }),
        (0, shared(false)),
        (7, Meaning { risks: vec![plain(Risk::WidensAvailability, Field::AvailabilityWindow)], ..shared(true) }),
    ]
}

pub(super) fn unmanaged(agent: &AgentRef, skill: &str, skill_id: &str, skill_type: Option<&str>) -> Unmanaged {
    Unmanaged { agent: agent.clone(), name: name(skill), id: id(skill_id), skill_type: skill_type.map(str::to_owned) }
}

pub(super) fn empty(unchanged: u64) -> Plan {
    Plan {
        target: "default".to_owned(),
        is_complete: true,
        steps: Vec::new(),
        held: Vec::new(),
        unmanaged: Vec::new(),
        unchanged,
        left_out: 0,
        ignored: 0,
        findings: Vec::new(),
        reads: 2,
        since: None,
        facts: Facts { shows_headers: true },
        population: 0,
        unheard: BTreeSet::new(),
        share: None,
    }
}

/// Every action, with a base revision since which one or the other moved, or both.
pub(super) fn since() -> Plan {
    let mut plan = every_action();
    let all = [Moved::Manifest, Moved::Live, Moved::Both, Moved::Unknown, Moved::Manifest];
    for (step, moved) in plan.steps.iter_mut().zip(all.into_iter().cycle()) {
        step.moved = moved;
        let Action::Update { changes, .. } = &mut step.action else { continue };
        let inside = if moved == Moved::Both { vec![Moved::Manifest, Moved::Live, Moved::Both] } else { vec![moved] };
        let places = changes.iter_mut().flat_map(|change| &mut change.differences);
        places.zip(inside.into_iter().cycle()).for_each(|(place, moved)| place.moved = moved);
    }
    let since =
        Since { revision: "origin/main".to_owned(), commit: "0123456789abcdef0123456789abcdef01234567".to_owned() };
    Plan { since: Some(since), ..plan }
}

/// Nothing to do, but much that nobody declared.
pub(super) fn crowded() -> Plan {
    let desk = agent("front-desk", "agt_1");
    let skills = (1..=23).map(|n| unmanaged(&desk, &format!("Preset {n}"), &format!("skl_{n}"), Some("crm")));
    Plan { unmanaged: skills.collect(), ..empty(1) }
}

/// A change of a draft.
fn draft_change(path: &str, before: Json, after: Json) -> Difference {
    let moved = Moved::Unknown;
    Difference { path: path.to_owned(), before: Some(before), after: Some(after), is_sensitive: false, moved }
}

/// Much is held, one listing is not proved, and an agent is missing.
pub(super) fn blocked() -> Plan {
    let desk = agent("front-desk", "agt_1");
    let foreign = vec![
        draft_change("/greeting", json!("Good day, this is the front desk."), json!("Hi! You reached the front desk.")),
        Difference {
            is_sensitive: true,
            ..draft_change("/skills/Try-out/executionConfig/headers", Json::Null, Json::Null)
        },
    ];
    let held = |path: &str, verb, line, hold, message: &str| Held {
        id: format!("front-desk/{path}"),
        agent: desk.clone(),
        verb,
        subject: Subject::Draft,
        place: place("manifests/agents/front-desk.yaml", line),
        hold,
        message: message.to_owned(),
        moved: Moved::Unknown,
        meaning: Meaning::default(),
        differences: if hold == Hold::ForeignDraft { foreign.clone() } else { Vec::new() },
    };
    Plan {
        is_complete: false,
        held: vec![
            held(
                "skill/Book a visit",
                Verb::Update,
                40,
                Hold::Replace,
                "its type changes from `email` to `sms`, which needs a new skill with a new id; say `replace: true` to allow it",
            ),
            held(
                "pack/shopify",
                Verb::Install,
                12,
                Hold::NotConnected,
                "`shopify` is not connected for the organization; somebody must connect it in the dashboard",
            ),
            held(
                "publish",
                Verb::Publish,
                1,
                Hold::ForeignDraft,
                "publishing would also ship changes that no manifest declares: greeting; publish or undo them in the dashboard first",
            ),
        ],
        findings: vec![
            Finding::at(
                Code::AgentNotFound,
                place("manifests/agents/tire.yaml", 5),
                "the server has no agent called `Tires`",
            )
            .help("did you mean `Tire main line`?"),
            Finding::nowhere(Code::ListingUnproven, "the list of agents cannot be proved complete"),
        ],
        ..empty(3)
    }
}

/// Names and texts that would hide, move, reorder or command if they were printed as they are.
pub(super) fn hostile() -> Plan {
    let desk = agent("front-desk", "agt_1");
    let bad = "\u{1b}[2J\u{202e}gnp.\u{200b}exe\u{7}";
    let command =
        "::set-env name=PATH::/tmp\n##[add-mask]x\r\n::stop-commands::x\n\u{2028}##vso[task.setvariable variable=a]b";
    let mut plan = empty(0);
    plan.target = format!("prod\n{bad}");
    plan.steps = vec![
        create(
            &desk,
            &format!("::error::{bad}"),
            3,
            &json!({
                "description": command,
                "skillType": format!("x{bad}"),
                "executionConfig": { (format!("\n::warning::{bad}")): command, "note": "key flowyte_sk_SENTINEL0123456789", "query": ["##[group]", bad] }
            }),
        ),
        update(
            &desk,
            "Grüße, 世界 👋🏽",
            Some("\n::debug::x"),
            9,
            &json!({ "description": command, "executionConfig": { "a/b~c d": bad, "url": "##[x" } }),
            &json!({ "description": format!("{command}\nmore\t{bad}"), "executionConfig": { "a/b~c d": "ordinary", "url": "y" } }),
        ),
        step(
            &desk,
            "publish",
            publish(vec![format!("greeting{bad}\n::error::x")]),
            1,
            &format!("because\n::error::{bad}"),
        ),
    ];
    plan.held = vec![Held {
        id: format!("front-desk/skill/{bad}\n::x"),
        agent: desk.clone(),
        verb: Verb::Update,
        subject: Subject::Skill { name: name("First"), id: None },
        place: place(&format!("manifests/{bad}.yaml"), 2),
        hold: Hold::Masked,
        message: format!("the live `{bad}` is masked; token ghp_SENTINEL0123456789012345"),
        moved: Moved::Unknown,
        meaning: Meaning::default(),
        differences: vec![Difference {
            path: format!("/{bad}"),
            ..draft_change("/greeting", json!(command), json!(bad))
        }],
    }];
    plan.unmanaged = vec![unmanaged(&desk, "\n::add-mask::a", "skl_5", Some(bad))];
    plan.findings =
        vec![Finding::nowhere(Code::ListingUnproven, format!("{bad}\n::error::x ghp_SENTINEL0123456789012345"))];
    plan
}

/// A plan whose one change is very long.
pub(super) fn long() -> Plan {
    let desk = agent("front-desk", "agt_1");
    let text = |word: &str| (1..=60).map(|n| format!("Step {n}: say {word} {n} times.")).collect::<Vec<_>>().join("\n");
    let row = |n: u32| json!({ "label": format!("Branch {n}"), "address": format!("{n} Long Street") });
    let rows = |range: std::ops::Range<u32>| Json::Array(range.map(row).collect());
    let step = update(
        &desk,
        "Close the call",
        None,
        8,
        &json!({ "description": text("goodbye"), "channels": null, "executionConfig": { "roster": rows(1..40) } }),
        &json!({ "description": text("farewell"), "channels": ["chat"], "executionConfig": { "roster": rows(20..60) } }),
    );
    Plan { steps: vec![step], ..empty(4) }
}

/// A difference that the plan says is sensitive.
pub(super) fn sensitive(path: &str, before: Json, after: Json) -> FieldChange {
    let send = value(&after);
    let difference = Difference {
        path: path.to_owned(),
        before: Some(before),
        after: Some(after),
        is_sensitive: true,
        moved: Moved::Unknown,
    };
    FieldChange { field: Field::ExecutionConfig, differences: vec![difference], send }
}

fn outcomes(plan: &Plan, status: impl Fn(usize) -> Status) -> Vec<Outcome> {
    let outcome = |(at, step): (usize, &Step)| Outcome {
        step: step.id.clone(),
        verb: step.action.verb(),
        agent: step.agent.clone(),
        place: step.place.clone(),
        status: status(at),
        sent: 1,
        notes: Vec::new(),
    };
    plan.steps.iter().enumerate().map(outcome).collect()
}

/// All went well.
pub(super) fn converged() -> Report {
    let plan = Plan { held: Vec::new(), ..every_action() };
    let mut outcomes = outcomes(&plan, |at| if at == 4 { Status::Unneeded } else { Status::Done });
    outcomes[6].notes = vec!["the platform warns: Book a visit changes data without asking.\n::error::x".to_owned()];
    Report { plan, outcomes, proof: Proof::Fresh(Box::new(empty(17))), reads: 8, writes: 7, ..nothing() }
}

/// Every way in which a step can end, and a proof that finds that not all took.
pub(super) fn partial() -> Report {
    let plan = every_action();
    let outcomes = outcomes(&plan, |at| match at {
        0 => Status::Settled("the answer was lost: no answer within 120 seconds".to_owned()),
        1 => Status::Unknown("the connection was lost after the request was sent".to_owned()),
        3 => Status::Failed("422 Unprocessable Entity: `hubspot` is not connected\n::error::x".to_owned()),
        4 => Status::Skipped(Cause::Step("front-desk/pack/hubspot".to_owned())),
        5 => Status::Conflict("somebody else changed `description`\u{1b}[2J since the plan".to_owned()),
        _ => Status::Done,
    });
    let mut fresh = empty(12);
    fresh.steps = plan
        .steps
        .iter()
        .enumerate()
        .filter(|(at, _)| [2, 3, 4, 5].contains(at))
        .map(|(_, step)| step.clone())
        .collect();
    Report { plan, outcomes, proof: Proof::Fresh(Box::new(fresh)), reads: 8, writes: 7, ..nothing() }
}

/// Nothing landed that is known of, and nothing could be read again.
pub(super) fn unread() -> Report {
    let plan = long();
    let outcomes = outcomes(&plan, |_| Status::Unknown("no answer within 30 s".to_owned()));
    Report {
        plan,
        outcomes,
        proof: Proof::Unread("503 Service Unavailable".to_owned()),
        reads: 3,
        writes: 1,
        ..nothing()
    }
}

pub(super) fn idle() -> Report {
    Report { plan: empty(9), reads: 2, ..nothing() }
}

fn nothing() -> Report {
    Report {
        plan: empty(0),
        outcomes: Vec::new(),
        proof: Proof::NotNeeded,
        reads: 0,
        writes: 0,
        lookups: 0,
        installed: Vec::new(),
        after: BTreeMap::new(),
    }
}
