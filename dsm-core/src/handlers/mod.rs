//! The handlers: one file or folder a job type, by the peer they talk to.

mod card;
pub mod idrac;

pub use card::{JobCard, Key};
