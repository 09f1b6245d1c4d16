//! What a person must do about a step that the server refused, where its answer alone does not say.

use super::step::Desk;
use super::{CallError, Writes};
use crate::api::{ApiError, Problem};
use crate::model::{AgentId, ProviderKind, Via};
use crate::plan::{self, Action, Step};

/// Whether a 403 may be about a provider that is kept for later, and so says nothing of the key.
pub(super) fn is_about_provider(action: &Action, error: &ApiError) -> bool {
    error.status() == Some(403) && installed(action).is_some_and(|(kind, _)| kind.may_be_reserved())
}

/// The provider of which a step installs something.
fn installed(action: &Action) -> Option<(&ProviderKind, &Via)> {
    match action {
        Action::Install { kind, via, missing: _ } => Some((kind, via)),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Publish { .. } => None,
    }
}

impl<W: Writes> Desk<'_, '_, W> {
    /// The server's words, and the step that a person must take.
    pub(super) async fn refusal(&self, step: &Step, error: &ApiError) -> String {
        let (Some((kind, via)), ApiError::Refused(problem)) = (installed(&step.action), error) else {
            return error.to_string();
        };
        let way_out = match problem.status {
            403 if kind.may_be_reserved() => plan::reserved(kind),
            404 => self.not_found(&step.agent.id, kind, via).await,
            409 => conflict(problem, kind),
            400 | 422 if matches!(via, Via::Actions(_)) => {
                format!("the words in `provision` must be those of the actions of `{kind}` in the dashboard")
            }
            _ => return error.to_string(),
        };
        format!("{error}; {way_out}")
    }

    /// Of an install, 404 says that the provider ships no pack, or that the agent is gone.
    async fn not_found(&self, agent: &AgentId, kind: &ProviderKind, via: &Via) -> String {
        let gone = "the agent itself is gone; correct `match`, or remove its manifest";
        let not_offered = plan::not_offered(kind, via);
        match self.sender.reader.skills(agent).await {
            Ok(_) => not_offered,
            Err(failed) => match *failed.source {
                CallError::Api(ApiError::Refused(Problem { status: 404 | 410, .. })) => gone.to_owned(),
                CallError::Api(_) | CallError::Transport(_) => format!("either {not_offered}, or {gone}"),
            },
        }
    }
}

/// Of an install, 409 says that the provider is not connected, or that a name is taken.
fn conflict(problem: &Problem, kind: &ProviderKind) -> String {
    let says = |word: &str| problem.slug.contains(word) || problem.detail.to_lowercase().contains(word);
    let taken =
        "a skill that is not the pack's has the name of one of its presets; rename or remove it in the dashboard";
    let not_connected = plan::not_connected(kind);
    if says("connect") {
        not_connected
    } else if says("name") {
        taken.to_owned()
    } else {
        format!("either it is not connected, and {not_connected}; or {taken}")
    }
}
