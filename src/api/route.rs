use super::Method;
use crate::model::{AgentId, ProviderKind, SkillId, VersionId};

/// The path under which every version-1 route lies (OpenAPI `servers`).
pub const BASE_PATH: &str = "/api/v1";

/// A permission that a key holds. The OpenAPI lists 32; these are the ones that the routes here need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `agents:read`
    AgentsRead,
    /// `agents:write`
    AgentsWrite,
    /// `skills:read`
    SkillsRead,
    /// `skills:write`
    SkillsWrite,
    /// `integrations:read`
    IntegrationsRead,
    /// `guardrails:read`
    GuardrailsRead,
}

impl Scope {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::AgentsRead,
        Self::AgentsWrite,
        Self::SkillsRead,
        Self::SkillsWrite,
        Self::IntegrationsRead,
        Self::GuardrailsRead,
    ];

    /// The API's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentsRead => "agents:read",
            Self::AgentsWrite => "agents:write",
            Self::SkillsRead => "skills:read",
            Self::SkillsWrite => "skills:write",
            Self::IntegrationsRead => "integrations:read",
            Self::GuardrailsRead => "guardrails:read",
        }
    }

    /// Reads the API's spelling.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text)
    }
}

/// An endpoint with its path parameters: the one table that the client and the sandbox share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `GET /agents`
    Agents,
    /// `GET /agents/{id}`
    Agent(AgentId),
    /// `GET /agents/{id}/skills`
    Skills(AgentId),
    /// `POST /agents/{id}/skills`
    CreateSkill(AgentId),
    /// `GET /agents/{id}/skills/{skillId}`
    Skill(AgentId, SkillId),
    /// `PATCH /agents/{id}/skills/{skillId}`
    UpdateSkill(AgentId, SkillId),
    /// `DELETE /agents/{id}/skills/{skillId}`
    DeleteSkill(AgentId, SkillId),
    /// `POST /agents/{id}/geocode-roster`: a POST that changes nothing
    GeocodeRoster(AgentId),
    /// `GET /agents/{id}/caller-verification`
    CallerVerification(AgentId),
    /// `GET /integrations/catalog`
    Catalog,
    /// `GET /integrations`
    Connections,
    /// `POST /agents/{id}/integrations/{kind}/pack/install`
    InstallPack(AgentId, ProviderKind),
    /// `POST /agents/{id}/integrations/{kind}/provision`
    Provision(AgentId, ProviderKind),
    /// `POST /agents/{id}/publish`
    Publish(AgentId),
    /// `GET /agents/{id}/versions`
    Versions(AgentId),
    /// `GET /agents/{id}/versions/{versionId}/diff`
    VersionDiff(AgentId, VersionId),
    /// `GET /agents/{id}/prepublish-report`
    PublishReport(AgentId),
    /// `POST /agents/{id}/rollback`
    Rollback(AgentId),
}

impl Route {
    /// Finds the route of a method and a path below the base path; `None` is a 404.
    pub fn read(method: Method, path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let agent = |text: &str| AgentId::parse(text).ok();
        let skill = |text: &str| SkillId::parse(text).ok();
        let kind = |text: &str| Some(ProviderKind::read(text)).filter(ProviderKind::is_addressable);
        let route = match (method, segments.as_slice()) {
            (Method::Get, ["agents"]) => Self::Agents,
            (Method::Get, ["agents", id]) => Self::Agent(agent(id)?),
            (Method::Get, ["agents", id, "skills"]) => Self::Skills(agent(id)?),
            (Method::Post, ["agents", id, "skills"]) => Self::CreateSkill(agent(id)?),
            (Method::Get, ["agents", id, "skills", sid]) => Self::Skill(agent(id)?, skill(sid)?),
            (Method::Patch, ["agents", id, "skills", sid]) => Self::UpdateSkill(agent(id)?, skill(sid)?),
            (Method::Delete, ["agents", id, "skills", sid]) => Self::DeleteSkill(agent(id)?, skill(sid)?),
            (Method::Post, ["agents", id, "geocode-roster"]) => Self::GeocodeRoster(agent(id)?),
            (Method::Get, ["agents", id, "caller-verification"]) => Self::CallerVerification(agent(id)?),
            (Method::Get, ["integrations", "catalog"]) => Self::Catalog,
            (Method::Get, ["integrations"]) => Self::Connections,
            (Method::Post, ["agents", id, "integrations", provider, "pack", "install"]) => {
                Self::InstallPack(agent(id)?, kind(provider)?)
            }
            (Method::Post, ["agents", id, "integrations", provider, "provision"]) => {
                Self::Provision(agent(id)?, kind(provider)?)
            }
            (Method::Post, ["agents", id, "publish"]) => Self::Publish(agent(id)?),
            (Method::Get, ["agents", id, "versions"]) => Self::Versions(agent(id)?),
            (Method::Get, ["agents", id, "versions", version, "diff"]) => {
                Self::VersionDiff(agent(id)?, VersionId::parse(version).ok()?)
            }
            (Method::Get, ["agents", id, "prepublish-report"]) => Self::PublishReport(agent(id)?),
            (Method::Post, ["agents", id, "rollback"]) => Self::Rollback(agent(id)?),
            (Method::Get | Method::Post | Method::Patch | Method::Delete, _) => return None,
        };
        Some(route)
    }

    /// The method.
    pub const fn method(&self) -> Method {
        match self {
            Self::Agents
            | Self::Agent(_)
            | Self::Skills(_)
            | Self::Skill(..)
            | Self::CallerVerification(_)
            | Self::Catalog
            | Self::Connections
            | Self::Versions(_)
            | Self::VersionDiff(..)
            | Self::PublishReport(_) => Method::Get,
            Self::CreateSkill(_)
            | Self::GeocodeRoster(_)
            | Self::InstallPack(..)
            | Self::Provision(..)
            | Self::Publish(_)
            | Self::Rollback(_) => Method::Post,
            Self::UpdateSkill(..) => Method::Patch,
            Self::DeleteSkill(..) => Method::Delete,
        }
    }

    /// The path below the base path.
    pub fn path(&self) -> String {
        match self {
            Self::Agents => "/agents".to_owned(),
            Self::Agent(id) => format!("/agents/{id}"),
            Self::Skills(id) | Self::CreateSkill(id) => format!("/agents/{id}/skills"),
            Self::Skill(id, skill) | Self::UpdateSkill(id, skill) | Self::DeleteSkill(id, skill) => {
                format!("/agents/{id}/skills/{skill}")
            }
            Self::GeocodeRoster(id) => format!("/agents/{id}/geocode-roster"),
            Self::CallerVerification(id) => format!("/agents/{id}/caller-verification"),
            Self::Catalog => "/integrations/catalog".to_owned(),
            Self::Connections => "/integrations".to_owned(),
            Self::InstallPack(id, kind) => format!("/agents/{id}/integrations/{kind}/pack/install"),
            Self::Provision(id, kind) => format!("/agents/{id}/integrations/{kind}/provision"),
            Self::Publish(id) => format!("/agents/{id}/publish"),
            Self::Versions(id) => format!("/agents/{id}/versions"),
            Self::VersionDiff(id, version) => format!("/agents/{id}/versions/{version}/diff"),
            Self::PublishReport(id) => format!("/agents/{id}/prepublish-report"),
            Self::Rollback(id) => format!("/agents/{id}/rollback"),
        }
    }

    /// The scope that a key needs for it.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Agents | Self::Agent(_) | Self::Versions(_) | Self::VersionDiff(..) | Self::PublishReport(_) => {
                Scope::AgentsRead
            }
            Self::Publish(_) | Self::Rollback(_) => Scope::AgentsWrite,
            Self::Skills(_) | Self::Skill(..) => Scope::SkillsRead,
            Self::CreateSkill(_)
            | Self::UpdateSkill(..)
            | Self::DeleteSkill(..)
            | Self::GeocodeRoster(_)
            | Self::InstallPack(..)
            | Self::Provision(..) => Scope::SkillsWrite,
            Self::Catalog | Self::Connections => Scope::IntegrationsRead,
            Self::CallerVerification(_) => Scope::GuardrailsRead,
        }
    }
}
