//! C: what the server shows, and when.

use flowops::cli::exit::Exit;

use super::updates;

#[test]
fn c03_a_stale_read_after_an_update_is_waited_for() {
    let played =
        updates().fault("- { method: PATCH, nth: 1, stage: after-commit, action: { stale: 2 } }").plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}
