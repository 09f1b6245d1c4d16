//! The first line: whatever stands in it, it comes back, and nothing ends it early.

use flowops::forge::{Commit, Kind, Marker};
use flowops::model::Digest;
use proptest::prelude::*;

fn marker(key: &str) -> Marker {
    let commit = Commit::parse(&"0f".repeat(20)).unwrap();
    Marker { kind: Kind::Plan, key: key.to_owned(), digest: Some(Digest::of("x")), commit: Some(commit), closed: false }
}

fn markers() -> impl Strategy<Value = Marker> {
    let hostile =
        prop_oneof!["[-><!\\\\\"@#`\n\r\u{2028}é😀]{0,12}", ".{0,20}", "(-->|--!>|<!--|]]>|\\\\u002d|@all| ){1,4}"];
    let kind = prop_oneof![Just(Kind::Plan), Just(Kind::Drift)];
    let digest = proptest::option::of(".*").prop_map(|text| text.map(Digest::of));
    let commit = proptest::option::of("[0-9a-f]{40}").prop_map(|hash| hash.map(|hash| Commit::parse(&hash).unwrap()));
    (kind, hostile, digest, commit, any::<bool>()).prop_map(|(kind, key, digest, commit, closed)| Marker {
        kind,
        key,
        digest,
        commit,
        closed,
    })
}

proptest! {
    #[test]
    fn a_marker_comes_back_as_it_was_and_nothing_in_it_ends_the_comment(marker in markers()) {
        let line = marker.line();
        prop_assert_eq!(Marker::read(&line), Some(marker));
        let inside = line.strip_prefix("<!--").unwrap().strip_suffix("-->").unwrap();
        prop_assert!(!inside.contains(['-', '<', '>', '@', '#', '&', '\n', '\r']), "{}", line);
        prop_assert!(line.is_ascii());
    }

    #[test]
    fn no_text_brings_the_reader_down(text in ".*") {
        prop_assert_eq!(Marker::read(&text), None);
        let framed = format!("<!-- flowops {text} -->");
        prop_assert_eq!(Marker::read(&framed), None);
    }
}

#[test]
fn it_says_what_it_is_about() {
    assert_eq!(
        marker("prod-eu").line(),
        format!(
            r#"<!-- flowops {{"version":1,"kind":"plan","key":"prod\u002deu","digest":"sha256:{}","commit":"{}","closed":false}} -->"#,
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            "0f".repeat(20),
        ),
    );
    let drift = Marker { kind: Kind::Drift, ..marker("x") };
    assert!(drift.line().contains(r#""fingerprint":"sha256:"#));
}

#[test]
fn what_is_not_exactly_a_marker_is_none() {
    let line = marker("x").line();
    assert_eq!(Marker::read(&format!("{line}\r")), Some(marker("x")), "an editor in a browser ends lines so");
    let broken = [
        format!(" {line}"),
        format!("{line} "),
        format!("> {line}"),
        line.replace(":1,", ":2,"),
        line.replace(":1,", ":1.0,"),
        line.replace("plan", "other"),
        line.replace("false", "null"),
        line.replace(r#""closed":false"#, r#""closed":false,"also":1"#),
        line.replace(r#""key":"x""#, r#""key":"x","key":"x""#),
        line.replace(r#""key":"x","#, ""),
        line.replace(r#""x""#, r#""-""#),
        line.replace(r#""x""#, r#""\u0078""#),
        line.replace("sha256:2d", "sha256:2D"),
        line.replace("sha256:", ""),
        line.replace("0f0f", "0F0F"),
        line.replace("flowops ", "flowops"),
        "<!-- flowops {} -->".to_owned(),
        "<!-- flowops [] -->".to_owned(),
        "<!-- flowops  -->".to_owned(),
        String::new(),
    ];
    for broken in broken {
        assert_eq!(Marker::read(&broken), None, "{broken}");
    }
}
