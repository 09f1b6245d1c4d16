//! Where it comes from how an agent is found and treated.

use serde_json::json;

use super::{Entry, Found, Home, Layer, Origins, text};
use crate::manifest::node::Tree;
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
        let stated = |way: &[&str]| self.fact(agent, way).into_iter().collect::<Vec<_>>();
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
        let for_target = ["spec", "match", "byTarget", &self.target];
        let by_manifest = match self.fact(agent, &["spec", "match", "byTarget"]) {
            Some(_) => self.fact(agent, &for_target),
            None => self.fact(agent, &["spec", "match"]),
        };
        // The agent has the name of its manifest where nothing else is said.
        let by_itself = || self.fact(agent, &["metadata", "name"]);
        let layers: Vec<Layer> = by_target.into_iter().chain(by_manifest).collect();
        if layers.is_empty() { by_itself().into_iter().collect() } else { layers }
    }

    /// Something that an agent's manifest states outside of its skills.
    fn fact(&self, agent: &Agent, way: &[&str]) -> Option<Layer> {
        let place = &self.agents.get(&agent.name)?.metadata.name.place;
        let file = &place.file;
        let node = way.iter().try_fold(self.root(place)?, |node, key| match &node.tree {
            Tree::Map(entries) => entries.iter().find(|(known, _)| &*known.text == *key).map(|(_, node)| node),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => None,
        });
        let node = node.filter(|node| node.tree != Tree::Null)?;
        let mut found = Found { file, side_files: self.side_files, names: Vec::new(), files: Vec::new() };
        found.texts(node);
        Some(Layer {
            home: Home::Agent(agent.name.clone()),
            place: node.span.place(file),
            written: text::written(node),
            inserted: self.known(found.names.iter().map(String::as_str)),
            files: Vec::new(),
        })
    }
}
