//! The whole story, as a user would tell it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::Place;
use crate::raw::KEY;

/// The manifests' secrets, which only a real server needs.
const SECRETS: [&str; 6] = [
    "FLOWOPS_SECRET_CLINIC_API",
    "FLOWOPS_SECRET_HOME_API",
    "FLOWOPS_SECRET_HOME_WARRANTY",
    "FLOWOPS_SECRET_SHOP_API",
    "FLOWOPS_SECRET_TENANT_API",
    "FLOWOPS_SECRET_TIRE_API",
];

/// `flowops sandbox` as a process of its own.
struct Served {
    child: Child,
    base_url: String,
    said: String,
}

impl Served {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowops"))
            .env_clear()
            .current_dir(place.path("."))
            .args(["sandbox", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let said = [lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()];
        let base_url = said[1].split(['=', ' ']).find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { child, base_url, said: said.join("\n") }
    }

    /// Sends a request as somebody else would, with nothing of flowops.
    fn speak(&self, method: &str, path: &str, body: &Json) -> Json {
        let url = url::Url::parse(&format!("{}{path}", self.base_url)).unwrap();
        let (address, path, body) = (url.authority(), &url[url::Position::BeforePath..], body.to_string());
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Ends it as Ctrl-C or a CI system does, and gives its exit code and what it said at last.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        (code, rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn manifests_are_applied_twice_somebody_changes_a_skill_and_drift_says_which() {
    let place = Place::with_manifests();
    place.run("apply manifests --sandbox --yes").ends(0).prints("Converged").prints("Applied");
    let writes = place.writes();
    assert!(writes > 100, "{writes}");
    place.run("apply manifests --sandbox --yes").ends(0).quietly().prints("No changes");
    assert_eq!(place.writes(), writes, "the second apply wrote something");
    place.run("plan --sandbox --exit-code").ends(0).quietly().prints("No changes");
    place.run("drift --sandbox").ends(0).quietly().prints("In sync");

    let served = Served::start(&place, &[]);
    let agents = served.speak("GET", "/agents?limit=100", &Json::Null);
    let agent = agents["data"].as_array().unwrap().iter().find(|agent| agent["name"] == "Front Desk").unwrap();
    let skills = format!("/agents/{}/skills", agent["id"].as_str().unwrap());
    let all = served.speak("GET", &format!("{skills}?limit=100"), &Json::Null);
    let skill = all["data"].as_array().unwrap().iter().find(|skill| skill["name"] == "Check service area").unwrap();
    let change = json!({ "description": "Says no to everybody." });
    served.speak("PATCH", &format!("{skills}/{}", skill["id"].as_str().unwrap()), &change);

    let environment = [("FLOWYTE_BASE_URL", served.base_url.as_str()), ("FLOWYTE_API_KEY", KEY)];
    for (line, environment) in [("drift --agent front-desk", &environment[..]), ("drift --sandbox", &[])] {
        let drift = place.run_with(line, environment).ends(2).quietly();
        for word in ["front-desk", "Check service area", "description", "Says no to everybody.", "sends technicians"] {
            assert!(drift.stdout.contains(word), "no `{word}` in\n{}", drift.all());
        }
    }
    place.run_with("plan --agent front-desk --exit-code", &environment).ends(2).prints("1 to update");
    place.run_with("apply --agent front-desk --yes", &environment).ends(0).quietly().prints("1 of 1 step done");
    place.run_with("drift --agent front-desk", &environment).ends(0).prints("In sync");
    assert_eq!(served.end("-INT"), (Some(0), String::new()));
}

#[test]
fn a_listening_sandbox_does_what_its_fault_script_says() {
    let place = Place::desk();
    place.write(
        "faults.yaml",
        "faults:\n\
         - { method: GET, path: /agents, nth: 1, stage: before-parse, action: { status: { status: 503, headers: { Retry-After: 0 } } } }\n\
         - { method: POST, stage: after-commit, action: reset }\n\
         - { path: '/agents/*/skills', nth: 1, stage: mid-response, action: { trickle: 1us } }\n",
    );
    let served = Served::start(&place, &["manifests", "--faults", "faults.yaml", "--rate", "1000"]);
    let environment = [("FLOWYTE_BASE_URL", served.base_url.as_str()), ("FLOWYTE_API_KEY", KEY)];
    place.run_with("apply --yes", &environment).ends(0).prints("Converged");
    place.run_with("plan --exit-code", &environment).ends(0).prints("No changes");
    assert_eq!(place.writes(), 1);
    assert_eq!(served.end("-INT"), (Some(0), String::new()));
}

#[test]
fn a_listening_sandbox_is_a_real_server_to_every_command() {
    let place = Place::with_manifests();
    let served = Served::start(&place, &["manifests", "--state", "state.json", "--quirks", "secrets=masked"]);
    assert!(served.said.contains("state.json") && served.said.contains("FLOWYTE_API_KEY"), "{}", served.said);
    let mut environment = vec![("FLOWYTE_BASE_URL", served.base_url.as_str()), ("FLOWYTE_API_KEY", KEY)];
    environment.extend(SECRETS.map(|name| (name, "SENTINEL-resolved-4f1c9a")));
    place.run_with("plan --agent dispatch --exit-code", &environment).ends(2).quietly();
    place.run_with("apply --agent dispatch --yes", &environment).ends(0).quietly().prints("Converged");
    place.run_with("apply --agent dispatch --yes", &environment).ends(0).quietly().prints("No changes");
    place.run_with("drift --agent dispatch", &environment).ends(0).quietly().prints("In sync");
    assert_eq!(served.end("-TERM"), (Some(0), String::new()));
}

/// The deadline counts from the beginning: reading may have used it up.
#[test]
fn no_write_is_begun_where_reading_took_until_the_deadline() {
    let place = Place::desk();
    let served = Served::start(&place, &["manifests", "--latency", "150ms"]);
    let environment = [("FLOWYTE_BASE_URL", served.base_url.as_str()), ("FLOWYTE_API_KEY", KEY)];
    let ran = place.run_with("apply --yes --deadline 200ms", &environment).ends(1);
    assert!(ran.all().contains("deadline"), "{}", ran.all());
    assert_eq!(served.end("-INT"), (Some(0), String::new()));
    assert_eq!(place.writes(), 0);
}
