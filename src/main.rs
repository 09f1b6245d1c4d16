//! The `flowops` command.

fn main() {}
