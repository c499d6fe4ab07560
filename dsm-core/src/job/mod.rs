//! What a job is.

mod check;
mod kinds;
mod row;
mod state;

pub(crate) use check::{check_parents, check_shape};
pub(crate) use kinds::is_known;
pub use row::{JobRow, NewJob, NewTask, Priority, TaskRow, TaskUpdate};
pub use state::{JobStatus, Transition};
