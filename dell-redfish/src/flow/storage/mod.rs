//! Changing storage: volumes, drives, hot spares, foreign configurations, keys.
//!
//! A RAID controller takes one configuration job at a time. So changes come as a batch ([`Batch`]) of a controller, are all checked
//! before the first is sent, and are carried out in order: real-time jobs one after the other, what the controller only stages
//! gathered into one job, several controllers side by side. What became of each is told by itself, and is read back.
//!
//! | step | requests a controller |
//! | --- | --- |
//! | read it | iDRAC9: 2 (subsystem with drives, volumes); iDRAC10: 3 to make a volume (its levels); else one a resource |
//! | Dell's actions, where a change needs them | 1 a call |
//! | a change | 1, one look at its job, and one each [`WaitOptions::interval`](crate::flow::wait::WaitOptions) |
//! | read it back, where something changed | as the first |

mod batch;
mod change;
mod command;
mod lane;
mod outcome;
mod prepare;
mod view;

pub use batch::{Batch, StorageOptions, change_storage, plan_storage};
pub use change::Change;
pub use outcome::{ChangeOutcome, ChangeResult};
pub use view::{Controller, DriveState, VolumeState, fetch_controller};
