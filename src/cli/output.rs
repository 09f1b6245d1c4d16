//! stdout for data, stderr for talk; no secret on either, whatever composed the text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::args::{Also, Ci, Color, Format, Global, LogFormat};
use super::ci;
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::overwrite;
use crate::diag::{Finding, Sources};
use crate::fs::{self, Access};
use crate::model::{Partition, Secret};
use crate::record::Record;
use crate::render::{self, Form, Style, metrics};

/// Secrets shorter than this are not searched for: replacing them would garble unrelated text.
const SHORTEST: usize = 8;

/// Where the output goes, and what must never be in it.
pub(super) struct Output {
    format: Format,
    file: Option<PathBuf>,
    also: Vec<Also>,
    color: Color,
    data: String,
    /// What came out so far as text, for files that want it.
    plain: String,
    /// What came out, for every other form.
    record: Option<Record>,
    ci: Ci,
    /// Where what can be measured goes, and of which target it is if the record does not say.
    metrics: Option<(PathBuf, Option<String>)>,
    secrets: Vec<String>,
    /// The target that the run is about, once it is known.
    target: Option<String>,
    /// The share of the agents that the run is about, if it is about one.
    partition: Option<Partition>,
    has_landed: bool,
}

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        Self {
            format: global.format,
            file: global.output.clone(),
            also: global.write.clone(),
            color: global.color,
            data: String::new(),
            plain: String::new(),
            record: None,
            ci: global.ci,
            metrics: None,
            secrets: Vec::new(),
            target: None,
            partition: None,
            has_landed: false,
        }
    }

    /// Takes note of a value that must not come out. Renderers hide secrets by position; this is the second net.
    pub(super) fn hide(&mut self, secret: &Secret) {
        for spelling in spellings(secret.expose_secret()) {
            if spelling.len() >= SHORTEST && !self.secrets.contains(&spelling) {
                self.secrets.push(spelling);
            }
        }
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    fn clean(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }

    /// Whether text is wanted on stdout, which is written piece by piece.
    pub(super) fn is_for_people(&self) -> bool {
        self.format.form().is_none()
    }

    fn wants_color(&self, is_terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !env::no_color(),
        }
    }

    /// How data is styled.
    pub(super) fn style(&self) -> Style {
        let is_terminal = self.file.is_none() && io::stdout().is_terminal();
        if self.wants_color(is_terminal) { Style::Ansi } else { Style::Plain }
    }

    /// Adds to the data, whatever form is wanted; it is written when the run ends, or now if somebody is about to be asked.
    pub(super) fn data(&mut self, text: &str) {
        let text = self.clean(text);
        self.data.push_str(&text);
    }

    /// Adds a view for people.
    pub(super) fn text(&mut self, view: impl Fn(Style, &mut String) -> fmt::Result) {
        let composed = |style| {
            let mut text = String::new();
            // Writing into a `String` cannot fail.
            let _infallible = view(style, &mut text);
            text
        };
        if self.is_for_people() {
            self.data(&composed(self.style()));
        }
        if self.also.iter().any(|also| also.format.form().is_none()) {
            let plain = self.clean(&composed(Style::Plain));
            self.plain.push_str(&plain);
        }
    }

    /// Tells no CI system anything: `init` is told by the same flag for which one it writes.
    pub(super) fn tell_nobody(&mut self) {
        self.ci = Ci::None;
    }

    /// Takes note of the target that the run is about.
    pub(super) fn aim(&mut self, target: Option<String>) {
        self.target = target;
    }

    /// Takes note of the share of the agents that the run is about.
    pub(super) fn share(&mut self, partition: Option<Partition>) {
        self.partition = partition;
    }

    /// Takes note that what can be measured is wanted in a file, however the run ends.
    pub(super) fn measure(&mut self, file: &Path, target: Option<&str>) {
        self.metrics = Some((file.to_owned(), target.map(str::to_owned)));
    }

    /// Whether anything is wanted that a record is needed for.
    fn wants_record(&self) -> bool {
        let is_told = match self.ci {
            Ci::None | Ci::Gitlab => false,
            Ci::Github | Ci::Gitea => true,
        };
        let is_kept = self.also.iter().any(|also| also.format.form().is_some());
        !self.is_for_people() || is_kept || is_told || self.metrics.is_some()
    }

    /// Takes what came out, for every form but text. It is not even made if no such form is wanted.
    pub(super) fn record(&mut self, record: impl FnOnce() -> Record) {
        if self.wants_record() {
            self.record = Some(record());
        }
    }

    /// What came out in a form, cleaned; as text, what was said so far.
    fn shown(&self, format: Format) -> Option<String> {
        let Some(form) = format.form() else { return Some(self.plain.clone()) };
        self.record.as_ref().map(|record| self.clean(&render::view(form, record)))
    }

    /// Makes sure that the data can be written at the end, before anything is done that cannot be undone.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (flag, file) in self.files() {
            fs::check_writable(file).map_err(|error| {
                Failure::from_error(Exit::Usage, &error)
                    .help(format!("`{flag}` takes a file that can be written; nothing was sent"))
            })?;
        }
        Ok(())
    }

    /// The files that data go to, with the flags that name them.
    fn files(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let also = self.also.iter().map(|also| ("--write", &also.file));
        self.file.iter().map(|file| ("--output", file)).chain(also)
    }

    /// Refuses to write the data over one of the manifests; then they go to stdout.
    pub(super) fn spare(&mut self, manifests: &[PathBuf]) -> Result<(), Failure> {
        let spared = self.files().try_for_each(|(flag, file)| overwrite::refuse_manifest(flag, file, manifests));
        if spared.is_err() {
            self.file = None;
            self.also.clear();
        }
        spared
    }

    /// Takes note that the server was changed: from here on no ending may say that nothing was written.
    pub(super) fn landed(&mut self) {
        self.has_landed = true;
    }

    /// Whether somebody at the terminal sees the data as it is written.
    pub(super) fn is_seen(&self) -> bool {
        self.is_for_people() && self.file.is_none()
    }

    /// Writes the data that there is so far.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if self.data.is_empty() {
            return Ok(());
        }
        if let Some(file) = &self.file {
            // The whole file is replaced each time, so that it is never half of an output.
            return fs::write_atomically(file, self.data.as_bytes(), Access::Owner)
                .map_err(|error| Failure::from_error(Exit::Failed, &error));
        }
        let text = std::mem::take(&mut self.data);
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::from_error(Exit::Failed, &error).help("the output could not be written to stdout"))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Says something on stderr.
    pub(super) fn say(&self, text: &str) {
        complain(self.clean(text).trim_end());
    }

    /// Shows findings on stderr, if they are not among the data.
    pub(super) fn findings(&self, findings: &[Finding], sources: &Sources) {
        if self.is_for_people() && !findings.is_empty() {
            let style = if self.wants_color(io::stderr().is_terminal()) { Style::Ansi } else { Style::Plain };
            self.say(&render::findings(findings, sources, style));
        }
    }

    /// Says why a run cannot go on; in every form but text, that is the data.
    pub(super) fn failure(&mut self, failure: &Failure) -> Exit {
        let Failure { exit, message, help, findings, sources } = failure;
        if self.is_for_people() {
            self.findings(findings, sources);
            // The message may quote the server, whose words must not look like lines of this program.
            let help = help.as_ref().map(|help| format!("\n  = help: {}", render::safe(help))).unwrap_or_default();
            self.say(&format!("error: {}{help}", render::safe(message)));
        } else {
            // Whatever was composed before would make two values.
            self.data.clear();
        }
        let message = help.as_ref().map_or_else(|| message.clone(), |help| format!("{message}; {help}"));
        let target = self.target.take();
        let partition = self.partition;
        let record = || Record::error(&message, findings).of_target(target.as_deref());
        self.record(|| record().of_share(partition, exit.code()));
        *exit
    }

    /// Writes what is left and says how the run ends.
    pub(super) fn finish(mut self, exit: Exit) -> Exit {
        if !self.is_for_people() {
            let shown = self.shown(self.format).unwrap_or_default();
            self.data.push_str(&shown);
        }
        let written = [self.flush(), self.write_files()].into_iter().collect::<Result<Vec<()>, Failure>>();
        let exit = match written {
            Ok(_) => exit,
            Err(failure) => {
                self.say(&format!("error: {}", failure.message));
                // That live differs is no news if nobody can read how.
                if !matches!(exit, Exit::Ok | Exit::Differences) {
                    exit
                } else if self.has_landed {
                    Exit::Partial
                } else {
                    failure.exit
                }
            }
        };
        self.tell(exit);
        exit
    }

    /// Tells whoever is around how the run ended; what fails here is only a warning.
    fn tell(&self, exit: Exit) {
        match self.ci {
            Ci::None | Ci::Gitlab => {}
            Ci::Github | Ci::Gitea => {
                for said in ci::tell(self.record.as_ref(), exit, |text| self.clean(text)) {
                    self.say(&said);
                }
            }
        }
        let (Some((file, target)), Some(record)) = (&self.metrics, &self.record) else { return };
        let failed = |why: &str| self.say(&format!("warning: what can be measured could not be written: {why}"));
        let earlier = match fs::read_file_if_there(file) {
            Ok(earlier) => earlier,
            Err(error) => return failed(&error.to_string()),
        };
        if earlier.as_deref().is_some_and(|text| !metrics::is_ours(text)) {
            return failed(&format!("`{}` holds something else", file.display()));
        }
        let run = metrics::Run { target: target.as_deref(), now: env::seconds(), earlier: earlier.as_deref() };
        let text = self.clean(&metrics::metrics(record, &run));
        if let Err(error) = fs::write_atomically(file, text.as_bytes(), Access::Everybody) {
            failed(&Failure::from_error(exit, &error).message);
        }
    }

    fn write_files(&self) -> Result<(), Failure> {
        for Also { format, file } in &self.also {
            if let Some(shown) = self.shown(*format) {
                fs::write_atomically(file, shown.as_bytes(), Access::Owner)
                    .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
            }
        }
        Ok(())
    }
}

/// A secret in every form in which it may come out: whole or line by line, in JSON, in a text in JSON, in a URL, or with
/// its active characters shown as escapes, each of these within another, and all of them as the other forms write a text.
fn spellings(secret: &str) -> BTreeSet<String> {
    let in_json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
    };
    let in_url = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut all: BTreeSet<String> = secret.lines().map(|line| line.trim().to_owned()).collect();
    all.extend([secret.to_owned(), secret.trim().to_owned()]);
    for _ in 0..3 {
        let again: Vec<String> = all
            .iter()
            .flat_map(|text| {
                let shown =
                    [render::inert(text), render::one_line(text), render::disarmed(text), render::escape_json(text)];
                let said = [in_json(text), in_json(text).replace('/', "\\/"), in_url(text)];
                said.into_iter().chain(shown.map(Cow::into_owned))
            })
            .collect();
        all.extend(again);
    }
    let shown: Vec<String> = all.iter().flat_map(|text| render::escaped(text)).collect();
    all.extend(shown);
    all
}

/// Says on stdout, in the form that is wanted there, why a command line cannot be understood.
pub(super) fn refuse(why: &str, form: Form) {
    let why = why.trim().trim_start_matches("error: ");
    let record = Record::error(why, &[]).of_share(None, Exit::Usage.code());
    let text = render::view(form, &record);
    let _infallible = io::stdout().lock().write_all(text.as_bytes());
}

/// Says something on stderr; if nobody listens, nothing is lost.
pub(super) fn complain(text: &str) {
    let _infallible = writeln!(io::stderr().lock(), "{text}");
}

/// Sets up `-v`. Only flowops's own words are shown, never those of the HTTP libraries, which may quote headers.
pub(super) fn log(global: &Global) {
    let level = match global.verbose {
        0 => return,
        1 => "flowops=info",
        _ => "flowops=debug",
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(level).with_writer(io::stderr).without_time();
    match global.log_format {
        LogFormat::Text => drop(subscriber.with_ansi(false).try_init()),
        LogFormat::Json => drop(subscriber.json().try_init()),
    }
}
