//! The persistent boot order.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::read::{BootChoice, List, Place};
use super::{Applied, may_have_worked};
use crate::accepted::Accepted;
use crate::endpoint::JobHome;
use crate::error::{Error, ErrorKind, Result};
use crate::id::DellJobId;
use crate::model::BootSource;
use crate::operation::{Redfish, run};
use crate::ops::{CreateJob, GetComputerSystem, SetBoot, SetBootSources};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderOutcome {
    /// How far it has come.
    pub applied: Applied,
    /// The job that sets it when the host restarts, where the iDRAC named one.
    pub job: Option<DellJobId>,
    /// The order before.
    pub before: Vec<String>,
    /// The whole order that was asked for, what was not named behind what was.
    pub wanted: Vec<String>,
}

/// How an order is changed on this iDRAC, and what it is now.
struct Work {
    place: Place,
    list: Option<List>,
    before: Vec<String>,
    wanted: Vec<String>,
}

/// Says what a new order would change.
///
/// # Errors
/// As [`set_boot_order`] before it sends anything.
pub async fn plan_boot_order(idrac: &dyn Redfish, order: &[String]) -> Result<Plan> {
    let work = Work::prepare(idrac, order).await?;
    let plan = Plan::new(format!("boot order {}", work.wanted.join(", ")));
    if work.before == work.wanted {
        return Ok(plan);
    }
    let plan = match &work.list {
        Some(list) => plan
            .with_step(&work.stage(list))
            .with_step(&CreateJob::at_restart(JobHome::Manager, list.settings.clone())),
        None => plan.with_step(&work.set()),
    };
    Ok(plan.with_host(Restart::Needed))
}

/// Sets the persistent boot order. Each entry names a boot option by its reference (`Boot0003`) or by its name; what is not named
/// keeps its order behind what is. Nothing is sent where it is so already. The host is not restarted: the result says whether the
/// order waits for that, and in which job.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for an unknown, ambiguous or doubled entry, naming what there is; [`ErrorKind::Conflict`] while a job
/// for these settings waits already; [`ErrorKind::Server`] when it was accepted, no job named, and it does not show.
pub async fn set_boot_order(idrac: &dyn Redfish, order: &[String]) -> Result<OrderOutcome> {
    let work = Work::prepare(idrac, order).await?;
    if work.before == work.wanted {
        return Ok(work.outcome(Applied::Unchanged, None));
    }
    let answer = match &work.list {
        Some(list) => work.stage_and_start(idrac, list).await,
        None => run(idrac, &work.set()).await,
    };
    let read_back = idrac.safeguards().has(Safeguard::ReadBack);
    match answer {
        Ok(accepted) if !read_back => Ok(work.outcome(Applied::PendingRestart, accepted.job)),
        Ok(accepted) => {
            let shown = work.look(idrac).await? == work.wanted;
            if !shown && accepted.job.is_none() && accepted.status != 202 {
                let message = "the boot order was accepted, no job was named, and it does not show";
                return Err(Error::new(ErrorKind::Server, message).with_host(idrac.host()));
            }
            Ok(work.outcome(if shown { Applied::Set } else { Applied::PendingRestart }, accepted.job))
        }
        Err(error) if read_back && may_have_worked(&error) => {
            if work.look(idrac).await? == work.wanted {
                return Ok(work.outcome(Applied::Set, None));
            }
            Err(error)
        }
        Err(error) => Err(error),
    }
}

impl Work {
    async fn prepare(idrac: &dyn Redfish, order: &[String]) -> Result<Self> {
        let place = Place::find(idrac).await?;
        let list = place.list(idrac).await?;
        let (before, mut choices) = match &list {
            Some(list) => (list.order(), list.choices()),
            None => (place.order(), Vec::new()),
        };
        // References say enough; the options are read only where something else is named.
        if list.is_none() && order.iter().any(|entry| !before.contains(entry)) {
            choices = place.choices(idrac).await?;
        }
        let wanted = resolve(order, &before, &choices)?;
        Ok(Self { place, list, before, wanted })
    }

    fn set(&self) -> SetBoot {
        SetBoot { home: self.place.home.clone(), boot: json!({"BootOrder": self.wanted}) }
    }

    fn stage(&self, list: &List) -> SetBootSources {
        let known = |id: &String| list.entries.iter().find(|entry| entry.id.as_ref() == Some(id));
        let entry = |entry: &BootSource| {
            let id = entry.id.clone()?;
            Some((id, entry.name.clone().unwrap_or_default(), entry.enabled.unwrap_or(true)))
        };
        let entries = self.wanted.iter().filter_map(|id| entry(known(id)?)).collect();
        SetBootSources { settings: list.settings.clone(), list: list.name, entries }
    }

    async fn stage_and_start(&self, idrac: &dyn Redfish, list: &List) -> Result<Accepted> {
        run(idrac, &self.stage(list)).await?;
        run(idrac, &CreateJob::at_restart(JobHome::Manager, list.settings.clone())).await
    }

    /// The order in force by now.
    async fn look(&self, idrac: &dyn Redfish) -> Result<Vec<String>> {
        match &self.list {
            Some(list) => {
                let mode = self.place.boot.override_mode.as_deref();
                Ok(List::read(idrac, list.home.clone(), mode).await?.order())
            }
            None => {
                let system = run(idrac, &GetComputerSystem).await?;
                Ok(system.boot.as_ref().and_then(|boot| boot.order.clone()).unwrap_or_default())
            }
        }
    }

    fn outcome(self, applied: Applied, job: Option<DellJobId>) -> OrderOutcome {
        OrderOutcome { applied, job, before: self.before, wanted: self.wanted }
    }
}

/// The whole order: what is named first, then the rest as it stands.
fn resolve(order: &[String], before: &[String], choices: &[BootChoice]) -> Result<Vec<String>> {
    let mut wanted: Vec<String> = Vec::with_capacity(before.len());
    for entry in order {
        let named = |choice: &&BootChoice| choice.reference == *entry || choice.name.as_ref() == Some(entry);
        let found: Vec<&str> = if before.contains(entry) {
            vec![entry]
        } else {
            choices.iter().filter(named).map(|choice| choice.reference.as_str()).collect()
        };
        let reference = match found.as_slice() {
            [one] => (*one).to_owned(),
            [] => return Err(refused(&format!("{entry:?} is no boot option"), before, choices)),
            _ => {
                return Err(refused(
                    &format!("{entry:?} is the name of several boot options"),
                    before,
                    choices,
                ));
            }
        };
        if wanted.contains(&reference) {
            return Err(refused(&format!("{entry:?} is named twice"), before, choices));
        }
        wanted.push(reference);
    }
    let rest: Vec<String> = before.iter().filter(|reference| !wanted.contains(reference)).cloned().collect();
    wanted.extend(rest);
    Ok(wanted)
}

fn refused(why: &str, before: &[String], choices: &[BootChoice]) -> Error {
    let mut there: Vec<String> = choices
        .iter()
        .map(|choice| match &choice.name {
            Some(name) => format!("{} ({name})", choice.reference),
            None => choice.reference.clone(),
        })
        .collect();
    if there.is_empty() {
        there = before.to_vec();
    }
    Error::new(ErrorKind::InvalidInput, format!("{why}; there are {}", there.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn choice(reference: &str, name: &str) -> BootChoice {
        BootChoice {
            reference: reference.to_owned(),
            name: Some(name.to_owned()),
            device_path: None,
            enabled: None,
        }
    }

    #[test]
    fn an_order_is_completed_and_checked() {
        let before = texts(&["Boot0000", "Boot0001", "Boot0002"]);
        let choices = [
            choice("Boot0000", "Disk"),
            choice("Boot0001", "PXE"),
            choice("Boot0002", "PXE"),
            choice("Boot0007", "New"),
        ];
        let resolved = |order: &[&str]| resolve(&texts(order), &before, &choices);
        assert_eq!(resolved(&["Boot0002"]).unwrap(), texts(&["Boot0002", "Boot0000", "Boot0001"]));
        assert_eq!(resolved(&["Boot0001", "Disk"]).unwrap(), texts(&["Boot0001", "Boot0000", "Boot0002"]));
        assert_eq!(resolved(&["New"]).unwrap()[0], "Boot0007");
        assert_eq!(resolved(&[]).unwrap(), before);
        for bad in [&["Boot0009"][..], &["PXE"], &["Disk", "Boot0000"]] {
            let error = resolved(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.message().contains("Boot0000 (Disk)"), "{}", error.message());
        }
    }
}
