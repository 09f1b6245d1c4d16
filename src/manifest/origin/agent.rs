//! Where it comes from how an agent is found and treated.

use serde_json::json;

use super::account::child;
use super::{Entry, Found, Home, Layer, Origins, text};
use crate::manifest::node::{Node, Tree};
use crate::model::{Agent, Desired, Lookup, Prune, Publish, Value};

impl Origins<'_> {
    /// How an agent is found, when it is published, what is pruned, its labels, and the skills that it gets.
    pub(super) fn of_agent(&self, agent: &Agent, desired: &Desired) -> Vec<Entry> {
        let found = match &agent.lookup {
            Lookup::Id(id) => ("id", id.as_str()),
            Lookup::Name(name) => ("name", name.as_str()),
        };
        let found = Value::map([(found.0.into(), Value::text(found.1))].into_iter().collect());
        let publish = match agent.publish {
            Publish::Never => "never",
            Publish::OnChange => "onChange",
        };
        let prune = match agent.prune {
            Prune::Never => "never",
            Prune::Removed => "removed",
            Prune::All => "all",
        };
        let word = |path: &str, word: &str, layers| Entry { path: path.to_owned(), value: Value::text(word), layers };
        let stated = |way: &[&str]| self.facts(agent, way);
        let mut entries = vec![
            Entry { path: "/match".to_owned(), value: found, layers: self.found_by(agent) },
            word("/publish", publish, stated(&["spec", "publish"])),
            word("/prune", prune, stated(&["spec", "prune"])),
        ];
        for (key, label) in &agent.labels {
            let path = format!("/labels/{}", super::pointer(key));
            entries.push(word(&path, label, stated(&["metadata", "labels", key])));
        }
        let own = agent.skills.iter().map(|skill| (&skill.name, &skill.skill_type));
        let brought = desired.presets(agent).map(|recorded| (&recorded.name, &recorded.skill_type));
        for (name, skill_type) in own.chain(brought) {
            let path = format!("/skills/{}", super::pointer(name.as_str()));
            entries.push(word(&path, skill_type.as_str(), self.names(agent, name)));
        }
        entries
    }

    /// Where it is stated how an agent is found: what the target says, over what the manifest says.
    pub fn found_by(&self, agent: &Agent) -> Vec<Layer> {
        let by_target = self.ids.get(&agent.name).map(|(id, place)| Layer {
            home: Home::Target(self.target.clone()),
            place: place.clone(),
            written: json!({ "id": id.as_str() }),
            inserted: Vec::new(),
            files: Vec::new(),
        });
        let pages = self.pages_of(&agent.name);
        // Who says how an agent is found says all of it.
        let matched = pages.iter().find(|(_, page)| at_end(page, &["spec", "match"]).is_some());
        let by_manifest = matched.and_then(|(home, page)| {
            let is_by_target = at_end(page, &["spec", "match", "byTarget"]).is_some();
            let for_target = ["spec", "match", "byTarget", &self.target];
            self.fact(agent, (home, page), if is_by_target { &for_target } else { &["spec", "match"] })
        });
        let layers: Vec<Layer> = by_target.into_iter().chain(by_manifest).collect();
        // The agent has the name of its manifest where nothing else is said.
        if layers.is_empty() { self.address(agent) } else { layers }
    }

    /// Where an agent's address is stated.
    pub fn address(&self, agent: &Agent) -> Vec<Layer> {
        let mut layers = self.facts(agent, &["metadata", "name"]);
        // Below that of a template stands the name of its AgentSet.
        layers.truncate(1);
        layers
    }

    /// Where something is stated of an agent outside of its skills, what lies on top first.
    pub fn facts(&self, agent: &Agent, way: &[&str]) -> Vec<Layer> {
        let pages = self.pages_of(&agent.name);
        pages.iter().filter_map(|(home, page)| self.fact(agent, (home, page), way)).collect()
    }

    fn fact(&self, agent: &Agent, (home, page): (&Home, &Node), way: &[&str]) -> Option<Layer> {
        let file = &self.account(&agent.name)?.document.file;
        let node = at_end(page, way)?;
        let mut found = Found { file, side_files: self.side_files, names: Vec::new(), files: Vec::new() };
        found.texts(node);
        // Labels are taken as they are, but for columns.
        if way.starts_with(&["metadata", "labels"]) {
            found.names.retain(|name| !name.starts_with("var."));
        }
        Some(Layer {
            home: home.clone(),
            place: node.span.place(file),
            written: text::written(node),
            inserted: self.known(&agent.name, found.names.iter().map(String::as_str)),
            files: Vec::new(),
        })
    }
}

/// What stands at the end of a way, unless that says nothing.
fn at_end<'w>(page: &'w Node, way: &[&str]) -> Option<&'w Node> {
    way.iter().try_fold(page, |node, key| child(node, key)).filter(|node| node.tree != Tree::Null)
}
