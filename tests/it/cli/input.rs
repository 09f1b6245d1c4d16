//! What a user may get wrong, and what is said about it. Each message is committed, to be read.

use std::fs;

use super::{DESK, Place, Ran};
use crate::raw::{KEY, RawServer, json};

/// A key variable and a base URL that must not be asked.
fn plan(base_url: &str, key: &str) -> Ran {
    Place::desk().run_with("plan", &[("FLOWYTE_BASE_URL", base_url), ("FLOWYTE_API_KEY", key)])
}

/// A server that answers everything, for those who must not ask.
fn untouched(act: impl FnOnce(&str) -> Ran) -> Ran {
    let server = RawServer::start(|_| json(200, &serde_json::json!({ "data": [] })));
    let ran = act(&server.base_url());
    assert_eq!(server.seen().len(), 0, "{}", ran.all());
    ran
}

#[test]
fn a_missing_key() {
    let ran = untouched(|url| Place::desk().run_with("plan", &[("FLOWYTE_BASE_URL", url)]));
    ran.ends(64).is_golden("input/missing-key.txt", &[]);
    untouched(|url| plan(url, "")).ends(64).is_golden("input/missing-key.txt", &[]);
}

#[test]
fn a_publishable_key() {
    let ran = untouched(|url| plan(url, "flowyte_pk_SENTINEL00")).ends(64);
    ran.is_golden("input/publishable-key.txt", &[]);
}

#[test]
fn a_key_of_another_shape() {
    untouched(|url| plan(url, "sk-SENTINEL00")).ends(64).is_golden("input/key-of-another-shape.txt", &[]);
}

#[test]
fn a_key_with_a_line_break_inside() {
    let ran = untouched(|url| plan(url, "flowyte_sk_abc\ndef-SENTINEL00")).ends(64);
    ran.is_golden("input/key-with-a-line-break.txt", &[]);
}

#[test]
fn a_key_file_that_cannot_be_read() {
    let place = Place::desk();
    fs::create_dir(place.path("folder")).unwrap();
    place.write("empty", "\n");
    place.write("key", KEY);
    for (file, golden) in [("nowhere", "nowhere"), ("folder", "folder"), ("empty", "empty")] {
        let ran = untouched(|url| {
            place.run_with(
                &format!("plan --api-key-file {file}"),
                &[("FLOWYTE_BASE_URL", url), ("FLOWYTE_API_KEY", KEY)],
            )
        });
        ran.ends(64).is_golden(&format!("input/key-file-{golden}.txt"), &[]);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("key", place.path("link")).unwrap();
        let ran = untouched(|url| place.run_with("plan --api-key-file link", &[("FLOWYTE_BASE_URL", url)]));
        ran.ends(64).is_golden("input/key-file-link.txt", &[]);
    }
}

#[test]
fn a_key_file_with_a_line_break_at_its_end_is_a_key() {
    let place = Place::desk();
    place.write("key", &format!("{KEY}\r\n"));
    let server = RawServer::start(|_| json(200, &serde_json::json!({ "data": [] })));
    place.run_with("plan --api-key-file key", &[("FLOWYTE_BASE_URL", server.base_url())]).ends(1);
    assert_eq!(server.seen()[0].header("Authorization"), Some(format!("Bearer {KEY}").as_str()));
}

#[test]
fn a_base_url_without_tls() {
    plan("http://example.com/api/v1", KEY).ends(64).is_golden("input/base-url-without-tls.txt", &[]);
    plan("http://localhost:1/api/v1", KEY).ends(64).is_golden("input/base-url-without-tls.txt", &[]);
    plan("ftp://127.0.0.1/api/v1", KEY).ends(64).is_golden("input/base-url-without-tls.txt", &[]);
}

#[test]
fn a_base_url_with_a_password() {
    let ran = plan("https://user:SENTINEL@example.com/api/v1", KEY).ends(64);
    ran.is_golden("input/base-url-with-a-password.txt", &[]);
}

#[test]
fn a_base_url_with_a_query() {
    plan("https://example.com/api/v1?key=SENTINEL", KEY).ends(64).is_golden("input/base-url-with-a-query.txt", &[]);
    plan("https://example.com/api/v1#SENTINEL", KEY).ends(64).is_golden("input/base-url-with-a-query.txt", &[]);
}

#[test]
fn a_base_url_that_is_none() {
    for text in ["SENTINEL", "", "https://", "builder.flowyte.com/api/v1"] {
        plan(text, KEY).ends(64).is_golden("input/base-url-that-is-none.txt", &[]);
    }
}

#[test]
fn a_port_where_nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let ran = plan(&format!("http://127.0.0.1:{port}/api/v1"), KEY).ends(1);
    ran.is_golden("input/port-where-nobody-listens.txt", &[(&port, "PORT")]);
}

#[test]
fn a_broken_sandbox_file() {
    let place = Place::desk();
    for (text, golden) in [("{", "broken"), ("", "empty"), (r#"{"format":"flowops.sandbox/v9"}"#, "of-the-future")] {
        place.write("state.json", text);
        place
            .run("apply --yes --sandbox=state.json")
            .ends(1)
            .is_golden(&format!("input/sandbox-file-{golden}.txt"), &[]);
        assert_eq!(fs::read_to_string(place.path("state.json")).unwrap(), text, "it was written");
    }
}

#[cfg(unix)]
#[test]
fn a_sandbox_file_that_is_a_link() {
    let place = Place::desk();
    place.write("other.json", "precious");
    std::os::unix::fs::symlink("other.json", place.path("state.json")).unwrap();
    place.run("apply --yes --sandbox=state.json").ends(1).is_golden("input/sandbox-file-link.txt", &[]);
    assert_eq!(fs::read_to_string(place.path("other.json")).unwrap(), "precious");
}

#[test]
fn a_manifest_of_five_gibibytes() {
    let place = Place::desk();
    fs::File::create(place.path("manifests/large.yaml")).unwrap().set_len(5 << 30).unwrap();
    place.run("apply --yes --sandbox").ends(1).is_golden("input/manifest-too-large.txt", &[]);
    assert!(!place.path(".flowops").exists());
}

#[test]
fn an_empty_folder() {
    let place = Place::with(&[("manifests/README.md", "# Nothing here")]);
    place.run("apply --yes --sandbox").ends(1).is_golden("input/empty-folder.txt", &[]);
}

#[test]
fn a_folder_that_is_not_there() {
    Place::with(&[]).run("apply --yes --sandbox").ends(1).is_golden("input/no-folder.txt", &[]);
}

#[test]
fn broken_yaml() {
    let place = Place::with(&[("manifests/desk.yaml", &DESK.replace("  skills:", " skills:"))]);
    place.run("apply --yes --sandbox").ends(1).is_golden("input/broken-yaml.txt", &[]);
}

#[test]
fn a_secret_in_a_manifest() {
    let text = super::apply::with_header("sk_live_SENTINEL4f1c9a77b2e0");
    let place = Place::with(&[("manifests/desk.yaml", &text)]);
    place.run("apply --yes --sandbox").ends(6).is_golden("input/secret-in-a-manifest.txt", &[]);
    place.run("validate").ends(6);
    assert!(!place.path(".flowops").exists());
}

#[test]
fn secrets_that_are_not_set() {
    let text =
        super::apply::with_header("{ fromEnv: FLOWOPS_SECRET_ORDERS }, X-Other: { fromEnv: FLOWOPS_SECRET_OTHER }");
    let place = Place::with(&[("manifests/desk.yaml", &text)]);
    let sandbox = flowops::sandbox::Sandbox::in_memory(flowops::sandbox::Store::default());
    sandbox.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    let server = RawServer::start(move |seen| crate::raw::through(&sandbox, seen));
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    let ran = place.run_with("apply --yes", &environment).ends(1);
    let stderr = Ran { stdout: String::new(), ..ran };
    stderr.is_golden("input/secrets-not-set.txt", &[]);
    assert_eq!(server.writes().len(), 0);
}

#[test]
fn an_address_that_others_reach() {
    Place::with(&[]).run("sandbox --listen 0.0.0.0:0").ends(64).is_golden("input/listen-to-everybody.txt", &[]);
}

#[test]
fn a_fault_script_that_is_none() {
    let fault = "faults:\n  - method: GET\n    stage: before-parse\n    action: { truncate: 5 }\n";
    let place = Place::with(&[("faults.yaml", fault), ("broken.yaml", "faults: [{ stag: before-parse }]\n")]);
    place.run("sandbox --faults faults.yaml").ends(64).is_golden("input/fault-out-of-place.txt", &[]);
    place.run("sandbox --faults broken.yaml").ends(64).is_golden("input/fault-script-broken.txt", &[]);
    place.run("sandbox --faults nowhere.yaml").ends(64).is_golden("input/fault-script-missing.txt", &[]);
    place.run("sandbox --rate 0").ends(64).says("--rate");
    assert!(!place.path(".flowops").exists(), "nothing is made before the command line is known to be right");
}

#[test]
fn quirks_that_are_none() {
    let place = Place::with(&[]);
    place.run("sandbox --quirks pagin=none").ends(64).is_golden("input/quirk-that-is-none.txt", &[]);
    place.run("sandbox --quirks paging=some").ends(64).says("`none`");
    place.run("sandbox --quirks help").ends(0).prints("paging: ");
    place.run("sandbox --latency soon").ends(64).says("such as `20ms` or `1s`");
    place.run("plan --deadline soon").ends(64).says("such as `20ms` or `1s`");
}
