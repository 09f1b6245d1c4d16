//! No secret comes out: not the key, not a header's value, in no form of output, whatever the server says.

use serde_json::{Value as Json, json};

use super::apply::with_header;
use super::since::SECOND;
use super::{Place, Ran};
use crate::raw::{Answer, KEY, RawServer, Seen, json, through};
use flowops::sandbox::{Sandbox, Store};

/// Values of a header; every line of each holds the word that must not come out.
const VALUES: [&str; 4] = [
    "SENTINEL-plain-4f1c9a77b2e0",
    "SENTINEL \"quoted\" \\ back\\slash SENTINEL",
    "-SENTINEL-line-one-\n-SENTINEL-line-two-\n",
    "SENTINEL\u{1b}[31m\u{202e}active SENTINEL",
];

const FORMS: [&str; 7] = [
    "",
    "-vv",
    "-vv --log-format json",
    "--format json",
    "--format json -vv --log-format json",
    "--format html",
    "--color always",
];

/// An error that holds all that the request held, in every place from which something is shown.
fn echo(seen: &Seen) -> Answer {
    let body: Json = serde_json::from_str(&seen.body).unwrap_or_default();
    let header = body["executionConfig"]["headers"]["X-Api-Key"].as_str().unwrap_or_default();
    let all = format!("{} {} {}", seen.header("Authorization").unwrap_or_default(), seen.body, header);
    json(
        400,
        &json!({
            "title": all, "detail": all, "code": "invalid_body", "message": all,
            "errors": [{ "field": header, "message": all }, { "field": "executionConfig", "message": header }],
        }),
    )
}

#[track_caller]
fn assert_hidden(ran: &Ran) {
    assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
}

/// A secret is needed for what is done, not for what the review no longer covers.
#[test]
fn a_step_that_is_refused_needs_no_secret() {
    let place = Place::with(&[(
        "manifests/desk.yaml",
        &format!("{}{SECOND}", with_header("{ fromEnv: FLOWOPS_SECRET_ORDERS }")),
    )]);
    place.run_with("apply --sandbox --yes", &[("FLOWOPS_SECRET_ORDERS", "x")]).ends(0);
    let text = format!("{}{SECOND}", with_header("{ fromEnv: FLOWOPS_SECRET_ORDERS }"))
        .replace("/orders", "/v2/orders")
        .replace("stakes: low", "stakes: high");
    place.write("manifests/desk.yaml", &text);
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let stored = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    place.write(".flowops/sandbox.json", &stored.replace("example.com/orders", "example.com/v1/orders"));
    let ran = place.run("apply --sandbox --plan plan.reviewed --yes").ends(4).prints("1 of 2 steps done");
    assert!(!ran.stderr.contains("is not set"), "{}", ran.all());
}

fn place() -> Place {
    Place::with(&[("manifests/desk.yaml", &with_header("{ fromEnv: FLOWOPS_SECRET_ORDERS }"))])
}

fn run(line: &str, server: &RawServer, value: &str) -> Ran {
    let environment = [
        ("FLOWYTE_BASE_URL", server.base_url()),
        ("FLOWYTE_API_KEY", KEY.to_owned()),
        ("FLOWOPS_SECRET_ORDERS", value.to_owned()),
        ("RUST_LOG", "trace".to_owned()),
        ("RUST_BACKTRACE", "full".to_owned()),
    ];
    place().run_with(line, &environment)
}

fn live() -> Sandbox {
    let mut store = Store::default();
    store.seed_agent(None, "Front Desk");
    Sandbox::in_memory(store)
}

#[test]
fn a_read_whose_error_repeats_the_key() {
    let server = RawServer::start(echo);
    for form in FORMS {
        for command in ["plan", "drift", "apply --yes"] {
            let ran = run(&format!("{command} {form}"), &server, VALUES[0]).ends(1);
            assert!(ran.all().contains("invalid_body"), "{}", ran.all());
            assert_hidden(&ran);
        }
    }
}

#[test]
fn a_write_whose_error_repeats_the_key_and_the_body() {
    for (at, value) in VALUES.into_iter().enumerate() {
        for form in FORMS.into_iter().filter(|form| at == 0 || form.is_empty() || form.contains("json -vv")) {
            let live = live();
            let server =
                RawServer::start(move |seen| if seen.method == "GET" { through(&live, seen) } else { echo(seen) });
            let ran = run(&format!("apply --yes {form}"), &server, value).ends(1);
            assert!(ran.all().contains("invalid_body"), "{}", ran.all());
            assert!(server.writes()[0].body.contains("SENTINEL"), "the secret was not sent at all");
            assert_hidden(&ran);
        }
    }
}

#[test]
fn a_server_that_shows_headers_as_they_are() {
    let live = live();
    let server = RawServer::start(move |seen| through(&live, seen));
    for command in ["plan", "apply --yes", "drift", "plan"] {
        assert_hidden(&run(&format!("{command} -vv"), &server, VALUES[0]).ends(0));
    }
    // Another value is no difference that plan could see: it does not know the value.
    for form in FORMS {
        assert_hidden(&run(&format!("apply --yes {form}"), &server, "SENTINEL-another").ends(0));
    }
}

#[test]
fn an_output_file_holds_no_secret_either() {
    let server = RawServer::start(echo);
    let place = place();
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    place.run_with("plan --format json --output plan.json", &environment).ends(1);
    let text = std::fs::read_to_string(place.path("plan.json")).unwrap();
    assert!(text.contains("invalid_body") && !text.contains("SENTINEL"), "{text}");
}

#[test]
fn a_file_of_any_form_holds_no_secret() {
    // Each form writes the last one in a way of its own.
    for value in VALUES.into_iter().chain(["SENTINEL&<b>'100%'::\"x\",y ##[SENTINEL]"]) {
        let live = live();
        let server = RawServer::start(move |seen| if seen.method == "GET" { through(&live, seen) } else { echo(seen) });
        let place = place();
        let environment = [
            ("FLOWYTE_BASE_URL", server.base_url()),
            ("FLOWYTE_API_KEY", KEY.to_owned()),
            ("FLOWOPS_SECRET_ORDERS", value.to_owned()),
        ];
        let forms = ["text", "json", "github", "sarif", "junit", "html"];
        let command =
            forms.iter().fold("apply --yes".to_owned(), |command, form| format!("{command} --write {form}=out.{form}"));
        assert_hidden(&place.run_with(&command, &environment).ends(1));
        assert!(server.writes()[0].body.contains("SENTINEL"), "the secret was not sent at all");
        for form in forms {
            let text = std::fs::read_to_string(place.path(&format!("out.{form}"))).unwrap();
            assert!(text.contains("invalid_body") && !text.contains("SENTINEL"), "{text}");
        }
    }
}

/// What `policy.literals` lets through stands in the manifest, and nowhere else.
#[test]
fn a_literal_that_is_let_through_is_hidden_all_the_same() {
    const TENANT: &str = "q7Rk2Lw9Xz4Mv8Bn3Tp6Yh1J";
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec:\n  policy:\n    literals:\n      \
        - { address: 'desk/*', field: executionConfig.headers.X-Api-Key, owner: us, reason: It opens nothing }\n      \
        - { address: 'desk/*', field: executionConfig.channel, owner: us, reason: It opens nothing }\n";
    let desk = with_header(TENANT).replace("headers:", &format!("channel: {TENANT}, headers:"));
    let place = Place::with(&[("manifests/flowops.yaml", project), ("manifests/desk.yaml", &desk)]);
    place.run("validate").ends(0);
    for form in ["text", "json", "markdown", "html", "sarif", "junit", "github"] {
        let ran = place.run(&format!("plan --sandbox --format {form}")).ends(0);
        assert!(!ran.all().contains(TENANT), "{}", ran.all());
    }
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &desk.replace(TENANT, "w5Ge8Hd1Kc7Vb4Nm9Qs2Zx6P"));
    for form in ["text", "json", "markdown", "html"] {
        let ran = place.run(&format!("plan --sandbox --format {form}")).ends(0);
        assert!(!ran.all().contains(TENANT) && !ran.all().contains("w5Ge8Hd1"), "{}", ran.all());
    }
    place.run("pull --sandbox --check").ends(2);
    let ran = place.run("drift --sandbox").ends(2);
    assert!(!ran.all().contains(TENANT), "{}", ran.all());
}
