//! The list of agents that is asked for before anybody wants it.

use std::time::Duration;

use flowops::cli::transport::Early;
use flowops::http::Patient;
use flowops::ops::{LIST, Reads as _};

use super::{Call, Script, Sent, a_read, patience, status, virtually};

const LATENCY: Duration = Duration::from_secs(3);

/// A client of a server that answers so, which has asked for the list; and what the server saw.
fn early<F: Fn(Call) -> Sent + Sync + Send + 'static>(answer: F) -> (Early<&'static Script<F>>, &'static Script<F>) {
    let script: &Script<F> = Box::leak(Box::new(Script::new(LATENCY, answer)));
    (Early::new(Patient::new(script, patience()).into_planner()), script)
}

#[test]
fn the_answer_is_there_when_it_is_wanted_and_is_given_once() {
    virtually(async {
        let (early, server) = early(|_| status(200));
        tokio::time::sleep(LATENCY * 2).await;
        assert_eq!(early.read(&LIST).await.unwrap().status, 200);
        assert_eq!((server.born.elapsed(), server.log().sent.len()), (LATENCY * 2, 1), "nobody waited");
        assert_eq!(early.read(&LIST).await.unwrap().status, 200);
        assert_eq!((server.born.elapsed(), server.log().sent.len()), (LATENCY * 3, 2), "this is another one");
    });
}

#[test]
fn what_else_is_asked_for_is_sent_as_ever() {
    virtually(async {
        let (early, server) = early(|_| status(200));
        assert_eq!(early.read(&a_read()).await.unwrap().status, 200);
        assert_eq!(server.log().sent.len(), 2);
        assert_eq!(early.read(&LIST).await.unwrap().status, 200);
        assert_eq!(server.log().sent.len(), 2);
    });
}

#[test]
fn a_fault_that_passes_is_waited_for_as_ever() {
    virtually(async {
        let (early, server) = early(|Call { number, .. }| status(if number == 1 { 503 } else { 200 }));
        assert_eq!(early.read(&LIST).await.unwrap().status, 200);
        assert_eq!(server.log().sent.len(), 2);
    });
}
