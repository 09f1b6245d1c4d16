//! The one issue of a target's drift, over its whole life.

use flowops::forge::{Family, ForgeError, Kind, Marker, Tracked};
use flowops::model::Digest;

use super::fake::{ANNA, BOT, Issue, Line, NAMESAKE, Reply, Store, What, refusal};
use super::{drift, everywhere};

fn body(text: &str) -> String {
    let digest = Some(Digest::of(text));
    let key = "production".to_owned();
    let marker = Marker { kind: Kind::Drift, key, digest, commit: None, closed: false };
    format!("{}\n{text}\n", marker.line())
}

/// The only issue there is.
fn only(line: &Line) -> Issue {
    let store = line.store();
    assert_eq!(store.issues.len(), 1);
    store.issues[0].clone()
}

fn writes(line: &Line) -> usize {
    line.store().writes().len()
}

#[test]
fn an_issue_lives_from_drift_to_drift() {
    everywhere(|line| {
        assert_eq!(drift(&line, ""), Ok(Tracked::Unchanged));
        assert_eq!(writes(&line), 0);

        assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
        let issue = only(&line);
        assert_eq!((issue.title.as_str(), issue.body), ("Drift", body("One field.")));
        let labels = if line.store().family == Family::Gitea { ["drift", "bug"] } else { ["drift", "Bug"] };
        assert_eq!(issue.labels, labels);

        let before = writes(&line);
        for _ in 0..3 {
            assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        }
        assert_eq!(writes(&line), before, "it is silent while nothing changes");

        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Updated));
        assert_eq!((only(&line).body, only(&line).comments.len()), (body("Two fields."), 1));
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Unchanged));
        assert_eq!(only(&line).comments.len(), 1);

        assert_eq!(drift(&line, ""), Ok(Tracked::Closed));
        let issue = only(&line);
        assert!(!issue.is_open && issue.body.contains(r#""closed":true"#) && issue.body.ends_with("\nTwo fields.\n"));
        assert!(issue.comments[1].body.starts_with("No drift any more"), "{:?}", issue.comments);
        let before = writes(&line);
        assert_eq!(drift(&line, ""), Ok(Tracked::Unchanged));
        assert_eq!(writes(&line), before);

        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Reopened));
        let issue = only(&line);
        assert!(issue.is_open && issue.body == body("Two fields.") && issue.comments.len() == 3);
        assert!(issue.comments[2].body.starts_with("There is drift again"), "{:?}", issue.comments);
    });
}

#[test]
fn what_somebody_else_opened_is_untouched() {
    everywhere(|line| {
        line.store().issue(ANNA, "Copied by hand", &body("One field."));
        line.store().issue(NAMESAKE, "Copied by hand", &body("One field."));
        line.store().issue(BOT, "Something else", "Of the bot.");
        let comment = super::marked("production", "A plan is no drift.");
        line.store().issue(BOT, "A plan", &comment);
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
        assert_eq!(drift(&line, ""), Ok(Tracked::Closed));
        let store = line.store();
        assert!(store.issues[..4].iter().all(|issue| issue.is_open && issue.comments.is_empty()));
        assert!(!store.issues[4].is_open);
    });
}

#[test]
fn where_the_forge_does_not_say_whose_token_it_is_nothing_is_changed_or_closed() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        line.store().tells_viewer = false;
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Shown));
        assert_eq!(drift(&line, ""), Ok(Tracked::Unknown));
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Opened));
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Shown));
        let store = line.store();
        assert_eq!(store.issues.len(), 2);
        assert!(store.issues.iter().all(|issue| issue.is_open && issue.comments.is_empty()));
    });
}

#[test]
fn one_that_was_closed_by_hand_is_opened_again_and_says_how_drift_may_stay() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        line.store().issues[0].is_open = false;
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Reopened));
        let issue = only(&line);
        assert!(issue.is_open && issue.comments[0].body.contains("pull --accept"), "{:?}", issue.comments);
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        line.store().issues[0].is_open = false;
        assert_eq!(drift(&line, ""), Ok(Tracked::Unchanged), "it is closed already");
    });
}

#[test]
fn one_that_is_locked_is_left_and_the_next_one_links_to_it_once() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        line.store().issues[0].is_locked = true;
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Opened));
        let number = line.store().issues[0].number;
        assert!(line.store().issues[1].body.contains(&format!("This follows #{number}")));
        let before = writes(&line);
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Unchanged));
        assert_eq!(writes(&line), before);
        assert_eq!(drift(&line, ""), Ok(Tracked::Closed));
        assert_eq!(drift(&line, "Three fields."), Ok(Tracked::Reopened));
        assert_eq!(line.store().issues.len(), 2);
        assert_eq!(line.store().issues[0].body, body("One field."));
    });
}

#[test]
fn one_that_is_deleted_is_followed_by_a_new_one() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        line.store().issues.clear();
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
        // Deleted between the list and the edit.
        let number = line.store().issues[0].number.to_string();
        let number: &'static str = number.leak();
        let method = if line.store().family == Family::GitLab { "PUT" } else { "PATCH" };
        let gone = What::Before(Box::new(|store: &mut Store| store.issues.clear()));
        line.store().fault(method, number, 1, gone);
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Opened));
        assert_eq!(only(&line).body, body("Two fields."));
    });
}

#[test]
fn one_that_is_listed_and_cannot_be_found_is_no_reason_for_a_new_one_each_night() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        let method = if line.store().family == Family::GitLab { "PUT" } else { "PATCH" };
        line.store().fault(method, "", 0, What::Answers(refusal(404, "Not Found")));
        for _ in 0..2 {
            let refused = ForgeError::Refused { status: 404, words: "Not Found".to_owned() };
            assert_eq!(drift(&line, "Two fields."), Err(refused));
        }
        assert_eq!(line.store().issues.len(), 1);
    });
}

#[test]
fn of_several_of_our_own_the_oldest_stays_open_and_the_others_point_to_it() {
    everywhere(|line| {
        let first = line.store().issue(BOT, "Drift", &body("One field."));
        line.store().issue(BOT, "Drift", &body("One field."));
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        let store = line.store();
        assert!(store.issues[0].is_open && store.issues[0].comments.is_empty());
        assert!(!store.issues[1].is_open);
        assert!(store.issues[1].comments[0].body.contains(&format!("#{first}")));
        drop(store);
        let before = writes(&line);
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        assert_eq!(writes(&line), before);
    });
}

#[test]
fn of_two_runs_that_both_open_one_issue_stays_open() {
    everywhere(|line| {
        let happens = |store: &mut Store| {
            store.issue(BOT, "Drift", &body("One field."));
        };
        line.store().fault("POST", "One field.", 1, What::Before(Box::new(happens)));
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
        let open: Vec<bool> = line.store().issues.iter().map(|issue| issue.is_open).collect();
        assert_eq!(open, [true, false]);
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
    });
}

#[test]
fn an_issue_whose_answer_was_lost_is_not_opened_twice() {
    for known in [true, false] {
        everywhere(|line| {
            line.store().tells_viewer = known;
            line.store().fault("POST", "One field.", 1, What::DoneBut(Reply::Lost));
            assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
            assert_eq!(line.store().issues.len(), 1);
        });
        everywhere(|line| {
            line.store().tells_viewer = known;
            line.store().fault("POST", "One field.", 1, What::Answers(refusal(500, "Oops")));
            assert_eq!(drift(&line, "One field."), Ok(Tracked::Opened));
            assert_eq!(line.store().issues.len(), 1);
            line.store().fault("POST", "Two fields.", 0, What::Answers(refusal(403, "No")));
            line.store().issues.clear();
            assert!(drift(&line, "Two fields.").is_err());
            assert_eq!(line.store().issues.len(), 0);
        });
    }
}

#[test]
fn a_comment_that_fails_is_not_made_up_for_the_next_night() {
    everywhere(|line| {
        drift(&line, "One field.").unwrap();
        line.store().fault("POST", "another than before", 0, What::DoneBut(Reply::Lost));
        assert!(drift(&line, "Two fields.").is_err());
        assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Unchanged));
        assert_eq!((only(&line).body, only(&line).comments.len()), (body("Two fields."), 1));
    });
}

#[test]
fn our_issue_is_found_among_hundreds() {
    everywhere(|line| {
        for number in 0..130 {
            line.store().issue(ANNA, &format!("Issue {number}"), "Something.");
        }
        drift(&line, "One field.").unwrap();
        for number in 0..130 {
            line.store().issue(NAMESAKE, &format!("Issue {number}"), &body("One field."));
        }
        line.store().page = 7;
        assert_eq!(drift(&line, "One field."), Ok(Tracked::Unchanged));
        assert_eq!(drift(&line, ""), Ok(Tracked::Closed));
        assert_eq!(line.store().issues.iter().filter(|issue| !issue.is_open).count(), 1);
    });
}
