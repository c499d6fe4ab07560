//! What a person sees while the scan runs: two bars, what is under way, what was found.

use std::cell::Cell;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use dsm_core::{Event, EventKind};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Map, Value};

/// The live display; plain lines where there is no terminal.
pub(crate) struct Live {
    addresses: ProgressBar,
    inventories: ProgressBar,
    stages: ProgressBar,
    total: u64,
    started: Instant,
    /// Without a terminal: when the last line was written.
    plain: Option<Cell<Instant>>,
}

impl Live {
    pub(crate) fn new(total: u64) -> Self {
        let bars = MultiProgress::new();
        let bar = |template: &str, length: u64| {
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bars.add(ProgressBar::new(length).with_style(style.progress_chars("━╸ ")))
        };
        let live = Self {
            addresses: bar("  addresses  {bar:40.cyan/dim} {pos:>4}/{len:4} {msg}", total),
            inventories: bar("  inventory  {bar:40.green/dim} {pos:>4}/{len:4} {msg}", 0),
            stages: bar("  {msg}", 0),
            total,
            started: Instant::now(),
            plain: (!std::io::stderr().is_terminal()).then(|| Cell::new(Instant::now())),
        };
        for bar in [&live.addresses, &live.inventories, &live.stages] {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        live
    }

    /// Shows an event; true when the job has ended.
    pub(crate) fn show(&self, event: &Event) -> bool {
        match &event.kind {
            EventKind::Progress { details } => self.progress(details),
            EventKind::Log { level, text } if *level != "INFO" => {
                self.addresses.suspend(|| println!("  {level}: {text}"));
            }
            EventKind::Ended { .. } => return true,
            _ => {}
        }
        false
    }

    fn progress(&self, details: &Map<String, Value>) {
        let number = |key: &str| details.get(key).and_then(Value::as_u64).unwrap_or_default();
        let elapsed = self.started.elapsed().as_secs_f64().max(0.001);
        let processed = number("ips_processed");
        let found = number("discovered_count");
        let read = number("servers_refreshed") + number("servers_failed");
        if let Some(last) = &self.plain {
            if last.get().elapsed() >= Duration::from_secs(1) {
                last.set(Instant::now());
                println!(
                    "  {elapsed:5.1} s  {processed}/{} addresses, {found} iDRACs, {read} inventories",
                    self.total
                );
            }
            return;
        }
        self.addresses.set_length(self.total);
        self.addresses.set_position(processed);
        self.addresses.set_message(format!("{:.0}/s, {found} iDRACs", processed as f64 / elapsed));
        self.inventories.set_length(found);
        self.inventories.set_position(read);
        self.inventories.set_message(format!("{:.0}/s", read as f64 / elapsed));
        self.stages.set_message(format!(
            "now: {} at the port, {} detecting, {} logging in, {} reading",
            number("in_port_check"),
            number("in_detecting"),
            number("in_authenticating"),
            number("in_syncing"),
        ));
    }

    pub(crate) fn finish(&self) {
        self.stages.finish_and_clear();
        self.addresses.abandon();
        self.inventories.abandon();
        println!();
    }
}
