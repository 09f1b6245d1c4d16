//! Two targets side by side: what differs has a cause, and nothing that is the same differs.

use std::collections::{BTreeMap, BTreeSet};

use flowops::compare::{Cause, Comparison, Difference, Side, compare};
use flowops::diag::Sources;
use flowops::diff::parted;
use flowops::manifest::origin::{Origins, Written};
use flowops::manifest::{NoSideFiles, read};
use flowops::model::{Desired, Field, SkillName, Slug, Value};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value as Json, json};

use crate::support::value;

/// The variables that a text may take.
const VARIABLES: [&str; 4] = ["one", "two", "three", "four"];

/// Where a variable may be used; each is a place of a skill, of an agent, or of a name.
#[derive(Debug, Clone)]
struct Use {
    variable: usize,
    place: u8,
}

/// Agents with a skill of their own and one that they share, for two targets that differ in variables.
#[derive(Debug, Clone)]
struct World {
    /// By agent: the variables in its own skill, and in its override of the shared one.
    agents: Vec<[Vec<Use>; 2]>,
    shared: Vec<Use>,
    matches: Vec<Option<usize>>,
    /// What the template of an AgentSet uses, the cells of each row, and the default of the last one.
    template: Vec<Use>,
    rows: Vec<Vec<Use>>,
    default: Vec<Use>,
    /// The values in each target.
    values: [[u8; 4]; 2],
}

fn any_world() -> impl Strategy<Value = World> {
    let uses = || vec((0..VARIABLES.len(), 0_u8..6).prop_map(|(variable, place)| Use { variable, place }), 0..4);
    let agents = vec((uses(), uses()).prop_map(|(own, over)| [own, over]), 1..4);
    let matches = vec(proptest::option::of(0..VARIABLES.len()), 4);
    let table = (uses(), vec(uses(), 0..3), uses());
    let all = (agents, uses(), matches, table, any::<[[bool; 4]; 2]>());
    all.prop_map(|(agents, shared, matches, (template, rows, default), values)| {
        let values = values.map(|side| side.map(u8::from));
        World { agents, shared, matches, template, rows, default, values }
    })
}

fn text(uses: &[Use], place: u8, plain: &str) -> String {
    let here = uses.iter().filter(|one| one.place == place);
    let names = here.map(|one| format!("${{var.{}}}", VARIABLES[one.variable])).collect::<Vec<_>>();
    format!("{plain} {}", names.join(" and ")).trim_end().to_owned()
}

/// The fields of a skill; with an override only those in which something stands.
fn fields(uses: &[Use], is_whole: bool) -> Map<String, Json> {
    let has = |place| is_whole || uses.iter().any(|used| used.place == place);
    let mut fields = Map::new();
    let mut config = Map::new();
    if has(0) {
        fields.insert("description".to_owned(), text(uses, 0, "Looks up.").into());
    }
    if has(1) {
        config.insert("note".to_owned(), text(uses, 1, "A note").into());
    }
    if has(2) {
        config.insert("deep".to_owned(), json!({ "list": ["same", text(uses, 2, "Item")], "same": true }));
    }
    if has(3) {
        config.insert("headers".to_owned(), json!({ "X-Key": { "fromEnv": "FLOWOPS_SECRET_KEY" }, "Accept": text(uses, 3, "Bearer").replace("and", "") }));
    }
    if has(4) {
        fields.insert("allowedFields".to_owned(), json!(["b", text(uses, 4, "a"), "b"]));
    }
    if has(5) {
        let about = text(uses, 5, "A number");
        let schema = json!({ "type": "object", "properties": { "p": { "type": "string", "description": about } } });
        fields.insert("parametersSchema".to_owned(), schema);
    }
    if is_whole {
        fields.insert("skillType".to_owned(), "custom".into());
    }
    if !config.is_empty() {
        fields.insert("executionConfig".to_owned(), config.into());
    }
    fields
}

fn skill(name: &str, uses: &[Use], is_whole: bool) -> Json {
    let mut skill = Map::from_iter([("name".to_owned(), name.into())]);
    skill.extend(fields(uses, is_whole));
    skill.into()
}

impl World {
    /// A set whose rows say something of how an agent is found, of a label and of a skill; the last row leaves it out.
    fn agent_set(&self) -> Json {
        let mut own = skill("Own", &self.template, true);
        own["executionConfig"]["said"] = "Says ${row.note}".into();
        let rows = self.rows.iter().enumerate();
        let mut rows: Vec<Json> =
            rows.map(|(at, uses)| json!({ "id": format!("n{at}"), "note": text(uses, 0, "Cell") })).collect();
        rows.push(json!({ "id": "last" }));
        json!({
            "columns": { "id": { "type": "slug" }, "note": { "default": text(&self.default, 0, "Default") } },
            "rows": rows,
            "template": {
                "metadata": { "name": "row-${row.id}", "labels": { "note": "${row.note}" } },
                "spec": {
                    "match": { "name": "Row ${row.id} ${row.note}" },
                    "use": ["set"],
                    "skills": [own],
                    "overrides": [skill("Shared", &self.template, false)],
                },
            },
            "exceptions": [{ "agent": "row-last", "spec": { "overrides": [skill("Shared", &self.default, false)] } }],
        })
    }

    fn sources(&self) -> Sources {
        let document = |kind: &str, name: &str, spec: &Json| {
            json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": name }, "spec": spec }).to_string()
        };
        let mut sources = Sources::default();
        let value = |side: usize, at: usize| format!("{}{}", VARIABLES[at], self.values[side][at]);
        let variables = |side: usize| -> Map<String, Json> {
            (1..VARIABLES.len()).map(|at| (VARIABLES[at].to_owned(), value(side, at).into())).collect()
        };
        let mut targets = Map::new();
        for (side, name) in ["left", "right"].into_iter().enumerate() {
            let mut own = variables(side);
            // The first is every target's, unless it differs.
            if self.values[0][0] != self.values[1][0] {
                own.insert(VARIABLES[0].to_owned(), value(side, 0).into());
            }
            targets.insert(name.to_owned(), json!({ "variables": own }));
        }
        let project =
            json!({ "variables": { VARIABLES[0]: value(0, 0) }, "targets": targets, "defaultTarget": "left" });
        sources.insert("flowops.yaml", document("Project", "world", &project));
        let set = json!({ "skills": [skill("Shared", &self.shared, true)] });
        sources.insert("set.yaml", document("SkillSet", "set", &set));
        sources.insert("rows.yaml", document("AgentSet", "rows", &self.agent_set()));
        for (number, [own, over]) in self.agents.iter().enumerate() {
            let name = self.matches[number].map_or_else(String::new, |at| format!("${{var.{}}} ", VARIABLES[at]));
            let mut spec = json!({
                "match": { "name": format!("{name}Agent {number}") },
                "use": ["set"],
                "skills": [skill("Own", own, true)],
            });
            if !over.is_empty() {
                spec["overrides"] = json!([skill("Shared", over, false)]);
            }
            sources.insert(format!("agent-{number}.yaml"), document("Agent", &format!("agent-{number}"), &spec));
        }
        sources
    }
}

fn desired(sources: &Sources, target: &str) -> Desired {
    let reading = read(sources, &NoSideFiles, Some(target)).unwrap();
    reading.desired.unwrap_or_else(|| panic!("{:#?}", reading.findings))
}

fn compared(sources: &Sources, a: &str, b: &str) -> Comparison {
    let (left, right) = (desired(sources, a), desired(sources, b));
    let written = Written::new(sources, &NoSideFiles);
    let origins = [a, b].map(|target| Origins::new(&written, &NoSideFiles, target));
    let [left_from, right_from] = &origins;
    compare(Side { desired: &left, origins: left_from }, Side { desired: &right, origins: right_from })
}

type Place = (Slug, Option<SkillName>, String);

/// Every place of every agent that differs, with its values, whatever the cause.
fn places(comparison: &Comparison) -> BTreeMap<Place, (String, String)> {
    let mut all = BTreeMap::new();
    let explained = comparison.causes.iter().flat_map(|(_, differences)| differences);
    for Difference { agents, skill, path, a, b, places: _ } in explained.chain(&comparison.unexplained) {
        for agent in agents {
            let text = |value: &Option<Value>| format!("{:?}", value.as_ref().map(Value::to_shown_json));
            all.insert((agent.clone(), skill.clone(), path.clone()), (text(a), text(b)));
        }
    }
    all
}

/// What two desired states say, read without the code that compares: by agent, skill and field, as JSON.
fn said(desired: &Desired) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for agent in &desired.agents {
        all.insert(agent.name.to_string(), format!("{:?}", agent.lookup));
        for skill in &agent.skills {
            for (field, value) in &skill.fields {
                all.insert(format!("{} {} {field}", agent.name, skill.name), value.to_shown_json().to_string());
            }
        }
    }
    all
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() })
}

#[test]
fn a_target_does_not_differ_from_itself() {
    runner()
        .run(&any_world(), |world| {
            let sources = world.sources();
            assert!(compared(&sources, "left", "left").is_equal());
            assert!(compared(&sources, "right", "right").is_equal());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_comparison_the_other_way_is_the_same_seen_from_there() {
    runner()
        .run(&any_world(), |world| {
            let sources = world.sources();
            let (there, back) = (compared(&sources, "left", "right"), compared(&sources, "right", "left"));
            let turned = places(&back).into_iter().map(|(place, (a, b))| (place, (b, a)));
            assert_eq!(places(&there), turned.collect());
            let names = |comparison: &Comparison| -> BTreeSet<String> {
                comparison.causes.iter().map(|(cause, _)| named(cause)).collect()
            };
            assert_eq!(names(&there), names(&back));
            Ok(())
        })
        .unwrap();
}

fn named(cause: &Cause) -> String {
    match cause {
        Cause::Variable { a, b } => {
            assert!(a.name == b.name && a.value != b.value);
            a.name.clone()
        }
        Cause::AgentIds => "(ids)".to_owned(),
        Cause::Match => "(match)".to_owned(),
    }
}

#[test]
fn if_one_variable_differs_every_difference_names_it_and_what_says_the_same_is_none() {
    let any = (any_world(), 0..VARIABLES.len());
    runner()
        .run(&any, |(mut world, only)| {
            world.values = [[0; 4]; 2];
            world.values[1][only] = 1;
            let sources = world.sources();
            let comparison = compared(&sources, "left", "right");
            assert_eq!(comparison.unexplained, []);
            let names: Vec<String> = comparison.causes.iter().map(|(cause, _)| named(cause)).collect();
            assert!(names.is_empty() || names == [VARIABLES[only]], "{names:?}");
            let [left, right] = ["left", "right"].map(|target| said(&desired(&sources, target)));
            let differing: BTreeSet<&String> =
                left.iter().filter(|(key, said)| right[*key] != **said).map(|(key, _)| key).collect();
            let found: BTreeSet<String> = places(&comparison)
                .into_keys()
                .map(|(agent, skill, path)| match skill {
                    None => agent.to_string(),
                    Some(skill) => format!("{agent} {skill} {}", path.split('/').nth(1).unwrap()),
                })
                .collect();
            assert_eq!(found.iter().collect::<BTreeSet<_>>(), differing);
            Ok(())
        })
        .unwrap();
}

#[test]
fn whatever_differs_has_a_cause() {
    runner()
        .run(&any_world(), |world| {
            assert_eq!(compared(&world.sources(), "left", "right").unexplained, []);
            Ok(())
        })
        .unwrap();
}

fn declared(fields: &Json) -> BTreeMap<Field, Value> {
    let fields = fields.as_object().unwrap().iter();
    fields.map(|(key, json)| (Field::read(key).unwrap(), value(json))).collect()
}

fn paths(a: &Json, b: &Json) -> Vec<String> {
    let (a, b) = (declared(a), declared(b));
    let there: Vec<String> = parted(&a, &b).into_iter().map(|parted| parted.path).collect();
    let back: Vec<String> = parted(&b, &a).into_iter().map(|parted| parted.path).collect();
    assert_eq!(there, back);
    there
}

#[test]
fn declared_values_are_compared_by_what_they_mean() {
    let same = |a: Json, b: Json| assert_eq!(paths(&a, &b), Vec::<String>::new());
    same(json!({ "channels": ["voice", "chat"] }), json!({ "channels": ["chat", "voice", "chat"] }));
    same(json!({ "description": "Cafe\u{301}.\r\n" }), json!({ "description": "Caf\u{e9}." }));
    same(
        json!({ "executionConfig": { "destination": "(202) 555-0100", "timeout_ms": 4000 } }),
        json!({ "executionConfig": { "timeout_ms": 4000.0, "destination": "+12025550100" } }),
    );
    same(
        json!({ "parametersSchema": { "type": "object", "properties": {}, "required": ["a", "b"] } }),
        json!({ "parametersSchema": { "required": ["b", "a"], "properties": {}, "type": "object" } }),
    );
    let secret = |name: &str| json!({ "executionConfig": { "headers": { "X-Key": { "fromEnv": name } } } });
    same(secret("FLOWOPS_SECRET_A"), secret("FLOWOPS_SECRET_A"));
    let found = paths(&secret("FLOWOPS_SECRET_A"), &secret("FLOWOPS_SECRET_B"));
    assert_eq!(found, ["/executionConfig/headers/X-Key"]);
    same(
        json!({ "executionConfig": { "headers": { "Accept": "a" } } }),
        json!({ "executionConfig": { "headers": { "accept": "a" } } }),
    );
    assert_eq!(
        paths(
            &json!({ "executionConfig": { "a": { "b": 1, "c/d": 2 }, "e": [1, 2] }, "isWrite": true }),
            &json!({ "executionConfig": { "a": { "b": 2 }, "e": [2, 1] }, "stakes": null }),
        ),
        ["/executionConfig/a/b", "/executionConfig/a/c~1d", "/executionConfig/e", "/isWrite", "/stakes"],
    );
}

#[test]
fn many_rows_are_compared_row_by_row() {
    let rows: Vec<Json> = (0..2_000).map(|at| json!({ "id": format!("n{at}"), "note": "Cell ${var.one}" })).collect();
    let set = json!({
        "columns": { "id": { "type": "slug" }, "note": {} },
        "rows": rows,
        "template": {
            "metadata": { "name": "row-${row.id}" },
            "spec": {
                "skills": [
                    { "name": "Own", "skillType": "custom", "description": "${row.note}, ${var.two}" },
                    { "name": "Common", "skillType": "custom", "description": "Says ${var.two}" },
                ],
            },
        },
    });
    let document = |kind: &str, spec: &Json| {
        json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": "many" }, "spec": spec }).to_string()
    };
    let variables = |side: &str| json!({ "variables": { "one": side, "two": side } });
    let mut sources = Sources::default();
    let targets = json!({ "left": variables("left"), "right": variables("right") });
    sources.insert("flowops.yaml", document("Project", &json!({ "targets": targets, "defaultTarget": "left" })));
    sources.insert("many.yaml", document("AgentSet", &set));
    let comparison = compared(&sources, "left", "right");
    assert_eq!(comparison.unexplained, []);
    let causes: Vec<(String, usize)> = comparison
        .causes
        .iter()
        .map(|(cause, differences)| (named(cause), differences.iter().map(|difference| difference.agents.len()).sum()))
        .collect();
    assert_eq!(causes, [("one".to_owned(), 2_000), ("two".to_owned(), 4_000)]);
}
