//! BIOS settings: read into a row, and written.

mod outcome;
mod read;
mod restart;
mod snapshot;
mod stage;
mod work;
mod write;

pub use read::BiosConfigRead;
pub(super) use stage::has_not_begun;
pub use write::BiosConfigWrite;
