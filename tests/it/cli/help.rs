use super::Place;

const COMMANDS: [&str; 14] = [
    "validate",
    "plan",
    "apply",
    "drift",
    "pull",
    "compare",
    "comment",
    "issue",
    "merge",
    "init",
    "schema",
    "sandbox",
    "explain",
    "completions",
];

#[test]
fn the_help_of_every_command_is_as_committed() {
    let place = Place::with(&[]);
    place.run("--help").ends(0).quietly().is_golden("help/flowops.txt", &[]);
    for command in COMMANDS {
        place.run(&format!("{command} --help")).ends(0).quietly().is_golden(&format!("help/{command}.txt"), &[]);
    }
    let commands = flowops::cli::args::command();
    let known: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(known, COMMANDS, "a command without a committed help");
}

#[test]
fn a_base_url_in_the_environment_is_not_repeated_by_the_help() {
    let place = Place::with(&[]);
    let help = place.run_with("plan --help", &[("FLOWYTE_BASE_URL", "https://user:pass-word@example.com")]);
    assert!(!help.all().contains("pass-word"), "{}", help.all());
}

#[test]
fn the_version_is_the_packages() {
    let version = Place::with(&[]).run("--version").ends(0).quietly();
    assert_eq!(version.stdout, concat!("flowops ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn no_command_at_all_is_wrong_usage_and_shows_the_help() {
    let nothing = Place::with(&[]).run("").ends(64).says("Commands:");
    assert_eq!(nothing.stdout, "");
}
