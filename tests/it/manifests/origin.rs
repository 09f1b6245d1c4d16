//! Where values come from: what is said of a place is what stands there.

use flowops::diag::Sources;
use flowops::fs::collect;
use flowops::manifest::origin::{Asked, Cell, Entry, Home, Inserted, Layer, Origins, Variable, Written};
use flowops::manifest::{SideFiles, read};
use flowops::model::{Desired, Place, Value};
use serde_json::Value as Json;

use crate::support::repository;

/// A text with its variables put in by their names.
fn filled(text: &str, inserted: &[Inserted]) -> String {
    let mut text = text.to_owned();
    for inserted in inserted {
        text = match inserted {
            Inserted::Variable(Variable { name, value, .. }) => text.replace(&format!("${{var.{name}}}"), value),
            Inserted::Cell(Cell { column, value, .. }) => text.replace(&format!("${{row.{column}}}"), value),
        };
    }
    text
}

fn same(written: &Json, value: &Value, inserted: &[Inserted]) -> bool {
    match (written, value) {
        (Json::String(text), Value::Text(value)) => *filled(text, inserted) == **value,
        (Json::Array(items), Value::List(values)) => {
            items.len() == values.len()
                && items.iter().zip(values.iter()).all(|(item, value)| same(item, value, inserted))
        }
        (Json::Object(map), Value::Map(values)) => {
            map.len() == values.len() && values.iter().all(|(key, value)| same(&map[&**key], value, inserted))
        }
        // A text that is nothing but a column has the type of its cell.
        (Json::String(text), Value::Number(_) | Value::Bool(_)) => {
            serde_json::from_str::<Json>(&filled(text, inserted)).unwrap() == value.to_shown_json()
        }
        (written, value) => *written == value.to_shown_json(),
    }
}

/// The line of a place, and the one before, on which the key of a block of text stands.
fn line(sources: &Sources, side_files: &dyn SideFiles, place: &Place) -> String {
    let beside = || side_files.text("flowops.yaml", &place.file).unwrap();
    let text = sources.text(&place.file).map_or_else(beside, str::to_owned);
    let before = usize::try_from(place.line).unwrap().saturating_sub(2);
    text.lines().skip(before).take(2).collect::<Vec<_>>().join("\n")
}

/// Checks each value of each skill: it is what its winning place says, and variables stand where it is said.
fn check(sources: &Sources, side_files: &dyn SideFiles, target: &str) -> (usize, usize) {
    let desired: Desired = read(sources, side_files, Some(target)).unwrap().desired.unwrap();
    let written = Written::new(sources, side_files);
    let origins = Origins::new(&written, side_files, target);
    let (mut checked, mut cells) = (0, 0);
    for agent in &desired.agents {
        let names = agent.skills.iter().map(|skill| &skill.name);
        for skill in names.chain(agent.presets.iter().map(|preset| &preset.name)) {
            let asked = Asked::read(&format!("{}/{skill}", agent.name), &desired).unwrap();
            for Entry { path, value, layers } in origins.answer(&asked, &desired).entries {
                let Some(Layer { place, written, inserted, files, .. }) = layers.first() else {
                    panic!("nobody states `{path}` of `{}/{skill}`", agent.name);
                };
                assert!(!files.is_empty() || same(written, &value, inserted), "{path}: {written} is no {value:?}");
                let key = path.rsplit('/').next().unwrap().replace("~1", "/");
                let is_item = key.chars().all(|c| c.is_ascii_digit());
                let here = line(sources, side_files, place);
                assert!(is_item || here.contains(&key) || path == "/name", "`{key}` is not in `{here}` at {place}");
                for put_in in inserted {
                    let (name, place) = match put_in {
                        Inserted::Variable(Variable { name, value, place, .. }) => {
                            assert!(line(sources, side_files, place).contains(value.as_str()), "{name} at {place}");
                            (name, place)
                        }
                        Inserted::Cell(Cell { column, value, place, .. }) => {
                            let here = filled(&line(sources, side_files, place), inserted);
                            assert!(here.contains(value.as_str()), "{column} is not in {here}");
                            cells += 1;
                            continue;
                        }
                    };
                    let here = line(sources, side_files, place);
                    assert!(here.contains(name.as_str()), "{name} is not in {here}");
                }
                checked += 1;
            }
        }
    }
    (checked, cells)
}

#[test]
fn every_value_of_the_example_worlds_is_what_its_place_says() {
    for (folder, targets) in
        [("manifests", vec!["staging", "production"]), ("tests/targets", vec!["staging", "production", "twin"])]
    {
        let collected = collect(&[".".into()], &repository(folder));
        for target in targets {
            let (checked, cells) = check(&collected.sources, &collected.root, target);
            assert!(checked > 20, "{folder} {target}");
            assert_eq!(cells > 10, folder == "manifests", "{folder} {target}: {cells}");
        }
    }
}

#[test]
fn layers_come_from_the_winning_one_down() {
    let collected = collect(&[".".into()], &repository("tests/targets"));
    let desired = read(&collected.sources, &collected.root, None).unwrap().desired.unwrap();
    let written = Written::new(&collected.sources, &collected.root);
    let origins = Origins::new(&written, &collected.root, &desired.target);
    let homes = |address: &str| -> Vec<Home> {
        let asked = Asked::read(address, &desired).unwrap();
        let mut entries = origins.answer(&asked, &desired).entries;
        assert_eq!(entries.len(), 1);
        entries.remove(0).layers.into_iter().map(|layer| layer.home).collect()
    };
    let shown = |homes: Vec<Home>| format!("{homes:?}");
    assert_eq!(
        shown(homes("front-desk/Take a message/stakes")),
        r#"[Override(Slug("front-desk")), SkillSet(Slug("after-hours"))]"#
    );
    assert_eq!(shown(homes("front-desk/Take a message/description")), r#"[SkillSet(Slug("after-hours"))]"#);
    assert_eq!(
        shown(homes("front-desk/Look up contact/isEnabled")),
        r#"[Override(Slug("front-desk")), ConnectorPack(Hubspot)]"#
    );
    assert_eq!(shown(homes("dispatch/Take a message/stakes")), r#"[SkillSet(Slug("after-hours"))]"#);
}
