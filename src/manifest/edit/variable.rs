//! Texts as manifests write them: `${var.name}` where a variable stood, `$${` for what only looks like one.

use std::collections::BTreeMap;

use crate::manifest::origin::inserted;

/// The variables of the target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a BTreeMap<String, String>);

impl Variables<'_> {
    /// Writes a text so that it is read as exactly this. Variables that the text before it took stay, where their values
    /// still stand in it.
    ///
    /// # Errors
    /// A fragment, if a variable of the text before does not fit: other targets would get this one's value.
    pub(super) fn spell(self, text: &str, before: Option<&str>) -> Result<String, String> {
        let mut pieces = vec![Piece::Text(text)];
        for (name, times) in before.map(used).unwrap_or_default() {
            let value = self.0.get(name).map(String::as_str).filter(|value| !value.is_empty());
            let found: usize = value.map_or(0, |value| pieces.iter().map(|piece| piece.count(value)).sum());
            let Some(value) = value.filter(|_| found == times) else {
                return Err(format!("the manifest takes `${{var.{name}}}` there, whose value live does not have"));
            };
            pieces = pieces.into_iter().flat_map(|piece| piece.split(name, value)).collect();
        }
        Ok(pieces.iter().map(Piece::spelled).collect())
    }
}

/// The variables that a text takes, in order, and how often.
fn used(text: &str) -> Vec<(&str, usize)> {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for name in inserted(text).into_iter().filter_map(|name| name.strip_prefix("var.")) {
        match names.iter_mut().find(|(other, _)| *other == name) {
            Some((_, times)) => *times += 1,
            None => names.push((name, 1)),
        }
    }
    names
}

#[derive(Debug, Clone, Copy)]
enum Piece<'t> {
    Text(&'t str),
    Variable(&'t str),
}

impl<'t> Piece<'t> {
    /// How often a value stands in it.
    fn count(&self, value: &str) -> usize {
        match self {
            Self::Text(text) => text.matches(value).count(),
            Self::Variable(_) => 0,
        }
    }

    /// The same with a variable wherever its value stands.
    fn split(self, name: &'t str, value: &str) -> Vec<Self> {
        let Self::Text(text) = self else { return vec![self] };
        let mut pieces = Vec::new();
        for (at, part) in text.split(value).enumerate() {
            if at > 0 {
                pieces.push(Piece::Variable(name));
            }
            pieces.push(Piece::Text(part));
        }
        pieces
    }

    fn spelled(&self) -> String {
        match self {
            Self::Text(text) => text.replace("${", "$${"),
            Self::Variable(name) => format!("${{var.{name}}}"),
        }
    }
}
