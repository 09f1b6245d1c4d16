//! Targets: variables of their own, and the ids by which agents are found there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

use super::document::text_map;
use super::node::{Node, Tree};
use super::reader::{Located, Reader, did_you_mean};
use super::schema::TargetDoc;
use crate::diag::{Code, Finding, closest};
use crate::model::{Agent, AgentId, Lookup, Place, Slug};

/// The ids of agents in a target, by their addresses.
#[derive(Debug, Clone, Default)]
pub(super) struct AgentIds(BTreeMap<Slug, Stated>);

/// An id that a target gives to an agent.
#[derive(Debug, Clone)]
struct Stated {
    id: Located<AgentId>,
    /// Where its address stands.
    address: Place,
}

impl JsonSchema for AgentIds {
    fn schema_name() -> Cow<'static, str> {
        "AgentIds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let address = generator.subschema_for::<Slug>().to_value();
        // Nothing is put into an id that stands in the project itself.
        let id = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 128 });
        schemars::json_schema!({ "type": "object", "propertyNames": address, "additionalProperties": id })
    }
}

/// Reads the targets of a project; one that says nothing is a target, too.
pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> BTreeMap<String, TargetDoc> {
    let mut targets = BTreeMap::new();
    for (key, node) in node.and_then(|node| reader.map(node)).unwrap_or_default() {
        if node.tree == Tree::Null {
            targets.insert(key.text.to_string(), TargetDoc::default());
            continue;
        }
        let Some(mut fields) = reader.fields(node) else { continue };
        let variables = text_map(reader, fields.take("variables"));
        let agents = agents(reader, fields.take("agents"));
        fields.close(reader);
        targets.insert(key.text.to_string(), TargetDoc { variables, agents });
    }
    targets
}

fn agents(reader: &mut Reader, node: Option<&Node>) -> AgentIds {
    let mut ids = BTreeMap::new();
    for (key, node) in node.and_then(|node| reader.map(node)).unwrap_or_default() {
        let address = reader.parsed(key.span, &key.text, Slug::parse);
        let id = reader.name(node, AgentId::parse);
        if let (Some(address), Some(id)) = (address, id) {
            ids.insert(address, Stated { id, address: reader.place(key.span) });
        }
    }
    AgentIds(ids)
}

/// Reports the addresses that no agent has, in every target: whoever mistypes one in a target that is seldom used would
/// learn it in the night in which it is.
pub(super) fn report_strangers(targets: &BTreeMap<String, TargetDoc>, agents: &[Agent], findings: &mut Vec<Finding>) {
    let known: BTreeSet<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
    for (target, TargetDoc { variables: _, agents: AgentIds(ids) }) in targets {
        for (address, stated) in ids {
            if known.contains(address.as_str()) {
                continue;
            }
            let message = format!("target `{target}` gives an id to `{address}`, and no agent has this address");
            let help = closest(address.as_str(), known.iter().copied()).map(did_you_mean);
            findings.push(Finding::at(Code::UnknownReference, stated.address.clone(), message).maybe_help(help));
        }
    }
}

impl AgentIds {
    /// The id that an agent has in the target, and where that stands.
    pub(super) fn get(&self, address: &Slug) -> Option<(&AgentId, &Place)> {
        self.0.get(address).map(|Stated { id: Located { value: id, place }, address: _ }| (id, place))
    }

    /// Finds the agents by the ids that the target gives them, whatever their manifests say of names: the target is where
    /// it is said how it differs. Two ids for one agent are a contradiction.
    pub(super) fn find(&self, agents: &mut [Agent], findings: &mut Vec<Finding>) {
        for agent in agents {
            let Some(Stated { id: Located { value: id, place }, address: _ }) = self.0.get(&agent.name) else {
                continue;
            };
            if let Lookup::Id(stated) = &agent.lookup
                && stated != id
            {
                let message = format!("`{}` has the id `{id}` here, and `{stated}` in its manifest", agent.name);
                let help = format!("its manifest says so at {}", agent.lookup_place);
                findings.push(Finding::at(Code::DeclaredTwice, place.clone(), message).help(help));
            }
            // That the manifest does not say how the agent is found in this target is no lack any more.
            let lack = std::mem::replace(&mut agent.lookup_place, place.clone());
            findings.retain(|finding| finding.code != Code::NoMatchForTarget || finding.place.as_ref() != Some(&lack));
            agent.lookup = Lookup::Id(id.clone());
        }
    }
}
