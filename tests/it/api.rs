//! Answers as values: lists are whole however they are cut, problems are read wherever their parts stand.

mod json;

use std::sync::Arc;

use flowops::api::{self, ApiError, Page, PageRequest, Pager, Progress, RawResponse, Read, Scope};
use flowops::cli::transport::Local;
use flowops::model::{AgentId, Listing};
use flowops::ops::Reads as _;
use flowops::sandbox::{Quirks, Sandbox, Store};
use serde_json::{Map, Value as Json, json};

/// Numbers of items around the ends of pages of 20 and of 100.
const COUNTS: [usize; 9] = [0, 19, 20, 21, 99, 100, 101, 200, 250];

fn words(name: &str) -> Vec<&'static str> {
    let question = Quirks::TABLE.iter().find(|question| question.name == name).unwrap();
    question.answers.iter().map(|answer| answer.word).collect()
}

/// Every way in which lists may be cut into pages.
fn ways() -> Vec<Quirks> {
    let mut ways = Vec::new();
    for paging in words("paging") {
        for limit in words("limit") {
            for total in words("total") {
                let quirks = [("paging", paging), ("limit", limit), ("total", total)];
                let quirks = quirks.into_iter().try_fold(Quirks::default(), |all, (name, word)| all.with(name, word));
                ways.push(quirks.unwrap());
            }
        }
    }
    ways
}

/// Follows a list to its end, and counts the pages.
fn follow(local: &Local, ask: impl Fn(PageRequest) -> Read) -> (Listing<Json>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut pager, mut request, mut asked) = (Pager::default(), PageRequest::First, 0);
    loop {
        asked += 1;
        let answer = runtime.block_on(local.read(&ask(request.clone()))).unwrap();
        match pager.feed(&request, api::page(&answer).unwrap()) {
            Progress::Next(next) => request = next,
            Progress::Done(listing) => return (listing, asked),
        }
    }
}

#[test]
fn a_list_is_whole_in_every_way_of_cutting_it() {
    for count in COUNTS {
        let mut store = Store::default();
        let agent = store.seed_agent(None, "Front Desk");
        for number in 0..count {
            let name = ("name".to_owned(), json!(format!("Skill {number:03}")));
            store.seed_skill(&agent, Map::from_iter([name])).unwrap();
        }
        for quirks in ways() {
            let sandbox = Arc::new(Sandbox::in_memory(store.clone().with_quirks(quirks)));
            let (listing, asked) = follow(&Local::new(sandbox), |page| Read::Skills(agent.clone(), page));
            let Listing::Complete(items) = listing else { panic!("{count} with {quirks}: {listing:?}") };
            let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
            let expected: Vec<String> = (0..count).map(|number| format!("Skill {number:03}")).collect();
            assert_eq!(names, expected, "{quirks}");
            assert!(asked <= count / 20 + 3, "{count} with {quirks}: {asked} pages");
        }
    }
}

#[test]
fn agents_are_listed_alike() {
    for count in [0, 20, 100, 101] {
        let mut store = Store::default();
        for number in 0..count {
            store.seed_agent(None, &format!("Agent {number}"));
        }
        for quirks in ways() {
            let sandbox = Arc::new(Sandbox::in_memory(store.clone().with_quirks(quirks)));
            let (listing, _) = follow(&Local::new(sandbox), Read::Agents);
            assert!(matches!(&listing, Listing::Complete(items) if items.len() == count), "{count} with {quirks}");
        }
    }
}

/// Feeds pages one after the other and says how the list ends.
fn feed(all: Vec<Page>) -> Listing<Json> {
    let mut pager = Pager::default();
    let mut request = PageRequest::First;
    for page in all {
        match pager.feed(&request, page) {
            Progress::Next(next) => request = next,
            Progress::Done(listing) => return listing,
        }
    }
    panic!("it asks for {request:?}")
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<Json> {
    numbers.map(|number| json!({ "id": format!("skl_{number}") })).collect()
}

fn reason(listing: Listing<Json>) -> String {
    match listing {
        Listing::Unproven { items: _, reason } => reason,
        Listing::Complete(items) => panic!("complete with {} items", items.len()),
    }
}

#[test]
fn a_list_that_cannot_be_whole_is_not_believed() {
    let total = |total: usize| Page { total: Some(total), pages: Some(1), number: Some(1), ..Page::default() };
    let short = feed(vec![Page { items: numbered(0..3), ..total(7) }]);
    assert_eq!(reason(short), "the server counts 7 but gave 3");
    let cursor =
        |from: usize| Page { items: numbered(from..from + 2), next_cursor: Some("x".to_owned()), ..Page::default() };
    assert_eq!(reason(feed(vec![cursor(0), cursor(2)])), "the server gave the same cursor twice");
    let same = |number: u32| Page { items: numbered(0..2), number: Some(number), pages: Some(3), ..Page::default() };
    assert_eq!(reason(feed(vec![same(1), same(1)])), "asking for page 2 gave nothing new");
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let mut pager = Pager::default();
    let mut request = PageRequest::First;
    for number in 0.. {
        let page =
            Page { items: numbered(number..number + 1), next_cursor: Some(format!("c{number}")), ..Page::default() };
        match pager.feed(&request, page) {
            Progress::Next(next) => request = next,
            Progress::Done(listing) => {
                assert_eq!(reason(listing), "it has more than 1000 pages");
                return;
            }
        }
    }
}

#[test]
fn an_item_that_moved_to_the_next_page_is_counted_once() {
    let page = |range, number| Page { items: numbered(range), number: Some(number), pages: Some(2), ..Page::default() };
    let listing = feed(vec![page(0..3, 1), page(2..5, 2)]);
    assert!(matches!(listing, Listing::Complete(items) if items.len() == 5));
}

fn problem(status: u16, body: &Json) -> ApiError {
    ApiError::read(&RawResponse {
        content_type: "application/problem+json".to_owned(),
        ..RawResponse::json(status, body)
    })
}

#[test]
fn a_slug_is_found_wherever_it_stands() {
    for body in [
        json!({ "code": "no_diff" }),
        json!({ "type": "https://docs.flowyte.com/problems/no_diff" }),
        json!({ "type": "no_diff", "title": "Conflict" }),
        json!({ "type": "about:blank", "detail": "no_diff" }),
        json!({ "code": "No Diff", "type": "https://docs.flowyte.com/problems/no_diff" }),
        json!({ "code": "no_diff", "type": "https://docs.flowyte.com/problems/other", "detail": "another" }),
    ] {
        let ApiError::Refused(problem) = problem(409, &body) else { panic!("{body}") };
        assert_eq!((problem.status, problem.slug.as_str()), (409, "no_diff"), "{body}");
    }
    let ApiError::Refused(none) = problem(409, &json!({ "detail": "Nothing to publish." })) else { panic!() };
    assert_eq!((none.slug.as_str(), none.detail.as_str()), ("", "Nothing to publish."));
}

#[test]
fn a_403_names_the_scope_and_what_it_can_mean() {
    let rest = "belongs to another organization, or the endpoint is reserved for now)";
    for (body, scope) in [
        (json!({}), "skills:write"),
        (json!({ "detail": "No." }), "skills:write"),
        // What the problem itself says wins, be it a scope that no table here holds.
        (json!({ "detail": "The key needs integrations:connect." }), "integrations:connect"),
        (json!({ "requiredScopes": ["agents:write"], "type": "https://example.com/errors/forbidden" }), "agents:write"),
        (json!({ "detail": "It has `skills:read`, and needs `skills:write`." }), "skills:write"),
    ] {
        let said = problem(403, &body).needing(Scope::SkillsWrite).to_string();
        assert!(said.ends_with(&format!("(the key lacks the scope `{scope}`, {rest}")), "{said}");
    }
    let said = problem(403, &json!({})).to_string();
    assert!(said.ends_with(&format!("(the key lacks the scope, {rest}")), "{said}");
    let said = problem(404, &json!({ "detail": "No skills:write." })).needing(Scope::SkillsWrite).to_string();
    assert_eq!(said, "the server answered 404: No skills:write.");
}

#[test]
fn the_sandboxs_problems_are_read_in_every_form() {
    for slug in words("slug") {
        let store = Store::default().with_quirks(Quirks::default().with("slug", slug).unwrap());
        let local = Local::new(Arc::new(Sandbox::in_memory(store)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = Read::Agent(AgentId::parse("agt_9").unwrap());
        let answer = runtime.block_on(local.read(&read)).unwrap();
        let ApiError::Refused(problem) = ApiError::read(&answer) else { panic!("{slug}") };
        assert_eq!(problem.status, 404);
        assert!(!problem.slug.is_empty(), "{slug}: {problem:?}");
    }
}

#[test]
fn a_problem_of_any_form_says_what_is_wrong() {
    for (body, says) in [
        (json!({ "detail": "Too long." }), "the server answered 400: Too long."),
        (json!({ "title": "Bad" }), "the server answered 400: Bad"),
        (json!({ "message": "Hm" }), "the server answered 400: Hm"),
        (json!({}), "the server answered 400"),
        (json!({ "code": "bad", "detail": "bad" }), "the server answered 400 `bad`"),
        (
            json!({ "code": "bad", "errors": [{ "field": "name", "message": "is taken" }] }),
            "the server answered 400 `bad`; `name`: is taken",
        ),
    ] {
        assert_eq!(problem(400, &body).to_string(), says, "{body}");
    }
    // Members of other types than the standard's are no reason to lose the status.
    for body in [json!([]), json!("x"), json!({ "detail": 7 }), json!({ "errors": "none" }), json!({ "status": "bad" })]
    {
        assert_eq!(problem(400, &body).status(), Some(400), "{body}");
    }
}

#[test]
fn a_success_that_says_it_is_none_is_an_error() {
    let body = json!({ "success": false, "message": "Try tomorrow.", "data": {} });
    let answer = RawResponse::json(200, &body);
    for error in [
        api::page(&answer).unwrap_err(),
        api::agent(&answer).unwrap_err(),
        api::written_skill(&answer).unwrap_err(),
        api::provisioned(&answer).unwrap_err(),
        api::succeeded(&answer).unwrap_err(),
        api::catalog(&answer).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "the server answered 200 and says in it that it did not succeed: Try tomorrow.");
    }
}

#[test]
fn an_answer_that_need_not_carry_anything_may_be_empty() {
    assert!(api::succeeded(&RawResponse::empty(204)).is_ok());
    assert!(api::succeeded(&RawResponse::json(200, &json!({ "success": true }))).is_ok());
    assert!(api::succeeded(&RawResponse::empty(500)).is_err());
    let page = RawResponse { content_type: "text/html".to_owned(), body: b"<p>".to_vec(), ..RawResponse::empty(200) };
    assert!(matches!(api::succeeded(&page), Err(ApiError::NotJson { status: 200, .. })));
}

#[test]
fn an_id_that_could_leave_its_path_is_refused() {
    for id in ["../agents", "a/b", "", "a?b", "a%2fb", "a b"] {
        let list = json!({ "id": id, "name": "x" });
        assert!(matches!(api::skill(list), Err(ApiError::Shape(_))), "{id}");
        let one = RawResponse::json(200, &json!({ "data": { "id": id } }));
        assert!(matches!(api::agent(&one), Err(ApiError::Shape(_))), "{id}");
    }
}

#[test]
fn an_entry_of_caller_verification_that_names_no_skill_leaves_the_question_open() {
    for entry in [json!({ "verifier": { "skillId": "s1" } }), json!({ "verifierSkillId": "s1 " }), json!("s1")] {
        assert!(api::reference(&entry).is_err(), "{entry}");
    }
    assert_eq!(api::reference(&json!({ "verifierSkillId": "s1" })).unwrap().as_str(), "s1");
}

#[test]
fn a_list_that_says_that_there_is_more_is_not_taken_for_whole() {
    let items: Vec<Json> = (0..50).map(|number| json!({ "id": format!("s{number}") })).collect();
    for paging in [
        json!({ "hasMore": true }),
        json!({ "next": "/agents?page=2" }),
        json!({ "has_more": true, "next_cursor": "x" }),
        json!({ "page": 1, "totalPages": "3" }),
        json!({ "total": "55" }),
        json!({ "hasNextPage": true }),
        json!({ "page": 1, "pageCount": 2 }),
    ]
    .into_iter()
    .map(|paging| json!({ "data": items, "pagination": paging }))
    .chain([
        json!({ "data": items, "nextCursor": "x" }),
        json!({ "data": items, "meta": { "total": 55 } }),
        json!({ "data": items, "links": { "next": "/agents?page=2" } }),
        json!({ "data": { "items": items, "total": 55 } }),
    ]) {
        let answer = RawResponse::json(200, &paging);
        let mut pager = Pager::default();
        let mut asked = PageRequest::First;
        // The server gives the same page whatever is asked for.
        let listing = loop {
            match pager.feed(&asked, api::page(&answer).unwrap()) {
                Progress::Next(next) => asked = next,
                Progress::Done(listing) => break listing,
            }
        };
        assert_ne!(asked, PageRequest::First, "{paging}");
        assert!(matches!(listing, Listing::Unproven { .. }), "{paging}");
    }
}
