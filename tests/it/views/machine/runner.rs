//! What runners obey in a log, by their own rules.

/// A command that is obeyed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::views) struct Obeyed {
    pub(in crate::views) command: String,
    pub(in crate::views) properties: Vec<(String, String)>,
    pub(in crate::views) message: String,
}

/// All commands in a log. A lone carriage return ends a line, white space before a command does not hide it, and the
/// older spelling counts anywhere in a line.
pub(in crate::views) fn obeyed(log: &str) -> Vec<Obeyed> {
    log.split(['\n', '\r']).filter_map(|line| new(line).or_else(|| old(line))).collect()
}

/// `::name key=value,key=value::message` at the start of a line.
fn new(line: &str) -> Option<Obeyed> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    Some(read(head, message, ','))
}

/// `##[name key=value;key=value]message` anywhere; Azure's `##vso[` too.
fn old(line: &str) -> Option<Obeyed> {
    let (_, rest) = line.split_once("##[").or_else(|| line.split_once("##vso["))?;
    let (head, message) = rest.split_once(']')?;
    Some(read(head, message, ';'))
}

/// Gitea's and Forgejo's runner: no white space before, the message begins after the last `::`.
pub(in crate::views) fn obeyed_by_gitea(line: &str) -> Option<Obeyed> {
    let (head, message) = line.strip_prefix("::")?.rsplit_once("::")?;
    Some(read(head, message, ','))
}

fn read(head: &str, message: &str, between: char) -> Obeyed {
    let (command, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.split(between).filter_map(|pair| pair.split_once('='));
    let unescape = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let value = |text: &str| unescape(text).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
    Obeyed {
        command: command.to_owned(),
        properties: properties.map(|(name, text)| (name.trim().to_owned(), value(text))).collect(),
        message: unescape(message).replace("%25", "%"),
    }
}
