//! What was reviewed is what our own comment shows, and nobody else's.

use flowops::forge::{Forge, ForgeError, ReviewedError, reviewed};
use flowops::model::Digest;

use super::fake::{ANNA, BOT, HEAD, Line, MERGE, NAMESAKE, OTHER, PULL, What, refusal};
use super::{applied, commit, everywhere, marked, now, plan, repository};

fn look(line: &Line, key: Option<&str>) -> Result<Digest, ReviewedError> {
    let repository = repository(line);
    now(reviewed(&Forge::new(line, &repository), PULL, key))
}

fn merged(line: &Line, hash: &str) -> Result<u64, ForgeError> {
    let (repository, commit) = (repository(line), commit(hash));
    now(Forge::new(line, &repository).merged(&commit))
}

#[test]
fn the_digest_is_that_of_our_own_comment() {
    everywhere(|line| {
        line.store().comment(ANNA, &marked("production", "Mine."));
        line.store().comment(NAMESAKE, &marked("production", "Mine, too."));
        let nothing = || ReviewedError::Nothing { pull: PULL, key: Some("production".to_owned()) };
        assert_eq!(look(&line, Some("production")), Err(nothing()));
        plan(&line, HEAD, "production", "One change.").unwrap();
        assert_eq!(look(&line, Some("production")), Ok(Digest::of("One change.")));
        assert_eq!(look(&line, None), Ok(Digest::of("One change.")));
        assert!(look(&line, Some("staging")).is_err());
        plan(&line, HEAD, "staging", "Two changes.").unwrap();
        assert_eq!(look(&line, Some("staging")), Ok(Digest::of("Two changes.")));
        let keys = vec!["production".to_owned(), "staging".to_owned()];
        assert_eq!(look(&line, None), Err(ReviewedError::Several { pull: PULL, keys }));
        let writes = line.store().writes().len();
        assert_eq!(writes, 2, "to look writes nothing");
    });
}

#[test]
fn where_nobody_knows_whose_comment_is_ours_nothing_was_reviewed() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        line.store().tells_viewer = false;
        assert_eq!(look(&line, Some("production")), Err(ReviewedError::Nobody));
    });
}

#[test]
fn a_run_that_failed_may_be_repeated_with_what_was_reviewed() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        applied(&line, "production", "Failed.").unwrap();
        assert_eq!(look(&line, None), Ok(Digest::of("One change.")));
        plan(&line, HEAD, "production", "Two changes.").unwrap();
        assert_eq!(look(&line, None), Ok(Digest::of("Two changes.")));
    });
}

#[test]
fn an_open_comment_without_a_digest_is_no_review() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        applied(&line, "production", "Applied.").unwrap();
        let failed = marked("production", "Planning failed.");
        let digest = format!(r#""digest":"{}","#, Digest::of("Planning failed."));
        line.store().comment(BOT, &failed.replace(&digest, ""));
        assert_eq!(look(&line, None), Err(ReviewedError::Nothing { pull: PULL, key: None }));
    });
}

#[test]
fn a_commit_is_brought_in_by_the_pull_request_that_was_merged_with_it() {
    everywhere(|line| {
        assert_eq!(merged(&line, MERGE), Err(ForgeError::NoPull(commit(MERGE))));
        assert_eq!(merged(&line, HEAD), Err(ForgeError::NoPull(commit(HEAD))), "it is open");
        line.store().merge();
        assert_eq!(merged(&line, MERGE), Ok(PULL));
        assert_eq!(merged(&line, OTHER), Err(ForgeError::NoPull(commit(OTHER))));
    });
}

#[test]
fn a_commit_of_several_merged_pull_requests_is_that_of_the_one_it_merged() {
    for line in [super::Family::GitHub, super::Family::GitLab].map(|family| Line::new(super::Store::new(family))) {
        line.store().merge();
        let mut other = line.store().pull().clone();
        other.number = 13;
        other.head = MERGE.to_owned();
        other.merge = Some(OTHER.to_owned());
        line.store().pulls.push(other);
        if line.store().family == super::Family::GitHub {
            assert_eq!(merged(&line, MERGE), Ok(PULL));
        }
        line.store().pulls[1].merge = Some(MERGE.to_owned());
        assert!(matches!(merged(&line, MERGE), Err(ForgeError::ManyPulls { .. })));
    }
}

#[test]
fn a_forge_that_refuses_is_no_answer() {
    everywhere(|line| {
        line.store().fault("GET", "/commits/", 0, What::Answers(refusal(403, "No")));
        assert_eq!(merged(&line, MERGE), Err(ForgeError::Refused { status: 403, words: "No".to_owned() }));
        line.store().fault("GET", "/12/", 0, What::Answers(refusal(500, "Oops")));
        assert!(matches!(look(&line, None), Err(ReviewedError::Forge(_))));
    });
}
