//! Storage: a controller as it is, and changes of one or several of them.

use dell_redfish::flow::power::Reset;
use dell_redfish::flow::storage::{Batch, StorageOptions, change_storage, fetch_controller, plan_storage};
use serde::Deserialize;

use super::argument::{Seconds, Wait, set};
use super::call::Call;
use super::moment::{Moment, WindowArgument};
use super::power::ResetArgument;
use super::storage_change::ChangeArgument;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    controller: String,
}

/// `dsm.idrac.StorageBatch`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchArgument {
    controller: String,
    changes: Vec<ChangeArgument>,
}

impl BatchArgument {
    fn batch(self) -> Result<Batch, Failure> {
        let Self { controller, changes } = self;
        let changes: Vec<_> =
            changes.into_iter().map(|change| change.of(&controller)).collect::<Result<_, _>>()?;
        Ok(Batch::new(controller, changes))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changing {
    batches: Vec<BatchArgument>,
    apply_time: Option<Moment>,
    window: Option<WindowArgument>,
    restart: Option<ResetArgument>,
    busy_patience: Option<Seconds>,
    wait: Option<Wait>,
}

impl Changing {
    fn read(self, call: &Call) -> Result<(Vec<Batch>, StorageOptions), Failure> {
        let mut options = StorageOptions {
            apply: Moment::time(self.apply_time, self.window)?,
            wait: call.wait(self.wait.as_ref()),
            restart: self.restart.map(Reset::from),
            ..StorageOptions::default()
        };
        set(&mut options.busy_patience, self.busy_patience);
        let batches = self.batches.into_iter().map(BatchArgument::batch);
        Ok((batches.collect::<Result<_, _>>()?, options))
    }
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let One { controller } = call.read()?;
    Reply::json(&fetch_controller(&call.client, &controller).await?)
}

pub(super) async fn change(mut call: Call) -> Outcome {
    let (batches, options) = call.read::<Changing>()?.read(&call)?;
    Reply::json(&change_storage(&call.client, &batches, &options).await?)
}

pub(super) async fn plan_change(mut call: Call) -> Outcome {
    let (batches, options) = call.read::<Changing>()?.read(&call)?;
    Reply::json(&plan_storage(&call.client, &batches, &options).await?)
}
