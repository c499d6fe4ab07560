//! Firmware: what is installed, updates from a file, a server, a repository, and back.
//!
//! An update is a request and a job, but neither is the success: that is the installed version, read several times in a row,
//! because an iDRAC shows old and new entries by turns for minutes after an update. A version that is installed already is no
//! change and sends nothing. What cannot be repeated is not: after a connection that broke in the middle of an upload the job
//! queue tells whether the iDRAC took it on.
//!
//! # Requests of an update, iDRAC9 and 10
//!
//! | request | count |
//! | --- | --- |
//! | update service, firmware inventory | 2 |
//! | the package, or its address | 1; 3 through `HttpPushUri` (entity tag, package, installation of the entry) |
//! | the job | one each look |
//! | restart of the host, where the caller allows one and the job waits for it | its own |
//! | inventory until it agrees | 3 at least |
//!
//! iDRAC7 and 8 list their inventory entry by entry.

mod access;
mod cim;
mod inventory;
mod kept;
mod plan;
mod repository;
mod request;
mod schedule;
mod submit;
mod update;
mod verify;

pub use access::{UpdateAccess, fetch_update_access};
pub use cim::RepositoryUpdate;
pub use inventory::{FirmwareInventory, list_firmware};
pub use kept::{delete_package, rollback_firmware};
pub use plan::plan_firmware_update;
pub use repository::{
    RepositoryOutcome, adopt_repository_install, begin_repository_install, compare_with_repository,
    install_from_repository, plan_repository_install, start_of_repository_install,
};
pub use request::{Expected, FirmwareUpdate, PackageSource, UpdateOptions};
pub use schedule::{
    ScheduleOptions, ScheduleSet, clear_update_schedule, fetch_update_schedule, plan_update_schedule,
    set_update_schedule,
};
pub use submit::{Submitted, start_of_update, submit_update};
pub use update::{UpdateOutcome, UpdateResult, start_updates, update_firmware};
pub use verify::await_versions;
