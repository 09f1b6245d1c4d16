//! The sandbox's file: shared by processes, private, and refused with a reason.
#![expect(clippy::disallowed_methods, reason = "these tests look at the disk")]

use std::path::Path;

use flowops::api::Method;
use flowops::model::AgentId;
use flowops::sandbox::{Caller, Sandbox, SandboxError, Store};

use super::{request, webhook};

fn create_through(sandbox: &Sandbox, agent: &AgentId, name: &str) -> u16 {
    let path = format!("/agents/{agent}/skills");
    sandbox.exchange(&Caller::local(), &request(Method::Post, &path, Some(webhook(name)))).unwrap().status
}

#[test]
fn two_sandboxes_on_one_file_see_each_others_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/sandbox.json");
    let (one, two) = (Sandbox::open(&path).unwrap(), Sandbox::open(&path).unwrap());
    let agent = one.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    std::thread::scope(|scope| {
        for (sandbox, side) in [(&one, "one"), (&two, "two")] {
            let agent = &agent;
            scope.spawn(move || {
                for number in 0..20 {
                    assert_eq!(create_through(sandbox, agent, &format!("{side} {number}")), 201);
                }
            });
        }
    });
    for sandbox in [&one, &two, &Sandbox::open(&path).unwrap()] {
        assert_eq!(sandbox.with_store(|store| (store.skills_of(&agent).len(), store.writes())).unwrap(), (40, 40));
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(create_through(&two, &agent, "A"), 404, "a deleted file is an empty sandbox");
}

#[test]
fn reads_write_no_file_and_writes_make_a_private_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let sandbox = Sandbox::open(&path).unwrap();
    let agents = request(Method::Get, "/agents", None);
    assert_eq!(sandbox.exchange(&Caller::local(), &agents).unwrap().status, 200);
    assert_eq!(sandbox.with_store(|store| store.requests()).unwrap(), 1);
    assert!(!path.exists());
    sandbox.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(&format!("\"format\": \"{}\"", Store::FORMAT)), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for file in [path.clone(), folder.path().join("sandbox.json.lock")] {
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_change_by_hand_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let sandbox = Sandbox::open(&path).unwrap();
    sandbox.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("Front Desk", "Night Desk")).unwrap();
    let names = |store: &mut Store| store.agents().map(|(_, name)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(sandbox.with_store(names).unwrap(), ["Night Desk"]);
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let refusal = |path: &Path| Sandbox::open(path).unwrap_err();
    assert!(matches!(refusal(&file("broken.json", "{")), SandboxError::Broken { .. }));
    let unknown =
        file("unknown.json", &serde_json::to_string(&Store::default()).unwrap().replace("\"ids\"", "\"idz\""));
    assert!(matches!(refusal(&unknown), SandboxError::Broken { .. }));
    let later = refusal(&file("later.json", r#"{ "format": "flowops.sandbox/v9" }"#));
    assert!(matches!(&later, SandboxError::Format { found, .. } if found == "flowops.sandbox/v9"), "{later}");
    assert!(matches!(refusal(folder.path()), SandboxError::NotAFile { .. }));
    let blocked = file("blocked", "").join("sandbox.json");
    assert!(matches!(refusal(&blocked), SandboxError::Folder { .. }));
    #[cfg(unix)]
    {
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink(file("real.json", "{}"), &link).unwrap();
        assert!(matches!(refusal(&link), SandboxError::Link { .. }));
        std::os::unix::fs::symlink(file("diary", "dear"), folder.path().join("free.json.lock")).unwrap();
        assert!(matches!(refusal(&folder.path().join("free.json")), SandboxError::Link { .. }));
    }
}
