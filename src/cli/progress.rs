//! Progress, on a terminal only.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::render;
use crate::report::Event;

/// A line on the terminal that says what is going on; nothing where stderr is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A line for work whose length is not known.
    pub(super) fn spinner(message: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target());
        bar.set_message(message);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// A line for so many steps.
    pub(super) fn steps(count: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count), target());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Hears what an apply does.
    pub(super) fn event(&self, event: &Event) {
        match event {
            Event::Started { step, verb } => {
                self.0.set_message(render::one_line(&format!("{} {step}", verb.word())).into_owned());
            }
            Event::Ended(_) => self.0.inc(1),
            Event::Locating { agent } => {
                self.0.set_message(format!("asking for the coordinates of {agent}'s addresses"));
            }
            Event::Proving { agent } => self.0.set_message(format!("reading {agent} again")),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn target() -> ProgressDrawTarget {
    if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}
