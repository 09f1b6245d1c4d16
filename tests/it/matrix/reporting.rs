//! H, and the comment's part of E: what is said on a forge breaks, and the job that says it does not.

use flowops::forge::{Kept, Tracked};

use crate::forge::fake::{ANNA, BOT, HEAD, OTHER, Reply, Store, What, refusal};
use crate::forge::{drift, everywhere, marked, plan};

#[test]
fn e15_of_two_runs_that_comment_at_once_the_newest_commit_wins_in_one_comment() {
    everywhere(|line| {
        // An older run reads, a newer one is done by then, and the older goes on.
        let happens = |store: &mut Store| {
            store.pull().head = OTHER.to_owned();
            store.comment(BOT, &marked("production", "Newer."));
        };
        line.store().fault("POST", "Older.", 1, What::Before(Box::new(happens)));
        assert_eq!(plan(&line, HEAD, "production", "Older."), Ok(Kept::Created));
        assert_eq!(line.store().said(BOT), [marked("production", "Newer.")]);
        assert_eq!(plan(&line, OTHER, "production", "Newest."), Ok(Kept::Updated));
        assert_eq!(plan(&line, HEAD, "production", "Older."), Ok(Kept::Overtaken(OTHER.to_owned())));
        let store = line.store();
        assert!(store.said(BOT).len() == 1 && store.said(BOT)[0].ends_with("\nNewest.\n"));
    });
}

#[test]
fn h01_a_token_that_may_not_comment_is_refused_once() {
    everywhere(|line| {
        line.store().fault("POST", "One change.", 0, What::Answers(refusal(403, "Resource not accessible")));
        let refused = plan(&line, HEAD, "production", "One change.").unwrap_err();
        assert!(refused.to_string().contains("from a fork"), "{refused}");
        assert_eq!(line.store().writes().len(), 1);
    });
}

#[test]
fn h02_whatever_a_create_is_answered_with_it_is_there_once_or_not_at_all() {
    let replies = [refusal(404, "No"), refusal(422, "Too long"), refusal(500, "Oops"), Reply::Lost];
    for reply in replies {
        everywhere(|line| {
            line.store().fault("POST", "One change.", 1, What::DoneBut(reply.clone()));
            let _kept = plan(&line, HEAD, "production", "One change.");
            assert_eq!(line.store().said(BOT).len(), 1);
            assert!(plan(&line, HEAD, "production", "One change.").is_ok());
            assert_eq!(line.store().said(BOT).len(), 1);
        });
    }
}

#[test]
fn h03_our_comment_is_found_on_a_later_page() {
    for others in [31, 101, 250] {
        everywhere(|line| {
            for number in 0..others {
                line.store().comment(ANNA, &format!("Comment {number}"));
            }
            assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
            assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Updated));
            assert_eq!(line.store().said(BOT).len(), 1);
        });
    }
}

#[test]
fn h04_somebody_elses_comment_with_our_marker_is_untouched() {
    everywhere(|line| {
        let theirs = marked("production", "One change.");
        line.store().comment(ANNA, &theirs);
        assert_eq!(plan(&line, HEAD, "production", "One change."), Ok(Kept::Created));
        assert_eq!(plan(&line, HEAD, "production", "Two changes."), Ok(Kept::Updated));
        assert_eq!(line.store().said(ANNA), [theirs]);
    });
}

#[test]
fn h10_an_issue_that_was_closed_locked_deleted_or_doubled_by_hand_makes_no_loop() {
    let by_hand: [fn(&mut Store); 4] = [
        |store| store.issues[0].is_open = false,
        |store| store.issues[0].is_locked = true,
        |store| store.issues.clear(),
        |store| {
            let copy = store.issues[0].clone();
            store.issue(BOT, &copy.title, &copy.body);
            store.issue(ANNA, &copy.title, &copy.body);
        },
    ];
    for hand in by_hand {
        everywhere(|line| {
            drift(&line, "One field.").unwrap();
            hand(&mut line.store());
            drift(&line, "Two fields.").unwrap();
            let issues = line.store().issues.len();
            let ours = |store: &Store| {
                let is_ours =
                    |issue: &&crate::forge::fake::Issue| issue.author == BOT && issue.is_open && !issue.is_locked;
                store.issues.iter().filter(is_ours).count()
            };
            assert_eq!(ours(&line.store()), 1);
            for _ in 0..3 {
                assert_eq!(drift(&line, "Two fields."), Ok(Tracked::Unchanged));
            }
            assert_eq!(line.store().issues.len(), issues);
        });
    }
}
