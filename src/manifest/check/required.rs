//! Names in `requiredParams` or in `required` of `parametersSchema` that are no property (M045).
//!
//! Both lists say what the agent must collect, and what it collects is declared in `properties` (the OpenAPI's prose).

use super::found::Found;
use super::parameter::parameters;
use super::subject::{Step, Subject, quoted};
use crate::diag::{Code, closest};
use crate::manifest::reader::did_you_mean;
use crate::model::{Field, Value};

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(parameters) = parameters(subject) else { return };
    let schema = subject.value(Field::ParametersSchema).and_then(Value::as_map);
    let within = schema.and_then(|schema| schema.get("required"));
    let lists = [
        (Field::RequiredParams, None, subject.value(Field::RequiredParams)),
        (Field::ParametersSchema, Some(Step::Key("required")), within),
    ];
    for (field, step, list) in lists {
        let Some(Value::List(names)) = list else { continue };
        for (at, name) in names.iter().enumerate() {
            let Some(name) = name.as_text().filter(|name| !parameters.contains(name)) else { continue };
            let way: Vec<Step<'_>> = step.into_iter().chain([Step::Item(at)]).collect();
            let help = closest(name, parameters.iter().copied()).map(did_you_mean);
            let message = format!("{} is required and is no property of `parametersSchema`", quoted(name));
            found.at(subject, (field, &way), Code::UnknownRequired, message, help);
        }
    }
}
