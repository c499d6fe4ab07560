//! Firmware: one plan a server, carried out in as few restarts as it takes.
//!
//! A server's rounds are: inventory → what it needs → pre-flight → maintenance → everything staged, the host restarted once →
//! every job followed → inventory again, until nothing is left or the rounds are. Success is the installed version, never a
//! job's word. What was begun is on record before: a package is sent once, a host restarted once for each wave of packages,
//! whatever becomes of the process. Only Dell jobs that this job made are ever deleted, and only before they begin.

mod args;
mod checklist;
mod component;
mod depot;
mod dry;
mod end;
mod full_server_update;
mod ledger;
mod maintenance;
mod parts;
mod plan;
mod preflight;
mod report;
mod repository;
mod restart;
mod run;
mod share;
mod stage;
mod update;
mod wave;
mod work;

pub use full_server_update::FullServerUpdate;
pub use maintenance::Maintenance;
pub use update::FirmwareUpdate;

use work::Work;
