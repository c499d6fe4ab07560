//! The text of a task: a tick for each step that is over, an arrow at the one that goes on.

use std::sync::{Arc, Mutex, PoisonError};

use crate::handlers::idrac::walk::Visit;

/// Lines that are kept; older ones are told as a number.
const LINES: usize = 40;

/// See the module's documentation. Clones are the same list.
#[derive(Clone)]
pub(super) struct Checklist(Arc<Parts>);

struct Parts {
    lines: Mutex<Lines>,
    say: Box<dyn Fn(u8, String) + Send + Sync>,
}

#[derive(Default)]
struct Lines {
    over: Vec<String>,
    percent: u8,
}

impl Checklist {
    pub(super) fn of(visit: &Visit) -> Self {
        Self(Arc::new(Parts { lines: Mutex::default(), say: Box::new(visit.teller()) }))
    }

    /// What goes on now, and how far that brings it.
    pub(super) fn now(&self, percent: u8, what: impl AsRef<str>) {
        let (percent, text) = {
            let mut lines = self.lines();
            lines.percent = lines.percent.max(percent);
            (lines.percent, lines.text(&format!("→ {}", what.as_ref())))
        };
        (self.0.say)(percent, text);
    }

    /// A step that is over.
    pub(super) fn tick(&self, what: impl AsRef<str>) {
        self.lines().over.push(format!("✓ {}", what.as_ref()));
    }

    /// One that went wrong.
    pub(super) fn cross(&self, what: impl AsRef<str>) {
        self.lines().over.push(format!("✗ {}", what.as_ref()));
    }

    /// The whole, with its last line.
    pub(super) fn ended(&self, last: impl AsRef<str>) -> String {
        self.lines().text(last.as_ref())
    }

    /// How far it is.
    pub(super) fn percent(&self) -> u8 {
        self.lines().percent
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn text(&self, last: &str) -> String {
        let hidden = self.over.len().saturating_sub(LINES);
        let mut text = String::new();
        if hidden > 0 {
            text.push_str(&format!("… {hidden} steps before\n"));
        }
        for line in self.over.iter().skip(hidden) {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(last);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_a_list_and_stays_short() {
        let mut lines = Lines::default();
        lines.over.extend(["✓ Connected".to_owned(), "✓ Inventory".to_owned()]);
        assert_eq!(lines.text("→ Staging BIOS"), "✓ Connected\n✓ Inventory\n→ Staging BIOS");
        lines.over.extend((0..100).map(|nth| format!("✓ {nth}")));
        let text = lines.text("→ on");
        assert!(text.starts_with("… 62 steps before\n✓ 60") && text.lines().count() == LINES + 2, "{text}");
    }
}
