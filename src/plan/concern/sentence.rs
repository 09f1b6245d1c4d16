//! Concerns and reaches in a sentence each. None shows a value: these stand where more people read than the plan.

use super::{Concern, Reach, Toward};
use crate::model::Risk;
use crate::plan::meaning::{Risky, What};

impl Concern {
    /// What it is, of which skill and on how many agents.
    pub fn sentence(&self) -> String {
        let Self { risky, skill, shared, writes, is_high_stakes, agents, steps: _, toward } = self;
        // What the news itself says is not said twice.
        let writing = if *writes && risky.risk != Risk::BeginsToWrite { "writing " } else { "" };
        let stakes = if *is_high_stakes && risky.risk != Risk::RaisesStakes { " (high stakes)" } else { "" };
        let what = act(risky, *toward, &format!("the {writing}skill `{skill}`{stakes}"));
        let whose = match (agents.first(), agents.len(), shared) {
            (Some(only), 1, _) => format!(", on `{only}`"),
            (_, number, Some(_)) => format!(", shared by {number} agents"),
            (_, number, None) => format!(", on {number} agents"),
        };
        format!("{what}{whose}.")
    }
}

/// What becomes, or became, of a skill.
fn act(risky: &Risky, toward: Toward, skill: &str) -> String {
    let (now, then, rest) = match (risky.risk, risky.what) {
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
        let Self { set, agents, skills, writing, high_stakes, toward } = self;
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
