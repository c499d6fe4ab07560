//! Virtual media: images on the network as drives of the host.
//!
//! Drives are found below the system or, on older firmware, below the manager, and chosen by what they take. Putting in an
//! image that is in already is no change. One piece of work on the drives of an iDRAC at a time: parallel mounts make them fail
//! or end up in the wrong drive. What the iDRAC answers is never the last word: the drive is read until it shows the image, and
//! a drive whose flags contradict each other is emptied first.

mod drive;
mod eject;
mod insert;
mod reach;

pub use drive::{Drive, MediaDevice, list};
pub use eject::{EjectFrom, Ejected, eject, plan_eject};
pub use insert::{MountOptions, Mounted, find_inserted, insert, plan_insert};

use std::time::Duration;

/// Between two looks at a drive.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a drive may take to show what it was told.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a drive may go on changing after an answer that says nothing.
const SETTLING: Duration = Duration::from_secs(10);

/// The kind of work that [`turn`](crate::flow::turn) keeps apart.
const TURN: &str = "virtual media";
