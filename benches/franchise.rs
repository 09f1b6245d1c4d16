//! A franchise to measure with: branches that share most of their skills, and what a server says of them once it is applied.

use std::fmt::Write as _;

use flowops::diag::Sources;
use flowops::manifest::{SideFiles, read};
use flowops::model::{Agent, Desired};
use serde_json::{Map, Value as Json, json};

/// Skills of one branch.
pub(crate) const SKILLS: usize = 25;

/// Those of them that say something of the branch itself.
const OWN: usize = 5;

/// How the manifests of the branches are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// One template and a table with a row for each branch; what is the same everywhere stands in SkillSets.
    AsTemplate,
    /// A file for each branch, in which every skill stands as a whole.
    OneByOne,
}

/// The files of a franchise: manifests, and tables beside them.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) manifests: Vec<(String, String)>,
    pub(crate) beside: Vec<(String, String)>,
}

impl Files {
    pub(crate) fn new(written: Written, branches: usize) -> Self {
        match written {
            Written::AsTemplate => Self::as_template(branches),
            Written::OneByOne => Self::one_by_one(branches),
        }
    }

    fn as_template(branches: usize) -> Self {
        let mut table = "branch,city,phone,sundays\n".to_owned();
        for number in 0..branches {
            writeln!(table, "{},City {number},{},{}", slug(number), phone(number), number.is_multiple_of(3)).unwrap();
        }
        let sets = [("greeting", 0..8), ("service", 8..14), ("billing", 14..SKILLS - OWN)];
        let manifest = |kind: &str, name: &str, spec: &Json| {
            json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": name }, "spec": spec }).to_string()
        };
        let mut manifests: Vec<(String, String)> = Vec::new();
        for (name, numbers) in &sets {
            let skills: Vec<Json> = numbers.clone().map(|number| shared(number).into()).collect();
            let text = manifest("SkillSet", name, &json!({ "skills": skills }));
            manifests.push((format!("manifests/skill-sets/{name}.yaml"), text));
        }
        let row = Branch {
            slug: "${row.branch}".to_owned(),
            city: "${row.city}".to_owned(),
            phone: "${row.phone}".to_owned(),
            sundays: json!("${row.sundays}"),
        };
        let skills: Vec<Json> = (0..OWN).map(|number| own(number, &row).into()).collect();
        let used: Vec<&str> = sets.iter().map(|(name, _)| *name).collect();
        let spec = json!({
            "columns": {
                "branch": { "type": "slug" }, "city": {}, "phone": { "type": "phone" }, "sundays": { "type": "boolean" },
            },
            "rows": { "fromCsv": "branches.csv" },
            "template": {
                "metadata": { "name": "branch-${row.branch}" },
                "spec": { "match": { "name": "Branch ${row.branch}" }, "use": used, "skills": skills },
            },
        });
        manifests.push(("manifests/branches.yaml".to_owned(), manifest("AgentSet", "branches", &spec)));
        Self { manifests, beside: vec![("manifests/branches.csv".to_owned(), table)] }
    }

    fn one_by_one(branches: usize) -> Self {
        let file = |number: usize| {
            let branch = Branch::new(number);
            let mut text = format!(
                "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: branch-{slug} }}\nspec:\n  match: {{ name: Branch {slug} }}\n  skills:\n",
                slug = branch.slug
            );
            let shared = (0..SKILLS - OWN).map(shared);
            for skill in shared.chain((0..OWN).map(|at| own(at, &branch))) {
                writeln!(text, "    - {}", Json::Object(skill)).unwrap();
            }
            (format!("manifests/{}.yaml", branch.slug), text)
        };
        Self { manifests: (0..branches).map(file).collect(), beside: Vec::new() }
    }

    pub(crate) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        for (path, text) in &self.manifests {
            sources.insert(path.as_str(), text.as_str());
        }
        sources
    }

    pub(crate) fn desired(&self) -> Desired {
        let reading = read(&self.sources(), self, None).unwrap();
        reading.desired.unwrap_or_else(|| panic!("{:?}", reading.findings.first()))
    }
}

impl SideFiles for Files {
    fn text(&self, manifest: &str, path: &str) -> Result<String, String> {
        let (folder, _) = manifest.rsplit_once('/').unwrap();
        let wanted = format!("{folder}/{path}");
        let found = self.beside.iter().find(|(path, _)| *path == wanted);
        found.map(|(_, text)| text.clone()).ok_or_else(|| "it is not there".to_owned())
    }

    fn locate(&self, _: &str, _: &str) -> Result<String, String> {
        Err("no secret is a file here".to_owned())
    }
}

/// What a branch says of itself.
struct Branch {
    slug: String,
    city: String,
    phone: String,
    sundays: Json,
}

impl Branch {
    fn new(number: usize) -> Self {
        Self {
            slug: slug(number),
            city: format!("City {number}"),
            phone: phone(number),
            sundays: (number.is_multiple_of(3)).into(),
        }
    }
}

fn slug(number: usize) -> String {
    format!("b{number:05}")
}

fn phone(number: usize) -> String {
    format!("+1202{:07}", 5_550_000 + number)
}

/// A skill that is the same in every branch.
fn shared(number: usize) -> Map<String, Json> {
    map(json!({
        "name": format!("Look up topic {number}"),
        "description": format!(
            "Looks something up about topic {number}. Use it when a caller asks for that, and collect the number first; \
             read it back in groups before you go on, and say plainly when there is nothing under it."
        ),
        "skillType": "http_webhook",
        "parametersSchema": {
            "type": "object",
            "properties": {
                "number": { "type": "string", "description": "The number, read back in groups." },
                "since": { "type": "string", "description": "A day, if the caller names one." },
            },
            "required": ["number"],
        },
        "executionConfig": {
            "url": format!("https://api.example.com/topics/{number}"),
            "method": "POST",
            "timeout_ms": 4000,
            "headers": { "X-Api-Key": { "fromEnv": "FLOWOPS_SECRET_TOPICS" } },
        },
        "channels": ["voice", "chat"],
        "stakes": "low",
    }))
}

/// A skill that says something of its branch.
fn own(number: usize, branch: &Branch) -> Map<String, Json> {
    let Branch { slug, city, phone, sundays } = branch;
    map(match number {
        0 => json!({
            "name": "Transfer to the branch",
            "description": format!("Hands the call to the branch in {city}, when a caller asks for a person there."),
            "skillType": "transfer",
            "executionConfig": { "destination": phone },
            "requiresConfirmation": true,
        }),
        1 => json!({
            "name": "Take a message",
            "description": format!("Sends a message to the branch in {city}, once it was read back to the caller."),
            "skillType": "email",
            "executionConfig": { "to": format!("{slug}@example.com"), "subject": format!("A call for {city}") },
            "isWrite": true,
            "requiresConfirmation": true,
        }),
        2 => json!({
            "name": "Book a visit",
            "description": format!("Books a visit in {city}. Collect a day and a time, and read both back."),
            "skillType": "http_webhook",
            "parametersSchema": {
                "type": "object",
                "properties": { "day": { "type": "string" }, "time": { "type": "string" } },
                "required": ["day", "time"],
            },
            "executionConfig": { "url": format!("https://api.example.com/branches/{slug}/visits"), "method": "POST" },
            "isWrite": true,
            "stakes": "medium",
        }),
        3 => json!({
            "name": "Answer on Sundays",
            "description": format!("Says what is open in {city} on Sundays."),
            "skillType": "http_webhook",
            "executionConfig": { "url": format!("https://api.example.com/branches/{slug}/hours"), "method": "GET" },
            "isEnabled": sundays,
        }),
        _ => json!({
            "name": "Check the stock",
            "description": format!("Says whether {city} has something in stock; never promises that it stays."),
            "skillType": "http_webhook",
            "parametersSchema": {
                "type": "object",
                "properties": { "article": { "type": "string", "description": "What the caller wants." } },
                "required": ["article"],
            },
            "executionConfig": { "url": format!("https://api.example.com/branches/{slug}/stock"), "method": "POST" },
        }),
    })
}

fn map(value: Json) -> Map<String, Json> {
    let Json::Object(map) = value else { return Map::new() };
    map
}

/// The skills of an agent as a server shows them once they are applied: with what it adds, and with secrets masked.
pub(crate) fn shown(agent: &Agent) -> Vec<Map<String, Json>> {
    let skill = |skill: &flowops::model::Skill| {
        let mut raw = Map::new();
        raw.insert("name".to_owned(), skill.name.as_str().into());
        for (field, value) in &skill.fields {
            raw.insert(field.key().to_owned(), value.to_json(&|_| "••••••••1f2e".into()));
        }
        raw.entry("isEnabled").or_insert(true.into());
        raw.entry("toolMode").or_insert("two_way".into());
        raw
    };
    agent.skills.iter().map(|declared| skill(declared)).collect()
}
