//! One server from its first look to its last: rounds of inventory, staging, restart and inventory, until nothing is left.

use std::time::Duration;

use dell_redfish::Client;
use dell_redfish::catalog::SystemId;
use dell_redfish::flow::firmware::{
    FirmwareInventory, UpdateAccess, UpdateOptions, fetch_update_access, list_firmware,
};
use dell_redfish::flow::power::PowerState;
use dell_redfish::flow::wait::WaitOptions;
use dell_redfish::model::{ComputerSystem, Resource};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Work;
use super::checklist::Checklist;
use super::depot::Stock;
use super::end::End;
use super::ledger::Ledger;
use super::maintenance::Stay;
use super::plan::{Item, Needs, Planned, Present, waves};
use super::preflight::{Check, Preflight};
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;
use crate::step::Step;

/// How long an iDRAC may be away over its own update.
const AWAY: Duration = Duration::from_secs(20 * 60);

/// Pause between two tries to log in to it.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The step that puts on record what is meant to be done.
const BEGIN: &str = "begin";

/// One server at work.
pub(super) struct Run<'a> {
    pub(super) work: &'a Work,
    pub(super) visit: &'a Visit,
    pub(super) client: Client,
    pub(super) list: Checklist,
    pub(super) access: UpdateAccess,
    pub(super) system: Option<SystemId>,
    pub(super) power: PowerState,
}

/// What came of a server's rounds.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// What was to be done at first, and what later rounds found beside it.
    pub(super) planned: Vec<Planned>,
    /// The last end of each.
    pub(super) ends: Vec<End>,
    pub(super) left: Vec<String>,
    pub(super) checks: Vec<Check>,
    pub(super) passes: u32,
    /// As it was read last.
    pub(super) inventory: Option<FirmwareInventory>,
}

/// What a server's rounds begin with: on record before anything is changed.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    planned: Vec<Planned>,
    left: Vec<String>,
}

impl<'a> Run<'a> {
    /// Logs in and looks what there is.
    pub(super) async fn begin(work: &'a Work, visit: &'a Visit) -> Result<Self> {
        let list = Checklist::of(visit);
        list.now(1, "Connecting to iDRAC...");
        let (client, system) = connect(visit).await?;
        list.tick("Connected to iDRAC");
        let access = fetch_update_access(&client).await?;
        work.ledger.meet(visit.server_id(), &client);
        Ok(Self {
            work,
            visit,
            list,
            access,
            system: system_id(&work.depot.stock, &system),
            power: PowerState::of(&system),
            client,
        })
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.work.ledger
    }

    /// How a job is waited for; what is seen of it goes into the list.
    pub(super) fn wait(&self, name: &str, percent: u8) -> WaitOptions {
        let (list, name) = (self.list.clone(), name.to_owned());
        let mut options =
            WaitOptions::default().with_deadline(self.work.args.patience).with_restart_limit(AWAY);
        options = options.with_progress(move |seen| {
            let state = seen.state.map_or("not seen yet", |state| state.as_str());
            let far = seen.percent.filter(|far| *far > 0).map(|far| format!(", {far} %")).unwrap_or_default();
            let away = if seen.away { ", the iDRAC does not answer just now" } else { "" };
            list.now(percent.max(list.percent()), format!("{name}: {state}{far}{away}"));
        });
        options
    }

    pub(super) fn options(&self) -> UpdateOptions {
        UpdateOptions::default().with_wait(self.wait("update", 20)).resetting_for_upload()
    }

    /// What it needs as this inventory shows it.
    pub(super) fn needs(&self, inventory: &FirmwareInventory) -> Result<Needs> {
        let present = Present { system: self.system, access: &self.access, inventory };
        present.needs(&self.work.depot.stock, &self.work.args)
    }

    pub(super) fn stay(&self) -> Result<Option<Stay<'_>>> {
        let args = &self.work.args;
        let provider = self.work.maintenance.as_deref();
        Stay::of(self.visit, provider, args.skips_maintenance, args.maintenance_patience)
    }

    pub(super) fn preflight<'b>(&'b self, items: &'b [Item], needs_host: bool, waits: bool) -> Preflight<'b> {
        Preflight {
            client: &self.client,
            power: self.power,
            depot: &self.work.depot,
            items,
            max_bytes: self.access.max_bytes,
            needs_host,
            patience: waits.then_some(self.work.args.busy_patience),
        }
    }

    /// The rounds. What they came to stays in `rounds` when an error ends them.
    pub(super) async fn go(&self, rounds: &mut Rounds) -> Result<()> {
        if let Stock::Repository(install) = &self.work.depot.stock {
            return self.by_repository(install, rounds).await;
        }
        let mut given_up: Vec<String> = Vec::new();
        for pass in 1..=self.work.args.max_passes {
            self.list.now(10, format!("Reading the firmware inventory, round {pass}"));
            let inventory = list_firmware(&self.client).await?;
            let mut needs = self.needs(&inventory)?;
            rounds.inventory = Some(inventory);
            needs.items.retain(|item| !given_up.contains(&item.key));
            if pass == 1 {
                rounds.left = std::mem::take(&mut needs.left);
            }
            let Some(plan) = self.plan(pass, &needs.items, rounds).await? else { return Ok(()) };
            rounds.passes = pass;
            for (nth, keys) in plan.iter().enumerate() {
                let items: Vec<Item> =
                    needs.items.iter().filter(|item| keys.contains(&item.key)).cloned().collect();
                let ends = self.wave(&format!("{pass}.{}", nth + 1), &items, keys, rounds).await?;
                for end in ends {
                    if !end.may_pass {
                        given_up.push(end.key.clone());
                    }
                    rounds.take(end);
                }
            }
        }
        Ok(())
    }

    /// The waves of a round, decided once; nothing where nothing is left to do. Before the first anything that keeps the server
    /// from being updated is found out, and the host is taken out of service.
    async fn plan(&self, pass: u32, items: &[Item], rounds: &mut Rounds) -> Result<Option<Vec<Vec<String>>>> {
        let planned: Vec<Planned> = items.iter().map(Item::planned).collect();
        if pass == 1 {
            match self.visit.step::<Begun>(BEGIN)? {
                // An earlier attempt was here: what it meant to do is still what is reported.
                Step::Done(first) => (rounds.planned, rounds.left) = (first.planned, first.left),
                Step::New(_) | Step::Begun(..) if items.is_empty() => return Ok(None),
                Step::New(step) | Step::Begun(step, _) => {
                    self.stay()?;
                    self.list.now(15, "Looking whether the server can be updated");
                    let needs_host = items.iter().any(Item::waits_for_host);
                    rounds.checks = self.preflight(items, needs_host, true).pass().await?;
                    self.list.tick(format!("{} packages to install, nothing in their way", items.len()));
                    let begun = Begun { planned: planned.clone(), left: rounds.left.clone() };
                    rounds.planned = step.done(begun).await?.planned;
                }
            }
            if let Some(stay) = self.stay()? {
                self.list.now(20, "Taking the host out of service");
                stay.enter(self.visit).await?;
                self.list.tick("The host is in maintenance mode");
            }
        }
        for one in planned {
            if rounds.planned.iter().all(|known| known.key != one.key) {
                rounds.planned.push(one);
            }
        }
        let plan = match self.visit.step::<Vec<Vec<String>>>(&format!("plan {pass}"))? {
            Step::Done(plan) => plan,
            Step::New(_) | Step::Begun(..) if items.is_empty() => return Ok(None),
            Step::New(step) | Step::Begun(step, _) => step.done(waves(items)).await?,
        };
        Ok(Some(plan))
    }
}

/// Logs in. An iDRAC that an earlier attempt has sent something may be away over its own update: it is waited for.
async fn connect(visit: &Visit) -> Result<(Client, Resource<ComputerSystem>)> {
    let has_begun = |step: &str| Ok::<_, Error>(!matches!(visit.step::<Value>(step)?, Step::New(_)));
    let is_resumed = has_begun(BEGIN)? || has_begun("plan 1")?;
    let clock = visit.ctx().fleet().idrac_options().clock.clone();
    let end = clock.now() + AWAY;
    loop {
        match visit.connect().await {
            Err(error) if is_resumed && error.kind() == ErrorKind::Redfish && clock.now() < end => {
                clock.sleep(LOOK_EVERY).await;
            }
            connected => return connected,
        }
    }
}

impl Rounds {
    /// The later round knows better.
    pub(super) fn take(&mut self, end: End) {
        self.ends.retain(|known| known.key != end.key);
        self.ends.push(end);
    }
}

/// The number of its model: as it tells it, or as the catalogue knows its name.
fn system_id(stock: &Stock, system: &Resource<ComputerSystem>) -> Option<SystemId> {
    let dell = system.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.system.as_ref());
    let told = dell.and_then(|dell| u32::try_from(dell.system_id?).ok()).filter(|id| *id != 0).map(SystemId);
    told.or_else(|| match stock {
        Stock::Catalog { catalog, .. } => catalog.system_named(system.model.as_deref()?),
        _ => None,
    })
}
