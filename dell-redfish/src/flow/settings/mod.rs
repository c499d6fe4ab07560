//! Settings that are staged and brought into force by a job: the BIOS's and a network card's.
//!
//! | flow | requests |
//! | --- | --- |
//! | [`fetch_settings`] | 2; 3 more for the registry, once for each firmware |
//! | [`plan_settings`] | the same |
//! | [`set_settings`] that finds all as wanted | the same |
//! | [`set_settings`] | and 1 PATCH, on iDRAC7 and 8 also 1 POST for the job; 1 look that the job is scheduled; then the restart (see [`power`](super::power)), the looks at the job, and 1 read to compare |
//! | [`verify_settings`] | 2; 3 more for the registry |
//! | [`clear_pending`] | 2 |
//!
//! A job that exists is taken, never doubled: SYS011 to our own request is followed by a look into the queue. What was staged
//! by somebody else and is committed already cannot be added to; that is an error which names the job.

mod cache;
mod clear;
mod options;
mod outcome;
mod read;
mod registry;
mod stage;
mod target;
mod write;

pub use cache::RegistryCache;
pub use clear::clear_pending;
pub use options::{Afterwards, SettingsOptions};
pub use outcome::{AttributeResult, SettingsEnd, SettingsOutcome};
pub use read::{SettingsState, fetch_settings};
pub use target::SettingsTarget;
pub use write::{SettingsPlan, plan_settings, set_settings, verify_settings};

pub(super) use registry::fetch_registry;
pub(super) use stage::queue_job;
pub(super) use write::bring_about;
