//! What the platform leaves open, under every answer.

use flowops::api::body::{SkillAnswer, schema_of};
use flowops::api::{Method, RawRequest};
use flowops::model::ProviderKind;
use flowops::sandbox::{Caller, QuirkError, Quirks, answer};
use serde_json::{Value as Json, json};

use super::{World, read, request, text, texts, webhook};

#[test]
fn a_name_is_unique_or_free_as_the_quirk_says() {
    for (quirks, status) in [("names=unique-409", 409), ("names=unique-400", 400), ("names=free", 201)] {
        let mut world = World::new(quirks);
        let id = world.create(webhook("A"));
        assert_eq!(world.post("skills", webhook("A")).0, status, "{quirks}");
        world.create(webhook("B"));
        let renamed = if status == 201 { 200 } else { status };
        assert_eq!(world.patch(&id, json!({ "name": "B" })).0, renamed, "{quirks}");
        assert_eq!(world.patch(&id, json!({ "name": "A" })).0, 200, "its own name");
    }
}

#[test]
fn a_patch_replaces_or_merges_objects_and_null_clears() {
    let body = json!({ "executionConfig": { "url": "https://b.example.com", "headers": null, "timeout_ms": 9 } });
    let mut world = World::new("patch=replace");
    let id = world.create(webhook("A"));
    world.patch(&id, json!({ "executionConfig": { "url": "https://b.example.com" } }));
    assert_eq!(world.stored()["executionConfig"], json!({ "url": "https://b.example.com" }));

    let mut world = World::new("patch=merge");
    let id = world.create(webhook("A"));
    world.patch(&id, json!({ "executionConfig": { "timeout_ms": 9 } }));
    let merged = json!({ "url": "https://api.example.com/x", "headers": { "X-Api-Key": "hush" }, "timeout_ms": 9 });
    assert_eq!(world.stored()["executionConfig"], merged);
    world.patch(&id, body);
    assert_eq!(world.stored()["executionConfig"], json!({ "url": "https://b.example.com", "timeout_ms": 9 }));

    for (quirks, shown) in [
        ("null=clears,defaults=omitted", None),
        ("null=clears,defaults=filled", Some(json!("low"))),
        ("null=kept,defaults=filled", Some(Json::Null)),
    ] {
        let mut world = World::new(quirks);
        let id = world.create(webhook("A"));
        world.patch(&id, json!({ "stakes": "high" }));
        let (status, answer) = world.patch(&id, json!({ "stakes": null }));
        assert_eq!((status, answer["data"].get("stakes")), (200, shown.as_ref()), "{quirks}");
    }
}

#[test]
fn every_way_of_paging_gives_all_of_250_skills_once() {
    for paging in ["cursor", "page", "none", "cursor-ignored", "object"] {
        for (limit, total) in [("obeyed", "stated"), ("ignored", "stated"), ("obeyed", "unstated")] {
            let mut world = World::new(&format!("paging={paging},limit={limit},total={total},order=name"));
            for number in 0..250 {
                let fields = json!({ "name": format!("Skill {number:03}"), "description": "d", "skillType": "sms" });
                world.store.seed_skill(&world.agent, fields.as_object().unwrap().clone());
            }
            let (mut names, mut pages, mut query) = (Vec::new(), 0, Vec::new());
            loop {
                let path = format!("/agents/{}/skills", world.agent);
                let asked = [query.as_slice(), &[("limit".to_owned(), "100".to_owned())]].concat();
                let request = RawRequest { query: asked, ..request(Method::Get, &path, None) };
                let (status, body) = read(&answer(&mut world.store, &Caller::local(), &request));
                assert_eq!(status, 200, "{body}");
                let items = body["data"].get("items").unwrap_or(&body["data"]);
                names.extend(texts(items, "name").into_iter().map(str::to_owned));
                pages += 1;
                let pagination = &body["pagination"];
                assert_eq!(pagination.get("total").is_some(), pagination.is_object() && total == "stated");
                query = match (paging, pagination.get("nextCursor")) {
                    ("cursor", Some(cursor)) => vec![("cursor".to_owned(), text(cursor))],
                    ("cursor-ignored", Some(_)) => vec![("page".to_owned(), (pages + 1).to_string())],
                    ("page", None) if names.len() < 250 => vec![("page".to_owned(), (pages + 1).to_string())],
                    (_, more) => break assert_eq!(more, None),
                };
            }
            let expected: Vec<_> = (0..250).map(|number| format!("Skill {number:03}")).collect();
            assert_eq!(names, expected, "{paging} {limit} {total}");
            let expected = match (paging, limit) {
                ("none" | "object", _) => 1,
                (_, "obeyed") => 3,
                _ => 13,
            };
            assert_eq!(pages, expected, "{paging} {limit} {total}");
        }
    }
}

#[test]
fn a_page_that_cannot_be_is_refused_and_a_foreign_parameter_is_ignored() {
    let mut world = World::new("paging=cursor");
    for id in ["A", "B"] {
        world.create(webhook(id));
    }
    let mut status = |key: &str, value: &str| {
        let path = format!("/agents/{}/skills", world.agent);
        let query = vec![(key.to_owned(), value.to_owned())];
        answer(&mut world.store, &Caller::local(), &RawRequest { query, ..request(Method::Get, &path, None) }).status
    };
    assert_eq!(
        [status("limit", "0"), status("limit", "101"), status("cursor", "2"), status("page", "no")],
        [400, 400, 400, 200]
    );
    let mut world = World::new("paging=page,order=reversed");
    world.create(webhook("A"));
    world.create(webhook("B"));
    assert_eq!(texts(&world.get("skills").1["data"], "name"), ["B", "A"]);
}

#[test]
fn a_renamed_preset_is_known_by_its_key_but_not_by_its_name() {
    for (quirks, skills) in [("preset-match=name", 4), ("preset-match=key", 3)] {
        let mut world = World::new(quirks);
        world.store.connect(&ProviderKind::Hubspot);
        let installed = world.send(Method::Post, "integrations/hubspot/pack/install", None).1;
        let id = text(&installed["data"][0]["skill"]["id"]);
        assert_eq!(world.patch(&id, json!({ "name": "Who calls" })).0, 200);
        assert_eq!(world.send(Method::Post, "integrations/hubspot/pack/install", None).0, 200);
        assert_eq!(world.store.skills_of(&world.agent).len(), skills, "{quirks}");
    }
}

#[test]
fn a_pack_that_would_break_unique_names_installs_nothing() {
    let mut world = World::new("preset-match=key,names=unique-409");
    world.store.connect(&ProviderKind::Hubspot);
    world.create(webhook("Log call note"));
    let (status, problem) = world.send(Method::Post, "integrations/hubspot/pack/install", None);
    assert_eq!((status, &problem["code"]), (409, &json!("duplicate_name")));
    assert_eq!(world.store.skills_of(&world.agent).len(), 1);
}

#[test]
fn fields_are_kept_as_sent_or_rewritten() {
    let body = json!({
        "name": "Nearest ", "description": "Finds it. \n", "skillType": "geo", "channels": ["voice", "chat", "voice"],
        "executionConfig": {
            "destination": "(415) 555-0100",
            "roster": [{ "label": "A", "address": "1 Main St", "phone": "+44 20 7946 0958" }, { "label": "B", "phone": "{phone}" }],
        },
    });
    let mut world = World::new("phones=kept,rosters=kept,sets=kept,text=kept");
    world.create(body.clone());
    assert_eq!(Json::Object(world.stored()), body);

    let mut world = World::new("phones=rewritten,rosters=geocoded,sets=sorted,text=trimmed");
    let id = world.create(body);
    let stored = Json::Object(world.stored());
    assert_eq!((&stored["name"], &stored["description"]), (&json!("Nearest"), &json!("Finds it.")));
    assert_eq!(stored["channels"], json!(["chat", "voice"]));
    let config = &stored["executionConfig"];
    assert_eq!(config["destination"], json!("+14155550100"));
    assert_eq!(texts(&config["roster"], "phone"), ["+442079460958", "{phone}"]);
    assert!(config["roster"][0]["lat"].is_f64() && config["roster"][0]["lng"].is_f64());
    assert_eq!(config["roster"][1].get("lat"), None, "there is no address to look up");
    world.patch(&id, json!({ "executionConfig": config.clone() }));
    assert_eq!(&world.stored()["executionConfig"], config, "what was rewritten stays");
}

#[test]
fn secrets_come_back_clear_masked_or_not_at_all() {
    for (quirks, shown) in [
        ("secrets=clear", Some(json!({ "X-Api-Key": "hush" }))),
        ("secrets=masked", Some(json!({ "X-Api-Key": "********" }))),
        ("secrets=dropped", None),
    ] {
        let mut world = World::new(quirks);
        world.create(webhook("A"));
        let listed = world.get("skills").1;
        assert_eq!(listed["data"][0]["executionConfig"].get("headers"), shown.as_ref(), "{quirks}");
        assert_eq!(world.stored()["executionConfig"]["headers"], json!({ "X-Api-Key": "hush" }));
    }
}

#[test]
fn envelopes_statuses_and_slugs_stand_where_the_quirks_say() {
    let mut world = World::new("envelope=bare,delete=204,extras=unknown,latency-stat=absent");
    let id = world.create(webhook("A"));
    let one = world.get(&format!("skills/{id}")).1;
    assert_eq!((one.get("success"), one["data"].get("expectedLatencyMs")), (None, None));
    assert!(one.get("meta").is_some() && one["data"].get("labels").is_some());
    assert_eq!(world.send(Method::Delete, &format!("skills/{id}"), None), (204, Json::Null));

    let mut world = World::new("");
    let path = format!("skills/{}", world.create(webhook("A")));
    let mut latency = || world.get(&path).1["data"]["expectedLatencyMs"].as_u64();
    assert!(latency() < latency(), "it is another number at each read");

    for (quirks, code, detail) in
        [("slug=code", Some("not_found"), false), ("slug=type", None, false), ("slug=detail", None, true)]
    {
        let problem = World::new(quirks).get("/agents/agt_9").1;
        assert_eq!(problem.get("code").and_then(Json::as_str), code);
        assert_eq!(problem["detail"] == "not_found", detail);
        assert_eq!(text(&problem["type"]).ends_with("/not_found"), quirks == "slug=type");
    }
}

#[test]
fn every_answer_about_a_skill_fits_the_wire_schema_under_every_quirk() {
    let schema = jsonschema::validator_for(&schema_of::<SkillAnswer>()).unwrap();
    for question in Quirks::TABLE {
        for said in question.answers {
            let mut world = World::new(&format!("{}={}", question.name, said.word));
            for kind in ProviderKind::KNOWN {
                world.store.connect(&ProviderKind::read(kind));
                let path = format!("integrations/{kind}/pack/install");
                let (status, answer) = world.send(Method::Post, &path, None);
                let is_kept = said.word == "refused" && ProviderKind::read(kind).may_be_reserved();
                let is_cut = said.word == "failing";
                let expected = if is_kept {
                    403
                } else if is_cut {
                    500
                } else {
                    200
                };
                assert_eq!(status, expected, "{kind}");
                for item in answer["data"].as_array().into_iter().flatten() {
                    assert!(schema.is_valid(&item["skill"]), "{}={}: {item}", question.name, said.word);
                }
            }
            let id = world.create(webhook("A"));
            world.patch(&id, json!({ "stakes": null, "channels": null }));
            let shown = world.get(&format!("skills/{id}")).1;
            assert!(schema.is_valid(&shown["data"]), "{}={}: {shown}", question.name, said.word);
        }
    }
}

#[test]
fn quirks_are_parsed_shown_and_refused_with_a_way_out() {
    assert_eq!(Quirks::parse(""), Ok(Quirks::default()));
    let text = "paging=page,secrets=masked";
    assert_eq!(Quirks::parse(&format!(" {} ,", text.replace(',', " , "))).unwrap().to_string(), text);
    let message = |text: &str| Quirks::parse(text).unwrap_err().to_string();
    assert_eq!(message("pagin=page"), "there is no quirk `pagin`; did you mean `paging`?");
    assert!(message("zzz=1").starts_with("there is no quirk `zzz`; there are `paging`, "));
    assert_eq!(message("patch=maybe"), "quirk `patch` has no answer `maybe`; it is one of `replace`, `merge`");
    assert_eq!(Quirks::parse("patch"), Err(QuirkError::NotAPair("patch".to_owned())));
    assert_eq!(Quirks::parse("patch=merge,patch=merge"), Err(QuirkError::Twice("patch".to_owned())));
    for question in Quirks::TABLE {
        for said in question.answers {
            let quirks = Quirks::default().with(question.name, said.word).unwrap();
            assert_eq!(Quirks::parse(&quirks.to_string()), Ok(quirks));
        }
    }
}
