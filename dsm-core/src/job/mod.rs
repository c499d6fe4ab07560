//! What a job is.

mod row;
mod state;

pub use row::{JobRow, NewJob, NewTask, Priority, TaskRow, TaskUpdate};
pub use state::{JobStatus, Transition};
