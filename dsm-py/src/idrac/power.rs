//! The power of the host, its mains, and the light that locates it.

use dell_redfish::flow::power::{
    Escalation, MainsCycle, Reset, cycle_mains as cycle, plan_mains_cycle, plan_reset as plan,
    reset_and_wait, set_locator,
};
use dell_redfish::ops::ResetType;
use serde::Deserialize;

use super::argument::Seconds;
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// `dsm.idrac.Reset`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetArgument {
    kind: ResetType,
    #[serde(default)]
    escalation: Escalation,
    patience: Option<Seconds>,
    poll: Option<Seconds>,
    #[serde(default)]
    until_post_is_over: bool,
    #[serde(default)]
    in_two_steps: bool,
}

impl From<ResetArgument> for Reset {
    fn from(given: ResetArgument) -> Self {
        let mut reset = Self::new(given.kind).with_escalation(given.escalation);
        if let Some(Seconds(patience)) = given.patience {
            reset = reset.with_patience(patience);
        }
        if let Some(Seconds(poll)) = given.poll {
            reset = reset.with_poll(poll);
        }
        reset.until_post_is_over = given.until_post_is_over;
        reset.two_steps = given.in_two_steps;
        reset
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mains {
    on_afterwards: Option<bool>,
    switch_off: Option<ResetArgument>,
    patience: Option<Seconds>,
    poll: Option<Seconds>,
}

impl From<Mains> for MainsCycle {
    fn from(given: Mains) -> Self {
        let mut cycle = Self::new();
        cycle.on_afterwards = given.on_afterwards.unwrap_or(true);
        cycle.switch_off = given.switch_off.map(Reset::from);
        if let Some(Seconds(patience)) = given.patience {
            cycle.watch = cycle.watch.with_patience(patience);
        }
        if let Some(Seconds(poll)) = given.poll {
            cycle.watch = cycle.watch.with_poll(poll);
        }
        cycle
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Light {
    on: bool,
}

pub(super) async fn reset(mut call: Call) -> Outcome {
    let reset = Reset::from(call.read::<ResetArgument>()?);
    Reply::json(&reset_and_wait(&call.client, &reset).await?)
}

pub(super) async fn plan_reset(mut call: Call) -> Outcome {
    let reset = Reset::from(call.read::<ResetArgument>()?);
    Reply::json(&plan(&call.client, &reset).await?)
}

pub(super) async fn cycle_mains(mut call: Call) -> Outcome {
    let mains = MainsCycle::from(call.read::<Mains>()?);
    Reply::json(&cycle(&call.client, &mains).await?)
}

pub(super) async fn plan_cycle_mains(mut call: Call) -> Outcome {
    let mains = MainsCycle::from(call.read::<Mains>()?);
    Reply::json(&plan_mains_cycle(&call.client, &mains).await?)
}

pub(super) async fn locate(mut call: Call) -> Outcome {
    let Light { on } = call.read()?;
    Reply::json(&set_locator(&call.client, on).await?)
}
