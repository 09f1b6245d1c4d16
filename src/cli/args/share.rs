use std::num::NonZeroU32;

use crate::model::Partition;

/// Which share of the agents.
#[derive(Debug, Clone, clap::Args)]
pub struct Share {
    /// Only this share of the agents, which others add up to all: `hash:I/N`, `hash:/N` or `hash`; what is not stated
    /// comes from the environment
    #[arg(long, value_name = "hash:I/N", value_parser = asked, help_heading = "Selection")]
    pub partition: Option<Asked>,
}

/// A share as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// This one, whatever the environment says.
    Stated(Partition),
    /// One of so many; which one, the environment says.
    Of(NonZeroU32),
    /// The environment says which one, and of how many.
    Environment,
}

fn asked(text: &str) -> Result<Asked, String> {
    let form = || "it is `hash:I/N`, share I of N counted from 1; `hash:/N` or `hash` in CI".to_owned();
    if text == "hash" {
        return Ok(Asked::Environment);
    }
    match text.strip_prefix("hash:/") {
        Some(total) => {
            let total = Partition::number(total).ok_or_else(form)?;
            NonZeroU32::new(total).map(Asked::Of).ok_or_else(|| "there is at least one share".to_owned())
        }
        None => Partition::parse(text).map(Asked::Stated).map_err(|error| error.to_string()),
    }
}
