/// The files beside the manifests, for `fromFile` and `fromCsv`. The disk implements it; reading manifests stays pure.
pub trait SideFiles {
    /// The text at a path that a manifest gives, relative to itself. The error says why not, as a fragment.
    ///
    /// A text that becomes a value loses one line break at its end, and variables are put into it as everywhere.
    fn text(&self, manifest: &str, path: &str) -> Result<String, String>;

    /// The path from the project root of a file that is not read now: a secret's.
    fn locate(&self, manifest: &str, path: &str) -> Result<String, String>;
}

impl<T: SideFiles + ?Sized> SideFiles for &T {
    fn text(&self, manifest: &str, path: &str) -> Result<String, String> {
        (**self).text(manifest, path)
    }

    fn locate(&self, manifest: &str, path: &str) -> Result<String, String> {
        (**self).locate(manifest, path)
    }
}

/// No files at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSideFiles;

impl SideFiles for NoSideFiles {
    fn text(&self, _: &str, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }

    fn locate(&self, _: &str, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}

/// Joins a path that a manifest gives to the folder of that manifest, both below the project root: its parts, or why it
/// cannot be one. Decided by the text alone: no link can change where it leads.
pub fn below(start: &[&str], path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Err("it is empty".to_owned());
    }
    if path.starts_with('/') || path.starts_with('~') {
        return Err("it must be relative to the manifest".to_owned());
    }
    if path.chars().any(|c| matches!(c, '\\' | ':') || c.is_control()) {
        return Err("only `/` may stand between its parts, and no `:` or control character in it".to_owned());
    }
    let mut parts: Vec<String> = start.iter().map(|part| (*part).to_owned()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or("it leaves the project root")?;
            }
            _ => parts.push(part.to_owned()),
        }
    }
    Ok(parts)
}

/// How a file beside a manifest is shown: its path joined to the manifest's own, by the text alone.
pub(super) fn shown(manifest: &str, path: &str) -> String {
    let mut parts: Vec<&str> = manifest.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if !matches!(*last, "" | "." | "..") => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    parts.join("/")
}
