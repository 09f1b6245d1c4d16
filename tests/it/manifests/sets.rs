//! AgentSets: they mean what the Agents would that somebody writes out by hand, and what is the same stands once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowops::diag::{Code, Sources};
use flowops::manifest::{Reading, SideFiles, read};
use flowops::model::{Agent, Desired, Place, Skill};
use flowops::render::{Style, findings};
use proptest::prelude::*;

/// Files beside the manifests, by their names.
struct Beside(BTreeMap<String, String>);

impl SideFiles for Beside {
    fn text(&self, _: &str, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "it is not there".to_owned())
    }

    fn locate(&self, _: &str, path: &str) -> Result<String, String> {
        Ok(path.to_owned())
    }
}

fn reading(text: &str, beside: &[(&str, &str)]) -> (Sources, Reading) {
    let mut sources = Sources::default();
    sources.insert("all.yaml", text);
    sources.insert("flowops.yaml", PROJECT);
    let beside = Beside(beside.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
    let reading = read(&sources, &beside, None).unwrap();
    sources.insert_beside(reading.beside.clone());
    (sources, reading)
}

fn desired(text: &str, beside: &[(&str, &str)]) -> Desired {
    let (sources, reading) = reading(text, beside);
    assert_eq!(findings(&reading.findings, &sources, Style::Plain), "", "{text}");
    reading.desired.unwrap()
}

/// The same with every place forgotten.
fn placeless(mut desired: Desired) -> Desired {
    let nowhere = || Place::start_of("");
    for agent in &mut desired.agents {
        agent.place = nowhere();
        agent.lookup_place = nowhere();
        for skill in &mut agent.skills {
            Arc::make_mut(skill).place = nowhere();
        }
        agent.presets.iter_mut().for_each(|preset| preset.place = nowhere());
        agent.packs.iter_mut().for_each(|used| used.place = nowhere());
        agent.absent.iter_mut().for_each(|absent| absent.place = nowhere());
    }
    desired.packs.clear();
    desired
}

const PROJECT: &str =
    "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { variables: { region: west } }\n";

const SET: &str = "apiVersion: flowops/v1\nkind: AgentSet\nmetadata: { name: shops }\n";

const OTHERS: &str = "
---
apiVersion: flowops/v1
kind: SkillSet
metadata: { name: basics }
spec: { skills: [{ name: Say hello, description: Says hello., skillType: sms }, { name: Say goodbye, description: Says goodbye., skillType: sms }] }
---
apiVersion: flowops/v1
kind: ConnectorPack
metadata: { name: hubspot }
spec: { kind: hubspot, skills: [{ name: Look up contact, skillType: crm }] }
";

fn set(columns: &str, rows: &str, template: &str, rest: &str) -> String {
    format!("{SET}spec:\n  columns: {columns}\n  rows: {rows}\n  template: {template}\n{rest}")
}

#[test]
fn what_is_the_same_for_every_row_stands_in_memory_once() {
    let columns = "{ branch: { type: slug }, city: }";
    let rows = "[{ branch: a, city: A }, { branch: b, city: B }]";
    let template = "{ metadata: { name: \"shop-${row.branch}\" }, spec: { use: [basics], skills: [
      { name: Fixed, description: Does one thing., skillType: sms },
      { name: Varies, description: Does another thing., skillType: http_webhook, parametersSchema: { type: object, properties: {} },
        executionConfig: { url: \"https://api.example.com/${row.city}\", headers: { Accept: text/plain } } } ] } }";
    let agents = desired(&(set(columns, rows, template, "") + OTHERS), &[]).agents;
    let [one, other] = agents.as_slice() else { panic!("there are {} agents", agents.len()) };
    let skill = |agent: &'_ Agent, name: &str| -> Arc<Skill> {
        Arc::clone(agent.skills.iter().find(|skill| skill.name.as_str() == name).unwrap())
    };
    for name in ["Fixed", "Say hello", "Say goodbye"] {
        assert!(Arc::ptr_eq(&skill(one, name), &skill(other, name)), "`{name}` stands twice");
    }
    let [one, other] = [one, other].map(|agent| skill(agent, "Varies"));
    assert!(!Arc::ptr_eq(&one, &other));
    let value = |skill: &Skill, field| skill.fields[&field].clone();
    let map = |value: &flowops::model::Value| {
        let flowops::model::Value::Map(map) = value else { panic!("{value:?} is no map") };
        Arc::clone(map)
    };
    let [schema, config] = [flowops::model::Field::ParametersSchema, flowops::model::Field::ExecutionConfig];
    assert!(Arc::ptr_eq(&map(&value(&one, schema)), &map(&value(&other, schema))));
    let headers = |skill: &Skill| map(&map(&value(skill, config))["headers"]);
    assert!(Arc::ptr_eq(&headers(&one), &headers(&other)));
}

#[test]
fn a_text_that_is_a_column_has_its_type_and_a_cell_is_no_template() {
    let columns =
        "{ branch: { type: slug }, on: { type: boolean }, wait: { type: number }, text:, id: { type: agentId } }";
    let rows = "[{ branch: a, on: true, wait: 4000, text: \"$${var.region} ${var.region} $${row.branch} $\", id: \"agt_${var.region}\" }]";
    let skill = "{ name: One, description: \"${row.text}{x} ${row.on} $${row.on}\", skillType: http_webhook, isEnabled: \"${row.on}\", parametersSchema: { type: object, properties: { x: {} } }, executionConfig: { url: https://api.example.com, timeout_ms: \"${row.wait}\" } }";
    let template = format!(
        "{{ metadata: {{ name: \"shop-${{row.branch}}\", labels: {{ text: \"${{row.text}}\" }} }}, spec: {{ match: {{ id: \"${{row.id}}\" }}, skills: [{skill}] }} }}"
    );
    let agents = desired(&(set(columns, rows, &template, "") + OTHERS), &[]).agents;
    let skill = &agents[0].skills[0];
    let shown: BTreeMap<&str, serde_json::Value> =
        skill.fields.iter().map(|(field, value)| (field.key(), value.to_shown_json())).collect();
    assert_eq!(shown["description"], "${var.region} west ${row.branch} ${x} true ${row.on}");
    assert_eq!(shown["isEnabled"], true);
    assert_eq!(shown["executionConfig"]["timeout_ms"], 4000);
    assert_eq!(agents[0].lookup, flowops::model::Lookup::Id(flowops::model::AgentId::parse("agt_west").unwrap()));
    assert_eq!(agents[0].labels["text"], "${var.region} west ${row.branch} $");
}

/// Everything below an alias stands where the alias does; what was read of one key there is not what another one says.
#[test]
fn an_alias_in_a_template_means_what_it_repeats() {
    let template = |headers: &str, parameters: &str| {
        set(
            "{ branch: { type: slug } }",
            "[{ branch: a }]",
            &format!(
                "\n    metadata: {{ name: \"x-${{row.branch}}\" }}\n    spec:\n      match: {{ name: \"X ${{row.branch}}\" }}\n      skills:\n        - {{ name: One, description: d, skillType: http_webhook, parametersSchema: {parameters}, executionConfig: {{ url: \"https://api.example.com/${{row.branch}}\", headers: {headers} }} }}\n"
            ),
            "",
        )
    };
    let headers = "{ X-Tenant: { fromEnv: FLOWOPS_SECRET_TENANT }, X-Api-Key: { fromEnv: FLOWOPS_SECRET_KEY } }";
    let parameters = "{ type: object, properties: { a: { type: string } }, required: [a] }";
    let plain = template(headers, parameters);
    let first = format!(
        "{{ name: Two, description: d, skillType: http_webhook, parametersSchema: &p {parameters}, executionConfig: {{ url: https://api.example.com, headers: &h {headers} }} }}"
    );
    let aliased = template("*h", "*p").replace("skills:\n", &format!("skills:\n        - {first}\n"));
    let one = |text: &str| {
        let agent = placeless(desired(text, &[])).agents.remove(0);
        Skill::clone(agent.skills.iter().find(|skill| skill.name.as_str() == "One").unwrap())
    };
    assert_eq!(one(&aliased), one(&plain));
}

/// A skill that is to be deleted has the name that it had when it was made, whatever was put into that.
#[test]
fn what_is_to_be_absent_is_named_with_variables_and_columns() {
    let absent = "absent: [\"${var.region} lookup\", \"${row.branch} lookup\", \"$${row.branch}\"]";
    let template = format!("{{ metadata: {{ name: \"shop-${{row.branch}}\" }}, spec: {{ {absent} }} }}");
    let exceptions = "  exceptions: [{ agent: shop-a, spec: { absent: [\"${var.region} help\"] } }]\n";
    let agents = desired(&set("{ branch: { type: slug } }", "[{ branch: a }]", &template, exceptions), &[]).agents;
    let names: BTreeSet<&str> = agents[0].absent.iter().map(|absent| absent.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["west lookup", "a lookup", "${row.branch}", "west help"]));
}

#[test]
fn a_file_of_rows_may_begin_with_a_byte_order_mark_and_leave_cells_to_their_defaults() {
    let columns = "{ branch: { type: slug }, on: { type: boolean, default: false } }";
    let template = "{ metadata: { name: \"shop-${row.branch}\" }, spec: { skills: [{ name: One, description: Does one thing., skillType: sms, isEnabled: \"${row.on}\" }] } }";
    let text = set(columns, "{ fromCsv: rows.csv }", template, "");
    let rows = [("rows.csv", "\u{feff}branch,on\r\na,true\r\nb,\r\n")];
    let agents = desired(&text, &rows).agents;
    assert_eq!(agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["shop-a", "shop-b"]);
    assert_eq!(agents[1].place.to_string(), "rows.csv:3:1");
    let by_hand = set(columns, "[{ branch: a, on: true }, { branch: b }]", template, "");
    assert_eq!(placeless(desired(&text, &rows)), placeless(desired(&by_hand, &[])));
}

#[test]
fn a_roster_may_begin_with_a_byte_order_mark() {
    let text = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec: { skills: [{ name: Nearest, description: Finds., skillType: geo, executionConfig: { action: find_nearest_location, roster: { fromCsv: places.csv } } }] }\n";
    let rows = "label,address,phone\nA,1 Mill Way,+15035550131\n";
    let marked = format!("\u{feff}{rows}");
    let plain = desired(text, &[("places.csv", rows)]);
    assert_eq!(placeless(desired(text, &[("places.csv", &marked)])), placeless(plain));
}

#[test]
fn ten_thousand_rows_of_one_mistake_are_a_few_findings() {
    let columns = "{ branch: { type: slug }, phone: { type: phone } }";
    let template = "{ metadata: { name: \"shop-${row.branch}\" }, spec: { skills: [{ name: To the counter, description: Hands over., skillType: transfer, colour: red, executionConfig: { destination: \"${row.phone}\" } }] } }";
    let rows: Vec<String> = (0..3000).map(|at| format!("b-{at},555 0{}", at % 10)).collect();
    let rows = rows.join("\n");
    let (_, reading) = reading(
        &set(columns, "{ fromCsv: rows.csv }", template, ""),
        &[("rows.csv", &format!("branch,phone\n{rows}"))],
    );
    let count = |code| reading.findings.iter().filter(|finding| finding.code == code).count();
    assert_eq!(count(Code::UnknownField), 1);
    assert_eq!(count(Code::BadPhone), 10);
    assert!(reading.findings.len() < 20, "{:#?}", reading.findings);
    let last = reading.findings.iter().rfind(|finding| finding.code == Code::BadPhone).unwrap();
    assert!(last.help.as_ref().unwrap().contains("2990 more times"), "{last:?}");
}

#[test]
fn an_exception_is_laid_over_what_the_template_makes_of_its_row_alone() {
    let columns = "{ branch: { type: slug } }";
    let template = "{ metadata: { name: \"shop-${row.branch}\" }, spec: { use: [basics], packs: [{ kind: hubspot }], skills: [{ name: Own, description: \"Of ${row.branch}.\", skillType: sms, stakes: low }], overrides: [{ name: Say hello, stakes: medium }, { name: Look up contact, stakes: medium, channels: [chat] }] } }";
    let exceptions = "  exceptions: [{ agent: shop-b, spec: { match: { name: Other }, publish: onChange, absent: [Gone], skills: [{ name: More, description: Does more., skillType: sms }], overrides: [{ name: Own, stakes: high }, { name: Say hello, stakes: high }, { name: Look up contact, stakes: high }] } }]\n";
    let text = set(columns, "[{ branch: a }, { branch: b }]", template, exceptions) + OTHERS;
    let agent = |name: &str, rest: &str, stakes: (&str, &str, &str)| {
        format!(
            "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: shop-{name} }}\nspec: {{ {rest}use: [basics], packs: [{{ kind: hubspot }}], skills: [{{ name: Own, description: Of {name}., skillType: sms, stakes: {} }}{}], overrides: [{{ name: Say hello, stakes: {} }}, {{ name: Look up contact, stakes: {}, channels: [chat] }}] }}\n",
            stakes.0,
            if name == "b" { ", { name: More, description: Does more., skillType: sms }" } else { "" },
            stakes.1,
            stakes.2,
        )
    };
    let by_hand = [
        agent("a", "", ("low", "medium", "medium")),
        "---\n".to_owned(),
        agent("b", "match: { name: Other }, publish: onChange, absent: [Gone], ", ("high", "high", "high")),
        OTHERS.to_owned(),
    ]
    .concat();
    assert_eq!(placeless(desired(&text, &[])), placeless(desired(&by_hand, &[])));
}

/// A cell of any kind, without what could not stand in a name.
fn cell() -> impl Strategy<Value = String> {
    prop::string::string_regex("[a-zA-Z0-9 $.{}]{0,8}[a-z]").unwrap().prop_map(|text| text.trim().to_owned())
}

/// Which fields mention a column, and where.
fn shape() -> impl Strategy<Value = [bool; 6]> {
    any::<[bool; 6]>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The law: an AgentSet means what the Agents mean that somebody writes out by hand.
    #[test]
    fn an_agent_set_means_the_same_as_its_agents_written_out(
        rows in prop::collection::vec((cell(), any::<bool>(), 1000_u32..30_000), 1..5),
        [in_name, in_text, in_url, in_wait, in_over, in_absent] in shape(),
    ) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        // What a hand writes for a text that a cell makes: nothing in it is a variable.
        let literal = |text: &str| quoted(&text.replace("${", "$${"));
        let agent = |city: &dyn Fn(&str, &str) -> String, on: &str, wait: &str, metadata: &str| {
            let part = |is_in: bool, before: &str, after: &str, plain: &str| {
                if is_in { city(before, after) } else { quoted(plain) }
            };
            format!(
                "{metadata} spec: {{ use: [basics], match: {{ name: {} }}, absent: [{}], skills: [{{ name: {}, description: {}, skillType: http_webhook, isEnabled: {on}, executionConfig: {{ url: {}, timeout_ms: {}, headers: {{ Accept: text/plain }} }} }}, {{ name: Fixed, description: Does one thing., skillType: sms }}], overrides: [{{ name: Say hello, description: {} }}] }}",
                city("Shop ", " ${var.region}"),
                if in_absent { city("Gone ", "") } else { quoted("Gone") },
                part(in_name, "Orders of ", ".", "Orders"),
                part(in_text, "Looks up orders of ", " in ${var.region}.", "Looks up orders."),
                part(in_url, "https://api.example.com/", "", "https://api.example.com/"),
                if in_wait { wait } else { "4000" },
                part(in_over, "Says hello from ", ".", "Says hello."),
            )
        };
        let template = agent(
            &|before, after| quoted(&format!("{before}${{row.city}}{after}")),
            "\"${row.on}\"",
            "\"${row.wait}\"",
            "metadata: { name: \"shop-${row.branch}\" },",
        );
        let listed: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(at, (city, on, wait))| format!("{{ branch: b-{at}, city: {}, on: {on}, wait: {wait} }}", literal(&format!("{city}{at}"))))
            .collect();
        let columns = "{ branch: { type: slug }, city:, on: { type: boolean }, wait: { type: number } }";
        let all = set(columns, &format!("[{}]", listed.join(", ")), &format!("{{ {template} }}"), "") + OTHERS;
        let by_hand: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(at, (city, on, wait))| {
                let city = |before: &str, after: &str| {
                    let cell = format!("{city}{at}").replace("${", "$${");
                    quoted(&format!("{before}{cell}{after}"))
                };
                let body = agent(&city, &on.to_string(), &wait.to_string(), "");
                format!("---\napiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: shop-b-{at} }}\n{}\n", body.trim())
            })
            .collect();
        let (_, one) = reading(&all, &[]);
        let (_, other) = reading(&(by_hand.concat() + OTHERS), &[]);
        prop_assert!(other.desired.is_some(), "{:?}", other.findings);
        let is_idle = |finding: &&flowops::diag::Finding| finding.is_error();
        prop_assert!(one.findings.iter().find(is_idle).is_none(), "{all}\n{:?}", one.findings);
        prop_assert_eq!(one.desired.map(placeless), other.desired.map(placeless));
    }
}
