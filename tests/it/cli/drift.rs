//! Drift as it is looked for by a schedule.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::Place;

/// A folder whose sandbox is as the manifests say, with a skill beside them.
fn applied() -> Place {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    place
}

/// Live says something else of the skill.
fn edit(place: &Place, text: &str) {
    super::since::edit(place, "Look up order", "description", text);
}

const WATCH: &str = "drift --sandbox --previous drift.json --write json=drift.json";

#[test]
fn the_same_drift_is_told_once() {
    let place = applied();
    place.run(WATCH).ends(0).says("there is no earlier record `drift.json` yet").prints("In sync.");
    edit(&place, "Somebody changed this.");
    let first =
        place.run(WATCH).ends(2).prints("Somebody changed this.").prints("It is not what the earlier record says.");
    first.prints("Coverage: 100 % (1 of 1 live skill managed).");
    let record =
        || serde_json::from_str::<serde_json::Value>(&fs::read_to_string(place.path("drift.json")).unwrap()).unwrap();
    let seen = record();
    let again = place.run(WATCH).ends(2).prints("the same as in the earlier record: 1 place, the oldest since 20");
    assert!(!again.stdout.contains("Somebody"), "{}", again.all());
    assert_eq!(record()["drift"]["since"], seen["drift"]["since"], "since when it is known stays");
    let (_, since) = seen["drift"]["since"].as_object().unwrap().iter().next().unwrap();
    let page = place.run(&format!("{WATCH} --format html")).ends(2);
    page.prints(&format!("known since {}", since.as_str().unwrap()));
    assert_eq!(record()["drift"]["unchanged"], true);
    edit(&place, "Somebody changed it again.");
    place.run(WATCH).ends(2).prints("Somebody changed it again.");
    assert_ne!(record()["drift"]["fingerprint"], seen["drift"]["fingerprint"]);
    place.run("apply --sandbox --yes").ends(0);
    place.run(WATCH).ends(0).prints("In sync.");
    assert_eq!(record()["drift"]["drifted"], false);
}

#[test]
fn an_earlier_record_that_is_none_is_refused() {
    let place = applied();
    place.write("drift.json", "{}");
    place.run(WATCH).ends(1).says("`drift.json` is no earlier record");
}

#[test]
fn without_an_earlier_record_two_runs_print_the_same() {
    let place = applied();
    edit(&place, "Somebody changed this.");
    let one = place.run("drift --sandbox --format json").ends(2);
    assert_eq!(one.stdout, place.run("drift --sandbox --format json").ends(2).stdout);
    assert!(one.json()["drift"].get("checked").is_none(), "no clock");
}

#[test]
fn what_can_be_measured_is_written_however_it_ends() {
    let place = applied();
    let measured = || fs::read_to_string(place.path("flowops.prom")).unwrap();
    let value = |text: &str, name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
    };
    place.run("drift --sandbox --metrics flowops.prom").ends(0);
    let well = measured();
    assert!(well.ends_with("# EOF\n"));
    assert_eq!(value(&well, "flowops_up{target=\"default\"}").as_deref(), Some("1"));
    assert_eq!(value(&well, "flowops_resources{target=\"default\",state=\"in_sync\"}").as_deref(), Some("1"));
    assert_eq!(value(&well, "flowops_drifted{target=\"default\"}").as_deref(), Some("0"));
    let success = value(&well, "flowops_last_success_timestamp_seconds{target=\"default\"}").unwrap();
    // Without a key nothing can be checked: that is not in sync, and the last success stays what it was.
    place.run("drift --metrics flowops.prom").ends(64);
    let failed = measured();
    assert_eq!(value(&failed, "flowops_up{target=\"default\"}").as_deref(), Some("0"));
    assert_eq!(value(&failed, "flowops_last_success_timestamp_seconds{target=\"default\"}"), Some(success));
    assert_eq!(value(&failed, "flowops_drifted"), None);
}

/// H11.
#[test]
fn what_can_be_measured_goes_into_a_folder_that_is_there() {
    let place = applied();
    place.run("drift --sandbox --metrics missing/flowops.prom").ends(0).says("warning: what can be measured");
    assert!(!place.path("missing").exists());
}

#[test]
fn nothing_else_is_written_over_by_what_can_be_measured() {
    let place = applied();
    place.run("drift --sandbox --metrics manifests/desk.yaml").ends(64).says("is a manifest");
    assert_eq!(fs::read_to_string(place.path("manifests/desk.yaml")).unwrap(), super::DESK);
    // One that is broken is one, too; and nothing is written over where the run ends before it knows which files are.
    place.write("flowops.yaml", "apiVersion: [");
    place.run("drift --sandbox --metrics flowops.yaml").ends(64).says("is a manifest");
    let line = "drift --sandbox --metrics flowops.yaml --partition hash";
    place.run(line).ends(64).says("`flowops.yaml` holds something else");
    assert_eq!(fs::read_to_string(place.path("flowops.yaml")).unwrap(), "apiVersion: [");
}

#[test]
fn strict_drift_knows_how_much_is_managed() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &super::DESK.replace("Look up order", "Look up parcel"));
    let drift = place.run("drift --sandbox --strict --format json").ends(2).json();
    assert_eq!(drift["drift"]["coverage"], serde_json::json!({ "managed": 0, "live": 1, "percent": 0 }));
}

#[test]
fn strict_drift_of_what_is_only_unmanaged_never_reads_as_in_sync() {
    let place = Place::with(&[("manifests/desk.yaml", &format!("{}{}", super::DESK, super::since::SECOND))]);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", super::DESK);
    let said = "1 live skill is in no manifest, and `--strict` wants every one declared.";
    for format in ["text", "markdown", "html"] {
        let ran = place.run(&format!("drift --sandbox --strict --format {format}")).ends(2);
        assert!(ran.stdout.contains(said), "{}", ran.all());
        // The text says it below what it says of the declared ones.
        assert!(format == "text" || !ran.stdout.contains("In sync."), "{}", ran.all());
        place.run(&format!("drift --sandbox --format {format}")).ends(0).prints("In sync.");
    }
}

/// A webhook that answers so many requests, each with this status; gives its URL and what it was told.
fn webhook(requests: usize, status: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/SENTINEL-path?sig=SENTINEL-signature", listener.local_addr().unwrap());
    let told = thread::spawn(move || {
        let answer = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let read = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&request);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .lines()
                    .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    break;
                }
            }
            let location = "Location: https://elsewhere.example/\r\n";
            stream
                .write_all(
                    format!("HTTP/1.1 {status}\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                )
                .unwrap();
            String::from_utf8(request).unwrap()
        };
        (0..requests).map(answer).collect()
    });
    (url, told)
}

#[test]
fn a_webhook_is_told_when_drift_comes_and_when_it_goes() {
    let place = applied();
    let (url, told) = webhook(2, "200 OK");
    let watch = |code| {
        let ran = place.run_with(&format!("{WATCH} --webhook"), &[("FLOWOPS_WEBHOOK_URL", url.as_str())]).ends(code);
        assert!(!ran.all().contains("SENTINEL") && !ran.all().contains("warning"), "{}", ran.all());
    };
    watch(0);
    edit(&place, "Somebody changed this.");
    watch(2);
    watch(2);
    place.run("apply --sandbox --yes").ends(0);
    watch(0);
    watch(0);
    let told = told.join().unwrap();
    assert!(told[0].starts_with("POST /hook/SENTINEL-path?sig=SENTINEL-signature HTTP/1.1\r\n"), "{}", told[0]);
    assert!(told[0].contains("flowops, default: Live differs from git in 1 place."), "{}", told[0]);
    assert!(told[1].contains(r#""drifted":false"#), "{}", told[1]);
    assert!(!told[0].contains("Somebody") && !told[0].to_lowercase().contains("authorization"), "{}", told[0]);
}

/// H08.
#[test]
fn a_webhook_that_fails_is_a_warning_without_its_url() {
    let place = applied();
    edit(&place, "Somebody changed this.");
    let line = "drift --sandbox --webhook";
    place.run(line).ends(2).says("warning: no webhook was told: `FLOWOPS_WEBHOOK_URL` is not set");
    for status in ["500 Oh no", "302 Found"] {
        let (url, told) = webhook(1, status);
        let ran = place.run_with(line, &[("FLOWOPS_WEBHOOK_URL", url.as_str())]).ends(2);
        let ran = ran.says(&format!("warning: the webhook may not have been told: it answered {}", &status[..3]));
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
        assert_eq!(told.join().unwrap().len(), 1);
    }
    for url in ["http://hooks.example/SENTINEL", "SENTINEL", "https://SENTINEL:SENTINEL@hooks.example/"] {
        let ran = place.run_with(line, &[("FLOWOPS_WEBHOOK_URL", url)]).ends(2).says("its URL cannot be used");
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
    }
}
