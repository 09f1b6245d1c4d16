//! The way to a forge: what is asked again and for how long, and where the token goes.

use std::sync::Mutex;
use std::time::Duration;

use flowops::api::RawResponse;
use flowops::forge::{Commit, Exchange, Family, Forge, ForgeError, Repository, Request, Unanswered};
use flowops::http::{BaseUrl, ForgeClient, ForgeSocket, Persistence, Persistent};
use flowops::model::Secret;
use serde_json::json;
use tokio::time::Instant;

use super::fake::{HEAD, Served, Store, TOKEN};
use crate::raw::{Answer, RawServer, Seen, plain};

const TOTAL: Duration = Duration::from_mins(1);

/// An exchange in virtual time that answers what a script says, by the number of the request from 1.
struct Script<F> {
    answer: F,
    sent: Mutex<Vec<Duration>>,
    born: Instant,
}

impl<F: Fn(usize) -> Result<RawResponse, Unanswered> + Sync> Exchange for &Script<F> {
    async fn send(&self, _: &Request) -> Result<RawResponse, Unanswered> {
        let mut sent = self.sent.lock().unwrap();
        sent.push(self.born.elapsed());
        (self.answer)(sent.len())
    }
}

/// Asks for the merged pull request of a commit, which is one read.
fn ask(answer: impl Fn(usize) -> Result<RawResponse, Unanswered> + Sync) -> (Result<u64, ForgeError>, Vec<Duration>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let script = Script { answer, sent: Mutex::new(Vec::new()), born: Instant::now() };
        let client = Persistent::new(&script, Persistence { seed: 3, total: TOTAL });
        let repository = Repository::parse(Family::GitHub, "acme/agents").unwrap();
        let pull = Forge::new(&client, &repository).merged(&Commit::parse(HEAD).unwrap()).await;
        let sent = script.sent.lock().unwrap().clone();
        (pull, sent)
    })
}

fn good() -> RawResponse {
    RawResponse::json(200, &json!([{ "number": 5, "merged_at": "2026-11-20", "merge_commit_sha": HEAD }]))
}

fn later(status: u16, seconds: u64) -> RawResponse {
    RawResponse { retry_after: Some(seconds), ..RawResponse::json(status, &json!({ "message": "Slow down" })) }
}

#[test]
fn a_read_is_asked_again_while_that_may_help() {
    for status in [408, 429, 500, 502, 503, 504] {
        let (pull, sent) = ask(|number| Ok(if number < 3 { RawResponse::empty(status) } else { good() }));
        assert_eq!((pull, sent.len()), (Ok(5), 3));
        let (pull, sent) = ask(|_| Ok(RawResponse::empty(status)));
        assert!(matches!(pull, Err(ForgeError::Refused { status: said, .. }) if said == status));
        assert_eq!(sent.len(), 5);
        assert!(sent[4] < Duration::from_secs(4), "{sent:?}");
    }
    for unanswered in [Unanswered::Lost(String::new()), Unanswered::NotSent(String::new())] {
        let (pull, sent) = ask(|number| if number < 4 { Err(unanswered.clone()) } else { Ok(good()) });
        assert_eq!((pull, sent.len()), (Ok(5), 4));
    }
    for status in [400, 401, 403, 404, 422] {
        assert_eq!(ask(|_| Ok(RawResponse::json(status, &json!({})))).1.len(), 1);
    }
}

#[test]
fn retry_after_is_waited_for_unless_it_is_longer_than_a_minute_in_all() {
    let (pull, sent) = ask(|number| Ok(if number == 1 { later(429, 20) } else { good() }));
    assert_eq!((pull, sent), (Ok(5), vec![Duration::ZERO, Duration::from_secs(20)]));
    let (pull, sent) = ask(|_| Ok(later(503, 25)));
    assert!(pull.is_err());
    assert_eq!(sent, [0, 25, 50].map(Duration::from_secs), "the third wait would end after a minute");
    for long in [61, u64::MAX] {
        assert_eq!(ask(|_| Ok(later(429, long))).1.len(), 1);
    }
}

fn client(url: &str, family: Family) -> ForgeClient {
    let socket = ForgeSocket::new(BaseUrl::parse(url).unwrap(), family, &Secret::from(TOKEN.to_owned())).unwrap();
    Persistent::new(socket, Persistence { seed: 3, total: Duration::ZERO })
}

/// Asks over real sockets.
fn over(url: &str, family: Family, name: &str) -> Result<u64, ForgeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let repository = Repository::parse(family, name).unwrap();
    let client = client(url, family);
    runtime.block_on(Forge::new(&client, &repository).merged(&Commit::parse(HEAD).unwrap()))
}

#[test]
fn the_token_goes_as_each_forge_wants_it_and_paths_stay_what_they_are() {
    for (family, name, header, path) in [
        (Family::GitHub, "acme/agents", "Bearer ", "/base/repos/acme/agents/commits/"),
        (Family::Gitea, "acme/agents", "token ", "/base/repos/acme/agents/commits/"),
        (Family::GitLab, "a/b/agents", "Bearer ", "/base/projects/a%2Fb%2Fagents/repository/commits/"),
        (Family::GitLab, "42", "Bearer ", "/base/projects/42/repository/commits/"),
    ] {
        let server = RawServer::start(|_| plain(404, "Content-Type: application/json\r\n", "{}"));
        assert!(matches!(over(&format!("{}/base/", server.origin()), family, name), Err(ForgeError::NoPull(_))));
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert!(seen[0].target.starts_with(path), "{}", seen[0].target);
        assert_eq!(seen[0].header("authorization"), Some(format!("{header}{TOKEN}").as_str()));
    }
}

#[test]
fn a_redirect_is_never_followed_and_only_its_host_is_named() {
    let elsewhere = RawServer::start(|_| plain(200, "Content-Type: application/json\r\n", "[]"));
    for status in [301, 302, 307, 308] {
        let to =
            format!("Location: {}/login?SENTINEL=1\r\n", elsewhere.origin().replace("http://", "http://SENTINEL@"));
        let server = RawServer::start(move |_| plain(status, &to, ""));
        let error = over(&server.origin(), Family::GitHub, "acme/agents").unwrap_err();
        assert_eq!(error, ForgeError::Redirect { status, host: Some("127.0.0.1".to_owned()) });
        assert!(!error.to_string().contains("SENTINEL"));
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

#[test]
fn an_answer_without_an_end_is_given_up() {
    let server = RawServer::start(|_: &Seen| Answer::Endless);
    let error = over(&server.origin(), Family::GitHub, "acme/agents").unwrap_err();
    assert_eq!(error, ForgeError::Unanswered(Unanswered::Lost("it is larger than 16777216 bytes".to_owned())));
}

#[test]
fn a_name_that_leads_elsewhere_is_no_repository() {
    for family in super::FAMILIES {
        for name in
            ["", "acme", "acme/", "/agents", "acme/..", "acme/a b", "acme/a?b", "acme/a%2Fb", "../acme/agents", "a//b"]
        {
            assert!(Repository::parse(family, name).is_err(), "{family:?} {name}");
        }
    }
    assert!(Repository::parse(Family::GitHub, "a/b/c").is_err());
    assert!(Repository::parse(Family::GitLab, "99999999999999999999").is_err());
    assert!(Commit::parse("main").is_err() && Commit::parse("abc1234").is_err());
}

#[test]
fn graphql_is_asked_beside_the_rest_of_an_enterprise_server_and_below_that_of_github() {
    for (base, graphql) in [("/api/v3", "/api/graphql"), ("", "/graphql")] {
        let server = RawServer::start(|seen| {
            let body = if seen.method == "POST" { r#"{"errors":[{"message":"No"}]}"# } else { "[]" };
            plain(200, "Content-Type: application/json\r\n", body)
        });
        let repository = Repository::parse(Family::GitHub, "acme/agents").unwrap();
        let client = client(&format!("{}{base}", server.origin()), Family::GitHub);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reviewed = runtime.block_on(flowops::forge::reviewed(&Forge::new(&client, &repository), 1, None));
        assert_eq!(reviewed, Err(flowops::forge::ReviewedError::Nobody));
        assert_eq!(server.seen()[0].target, graphql);
    }
}

#[test]
fn the_fake_on_a_port_answers_as_the_one_in_the_process() {
    for family in super::FAMILIES {
        let mut store = Store::new(family);
        store.pull().merge = Some(HEAD.to_owned());
        let served = Served::start(store);
        let is_repository = |name: &str| ["GITHUB_REPOSITORY", "CI_PROJECT_ID"].contains(&name);
        let environment = served.environment();
        let name = &environment.iter().find(|(name, _)| is_repository(name)).unwrap().1;
        assert_eq!(over(&served.url(), family, name), Ok(super::PULL));
        served.store().users[0].token = None;
        let refused = over(&served.url(), family, name).unwrap_err();
        assert_eq!(refused, ForgeError::Refused { status: 401, words: "Bad credentials".to_owned() });
        assert!(!refused.to_string().contains(TOKEN));
    }
}
