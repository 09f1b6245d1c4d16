/// What is written into manifests besides applying them.
#[derive(Debug, clap::Args)]
pub struct Recording {
    /// Write what installs made into ConnectorPack manifests: names, types and what they were given
    #[arg(long)]
    pub record_packs: bool,
}
