use clap::ValueEnum;

/// What of a key is asked for.
#[derive(Debug, clap::Args)]
pub struct Scopes {
    /// Print the scopes that a key needs, a line each, in place of the plan: to apply it, or with `=plan` to make it
    #[arg(
        long,
        value_enum,
        value_name = "FOR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "apply"
    )]
    pub scopes: Option<ScopesFor>,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopesFor {
    /// To plan, and no more
    Plan,
    /// To plan and to apply
    Apply,
}
