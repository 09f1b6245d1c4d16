//! The sandbox's own description, made of the route table and the wire schemas that it answers by.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value as Json, json};

use crate::api::body::{GeocodeBody, ProblemDetails, ProvisionBody, ProvisionedSkill, PublishBody, RollbackBody};
use crate::api::body::{SkillAnswer, SkillCreate, SkillUpdate};
use crate::api::{BASE_PATH, Route, Scope};
use crate::model::{AgentId, ProviderKind, SkillId, VersionId};

/// Where the description is served.
pub(super) const PATH: &str = "/openapi.json";

/// Names of path parameters; in the routes below each stands where its value would.
const PARAMETERS: [&str; 4] = ["agentId", "skillId", "kind", "versionId"];

/// What a route does, as its description says it.
struct Operation {
    id: &'static str,
    summary: &'static str,
    body: Option<Json>,
    data: Json,
    statuses: &'static [u16],
    listed: Listed,
}

/// Whether an operation takes the parameters of a list.
enum Listed {
    No,
    InPages,
}

/// An `OpenAPI` 3.1 document of every route.
pub(super) fn describe() -> Json {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut schemas = settings.into_generator();
    let problem = schema::<ProblemDetails>(&mut schemas);
    let mut paths = Map::new();
    for route in routes() {
        let operation = describe_route(&route, &mut schemas);
        let segments: Vec<String> = route.path().split('/').map(template).collect();
        let path = paths.entry(segments.join("/")).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            let method = route.method().as_str().to_ascii_lowercase();
            methods.insert(method, describe_operation(&segments, route.scope(), operation, &problem));
        }
    }
    let scopes: Map<_, _> = Scope::ALL.iter().map(|scope| (scope.as_str().to_owned(), json!(""))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "flowops sandbox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A local control plane that speaks a subset of the Flowyte REST API. \
                Any key that begins with `flowyte_sk_` opens it.",
        },
        "servers": [{ "url": BASE_PATH }],
        "security": [{ "apiKey": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "apiKey": {
                    "type": "oauth2",
                    "description": "`Authorization: Bearer flowyte_sk_…`",
                    "flows": { "clientCredentials": {
                        "tokenUrl": format!("{BASE_PATH}/api-keys"),
                        "scopes": scopes,
                    } },
                },
            },
        },
    })
}

/// Every route, with the parameters' names for values.
fn routes() -> Vec<Route> {
    let ids = (AgentId::parse("agentId"), SkillId::parse("skillId"), VersionId::parse("versionId"));
    let (Ok(agent), Ok(skill), Ok(version)) = ids else { return Vec::new() };
    let kind = ProviderKind::Other("kind".to_owned());
    vec![
        Route::Agents,
        Route::Agent(agent.clone()),
        Route::Skills(agent.clone()),
        Route::CreateSkill(agent.clone()),
        Route::Skill(agent.clone(), skill.clone()),
        Route::UpdateSkill(agent.clone(), skill.clone()),
        Route::DeleteSkill(agent.clone(), skill),
        Route::GeocodeRoster(agent.clone()),
        Route::CallerVerification(agent.clone()),
        Route::Catalog,
        Route::Connections,
        Route::InstallPack(agent.clone(), kind.clone()),
        Route::Provision(agent.clone(), kind),
        Route::Publish(agent.clone()),
        Route::Versions(agent.clone()),
        Route::VersionDiff(agent.clone(), version),
        Route::PublishReport(agent.clone()),
        Route::Rollback(agent),
    ]
}

fn describe_route(route: &Route, schemas: &mut SchemaGenerator) -> Operation {
    let object = || json!({ "type": "object" });
    let list = |items: Json| json!({ "type": "array", "items": items });
    let read = |id, summary, data| Operation { id, summary, body: None, data, statuses: &[200], listed: Listed::No };
    let pages = |operation| Operation { listed: Listed::InPages, ..operation };
    let write = |id, summary, body, data, statuses| Operation { id, summary, body, data, statuses, listed: Listed::No };
    match route {
        Route::Agents => pages(read("listAgents", "Lists the agents", list(object()))),
        Route::Agent(_) => read("getAgent", "Reads an agent's draft", object()),
        Route::Skills(_) => pages(read("listSkills", "Lists an agent's skills", list(schema::<SkillAnswer>(schemas)))),
        Route::CreateSkill(_) => {
            let body = Some(schema::<SkillCreate>(schemas));
            write("createSkill", "Creates a skill", body, schema::<SkillAnswer>(schemas), &[201, 400])
        }
        Route::Skill(..) => read("getSkill", "Reads a skill", schema::<SkillAnswer>(schemas)),
        Route::UpdateSkill(..) => {
            let body = Some(schema::<SkillUpdate>(schemas));
            write("updateSkill", "Changes the fields sent", body, schema::<SkillAnswer>(schemas), &[200, 400])
        }
        Route::DeleteSkill(..) => write("deleteSkill", "Deletes a skill", None, object(), &[200, 204]),
        Route::GeocodeRoster(_) => {
            let body = Some(schema::<GeocodeBody>(schemas));
            write("geocodeRoster", "Finds where addresses lie; changes nothing", body, object(), &[200, 400, 413])
        }
        Route::CallerVerification(_) => {
            read("getCallerVerification", "Reads what caller verification uses", list(object()))
        }
        Route::Catalog => read("listCatalog", "Lists the providers", list(object())),
        Route::Connections => read("listConnections", "Lists the connected providers", list(object())),
        Route::InstallPack(..) => {
            let data = list(schema::<ProvisionedSkill>(schemas));
            write("installConnectorPack", "Installs a provider's preset skills", None, data, &[200, 409])
        }
        Route::Provision(..) => {
            let (body, data) = (Some(schema::<ProvisionBody>(schemas)), list(schema::<ProvisionedSkill>(schemas)));
            write("provisionActions", "Adds a provider's actions as skills", body, data, &[200, 400, 409])
        }
        Route::Publish(_) => {
            let body = Some(schema::<PublishBody>(schemas));
            write("publishAgent", "Publishes the draft", body, object(), &[200, 201, 400, 409])
        }
        Route::Versions(_) => pages(read("listVersions", "Lists the published versions", list(object()))),
        Route::VersionDiff(..) => read("diffVersion", "Compares a version with the draft", object()),
        Route::PublishReport(_) => read("getPublishReport", "Says what a publish would mean", object()),
        Route::Rollback(_) => {
            let body = Some(schema::<RollbackBody>(schemas));
            write("rollbackAgent", "Lets callers hear an older version", body, object(), &[200, 400])
        }
    }
}

fn describe_operation(segments: &[String], scope: Scope, operation: Operation, problem: &Json) -> Json {
    let Operation { id, summary, body, data, statuses, listed } = operation;
    let is_parameter = |name: &&str| segments.iter().any(|segment| *segment == template(name));
    let in_path = PARAMETERS.into_iter().filter(is_parameter);
    let in_path =
        in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let paging: &[(&str, &str)] = match listed {
        Listed::InPages => &[("limit", "integer"), ("cursor", "string"), ("page", "integer")],
        Listed::No => &[],
    };
    let in_query = paging.iter().map(|(name, kind)| json!({ "name": name, "in": "query", "schema": { "type": kind } }));
    let parameters: Vec<Json> = in_path.chain(in_query).collect();
    let good = json!({
        "type": "object",
        "required": ["data"],
        "properties": { "success": { "type": "boolean" }, "data": data, "pagination": { "type": "object" } },
    });
    let response = |status: u16| {
        let (about, media_type, schema) = match status {
            204 => return ("204".to_owned(), json!({ "description": "Done." })),
            200 | 201 => ("Done.", "application/json", good.clone()),
            400 => ("Fields are wrong: `errors` names them.", "application/json", json!({ "type": "object" })),
            _ => ("Refused.", "application/problem+json", problem.clone()),
        };
        (status.to_string(), json!({ "description": about, "content": { media_type: { "schema": schema } } }))
    };
    let refusals: &[u16] = if segments.len() > 2 { &[401, 403, 404] } else { &[401, 403] };
    let responses: Map<String, Json> = statuses.iter().chain(refusals).copied().map(response).collect();
    let mut described = Map::new();
    described.insert("operationId".to_owned(), json!(id));
    described.insert("summary".to_owned(), json!(summary));
    described.insert("security".to_owned(), json!([{ "apiKey": [scope.as_str()] }]));
    described.insert("parameters".to_owned(), Json::Array(parameters));
    if let Some(schema) = body {
        described.insert("requestBody".to_owned(), json!({ "content": { "application/json": { "schema": schema } } }));
    }
    described.insert("responses".to_owned(), Json::Object(responses));
    Json::Object(described)
}

fn template(segment: &str) -> String {
    if PARAMETERS.contains(&segment) { format!("{{{segment}}}") } else { segment.to_owned() }
}

fn schema<T: schemars::JsonSchema>(schemas: &mut SchemaGenerator) -> Json {
    schemas.subschema_for::<T>().to_value()
}
