//! A: what happens to a connection. What the real client makes of a broken one is proved in `tests/it/http`.

use flowops::api::Method;
use flowops::cli::exit::Exit;

use super::{creates, deletes, publishes, updates};

const SKILLS: &str = "/agents/*/skills";

/// Everything that a captive portal answers.
const PORTAL: &str = "{ status: { status: 200, contentType: text/html, body: '<p>Please log in.</p>' } }";

#[test]
fn a07_a_reset_before_a_create_was_parsed_sends_it_once_more() {
    let played = creates()
        .fault("- { method: POST, path: /agents/*/skills, nth: 1, stage: before-parse, action: reset }")
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2, "the one that was not parsed is in no log");
}

#[test]
fn a08_a_reset_after_commit_of_a_create_makes_one_object() {
    let played = creates()
        .fault(&format!("- {{ method: POST, path: {SKILLS}, nth: 1, stage: after-commit, action: reset }}"))
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
}

#[test]
fn a10_a_list_that_is_stale_for_three_reads_is_waited_for() {
    let played = creates()
        .fault(
            "- { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: reset }\n\
             - { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: { stale: 3 } }",
        )
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
}

#[test]
fn a12_a_reset_after_commit_of_an_update_is_one_update() {
    let played = updates().fault("- { method: PATCH, nth: 1, stage: after-commit, action: reset }").plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn a13_a_reset_before_commit_of_an_update_sends_it_once_more() {
    let played = updates().fault("- { method: PATCH, nth: 1, stage: before-commit, action: reset }").plays(Exit::Ok);
    assert_eq!(played.writes, 3);
}

#[test]
fn a14_a_reset_after_commit_of_a_delete_is_done() {
    let played = deletes().fault("- { method: DELETE, nth: 1, stage: after-commit, action: reset }").plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn a15_a_reset_after_commit_of_a_publish_publishes_once() {
    let played = publishes()
        .fault("- { method: POST, path: /agents/*/publish, nth: 1, stage: after-commit, action: reset }")
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/publish"), 1);
}

#[test]
fn a16_a_list_that_is_cut_in_the_middle_is_read_again() {
    updates()
        .fault("- { method: GET, times: 3, stage: mid-response, action: { truncate: 90 } }")
        .plans(Exit::Differences);
}

#[test]
fn a23_a_page_of_html_instead_of_a_list_is_not_an_empty_list() {
    let said = updates().fault(&format!("- {{ method: GET, stage: after-commit, action: {PORTAL} }}")).fails_to_read();
    assert!(said.contains("text/html"), "{said}");
}

#[test]
fn a24_a_page_of_html_instead_of_a_created_skill_is_read_back() {
    let played = creates()
        .keep_going()
        .fault(&format!("- {{ method: POST, nth: 1, stage: after-commit, action: {PORTAL} }}"))
        .plays(Exit::Ok);
    assert_eq!(
        (played.writes, played.names()),
        (2, vec!["Made by hand".to_owned(), "First".to_owned(), "Second".to_owned()])
    );
}
