//! What has the shape of a credential, wherever it stands.

use flowops::model::{looks_like_secret, secret_words};
use proptest::prelude::{Just, ProptestConfig, prop_oneof, proptest};
use proptest::prop_assert;

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

fn shown(text: &str) -> String {
    let mut out = text.to_owned();
    for range in secret_words(text).into_iter().rev() {
        out.replace_range(range, "X");
    }
    out
}

#[test]
fn only_the_credential_is_covered() {
    for (text, expected) in [
        ("a ghp_0123456789abcdefghijABCD b", "a X b"),
        ("front-desk/skill/ghp_0123456789abcdefghijABCD", "front-desk/skill/X"),
        ("`sk_live_0123456789`: no", "`X`: no"),
        ("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPx, b", "X, b"),
        ("see `https://me:hunter2@api.example.com/x`", "see `X`"),
        ("https://api.example.com/?a=b&token=hunter2 b", "X b"),
        ("a=https://one.example;b=https://me:hunter2@two.example", "a=https://one.example;b=X"),
        ("a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb", "a\nX\nb"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "X"),
    ] {
        assert_eq!(shown(text), expected);
    }
    assert_eq!(shown(&format!("It is {TOKEN}.")), "It is X");
}

#[test]
fn names_words_and_placeholders_are_no_credentials() {
    for text in [
        "ghp_short",
        "AKIA/is/how/access/keys/begin",
        "https://{user}:{password}@api.example.com",
        "https://api.example.com/?token=${var.token}",
        "https://api.example.com:8443/a@b",
        "eyJ",
        "risk_live_0123456789012345",
        "mailto:a@b.example",
    ] {
        assert!(!looks_like_secret(text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_credential_is_covered_whatever_stands_around_it(
        before in "([ -~]{0,10}[^A-Za-z0-9])?",
        after in "([-._ '\"`,;=()<>:\\[\\]{}|&@/\\\\?#!*][ -~]{0,10})?",
        secret in prop_oneof![
            Just("ghp_0123456789abcdefghijABCDEFGHIJ012345"),
            Just("sk_live_0123456789abcdefghij"),
            Just("AKIAIOSFODNN7EXAMPLE"),
            Just("pat-na1-0123456789abcdef"),
            Just("https://a:hunter2hunter2@b.example"),
            Just(TOKEN),
        ],
    ) {
        let text = format!("{before}{secret}{after}");
        prop_assert!(!shown(&text).contains(secret), "{text}");
    }

    #[test]
    fn ranges_are_in_order_apart_and_on_characters(text in "(ghp_[a-z0-9]{24}|https://a:b@c|é|[ /.:{]|\u{2028}){0,8}") {
        let mut end = None;
        for range in secret_words(&text) {
            prop_assert!(range.start < range.end && end.is_none_or(|end| range.start > end));
            prop_assert!(text.get(range.clone()).is_some(), "{range:?} cuts a character of {text:?}");
            end = Some(range.end);
        }
    }
}
