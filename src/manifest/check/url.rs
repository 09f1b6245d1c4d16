//! URLs of webhooks that cannot be called (M048), or hardly safely (M055).
//!
//! The URL is called from the platform's network, with what the caller said in it. What is an address of a network of
//! one's own is in RFC 1918, 3927, 4193, 6598 and 6761; that a fragment is not sent is in RFC 9110.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::found::Found;
use super::parameter::filled;
use super::subject::{Step, Subject};
use crate::diag::Code;
use crate::model::{Field, SkillType};

const KEY: &str = "url";

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    if !subject.is(&SkillType::HttpWebhook) {
        return;
    }
    // What begins with a placeholder has its scheme in there; what is empty is as good as missing.
    let Some(text) = subject.setting(KEY).map(str::trim).filter(|text| !text.starts_with('{')) else { return };
    let mut report = |code: Code, message: &str, help: &str| {
        let help = Some(help.to_owned());
        found.at(subject, (Field::ExecutionConfig, &[Step::Key(KEY)]), code, message.to_owned(), help);
    };
    // A placeholder may stand for a host, or for a port.
    let read = |with: char| Url::parse(&filled(text, with)).ok().filter(Url::has_host);
    let Some(url) = read('x').or_else(|| read('1')) else {
        let help = "write it whole, such as `https://api.example.com/orders`";
        report(Code::BadUrl, "this is not an absolute URL", help);
        return;
    };
    match url.scheme() {
        "https" => {}
        "http" => report(Code::DoubtfulUrl, "what callers say is sent in the clear", "use `https:`"),
        _ => report(Code::BadUrl, "a webhook is called by HTTP", "write a URL that begins with `https:`"),
    }
    if url.host().is_some_and(|host| is_private(&host)) {
        report(Code::DoubtfulUrl, "the host cannot be reached from outside", "name a host of the public internet");
    }
    // With a password in it, it is a secret, which is reported elsewhere.
    if !url.username().is_empty() && url.password().is_none() {
        report(Code::DoubtfulUrl, "a user name stands in the URL", "put it into a header, by `{fromEnv: …}`");
    }
    if url.fragment().is_some() {
        report(Code::DoubtfulUrl, "what follows `#` is never sent", "remove it, or write `%23`");
    }
}

fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let inside = [".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp"];
            // A placeholder was filled in as one letter, and may hold a whole host.
            name == "localhost" || inside.iter().any(|end| name.ends_with(end)) || (!name.contains('.') && name != "x")
        }
        Host::Ipv4(address) => is_private_v4(*address),
        Host::Ipv6(address) => is_private_v6(*address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified() || is_shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let is_local = address.is_loopback() || address.is_unspecified() || address.is_unique_local();
    is_local || address.is_unicast_link_local() || address.to_ipv4_mapped().is_some_and(is_private_v4)
}
