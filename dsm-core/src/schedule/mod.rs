//! Jobs that come again by a clock, and the hours in which jobs may begin.

pub(crate) mod course;
mod cron;
mod field;
pub(crate) mod ledger;
mod plan;
mod window;
mod zone;

pub use course::Why;
pub use cron::Cron;
pub use plan::{CatchUp, Overlap, Schedule, ScheduleRow};
pub(crate) use window::named as named_window;
pub use window::{Opening, Span, Window, WindowRow, WindowScope};
pub use zone::Zone;

/// The key of `details` that names the window a job waits for.
pub const WINDOW_KEY: &str = "maintenance_window";

/// The key of `details` that names the schedule a job was made by.
pub const SCHEDULE_KEY: &str = "schedule";

/// The key of `details` that says for which of its times.
pub const DUE_KEY: &str = "schedule_due";

use crate::error::{Error, Result};

/// Longest name of a schedule or a window.
const LONGEST_NAME: usize = 200;

fn check_name(field: &str, name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::invalid(field, "it has no name", "give it one"));
    }
    if name.len() > LONGEST_NAME || name.contains('\0') {
        return Err(Error::invalid(
            field,
            "its name cannot be kept",
            format!("use at most {LONGEST_NAME} plain bytes"),
        ));
    }
    Ok(())
}
