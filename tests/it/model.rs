//! What has the shape of a credential, wherever it stands.

use flowops::model::{looks_like_secret, random_words, secret_words};
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

#[test]
fn what_is_made_at_random_looks_so() {
    for text in [
        "q7Rk2Lw9Xz4Mv8Bn3Tp6Yh1J",
        "9f86d081884c7d659a2feaa0c55ad015",
        "k3j9xq2w8e4r6t1y7u5i",
        "https://hooks.example.com/services/T02AB/B9f8A7c6D5e4F3a2B1c0Z9y8",
        "Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=",
        "https://q7Rk2Lw9Xz4Mv8Bn3Tp6Yh1J@api.example.com",
    ] {
        assert!(!random_words(text).is_empty(), "{text}");
    }
}

#[test]
fn what_people_write_does_not_look_random() {
    for text in [
        "https://api.example.com/v1/orders/2026/look-up-by-number",
        "handleCustomerVerificationRequestV2",
        "RMA-2026-000417-B-northgate-branch-11",
        "SELECT a.starts_at, a.length_minutes FROM appointments_2026_q1 a WHERE p.id = {patient_id_2}",
        "550e8400-e29b-41d4-a716-446655440000",
        "req_550e8400-e29b-41d4-a716-446655440000",
        "DE89370400440532013000",
        "2026-11-28T07:20:54.123456Z",
        "aaaaaaaaaa1111111111",
        "https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
        "https://q7rk2lw9xz4mv8bn3tp6yh1j.lambda-url.us-east-1.on.aws/run",
        "c_q7rk2lw9xz4mv8bn3tp6yh1j@group.calendar.example.com",
        "de305d5475b4431badb2",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    ] {
        assert!(random_words(text).is_empty(), "{text}");
    }
}
