//! What holds for every comment, read as a forge reads it.

use flowops::model::{Geocode, Moved};
use flowops::plan::{Action, Meaning, Plan, Step};
use flowops::record::Record;
use flowops::render::{self, Form, inert};
use proptest::test_runner::{Config, TestRunner};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::json;

use super::laws::{SENTINEL, any_plan, bounced};
use super::machine::{compared, traced};
use super::{golden, world};

const COMMENT: usize = 60_000;
const SUMMARY: usize = 900_000;

fn comment_of(record: &Record) -> String {
    render::view(Form::Markdown, record)
}

/// The only markup that may stand in it besides Markdown's own.
fn is_ours(html: &str) -> bool {
    let rest = html.trim();
    let summary = rest.strip_prefix("<details><summary>").and_then(|rest| rest.strip_suffix("</summary>"));
    let is_count = |text: &str| text.strip_suffix(" lines").is_some_and(|number| number.parse::<u32>().is_ok());
    rest == "</details>" || summary.is_some_and(is_count)
}

/// What is neither in a code span nor in a fence.
fn outside(shown: &str) -> String {
    let mut out = String::new();
    let mut is_fenced = false;
    for event in Parser::new_ext(shown, Options::all()) {
        if let Event::Start(Tag::CodeBlock(_)) | Event::End(TagEnd::CodeBlock) = event {
            is_fenced = !is_fenced;
        } else if let Event::Text(text) = event {
            out.push_str(if is_fenced { "" } else { &text });
        } else if let Event::SoftBreak | Event::HardBreak = event {
            out.push('\n');
        }
    }
    out
}

/// Nothing in it is more than text, and all of it is closed.
fn is_sound(shown: &str, most: usize) {
    assert!(shown.len() <= most, "{} bytes", shown.len());
    assert!(!shown.contains(SENTINEL), "{shown}");
    assert_eq!(inert(shown), shown);
    for line in shown.lines() {
        let is_command = line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
        assert!(!is_command, "a CI system would take this for a command: {line:?}");
    }
    let mut details = 0;
    let mut html = String::new();
    for event in
        Parser::new_ext(shown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS)
    {
        match event {
            Event::Start(tag) => assert!(
                matches!(
                    tag,
                    Tag::Paragraph
                        | Tag::Heading { .. }
                        | Tag::CodeBlock(_)
                        | Tag::List(None)
                        | Tag::Item
                        | Tag::Strong
                        | Tag::BlockQuote(None)
                        | Tag::HtmlBlock
                ),
                "{tag:?} in\n{shown}"
            ),
            Event::Html(text) => html.push_str(&text),
            Event::InlineHtml(text) => panic!("{text:?} in\n{shown}"),
            Event::TaskListMarker(_) | Event::Rule => panic!("{event:?} in\n{shown}"),
            Event::End(_) | Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak => {}
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                panic!("{event:?} in\n{shown}")
            }
        }
    }
    for line in html.lines().filter(|line| !line.trim().is_empty()) {
        assert!(is_ours(line), "{line:?} in\n{shown}");
        details += if line.trim() == "</details>" { -1 } else { 1 };
    }
    assert_eq!(details, 0, "every fold is closed:\n{shown}");
    let text = outside(shown);
    for reference in ["@", "#", "://", "www.", "gh-", "GH-"] {
        assert!(!text.contains(reference), "{reference:?} outside of code:\n{text}");
    }
    // Counts are numbers of our own.
    let is_count = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let is_hash = |word: &str| word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit()) && !is_count(word);
    assert!(!text.split(|c: char| !c.is_alphanumeric()).any(is_hash), "a commit outside of code:\n{text}");
}

fn records_of(plan: &Plan) -> [Record; 3] {
    [Record::plan(plan), Record::drift(plan), Record::report(&bounced(plan))]
}

#[test]
fn a_comment_on_any_plan_is_sound_small_and_always_the_same() {
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_plan(), |value| {
            for record in records_of(&value) {
                let shown = comment_of(&record);
                is_sound(&shown, COMMENT);
                assert_eq!(comment_of(&record), shown);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_comment_on_any_error_is_sound() {
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    runner
        .run(&super::laws::awkward(), |said| {
            is_sound(&comment_of(&Record::error(&said, &world::blocked().findings)), COMMENT);
            Ok(())
        })
        .unwrap();
}

#[test]
fn findings_and_errors_are_read_in_a_comment() {
    let findings = world::blocked().findings;
    golden("findings.md", &comment_of(&Record::findings(&findings)));
    golden("error.md", &comment_of(&Record::error("cannot reach `https://builder.flowyte.com`", &findings)));
}

/// A plan of so many changes, every twentieth of which deletes.
fn large(changes: usize) -> Plan {
    let prose = "Looks up a warranty by its serial number and says who pays. ".repeat(4);
    let step = |at: usize| {
        let agent = world::agent(&format!("branch-{:04}", at / 25), &format!("agt_{}", at / 25));
        let name = format!("Skill number {at} of the branch");
        let action = if at.is_multiple_of(20) {
            let id = flowops::model::SkillId::parse(&format!("skl_{at}")).unwrap();
            Action::Delete { id, name: world::name(&name), by: None, seen: world::seen() }
        } else {
            let fields = json!({ "description": format!("{prose}{at}"), "skillType": "http_webhook",
                "executionConfig": { "url": format!("https://api.example.com/{at}"), "timeout_ms": at } });
            Action::Create { name: world::name(&name), fields: world::fields(&fields) }
        };
        Step {
            id: format!("{}/skill/{name}", agent.name),
            place: world::place(&format!("manifests/agents/{}.yaml", agent.name), 3),
            agent,
            action,
            reason: "the manifest does not declare it any more".to_owned(),
            needs: Vec::new(),
            moved: Moved::Manifest,
            meaning: Meaning::default(),
            geocode: Geocode::Never,
        }
    };
    Plan { steps: (0..changes).map(step).collect(), ..world::empty(3) }
}

/// H05.
#[test]
fn of_ten_thousand_changes_a_comment_shows_every_delete() {
    let value = large(10_000);
    let record = Record::plan(&value);
    assert!(render::view(Form::Json, &record).len() > 5 << 20);
    let (comment, summary) = (comment_of(&record), render::view(Form::Summary, &record));
    is_sound(&comment, COMMENT);
    is_sound(&summary, SUMMARY);
    for shown in [&comment, &summary] {
        assert_eq!(shown.matches("**DELETE**").count(), 500);
        assert!(shown.contains(&value.digest().to_string()));
        assert!(shown.contains("> Not everything fits here: "));
    }
    let details = |shown: &str| shown.matches("+ executionConfig").count();
    assert!(details(&summary) > 10 * (details(&comment) + 1), "the summary has room for more");
    let page = render::view(Form::Html, &record);
    assert!(page.matches("Skill number").count() >= 10_000);
}

#[test]
fn what_fits_is_shown_in_full() {
    let shown = comment_of(&Record::plan(&large(40)));
    assert!(!shown.contains("Not everything fits"), "{shown}");
    assert_eq!(shown.matches("**create**").count(), 38);
}

/// H06, T46, T47, T48, T62: names and texts that would be markup.
#[test]
fn t62_markup_in_names_and_texts_is_only_shown() {
    let odd = [
        "`` @org/team ``",
        "</details><script>alert(1)</script>",
        "<!-- hidden -->",
        "--> visible",
        "~~~",
        "| a | b |",
        "[x](javascript:alert(1))",
        "![x](https://example.com/x.png)",
        "# Plan: 0 changes",
        "#123 and abcdef1 and GH-1",
        "- [ ] task",
        "a\u{202e}b\u{200b}c",
        "&lt;b&gt; &amp;",
        "***",
        "👩‍👩‍👧",
    ];
    for text in odd {
        let mut value = large(2);
        text.clone_into(&mut value.target);
        for step in &mut value.steps {
            text.clone_into(&mut step.reason);
            step.action = Action::Create {
                name: world::name(text),
                fields: world::fields(
                    &json!({ "description": format!("{text}\n```\n{text}\n~~~~\n{}", "`".repeat(30)) }),
                ),
            };
            step.needs = vec![text.to_owned()];
        }
        for record in records_of(&value) {
            is_sound(&comment_of(&record), COMMENT);
        }
        is_sound(&comment_of(&Record::error(text, &[])), COMMENT);
    }
}

#[test]
fn what_the_manifests_alone_say_is_sound_as_a_comment() {
    for record in [traced(), compared()] {
        let shown = comment_of(&record);
        is_sound(&shown, COMMENT);
        let outside = outside(&shown);
        assert!(!outside.contains("front-desk") && !outside.contains("flowops.yaml"), "{outside}");
    }
}
