//! Concerns and reaches in a sentence each. None shows a value: these stand where more people read than the plan.

use super::{Concern, Reach, Reached, Toward};
use crate::model::{Risk, Slug};
use crate::plan::meaning::What;

/// What the sentence of a concern is made of: no more than a record holds of it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What it is.
    pub risk: Risk,
    /// In what it lies, where it can lie in several things.
    pub what: Option<What>,
    /// The skill.
    pub skill: &'a str,
    /// Whether it comes from a SkillSet.
    pub is_shared: bool,
    /// Whether it changes data elsewhere.
    pub writes: bool,
    /// Whether its stakes are high.
    pub is_high_stakes: bool,
    /// One of the agents.
    pub agent: Option<&'a str>,
    /// How many agents there are.
    pub agents: usize,
    /// The side from which it is one.
    pub toward: Toward,
}

impl Told<'_> {
    /// What it is, of which skill and on how many agents.
    pub fn sentence(&self) -> String {
        let Self { risk, what, skill, is_shared, writes, is_high_stakes, agent, agents, toward } = self;
        // What the news itself says is not said twice.
        let writing = if *writes && *risk != Risk::BeginsToWrite { "writing " } else { "" };
        let stakes = if *is_high_stakes && *risk != Risk::RaisesStakes { " (high stakes)" } else { "" };
        let what = act(*risk, *what, *toward, &format!("the {writing}skill `{skill}`{stakes}"));
        let whose = match (agent, agents, is_shared) {
            (Some(only), 1, _) => format!(", on `{only}`"),
            (_, number, true) => format!(", shared by {number} agents"),
            (_, number, false) => format!(", on {number} agents"),
        };
        format!("{what}{whose}.")
    }
}

impl Concern {
    /// What it is, of which skill and on how many agents.
    pub fn sentence(&self) -> String {
        let Self { risky, skill, shared, writes, is_high_stakes, agents, steps: _, toward } = self;
        let told = Told {
            risk: risky.risk,
            what: risky.what,
            skill: skill.as_str(),
            is_shared: shared.is_some(),
            writes: *writes,
            is_high_stakes: *is_high_stakes,
            agent: agents.first().map(Slug::as_str),
            agents: agents.len(),
            toward: *toward,
        };
        told.sentence()
    }
}

/// What becomes, or became, of a skill.
fn act(risk: Risk, what: Option<What>, toward: Toward, skill: &str) -> String {
    let (now, then, rest) = match (risk, what) {
        (Risk::LosesConfirmation, _) => ("Removes", "removed", format!("a required confirmation from {skill}")),
        (Risk::LosesVerification, _) => {
            ("Removes", "removed", format!("the required verification of the caller's identity from {skill}"))
        }
        (Risk::LowersVerification, _) => ("Lowers", "lowered", format!("the verification level of {skill}")),
        (Risk::BeginsToWrite, _) => ("Lets", "let", format!("{skill} write data")),
        (Risk::OpensEgress, _) => ("Opens", "opened", format!("a new way out for data of {skill}")),
        (Risk::ChangesDestination, Some(What::Number)) => {
            ("Changes", "changed", format!("the number to which {skill} hands calls"))
        }
        (Risk::ChangesDestination, Some(What::Addresses)) => {
            ("Changes", "changed", format!("the addresses to which {skill} writes"))
        }
        (Risk::ChangesDestination, _) => ("Changes", "changed", format!("the host that {skill} calls")),
        (Risk::IsEnabled, _) => ("Enables", "enabled", skill.to_owned()),
        (Risk::RaisesStakes, _) => ("Raises", "raised", format!("the stakes of {skill}")),
        (Risk::WidensAvailability, Some(What::Channels)) => {
            ("Lets", "let", format!("{skill} be used on more channels"))
        }
        (Risk::WidensAvailability, _) => ("Lets", "let", format!("{skill} be used at more times")),
    };
    match toward {
        Toward::Manifests => format!("{now} {rest}"),
        Toward::Live => format!("Live {then} {rest}"),
    }
}

impl Reach {
    /// How many skills on how many agents, and how many of them matter most.
    pub fn sentence(&self) -> String {
        let Self { set, reached, toward } = self;
        reached.sentence(set.as_str(), *toward)
    }
}

impl Reached {
    /// How many skills of a SkillSet on how many agents, and how many of them matter most.
    pub fn sentence(&self, set: &str, toward: Toward) -> String {
        let Self { agents, skills, writing, high_stakes } = self;
        let some = |number: u64, one: &str, many: &str| {
            (number > 0).then(|| format!("{number} {}", if number == 1 { one } else { many }))
        };
        let parts =
            [some(*writing, "writes data", "write data"), some(*high_stakes, "has high stakes", "have high stakes")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let rest = if parts.is_empty() { "none writes data or has high stakes".to_owned() } else { parts.join(", ") };
        match toward {
            Toward::Manifests => format!("The skill set `{set}` touches {skills} skills on {agents} agents: {rest}."),
            Toward::Live => format!("Of the skill set `{set}` live moved {skills} skills on {agents} agents: {rest}."),
        }
    }
}
