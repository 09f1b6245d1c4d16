use super::Place;

#[test]
fn every_shell_is_completed_and_there_is_a_man_page() {
    let place = Place::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "man"] {
        let text = place.run(&format!("completions {shell}")).ends(0).quietly().stdout;
        for word in ["validate", "completions", "format"] {
            assert!(text.contains(word), "no `{word}` for {shell}");
        }
    }
    place.run("completions tcsh").ends(64).says("powershell");
}
