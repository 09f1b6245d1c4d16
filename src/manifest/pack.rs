//! A node → what a provider's pack installs.

use super::document::{list, provider};
use super::node::Node;
use super::reader::Reader;
use super::schema::ConnectorPackSpec;
use super::skill;
use super::value::Scope;

/// Reads the record of a pack.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<ConnectorPackSpec> {
    let mut fields = reader.fields(node)?;
    let kind = provider(reader, &mut fields);
    let skills = fields.need(reader, "skills");
    let skills = list(reader, skills, |reader, node| skill::read_recorded(reader, scope, node));
    fields.close(reader);
    Some(ConnectorPackSpec { kind: kind?, skills })
}
