//! The one comment of a target on a pull request, as the algorithm has it, on each family of forges.

use flowops::forge::{Family, ForgeError, Kept, Unanswered};
use serde_json::json;

use super::fake::{ANNA, BOT, Line, NAMESAKE, OTHER, PULL, Reply, Store, What, refusal};
use super::{HEAD, applied, everywhere, marked, plan};

#[test]
fn the_first_run_makes_a_comment_and_the_next_one_changes_it() {
    everywhere(|line| {
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [marked("production", "One change.")]);
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Updated));
        assert_eq!(line.store().said(BOT), [marked("production", "Two changes.")]);
    });
}

#[test]
fn an_equal_body_is_not_written_again_however_its_lines_end() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One\n\nchange.").unwrap();
        for body in [
            marked("production", "One\n\nchange.").replace('\n', "\r\n"),
            marked("production", "One\n\nchange.") + "\n\n",
        ] {
            line.store().pull().comments[0].body = body;
            let writes = line.store().writes().len();
            assert_eq!(plan(&line, HEAD, "production", "One\n\nchange."), Ok(Kept::Unchanged));
            assert_eq!(line.store().writes().len(), writes);
        }
    });
}

#[test]
fn a_plan_that_became_empty_is_said_in_the_comment_that_is_there() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        assert_eq!(plan(&line, HEAD, "production", "No changes."), Ok(Kept::Updated));
        assert_eq!(line.store().said(BOT), [marked("production", "No changes.")]);
    });
}

#[test]
fn each_key_has_a_comment_of_its_own() {
    everywhere(|line| {
        for key in ["production", "staging", "-->", "production "] {
            assert_eq!(plan(&line, HEAD, key, "One change."), Ok(Kept::Created));
        }
        for key in ["production", "staging", "-->", "production "] {
            assert_eq!(plan(&line, HEAD, key, "One change."), Ok(Kept::Unchanged));
        }
        assert_eq!(line.store().said(BOT).len(), 4);
    });
}

#[test]
fn a_pull_request_with_another_head_is_a_newer_runs() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        line.store().pull().head = OTHER.to_owned();
        let writes = line.store().writes().len();
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Overtaken(OTHER.to_owned())));
        assert_eq!(plan(&line, HEAD, "staging", "Two changes."), Ok(Kept::Overtaken(OTHER.to_owned())));
        assert_eq!(line.store().writes().len(), writes);
    });
}

#[test]
fn what_somebody_else_wrote_is_untouched_whatever_it_begins_with() {
    everywhere(|line| {
        let theirs = marked("production", "Looks good, merge it.");
        line.store().comment(ANNA, &theirs);
        line.store().comment(NAMESAKE, &theirs);
        line.store().comment(BOT, "The bot says something else.");
        line.store().comment(BOT, &format!("> {theirs}"));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Updated));
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Updated));
        let store = line.store();
        assert_eq!((store.said(ANNA), store.said(NAMESAKE)), (vec![theirs.as_str()], vec![theirs.as_str()]));
        assert_eq!(store.said(BOT).len(), 3);
        assert_eq!(store.said(BOT)[..2], ["The bot says something else.", &format!("> {theirs}")]);
    });
}

#[test]
fn where_the_forge_does_not_say_whose_token_it_is_nothing_is_edited_hidden_or_deleted() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        line.store().comment(BOT, &marked("production", "Another."));
        line.store().tells_viewer = false;
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT).len(), 3);
        assert_eq!(line.store().said(BOT)[0], marked("production", "One change."));
        // Whoever said it, it need not be said again.
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Shown));
        line.store().comment(ANNA, &marked("production", "Three changes."));
        assert_eq!(plan(&line, HEAD, "production", "Three changes."), Ok(Kept::Shown));
        // But a marker alone is not what it says.
        line.store().comment(ANNA, &marked("production", "Four changes.").replace("Four changes.", "Nothing."));
        assert_eq!(plan(&line, HEAD, "production", "Four changes."), Ok(Kept::Created));
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Created));
        assert!(line.store().writes().iter().all(|asked| asked.method == "POST" && asked.path.ends_with('s')));
    });
}

#[test]
fn of_several_of_our_own_the_oldest_is_kept_and_the_others_are_put_aside() {
    everywhere(|line| {
        let first = line.store().comment(BOT, &marked("production", "Old."));
        line.store().comment(BOT, &marked("production", "Older run."));
        line.store().comment(BOT, &marked("staging", "Of another target."));
        line.store().comment(BOT, &marked("production", "Newer run."));
        assert_eq!(plan(&line, HEAD, "production", "Now."), Ok(Kept::Updated));
        let mut store = line.store();
        let said = [marked("production", "Now."), marked("staging", "Of another target.")];
        assert_eq!(store.said(BOT), said);
        // GitHub keeps what is hidden.
        let left = if store.family == Family::GitHub { 4 } else { 2 };
        assert_eq!((store.pull().comments.len(), store.pull().comments[0].id), (left, first));
    });
}

#[test]
fn a_hidden_comment_is_not_used_again() {
    let line = Line::new(Store::new(Family::GitHub));
    plan(&line, HEAD, "production", "One change.").unwrap();
    line.store().pull().comments[0].is_hidden = true;
    assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Created));
    assert_eq!(line.store().pull().comments[0].body, marked("production", "One change."));
}

#[test]
fn what_was_applied_is_said_in_the_comment_and_closes_it_for_ever() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        line.store().merge();
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Updated));
        let closed = line.store().said(BOT)[0].to_owned();
        assert!(closed.contains(r#""closed":true"#) && closed.ends_with("\nApplied.\n"), "{closed}");
        // What was reviewed stays what was reviewed.
        assert!(closed.contains(flowops::model::Digest::of("One change.").as_str()), "{closed}");
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Unchanged));
        assert_eq!(plan(&line, HEAD, "production", "One more."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [closed, marked("production", "One more.")]);
    });
}

#[test]
fn what_was_applied_without_a_review_is_said_once_and_shows_no_digest() {
    everywhere(|line| {
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Created));
        assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Unchanged));
        assert_eq!(applied(&line, "production", "Failed."), Ok(Kept::Created));
        assert!(line.store().said(BOT).iter().all(|body| !body.contains("sha256")));
    });
}

/// Another run that comments right before ours is made.
fn another_run(body: String) -> What {
    What::Before(Box::new(move |store| {
        store.comment(BOT, &body);
    }))
}

#[test]
fn of_two_runs_of_one_commit_that_both_create_one_comment_stays() {
    everywhere(|line| {
        let first = marked("production", "One change.");
        line.store().fault("POST", "One change.", 1, another_run(first.clone()));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [first]);
    });
}

#[test]
fn of_two_runs_that_both_create_the_one_of_the_newest_commit_has_the_last_word() {
    everywhere(|line| {
        // The other run is of an older commit.
        line.store().fault("POST", "One change.", 1, another_run(marked("production", "Of an older commit.")));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [marked("production", "One change.")]);
    });
    everywhere(|line| {
        // It is of a newer one, which is the head since then.
        let newer = marked("production", "Of a newer commit.");
        let theirs = newer.clone();
        let happens = move |store: &mut Store| {
            store.comment(BOT, &theirs);
            store.pull().head = OTHER.to_owned();
        };
        line.store().fault("POST", "One change.", 1, What::Before(Box::new(happens)));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [newer]);
    });
}

#[test]
fn a_comment_that_another_run_deleted_first_is_as_good_as_deleted() {
    everywhere(|line| {
        line.store().fault("POST", "One change.", 1, another_run(marked("production", "One change.")));
        line.store().fault("DELETE", "", 1, What::DoneBut(refusal(404, "Not Found")));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT).len(), 1);
    });
}

#[test]
fn a_create_whose_answer_was_lost_is_not_repeated_if_it_was_done() {
    let answers = || {
        [
            Reply::Lost,
            refusal(500, "Oops"),
            refusal(502, "Bad gateway"),
            Reply::Other(504, "text/html", "<p>".to_owned()),
            Reply::Other(200, "text/html", "<p>".to_owned()),
            Reply::Other(201, "application/json", "{".to_owned()),
        ]
    };
    for lost in answers() {
        everywhere(|line| {
            line.store().fault("POST", "One change.", 1, What::DoneBut(lost.clone()));
            assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created), "{lost:?}");
            assert_eq!(line.store().said(BOT), [marked("production", "One change.")]);
            assert_eq!(line.store().writes().len(), 1);
        });
    }
    for closed in [Reply::Lost, refusal(500, "Oops")] {
        everywhere(|line| {
            line.store().fault("POST", "Applied.", 1, What::DoneBut(closed.clone()));
            assert_eq!(applied(&line, "production", "Applied."), Ok(Kept::Created));
            assert_eq!(line.store().said(BOT).len(), 1);
            line.store().tells_viewer = false;
            line.store().fault("POST", "Again.", 1, What::DoneBut(closed.clone()));
            assert_eq!(plan(&line, HEAD, "production", "Again."), Ok(Kept::Created));
            assert_eq!(line.store().said(BOT).len(), 2);
        });
    }
}

#[test]
fn a_create_that_was_lost_before_it_was_done_is_sent_once_more_after_a_look() {
    everywhere(|line| {
        line.store().fault("POST", "One change.", 1, What::Answers(Reply::Lost));
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        let store = line.store();
        assert_eq!(store.said(BOT), [marked("production", "One change.")]);
        let posts: Vec<usize> =
            (0..store.log.len()).filter(|at| store.log[*at].body.to_string().contains("One change.")).collect();
        assert_eq!(posts.len(), 2);
        let list = |asked: &super::fake::Asked| asked.method == "GET" && asked.path.contains(&PULL.to_string());
        assert!(store.log[posts[0]..posts[1]].iter().any(list), "it was not looked for");
    });
    everywhere(|line| {
        line.store().fault("POST", "One change.", 0, What::Answers(refusal(500, "Oops")));
        let kept = plan(&line, HEAD, "production", "One change.");
        assert_eq!(kept, Err(ForgeError::Refused { status: 500, words: "Oops".to_owned() }));
        assert_eq!(line.store().writes().len(), 2);
    });
}

#[test]
fn a_create_that_is_refused_is_sent_once() {
    for status in [400, 401, 403, 404, 410, 422, 423, 429] {
        everywhere(|line| {
            line.store().fault("POST", "One change.", 0, What::Answers(refusal(status, "No")));
            let kept = plan(&line, HEAD, "production", "One change.");
            assert_eq!(kept, Err(ForgeError::Refused { status, words: "No".to_owned() }));
            let store = line.store();
            assert_eq!((store.writes().len(), store.said(BOT).len()), (1, 0));
        });
    }
}

#[test]
fn our_comment_is_found_among_hundreds_on_pages_of_any_size() {
    for page in [1, 7, 100] {
        everywhere(|line| {
            for number in 0..130 {
                line.store().comment(ANNA, &format!("Comment {number}"));
            }
            line.store().comment(BOT, &marked("production", "One change."));
            for number in 0..130 {
                line.store().comment(NAMESAKE, &marked("production", &format!("Comment {number}")));
            }
            line.store().page = page;
            assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Updated));
            assert_eq!(line.store().said(BOT), [marked("production", "Two changes.")]);
            assert_eq!(line.store().said(NAMESAKE).len(), 130);
        });
    }
}

#[test]
fn a_list_without_an_end_is_given_up_before_anything_is_written() {
    let line = Line::new(Store::new(Family::GitHub));
    line.store().is_endless = true;
    assert_eq!(plan(&line, HEAD, "production", "One change."), Err(ForgeError::Endless(300)));
    assert_eq!(line.store().writes().len(), 0);
}

#[test]
fn an_answer_that_is_none_of_the_api_stops_before_anything_is_written() {
    let html = || Reply::Other(200, "text/html", "<p>Sign in".to_owned());
    let twice = || Reply::Other(200, "application/json", r#"[{"id":1,"id":2}]"#.to_owned());
    let wrong = || Reply::Json(200, json!({ "id": "none" }));
    let away = || Reply::Other(301, "text/html", String::new());
    for reply in [html(), twice(), wrong(), away(), Reply::Lost, Reply::Json(200, json!([{ "id": -1 }]))] {
        everywhere(|line| {
            line.store().fault("GET", PULL_LIST, 0, What::Answers(reply.clone()));
            let kept = plan(&line, HEAD, "production", "One change.").unwrap_err();
            assert_eq!(
                kept == ForgeError::Unanswered(Unanswered::Lost("the test lost it".to_owned())),
                matches!(reply, Reply::Lost)
            );
            assert_eq!(line.store().writes().len(), 0);
        });
    }
}

/// Stands in the path of every list of comments and in nothing else that is read before.
const PULL_LIST: &str = "/12/";

#[test]
fn an_edit_that_fails_leaves_what_was_there() {
    everywhere(|line| {
        plan(&line, HEAD, "production", "One change.").unwrap();
        let method = if line.store().family == Family::GitLab { "PUT" } else { "PATCH" };
        line.store().fault(method, "", 0, What::Answers(refusal(403, "No")));
        assert!(plan(&line, HEAD, "production", "Two changes.").is_err());
        assert_eq!(line.store().said(BOT), [marked("production", "One change.")]);
        assert_eq!(line.store().writes().len(), 2);
    });
}
