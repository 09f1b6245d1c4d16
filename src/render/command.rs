//! Workflow commands: lines in a log that the runners of GitHub, Gitea and Forgejo obey.

use std::fmt;

use super::safe::safe;

/// The runner cuts longer messages, counted in UTF-16.
const LONGEST: usize = 4_096;

/// What a command makes of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Error,
    Warning,
    Notice,
}

/// A line that a runner obeys, and in which nothing else can be said than a message with its properties.
///
/// Every part is made safe, then cut, then escaped, all here, so that no text from outside begins or ends a command.
#[derive(Debug)]
pub(super) struct WorkflowCommand {
    command: Command,
    properties: Vec<(&'static str, String)>,
    message: String,
}

impl WorkflowCommand {
    /// A command with a message of some lines.
    pub(super) fn new<'a>(command: Command, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let lines: Vec<String> = lines.into_iter().map(|line| parted(&safe(line))).collect();
        Self { command, properties: Vec::new(), message: cut(&lines.join("\n")) }
    }

    /// Adds a property.
    pub(super) fn property(mut self, name: &'static str, value: &str) -> Self {
        self.properties.push((name, cut(&safe(value))));
        self
    }
}

impl fmt::Display for WorkflowCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, properties, message } = self;
        f.write_str(match command {
            Command::Error => "::error",
            Command::Warning => "::warning",
            Command::Notice => "::notice",
        })?;
        for (at, (name, value)) in properties.iter().enumerate() {
            let before = if at == 0 { ' ' } else { ',' };
            write!(f, "{before}{name}={}", in_property(value))?;
        }
        write!(f, "::{}", in_message(message))
    }
}

/// A text as the message of a command has it.
pub(super) fn in_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command has it.
pub(super) fn in_property(text: &str) -> String {
    in_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Keeps colons apart, from the two before a message as well: Gitea's runner takes the last `::` of a line for these.
pub(super) fn parted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == ':' && (out.is_empty() || out.ends_with(':')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The beginning of a text that no runner cuts any more.
fn cut(text: &str) -> String {
    let mut room = LONGEST;
    for (at, c) in text.char_indices() {
        let Some(left) = room.checked_sub(c.len_utf16()) else {
            // Room for the mark that something was cut: the last character goes, whatever its length.
            let kept = text.get(..at).and_then(|kept| kept.char_indices().next_back()).map_or(0, |(last, _)| last);
            return format!("{}…", text.get(..kept).unwrap_or_default());
        };
        room = left;
    }
    text.to_owned()
}
