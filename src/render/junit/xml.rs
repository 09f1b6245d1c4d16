//! Suites as XML. Whatever is written is made safe here: XML has no way at all to hold a control character.

use std::fmt;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::suites::{Case, Ended, Suites};
use crate::render::safe::safe;

/// How often each ending occurs.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Sum {
    fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut sum = Self::default();
        for Case { name: _, file: _, ended } in cases {
            sum.tests += 1;
            match ended {
                Ended::Passed { lines: _ } => {}
                Ended::Failed { kind: _, message: _, lines: _ } => sum.failures += 1,
                Ended::Errored { kind: _, message: _, lines: _ } => sum.errors += 1,
                Ended::Skipped(_) => sum.skipped += 1,
            }
        }
        sum
    }

    fn attributes(self) -> [(&'static str, String); 4] {
        let Self { tests, failures, errors, skipped } = self;
        [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)]
            .map(|(name, number)| (name, number.to_string()))
    }
}

type Xml = Writer<Vec<u8>>;

/// Writes suites under a name.
pub(super) fn write(name: &str, suites: &Suites, out: &mut impl fmt::Write) -> fmt::Result {
    let text = document(name, suites).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

fn document(name: &str, suites: &Suites) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = Sum::of(suites.all.values().flatten());
    let mut root = xml.create_element("testsuites").with_attribute(("name", &*safe(name)));
    for (name, number) in all.attributes() {
        root = root.with_attribute((name, number.as_str()));
    }
    root.write_inner_content(|xml| suites.all.iter().try_for_each(|(name, cases)| suite(xml, name, cases)))?;
    Ok(xml.into_inner())
}

fn suite(xml: &mut Xml, name: &str, cases: &[Case]) -> io::Result<()> {
    let name = safe(name);
    let mut element = xml.create_element("testsuite").with_attribute(("name", &*name));
    for (name, number) in Sum::of(cases.iter()).attributes() {
        element = element.with_attribute((name, number.as_str()));
    }
    element.write_inner_content(|xml| cases.iter().try_for_each(|one| case(xml, &name, one)))?;
    Ok(())
}

fn case(xml: &mut Xml, suite: &str, case: &Case) -> io::Result<()> {
    let Case { name, file, ended } = case;
    let mut element =
        xml.create_element("testcase").with_attribute(("name", &*safe(name))).with_attribute(("classname", suite));
    if let Some(file) = file {
        element = element.with_attribute(("file", &*safe(file)));
    }
    match ended {
        Ended::Passed { lines } if lines.is_empty() => element.write_empty().map(drop),
        Ended::Passed { lines } => element.write_inner_content(|xml| passed(xml, lines)).map(drop),
        Ended::Failed { kind, message, lines } => {
            element.write_inner_content(|xml| wrong(xml, "failure", kind, message, lines)).map(drop)
        }
        Ended::Errored { kind, message, lines } => {
            element.write_inner_content(|xml| wrong(xml, "error", kind, message, lines)).map(drop)
        }
        Ended::Skipped(why) => element.write_inner_content(|xml| skipped(xml, why)).map(drop),
    }
}

fn passed(xml: &mut Xml, lines: &[String]) -> io::Result<()> {
    xml.create_element("system-out").write_text_content(BytesText::new(&joined(lines)))?;
    Ok(())
}

fn wrong(xml: &mut Xml, element: &str, kind: &str, message: &str, lines: &[String]) -> io::Result<()> {
    let (kind, message) = (safe(kind), safe(message));
    let element = xml.create_element(element).with_attribute(("type", &*kind)).with_attribute(("message", &*message));
    if lines.is_empty() { element.write_empty() } else { element.write_text_content(BytesText::new(&joined(lines))) }?;
    Ok(())
}

fn skipped(xml: &mut Xml, why: &str) -> io::Result<()> {
    xml.create_element("skipped").with_attribute(("message", &*safe(why))).write_empty()?;
    Ok(())
}

/// Lines that each begin with words of our own, so that none is a command where the whole is printed.
fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {}", safe(line))).collect::<Vec<_>>().join("\n")
}
