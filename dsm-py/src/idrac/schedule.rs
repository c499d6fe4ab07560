//! The iDRAC's own recurring update from a repository.

use dell_redfish::flow::firmware::{
    ScheduleOptions, clear_update_schedule, fetch_update_schedule, plan_update_schedule, set_update_schedule,
};
use dell_redfish::model::{DellUpdateSchedule, Resource};
use dell_redfish::ops::{ScheduledDays, UpdateSchedule};
use serde::{Deserialize, Serialize};

use super::argument::ShareArgument;
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheduling {
    share: ShareArgument,
    time: String,
    day_of_week: String,
    day_of_month: String,
    week_of_month: String,
    repeat: u16,
    reboot: bool,
    catalog_file: Option<String>,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    enable: bool,
}

impl Scheduling {
    fn read(self) -> Result<(UpdateSchedule, ScheduleOptions), Failure> {
        let schedule = UpdateSchedule {
            share: self.share.share()?,
            catalog_file: self.catalog_file,
            time: self.time,
            days: ScheduledDays::parse(&self.day_of_week, &self.day_of_month, &self.week_of_month)?,
            repeat: self.repeat,
            reboot: self.reboot,
        };
        let mut options = ScheduleOptions::default();
        if self.replace {
            options = options.with_replacing();
        }
        if self.enable {
            options = options.with_enabling();
        }
        Ok((schedule, options))
    }
}

/// What came of setting a schedule.
#[derive(Serialize)]
struct ScheduleSet {
    /// Whether anything was changed; not where this schedule was in force already.
    changed: bool,
    /// Whether automatic updates had to be switched on.
    enabled: bool,
    /// The schedule as the iDRAC shows it.
    schedule: Resource<DellUpdateSchedule>,
}

pub(super) async fn clear(call: Call) -> Outcome {
    Ok(Reply::Flag(clear_update_schedule(&call.client).await?))
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_update_schedule(&call.client).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let (schedule, options) = call.read::<Scheduling>()?.read()?;
    Reply::json(&plan_update_schedule(&call.client, &schedule, options).await?)
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let (schedule, options) = call.read::<Scheduling>()?.read()?;
    let set = set_update_schedule(&call.client, &schedule, options).await?;
    Reply::json(&ScheduleSet { changed: set.changed, enabled: set.enabled, schedule: set.schedule })
}
