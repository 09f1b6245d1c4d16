/// The files beside the manifests, for `fromFile` and `fromCsv`. The disk implements it; reading manifests stays pure.
pub trait SideFiles {
    /// The text at a path that a manifest gives, relative to itself. The error says why not, as a fragment.
    ///
    /// A text that becomes a value loses one line break at its end, and variables are put into it as everywhere.
    fn text(&self, manifest: &str, path: &str) -> Result<String, String>;

    /// The path from the project root of a file that is not read now: a secret's.
    fn locate(&self, manifest: &str, path: &str) -> Result<String, String>;
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
