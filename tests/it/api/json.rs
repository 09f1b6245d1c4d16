//! Bodies that two readers could read in two ways are not read.

use flowops::api::{self, ApiError, RawResponse, json};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn refused(body: &[u8]) -> String {
    json(body).unwrap_err().to_string()
}

#[test]
fn a_key_that_stands_twice_is_refused_and_named_by_its_pointer() {
    let twice = br#"{"data": [{"id": 1}, {"a/b": {"c~": 1, "c~": 1}}]}"#;
    assert_eq!(refused(twice), "`/data/1/a~1b/c~0` stands there twice at line 1 column 43");
    assert_eq!(refused(br#"{"a": 1, "\u0061": 2}"#), "`/a` stands there twice at line 1 column 17");
    assert!(json(br#"{"a": {"a": 1}, "A": [{"a": 1}, {"a": 1}]}"#).is_ok());
}

#[test]
fn a_pointer_is_never_long() {
    let key = "key ".repeat(10_000);
    let body = format!("{{\"{key}\": 1, \"{key}\": 1}}");
    assert!(refused(body.as_bytes()).len() < 1_200);
}

#[test]
fn sixty_four_levels_are_read_and_one_more_is_not() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
    assert!(json(&deep(64)).is_ok());
    for levels in [65, 128, 10_000, 1_000_000] {
        assert!(refused(&deep(levels)).starts_with("it is deeper than 64 levels at line 1 column 6"));
    }
    let objects = "{\"a\":".repeat(10_000);
    assert!(refused(objects.as_bytes()).starts_with("it is deeper than 64 levels"));
}

#[test]
fn what_is_no_json_is_refused_with_its_line_and_column() {
    assert_eq!(refused(b"\xEF\xBB\xBF{}"), "it begins with a byte order mark");
    assert_eq!(refused(b"{}\n{}"), "trailing characters at line 2 column 1");
    assert_eq!(refused(b"[\n\"\xC3\xA9\xFF\"]"), "it is not UTF-8 at line 2 column 4");
    for body in [
        &b""[..],
        b" ",
        b"NaN",
        b"[Infinity]",
        b"{\"a\": -}",
        b"[1e999]",
        b"[01]",
        b"{'a': 1}",
        b"{\"a\": 1,}",
        b"// {}",
        b"\"\xFF\"",
        b"\"\\ud800\"",
        b"\"\n\"",
        b"{\"data\": [",
        b"\xFE\xFF\x00{",
        b"null null",
    ] {
        assert!(refused(body).contains(" at line 1 column ") || body == b"\"\n\"", "{}", refused(body));
    }
}

#[test]
fn an_answer_of_two_minds_is_no_answer() {
    let answer = |status, body: &str| RawResponse { status, ..RawResponse::json(status, &Json::from(body)) };
    let with = |status, body: &str| RawResponse { body: body.as_bytes().to_vec(), ..answer(status, body) };
    let twice = r#"{"data": [{"id": "skl_1"}], "data": []}"#;
    assert_eq!(
        api::page(&with(200, twice)).unwrap_err(),
        ApiError::Shape("it is no JSON (`/data` stands there twice at line 1 column 34)".to_owned())
    );
    let problem = r#"{"code": "not_found", "detail": "No.", "code": "server_error"}"#;
    let ApiError::Refused(problem) = ApiError::read(&with(404, problem)) else { panic!("it is refused") };
    assert_eq!((problem.status, problem.slug.as_str(), problem.detail.as_str()), (404, "", ""));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e15..1e15_f64).prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("\\PC{0,4}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn sound_json_is_read_as_it_is(value in any_json()) {
        prop_assert_eq!(json(value.to_string().as_bytes()).unwrap(), value.clone());
        prop_assert_eq!(json(format!("{value:#}\n").as_bytes()).unwrap(), value);
    }

    #[test]
    fn whatever_is_read_is_read_alike_by_others(body in "[\\[\\]{}:,\"a0 -]{0,24}") {
        if let Ok(value) = json(body.as_bytes()) {
            prop_assert_eq!(serde_json::from_str::<Json>(&body).unwrap(), value);
        }
    }
}
