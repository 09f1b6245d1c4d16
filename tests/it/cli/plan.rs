use super::{DESK, Place};

#[test]
fn a_plan_for_programs_is_as_its_schema_says() {
    let place = Place::with_manifests();
    let schema = place.run("schema plan").json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in ["plan --sandbox --format json", "drift --sandbox --format json"] {
        let plan = place.run(line).quietly().json();
        let errors: Vec<String> = validator.iter_errors(&plan).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
    let report = place.run("apply --sandbox --yes --agent dispatch --format json").ends(0).json();
    let schema = place.run("schema report").json();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_same_manifests_give_the_same_bytes() {
    let place = Place::with_manifests();
    for line in ["plan --sandbox", "plan --sandbox --format json"] {
        assert_eq!(place.run(line).ends(0).stdout, place.run(line).ends(0).stdout);
    }
}

#[test]
fn only_the_exit_code_is_another_when_it_is_asked_for() {
    let place = Place::desk();
    let (plain, asked) = (place.run("plan --sandbox").ends(0), place.run("plan --sandbox --exit-code").ends(2));
    assert_eq!(plain.stdout, asked.stdout);
    assert_eq!(place.writes(), 0);
}

#[test]
fn what_a_guard_holds_back_ends_with_6_and_is_named() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    let sql =
        DESK.replace("http_webhook", "db_query").replace("url: 'https://api.example.com/orders'", "sql_template: x");
    place.write("manifests/desk.yaml", &sql);
    place.run("plan --sandbox --exit-code").ends(6).prints("replace: true");
    let writes = place.writes();
    place.run("apply --sandbox --yes").ends(6).prints("replace: true");
    assert_eq!(place.writes(), writes);
}

#[test]
fn agents_are_chosen_by_name_or_by_label() {
    let place = Place::with_manifests();
    let agents = |line: &str| {
        let plan = place.run(&format!("plan --sandbox --format json {line}")).ends(0).json();
        let mut names: Vec<String> = plan["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["agent"]["name"].as_str().unwrap().to_owned())
            .collect();
        names.dedup();
        names
    };
    assert_eq!(agents("--agent front-desk manifests"), ["front-desk"]);
    assert_eq!(agents("--agent front-desk --agent dispatch"), ["dispatch", "front-desk"]);
    assert_eq!(agents("--agent front-desk,dispatch"), ["dispatch", "front-desk"]);
    assert_eq!(agents("--selector client=brindlecombe --selector team=reception"), ["front-desk"]);
    place.run("plan --sandbox --selector team=nobody").ends(64).says("no agent is selected");
}

#[test]
fn drift_counts_strangers_only_when_it_is_strict() {
    let place = Place::with(&[
        ("manifests/desk.yaml", DESK),
        ("other/desk.yaml", &DESK.replace("Look up order", "Look up invoice")),
    ]);
    place.run("apply --sandbox --yes manifests").ends(0);
    place.run("apply --sandbox --yes other").ends(0);
    place.run("drift --sandbox").ends(0).prints("Look up invoice");
    place.run("drift --sandbox --strict").ends(2).prints("Look up invoice");
}

#[test]
fn the_scopes_that_a_key_needs_are_printed_in_place_of_the_plan() {
    let place = Place::desk();
    let to_plan = "agents:read\nskills:read\n";
    assert_eq!(place.run("plan --sandbox --scopes=plan").ends(0).stdout, to_plan);
    let to_apply = "agents:read\nskills:read\nskills:write\n";
    assert_eq!(place.run("plan --sandbox --scopes").ends(0).stdout, to_apply);
    assert_eq!(place.run("plan --sandbox --scopes=apply --exit-code").ends(2).stdout, to_apply);
    let schema = place.run("schema plan").json();
    let plan = place.run("plan --sandbox --scopes --format json").ends(0).json();
    assert_eq!(plan["scopes"]["plan"], serde_json::json!(["agents:read", "skills:read"]));
    assert_eq!(plan["scopes"]["apply"], serde_json::json!(["agents:read", "skills:read", "skills:write"]));
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&plan), "{plan}");
    assert_eq!(place.writes(), 0);
    place.run("apply --sandbox --yes").ends(0);
    assert_eq!(place.run("plan --sandbox --scopes").ends(0).stdout, to_plan);
}
