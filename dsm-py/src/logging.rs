//! Log lines of the library in `logging.getLogger("dsm")`.
//!
//! The level is read from Python's logger at every call and kept in one atomic, so a line nobody wants costs one load.
//! Lines are queued and handed over from a thread that may wait for the interpreter: the library never does.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::intern;
use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::runtime;

/// Lines kept for handlers that are slower than the library; further ones are counted and reported.
const BACKLOG: usize = 10_000;

/// The crates whose lines are ours to show. What transport libraries say at TRACE is nobody's business.
const OURS: [&str; 4] = ["dsm_core", "dell_redfish", "idrac_sim", "_dsm"];

/// Python's numbers, most verbose first, with the filter they stand for.
const LEVELS: [(u8, LevelFilter); 6] = [
    (5, LevelFilter::TRACE),
    (10, LevelFilter::DEBUG),
    (20, LevelFilter::INFO),
    (30, LevelFilter::WARN),
    (40, LevelFilter::ERROR),
    (u8::MAX, LevelFilter::OFF),
];

/// Index into [`LEVELS`] of what Python wants now.
static WANTED: AtomicU8 = AtomicU8::new(5);

/// Somebody is handing lines over.
static PUMPING: AtomicBool = AtomicBool::new(false);

static QUEUE: Mutex<Queue> = Mutex::new(Queue { lines: VecDeque::new(), missed: 0 });

struct Queue {
    lines: VecDeque<Line>,
    missed: u64,
}

/// What `dsm._logging.deliver` takes: level, seconds since 1970, target, file, line, text.
type Line = (u8, f64, &'static str, Option<&'static str>, u32, String);

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn filter() -> LevelFilter {
    LEVELS.get(usize::from(WANTED.load(Ordering::Relaxed))).map_or(LevelFilter::OFF, |(_, filter)| *filter)
}

/// Becomes the process's subscriber and sees to it that the last lines are handed over.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    py.import(intern!(py, "atexit"))?
        .call_method1(intern!(py, "register"), (pyo3::wrap_pyfunction!(runtime::_at_exit, py)?,))?;
    // It fails only where another thread came first with the same.
    let _ = tracing::subscriber::set_global_default(ToPython);
    Ok(())
}

/// Reads the level that Python wants now.
pub(crate) fn refresh(py: Python<'_>) -> PyResult<()> {
    let wanted: i64 =
        py.import(intern!(py, "dsm._logging"))?.call_method0(intern!(py, "level"))?.extract()?;
    let index =
        LEVELS.iter().position(|(number, _)| wanted <= i64::from(*number)).unwrap_or(LEVELS.len() - 1);
    let index = u8::try_from(index).unwrap_or(u8::MAX);
    if WANTED.swap(index, Ordering::Relaxed) != index {
        tracing::callsite::rebuild_interest_cache();
    }
    Ok(())
}

/// Hands over what is queued, unless somebody else is at it.
pub(crate) fn pump(py: Python<'_>) {
    loop {
        if queue().lines.is_empty() || PUMPING.swap(true, Ordering::Acquire) {
            return;
        }
        let (lines, missed) = {
            let mut queue = queue();
            (std::mem::take(&mut queue.lines), std::mem::take(&mut queue.missed))
        };
        let handed = py
            .import(intern!(py, "dsm._logging"))
            .and_then(|module| module.call_method1(intern!(py, "deliver"), (Vec::from(lines), missed)));
        PUMPING.store(false, Ordering::Release);
        if let Err(error) = handed {
            // A handler that raises is the program's affair, not the caller's whose call this is.
            error.write_unraisable(py, None);
        }
    }
}

struct ToPython;

impl Subscriber for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let krate = target.split("::").next().unwrap_or(target);
        *metadata.level() <= filter() && OURS.contains(&krate)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(filter())
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut text = Text::default();
        event.record(&mut text);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let line = (
            number(*metadata.level()),
            now,
            metadata.target(),
            metadata.file(),
            metadata.line().unwrap_or(0),
            text.finish(),
        );
        let first = {
            let mut queue = queue();
            if queue.lines.len() >= BACKLOG {
                queue.missed += 1;
                return;
            }
            queue.lines.push_back(line);
            queue.lines.len() == 1
        };
        if first {
            runtime::in_background(|| {
                runtime::with_interpreter(pump);
            });
        }
    }

    // Spans carry nothing that the lines inside them do not say.
    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

fn number(level: Level) -> u8 {
    LEVELS.iter().find(|(_, filter)| *filter == level).map_or(20, |(number, _)| *number)
}

/// The message, and the other fields as `name=value` behind it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        self.message
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.field(field, format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.field(field, format_args!("{value:?}"));
        }
    }
}

impl Text {
    fn field(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let _ = write!(self.fields, " {}={value}", field.name());
    }
}
