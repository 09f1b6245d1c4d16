//! Generated worlds: manifests, a server in some state before them, and how that server answers what is not documented.

use std::fmt::Write as _;

use flowops::diag::Sources;
use flowops::manifest::{self, NoSideFiles};
use flowops::model::{AgentId, Desired, ProviderKind, Publish, Secret, SecretRef};
use flowops::sandbox::{Quirks, Sandbox, Store};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// What every secret of a world is; it must never come out.
pub(crate) const RESOLVED: &str = "SENTINEL-resolved-4f1c9a";

/// What every header on the server is; it must never come out.
pub(crate) const LIVE_SECRET: &str = "SENTINEL-live-77b2e0";

/// The skills that manifests may speak of.
pub(crate) const NAMES: [&str; 6] =
    ["Check warranty", "Take a message", "Größe prüfen", "Route call", "Book a visit", "Send \"quote\" <1>"];
const TYPES: [&str; 6] = ["http_webhook", "email", "transfer", "builtin", "db_query", "geo"];

/// A skill in one of its variants; the same numbers always give the same skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkillSeed {
    pub(crate) kind: usize,
    pub(crate) variant: u8,
    pub(crate) fields: u16,
}

/// What the server has where the manifest has a skill, or has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LiveSeed {
    Nothing,
    AsDeclared,
    Other(SkillSeed),
}

/// The name that a skill had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Was {
    /// It always had this one.
    This,
    /// One that no manifest declares.
    Old,
    /// That of the next skill, which has it now.
    Next,
}

/// What became of an agent's draft before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// It was never published.
    Draft,
    /// It is what callers hear.
    Published,
    /// Somebody edited it after it was published.
    Edited,
}

/// What a manifest says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeclaredSeed {
    Unmanaged,
    Absent,
    Skill { seed: SkillSeed, was: Was, replace: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct AgentSeed {
    pub(crate) declared: Vec<DeclaredSeed>,
    pub(crate) live: Vec<LiveSeed>,
    pub(crate) packs: u8,
    /// Which presets of its packs are there, by bit.
    pub(crate) installed: u8,
    pub(crate) overrides: bool,
    pub(crate) publish: Publish,
    pub(crate) history: History,
}

/// A world before anything was applied.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) agents: Vec<AgentSeed>,
    pub(crate) quirks: Quirks,
}

fn skill_seed() -> impl Strategy<Value = SkillSeed> {
    (0..TYPES.len(), 0..4_u8, any::<u16>()).prop_map(|(kind, variant, fields)| SkillSeed { kind, variant, fields })
}

fn declared_seed() -> impl Strategy<Value = DeclaredSeed> {
    prop_oneof![
        1 => Just(DeclaredSeed::Unmanaged),
        1 => Just(DeclaredSeed::Absent),
        4 => (skill_seed(), prop_oneof![3 => Just(Was::This), 1 => Just(Was::Old), 1 => Just(Was::Next)], any::<bool>())
            .prop_map(|(seed, was, replace)| DeclaredSeed::Skill { seed, was, replace }),
    ]
}

fn live_seed() -> impl Strategy<Value = LiveSeed> {
    prop_oneof![Just(LiveSeed::Nothing), Just(LiveSeed::AsDeclared), skill_seed().prop_map(LiveSeed::Other)]
}

fn agent_seed() -> impl Strategy<Value = AgentSeed> {
    (
        prop::collection::vec(declared_seed(), NAMES.len()),
        prop::collection::vec(live_seed(), NAMES.len()),
        0..4_u8,
        prop_oneof![Just(0), Just(0b111), 0..8_u8],
        any::<bool>(),
        prop_oneof![2 => Just(Publish::Never), 1 => Just(Publish::OnChange)],
        prop_oneof![2 => Just(History::Draft), 1 => Just(History::Published), 1 => Just(History::Edited)],
    )
        .prop_map(|(declared, live, packs, installed, overrides, publish, history)| AgentSeed {
            declared,
            live,
            packs,
            installed,
            overrides,
            publish,
            history,
        })
}

/// Questions that are played by themselves, since their answers keep packs from being installed by one run.
const PLAYED_ALONE: [&str; 2] = ["reserved", "installs"];

/// One answer to every open question.
pub(crate) fn quirks() -> impl Strategy<Value = Quirks> {
    let words: Vec<BoxedStrategy<(&'static str, &'static str)>> = Quirks::TABLE
        .iter()
        .filter(|question| !PLAYED_ALONE.contains(&question.name))
        .map(|question| {
            let words: Vec<&'static str> = question.answers.iter().map(|answer| answer.word).collect();
            prop::sample::select(words).prop_map(|word| (question.name, word)).boxed()
        })
        .collect();
    words.prop_map(|chosen| {
        chosen.into_iter().fold(Quirks::default(), |quirks, (name, word)| quirks.with(name, word).unwrap())
    })
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    world_of(1..3)
}

/// A world with so many agents.
pub(crate) fn world_of(agents: std::ops::Range<usize>) -> impl Strategy<Value = World> {
    (prop::collection::vec(agent_seed(), agents), quirks()).prop_map(|(agents, quirks)| World { agents, quirks })
}

impl SkillSeed {
    /// The fields beside the name; `secret` stands where a secret is referred to or resolved.
    fn fields(&self, secret: &Json) -> Map<String, Json> {
        let variant = self.variant;
        let has = |bit: u16| self.fields & (1 << bit) != 0;
        let mut fields = Map::new();
        let mut put = |key: &str, value: Json| {
            fields.insert(key.to_owned(), value);
        };
        put("description", json!(format!("Does variant {variant}.\nSecond line – ünïcödé.")));
        put("skillType", json!(TYPES[self.kind]));
        put("executionConfig", self.config(secret));
        if has(0) {
            let parameter = json!({ "type": "string", "description": format!("Number {variant}") });
            put(
                "parametersSchema",
                json!({ "type": "object", "properties": { "p": parameter, "q": { "type": "number" } }, "required": ["p", "q"] }),
            );
        }
        if has(1) {
            put("requiredParams", if variant.is_multiple_of(2) { json!(["p", "q"]) } else { json!(["q", "p"]) });
        }
        if has(2) {
            put("toolMode", json!(if variant.is_multiple_of(2) { "two_way" } else { "one_way" }));
        }
        if has(3) {
            put("dataEgressMap", json!({ "address": format!("host-{variant}.example.com") }));
        }
        if has(4) {
            put("allowedFields", json!([format!("a{variant}"), "b"]));
        }
        if has(5) {
            put("isWrite", json!(variant.is_multiple_of(2)));
            put("requiresConfirmation", json!(variant.is_multiple_of(3)));
        }
        if has(6) {
            put("requiresVerifiedIdentity", json!(variant % 2 == 1));
            put("verificationLevel", json!(["none", "basic", "step_up", "none"][usize::from(variant)]));
        }
        if has(7) {
            put("nonParallelizable", json!(variant.is_multiple_of(2)));
        }
        if has(8) {
            put("channels", if variant.is_multiple_of(2) { json!(["voice", "chat"]) } else { json!(["chat"]) });
        }
        if has(9) {
            put("errorHandling", json!({ "retries": variant, "fallback": { "message": "Sorry." } }));
        }
        if has(10) {
            put("isEnabled", json!(variant.is_multiple_of(2)));
        }
        if has(11) {
            put("stakes", json!(["low", "medium", "high", "low"][usize::from(variant)]));
            put("availabilityWindow", json!(["both", "open", "closed", "both"][usize::from(variant)]));
        }
        fields
    }

    fn config(&self, secret: &Json) -> Json {
        let variant = self.variant;
        match TYPES[self.kind] {
            "http_webhook" if variant < 2 => json!({
                "url": format!("https://api.example.com/{variant}"), "method": "POST", "timeout_ms": 1000 + u32::from(variant),
                "headers": { "X-Api-Key": secret, "Accept": "application/json" },
            }),
            "http_webhook" => json!({ "url": format!("https://api.example.com/{variant}") }),
            "email" => json!({ "to": "team@example.com", "subject": format!("Variant {variant}") }),
            "transfer" => {
                let numbers = ["+12025550100", "202-555-0100", "(202) 555-0101", "2025550102"];
                json!({ "destination": numbers[usize::from(variant)] })
            }
            "builtin" => {
                let actions = ["end_call", "take_message", "repeat", "repeat"];
                json!({ "action": actions[usize::from(variant)] })
            }
            "db_query" => json!({ "sql_template": format!("SELECT {variant} FROM t WHERE a = {{p}}") }),
            _ => json!({ "action": "find_nearest_location", "roster": [
                { "label": "North", "address": format!("{variant} Main St"), "phone": "202-555-0123" },
                { "label": "South", "address": "9 Low St", "phone": "+12025550124" },
            ] }),
        }
    }
}

impl World {
    /// The manifests, as a person would have them in one file.
    pub(crate) fn manifests(&self) -> String {
        let secret = json!({ "fromEnv": "FLOWOPS_SECRET_KEY" });
        let mut text = String::new();
        for pack in [PACK_A, PACK_B] {
            let (kind, presets) = pack;
            let skills: Vec<Json> =
                presets.iter().map(|(name, skill_type)| json!({ "name": name, "skillType": skill_type })).collect();
            document(&mut text, "ConnectorPack", &kind.replace('_', "-"), &json!({ "kind": kind, "skills": skills }));
        }
        for (number, agent) in self.agents.iter().enumerate() {
            let mut skills = Vec::new();
            let mut absent = Vec::new();
            for (at, declared) in agent.declared.iter().enumerate() {
                match declared {
                    DeclaredSeed::Unmanaged => {}
                    DeclaredSeed::Absent => absent.push(NAMES[at]),
                    DeclaredSeed::Skill { seed, was, replace } => {
                        let mut skill = Map::from_iter([("name".to_owned(), json!(NAMES[at]))]);
                        skill.extend(seed.fields(&secret));
                        if let Some(was) = agent.was(at, *was) {
                            skill.insert("was".to_owned(), json!(was));
                        }
                        skill.insert("replace".to_owned(), json!(replace));
                        skills.push(Json::Object(skill));
                    }
                }
            }
            let mut spec = json!({
                "match": { "name": format!("Agent {number}") },
                "publish": if agent.publish == Publish::OnChange { "onChange" } else { "never" },
                "packs": agent.kinds().iter().map(|(kind, _)| json!({ "kind": kind })).collect::<Vec<_>>(),
                "skills": skills,
                "absent": absent,
            });
            if agent.overrides && !agent.kinds().is_empty() {
                let name = agent.kinds()[0].1[0].0;
                spec["overrides"] = json!([{ "name": name, "isEnabled": false, "stakes": "high" }]);
            }
            document(&mut text, "Agent", &format!("agent-{number}"), &spec);
        }
        text
    }

    /// What is wrong with a server on which the manifests were applied, judged without the code that plans.
    pub(crate) fn complaints(&self, sandbox: &Sandbox, held: &[&str]) -> Vec<String> {
        let mut complaints = Vec::new();
        for (number, agent) in self.agents.iter().enumerate() {
            let id = agent_id(sandbox, &format!("Agent {number}"));
            let skills = sandbox.with_store(|store| store.skills_of(&id)).unwrap();
            let named = |name: &str| -> Vec<&Map<String, Json>> {
                skills.iter().map(|(_, skill)| skill).filter(|skill| skill["name"] == name).collect()
            };
            let mut want = |name: &str, fields: &Map<String, Json>| {
                if held.contains(&format!("agent-{number}/skill/{name}").as_str()) {
                    return;
                }
                match named(name).as_slice() {
                    [skill] => {
                        for (key, value) in fields {
                            let stored = skill.get(key.as_str());
                            if !holds(value, stored.unwrap_or(&default(key))) {
                                complaints.push(format!("{number} {name} {key}: {value} is {stored:?}"));
                            }
                        }
                    }
                    found => complaints.push(format!("{number} {name}: there are {}", found.len())),
                }
            };
            for (at, declared) in agent.declared.iter().enumerate() {
                if let DeclaredSeed::Skill { seed, .. } = declared {
                    want(NAMES[at], &seed.fields(&json!(RESOLVED)));
                }
            }
            for (kind, presets) in agent.kinds() {
                for (name, skill_type) in *presets {
                    want(name, json!({ "skillType": skill_type }).as_object().unwrap());
                }
                if agent.overrides && *kind == agent.kinds()[0].0 {
                    want(presets[0].0, json!({ "isEnabled": false, "stakes": "high" }).as_object().unwrap());
                }
            }
            for (at, declared) in agent.declared.iter().enumerate() {
                let is_held = held.contains(&format!("agent-{number}/skill/{}", NAMES[at]).as_str());
                if *declared == DeclaredSeed::Absent && !is_held && !named(NAMES[at]).is_empty() {
                    complaints.push(format!("{number} {} is still there", NAMES[at]));
                }
            }
        }
        complaints
    }

    /// The names that may be gone after an apply: tombstones, and what is replaced or renamed.
    pub(crate) fn may_go(&self, agent: usize) -> Vec<String> {
        let declared = self.agents[agent].declared.iter().enumerate();
        let names = declared.flat_map(|(at, declared)| match declared {
            DeclaredSeed::Unmanaged => Vec::new(),
            DeclaredSeed::Absent => vec![NAMES[at].to_owned()],
            DeclaredSeed::Skill { was, replace, .. } => {
                let old = self.agents[agent].was(at, *was).filter(|_| *replace);
                old.into_iter().chain(replace.then(|| NAMES[at].to_owned())).collect()
            }
        });
        names.collect()
    }

    /// The desired state; the manifests of every world are valid.
    pub(crate) fn desired(&self) -> Desired {
        let mut sources = Sources::default();
        sources.insert("world.yaml", self.manifests());
        let mut project = String::new();
        let policy = json!({ "policy": { "deleteBudget": { "count": 100, "percent": 100 } } });
        document(&mut project, "Project", "world", &policy);
        sources.insert("flowops.yaml", project);
        let reading = manifest::read(&sources, &NoSideFiles, None).unwrap();
        reading.desired.unwrap_or_else(|| panic!("{:#?}", reading.findings))
    }

    /// The server before the first apply.
    pub(crate) fn store(&self) -> Store {
        let mut store = Store::new(7).with_quirks(self.quirks);
        for (number, agent) in self.agents.iter().enumerate() {
            let id = store.seed_agent(None, &format!("Agent {number}"));
            for (at, live) in agent.live.iter().enumerate() {
                agent.seed_live(&mut store, &id, at, live);
            }
            for (kind, _) in agent.kinds() {
                store.connect(&ProviderKind::read(kind));
            }
        }
        store
    }

    /// A sandbox with the server before the first apply.
    pub(crate) fn sandbox(&self) -> Sandbox {
        let sandbox = Sandbox::in_memory(self.store());
        for (number, agent) in self.agents.iter().enumerate() {
            let id = agent_id(&sandbox, &format!("Agent {number}"));
            agent.install(&sandbox, &id);
            if agent.history != History::Draft {
                super::laws::post(&sandbox, &format!("/agents/{id}/publish"));
            }
            if agent.history == History::Edited {
                let edit = |agent: &mut Map<String, Json>| {
                    agent.insert("greeting".to_owned(), json!("Half a sentence"));
                };
                sandbox.with_store(|store| store.edit_agent(&id, edit)).unwrap();
            }
        }
        sandbox
    }
}

impl AgentSeed {
    fn kinds(&self) -> Vec<&'static (&'static str, &'static [(&'static str, &'static str)])> {
        let all = [(0b01, &PACK_A), (0b10, &PACK_B)];
        all.into_iter().filter(|(bit, _)| self.packs & bit != 0).map(|(_, pack)| pack).collect()
    }

    /// The former name that a manifest may state: no other skill keeps it, and it is not absent.
    fn was(&self, at: usize, was: Was) -> Option<String> {
        match (was, self.declared.get(at + 1)) {
            (Was::This, _) | (Was::Next, None | Some(DeclaredSeed::Absent)) => None,
            (Was::Old, _) => Some(format!("Old {}", NAMES[at])),
            (Was::Next, Some(DeclaredSeed::Unmanaged)) => Some(NAMES[at + 1].to_owned()),
            (Was::Next, Some(DeclaredSeed::Skill { was, .. })) => {
                self.was(at + 1, *was).is_some().then(|| NAMES[at + 1].to_owned())
            }
        }
    }

    /// Installs the packs as somebody in the dashboard would, who then deleted some of the presets.
    fn install(&self, sandbox: &Sandbox, id: &AgentId) {
        for (kind, presets) in self.kinds().into_iter().filter(|_| self.installed != 0) {
            super::laws::post(sandbox, &format!("/agents/{id}/integrations/{kind}/pack/install"));
            for (_, (gone, _)) in presets.iter().enumerate().filter(|(at, _)| self.installed & (1 << at) == 0) {
                sandbox
                    .with_store(|store| {
                        for (skill, fields) in store.skills_of(id) {
                            if fields["name"] == *gone {
                                store.drop_skill(id, &skill);
                            }
                        }
                    })
                    .unwrap();
            }
        }
    }

    fn seed_live(&self, store: &mut Store, id: &AgentId, at: usize, live: &LiveSeed) {
        let declared = match &self.declared[at] {
            DeclaredSeed::Skill { seed, was, .. } => Some((seed, *was)),
            DeclaredSeed::Unmanaged | DeclaredSeed::Absent => None,
        };
        let seed = match (live, declared) {
            (LiveSeed::Other(seed), _) | (LiveSeed::AsDeclared, Some((seed, _))) => seed,
            (LiveSeed::Nothing, _) | (LiveSeed::AsDeclared, None) => return,
        };
        let is_renamed = declared.is_some_and(|(_, was)| was == Was::Old);
        let mut fields = seed.fields(&json!(LIVE_SECRET));
        let name = if is_renamed { format!("Old {}", NAMES[at]) } else { NAMES[at].to_owned() };
        fields.insert("name".to_owned(), json!(name));
        // What somebody set in the dashboard and no manifest states.
        fields["executionConfig"]["set_by_hand"] = json!({ "kept": true });
        store.seed_skill(id, fields);
    }
}

const PACK_A: (&str, &[(&str, &str)]) =
    ("hubspot", &[("Look up contact", "crm"), ("Create contact", "crm"), ("Log call note", "crm")]);
const PACK_B: (&str, &[(&str, &str)]) =
    ("opentable", &[("Check table availability", "native_rest"), ("Reserve table", "native_rest")]);

fn document(text: &mut String, kind: &str, name: &str, spec: &Json) {
    let document = json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": name }, "spec": spec });
    writeln!(text, "---\n{document}").unwrap();
}

/// What a field that was never set is, on a server that fills in defaults.
pub(crate) fn default(key: &str) -> Json {
    match key {
        "toolMode" => json!("two_way"),
        "stakes" => json!("low"),
        "availabilityWindow" => json!("both"),
        "verificationLevel" => json!("none"),
        "channels" => json!(["voice", "chat"]),
        "isEnabled" => json!(true),
        "isWrite" | "requiresConfirmation" | "requiresVerifiedIdentity" | "nonParallelizable" => json!(false),
        _ => Json::Null,
    }
}

/// Whether a stored value is what was declared, as a person would say.
fn holds(declared: &Json, stored: &Json) -> bool {
    match (declared, stored) {
        (Json::Object(declared), Json::Object(stored)) => {
            declared.iter().all(|(key, value)| stored.get(key).is_some_and(|stored| holds(value, stored)))
        }
        (Json::Array(declared), Json::Array(stored)) => {
            declared.len() == stored.len()
                && declared.iter().all(|value| stored.iter().any(|other| holds(value, other)))
        }
        (Json::String(declared), Json::String(stored)) => {
            let last = |text: &str| -> Vec<char> { text.chars().rev().filter(char::is_ascii_digit).take(10).collect() };
            let is_phone = last(declared).len() == 10 && last(declared) == last(stored);
            // A secret that was rotated cannot be seen, so the old one may stay.
            let is_unseen = declared == RESOLVED && stored == LIVE_SECRET;
            declared.trim_end() == stored.trim_end() || is_phone || is_unseen
        }
        _ => declared == stored,
    }
}

/// The id of the agent of a name.
pub(crate) fn agent_id(sandbox: &Sandbox, name: &str) -> AgentId {
    sandbox
        .with_store(|store| store.agents().find(|(_, found)| *found == name).map(|(id, _)| id.clone()))
        .unwrap()
        .unwrap()
}

/// Every secret that a world may need.
pub(crate) fn secrets() -> flowops::ops::Secrets {
    [(SecretRef::Env("FLOWOPS_SECRET_KEY".to_owned()), Secret::from(RESOLVED.to_owned()))].into_iter().collect()
}
