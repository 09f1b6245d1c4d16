use serde_json::Value as Json;

use super::Place;

#[test]
fn every_schema_is_printed_and_written_alike() {
    let place = Place::with(&[]);
    let written = place.run("schema --dir out/schemas").ends(0).quietly();
    assert_eq!(written.stdout, "");
    for name in ["agent", "skill-set", "connector-pack", "project", "plan", "report", "pull", "init", "faults"] {
        let printed = place.run(&format!("schema {name}")).ends(0).quietly().stdout;
        let file = std::fs::read_to_string(place.path(&format!("out/schemas/{name}.schema.json"))).unwrap();
        assert_eq!(printed, file, "{name}");
        let schema: Json = serde_json::from_str(&printed).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(place.run("schema SkillSet").ends(0).stdout, place.run("schema skill-set").ends(0).stdout);
}

#[test]
fn a_schema_that_is_none_is_wrong_usage() {
    let place = Place::with(&[]);
    place.run("schema agnt").ends(64).says("did you mean `agent`?");
    place.run("schema nonsense").ends(64).says("connector-pack");
    place.run("schema").ends(64);
}
