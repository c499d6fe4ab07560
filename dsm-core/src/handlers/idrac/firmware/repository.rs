//! Rounds of a repository that the iDRAC reads itself: it compares, and makes a job for each package.

use dell_redfish::DellJobId;
use dell_redfish::catalog::{ComponentId, InstalledFirmware, Stage};
use dell_redfish::flow::firmware::{
    Expected, RepositoryUpdate, adopt_repository_install, await_versions, begin_repository_install,
    compare_with_repository, list_firmware, start_of_repository_install,
};
use dell_redfish::flow::ready::{ReadyOptions, wait_until_back};
use dell_redfish::flow::wait::{HeldBy, JobRef, SoftEnd, Started, Until, Verdict, WaitOptions, wait_for_job};
use dell_redfish::ops::RepositoryInstall;
use serde_json::{Value, json};

use super::component::Component;
use super::end::{Became, End, Failure, shown};
use super::plan::Planned;
use super::run::{Rounds, Run};
use crate::error::Result;
use crate::step::Step;

impl Run<'_> {
    /// Rounds until the repository has nothing newer.
    pub(super) async fn by_repository(&self, install: &RepositoryInstall, rounds: &mut Rounds) -> Result<()> {
        for pass in 1..=self.work.args.max_passes {
            self.list.now(10, format!("Comparing with the repository, round {pass}"));
            let step = format!("plan {pass}");
            let (plan, is_new) = match self.visit.step::<Vec<Planned>>(&step)? {
                Step::Done(plan) => (plan, false),
                Step::New(step) | Step::Begun(step, _) => {
                    if pass == 1 {
                        self.stay()?;
                        rounds.checks = self.preflight(&[], true, true).pass().await?;
                    }
                    let wait = self.wait("comparison", 10);
                    let plan = planned(compare_with_repository(&self.client, install, &wait).await?);
                    if plan.is_empty() {
                        rounds.inventory = Some(list_firmware(&self.client).await?);
                        return Ok(());
                    }
                    (step.done(plan).await?, true)
                }
            };
            if is_new {
                self.list.tick(format!("The repository has {} newer packages", plan.len()));
            }
            for one in &plan {
                if rounds.planned.iter().all(|known| known.key != one.key) {
                    rounds.planned.push(one.clone());
                }
            }
            if let Some(stay) = self.stay()?.filter(|_| pass == 1) {
                self.list.now(20, "Taking the host out of service");
                stay.enter(self.visit).await?;
                self.list.tick("The host is in maintenance mode");
            }
            rounds.passes = pass;
            let ends = self.install(pass, install, &plan, rounds).await?;
            let may_go_on = ends.iter().all(|end| end.is_good() || end.may_pass);
            for end in ends {
                rounds.take(end);
            }
            if !may_go_on {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn install(
        &self,
        pass: u32,
        install: &RepositoryInstall,
        plan: &[Planned],
        rounds: &mut Rounds,
    ) -> Result<Vec<End>> {
        let step = match self.visit.step::<Vec<End>>(&format!("wave {pass}"))? {
            Step::Done(ends) => return Ok(ends),
            Step::New(step) | Step::Begun(step, _) => step,
        };
        let mut jobs = Vec::new();
        let mut held = Vec::new();
        for id in self.hand_over(pass, install).await? {
            let job = JobRef::from(id.clone());
            self.ledger().sent(self.visit.server_id(), Some(&id));
            let options = self.wait("package", 40).with_held_by(HeldBy::Restart).with_until(Until::Scheduled);
            let outcome = wait_for_job(&self.client, &job, &options).await?;
            match outcome.verdict {
                Verdict::SoftEnd(SoftEnd::Scheduled | SoftEnd::RebootPending | SoftEnd::Downloaded) => {
                    held.push(job)
                }
                _ => {
                    self.ledger().ended(self.visit.server_id(), &id);
                    jobs.push(outcome);
                }
            }
        }
        let mut not_restarted = None;
        if !held.is_empty() {
            not_restarted = self.restart(&format!("{pass}"), &held).await?.err();
            for job in held.iter().filter(|_| not_restarted.is_none()) {
                let options = self.wait("package", 75).with_held_by(HeldBy::Restart);
                let outcome = wait_for_job(&self.client, job, &options).await?;
                if let Some(id) = &job.job {
                    self.ledger().ended(self.visit.server_id(), id);
                }
                jobs.push(outcome);
            }
        }
        self.list.now(90, "Reading which versions are installed now");
        wait_until_back(&self.client, &ReadyOptions { in_a_row: 1, ..ReadyOptions::default() }).await?;
        let expected: Vec<Expected> = plan.iter().filter_map(expected).collect();
        let failure = not_restarted.or_else(|| jobs.iter().find_map(Failure::of_job));
        // After a failure not all of it will ever be there: what is there now counts.
        let inventory = match failure {
            None => await_versions(&self.client, &expected, &self.options()).await?,
            Some(_) => list_firmware(&self.client).await?,
        };
        let queue: Vec<Value> = jobs.iter().map(shown).collect();
        let ends = plan.iter().map(|one| {
            let end = end_of(one, &inventory.installed, failure.as_ref());
            let line = format!(
                "{}: {} → {}",
                one.name,
                one.version_before,
                one.version_wanted.as_deref().unwrap_or("?")
            );
            if end.is_good() {
                self.list.tick(line)
            } else {
                self.list.cross(line)
            }
            End { job: Some(json!(queue)), ..end }
        });
        let ends = ends.collect();
        rounds.inventory = Some(inventory);
        step.done(ends).await
    }

    /// The jobs that the iDRAC made of the repository, at most once over all attempts.
    async fn hand_over(&self, pass: u32, install: &RepositoryInstall) -> Result<Vec<DellJobId>> {
        let wait = self.wait("repository", 30);
        let name = format!("repository {pass}");
        let ids = match self.visit.step::<Vec<String>>(&name)? {
            Step::Done(ids) => ids,
            Step::New(step) => {
                let started = self.start_of_install().await?;
                step.begin(&started).await?;
                step.done(self.begin_install(install, &started, &wait).await?).await?
            }
            Step::Begun(step, note) => {
                let known = match serde_json::from_value::<Started>(note) {
                    Ok(started) => adopt_repository_install(&self.client, &started, &wait).await?,
                    Err(_) => None,
                };
                match known {
                    Some(ids) => step.done(texts(&ids)).await?,
                    None => {
                        let started = self.start_of_install().await?;
                        step.begin(&started).await?;
                        step.done(self.begin_install(install, &started, &wait).await?).await?
                    }
                }
            }
        };
        Ok(ids.iter().filter_map(|id| DellJobId::parse(id).ok()).collect())
    }

    async fn start_of_install(&self) -> Result<Started> {
        Ok(start_of_repository_install(&self.client).await?.by_its_clock(&self.client).await)
    }

    async fn begin_install(
        &self,
        install: &RepositoryInstall,
        started: &Started,
        wait: &WaitOptions,
    ) -> Result<Vec<String>> {
        self.ledger().sends(self.visit.server_id(), started);
        let ids = begin_repository_install(&self.client, install, started, wait).await?;
        self.ledger().sent(self.visit.server_id(), None);
        Ok(texts(&ids))
    }
}

fn texts(ids: &[DellJobId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

/// What the iDRAC found, as a plan; the key is Dell's component id.
fn planned(found: Vec<RepositoryUpdate>) -> Vec<Planned> {
    let mut plan: Vec<Planned> = Vec::new();
    for update in found {
        let Some(id) = update.component_id.as_deref().and_then(ComponentId::parse) else { continue };
        let key = id.to_string();
        if plan.iter().any(|known| known.key == key) {
            continue;
        }
        let item = InstalledFirmware {
            id: String::new(),
            name: None,
            fqdd: update.targets.first().map(|fqdd| fqdd.rsplit("__").next().unwrap_or(fqdd).to_owned()),
            version: String::new(),
            state: None,
            component: Some(id),
            pci: None,
            component_type: update.component_type.clone(),
            updateable: None,
            sideband: None,
        };
        plan.push(Planned {
            key,
            component: Component::of(Stage::of(&item)).word().to_owned(),
            name: update.name.unwrap_or_else(|| format!("component {id}")),
            version_before: update.installed_version.unwrap_or_default(),
            version_wanted: update.version,
            package: update.package.unwrap_or_default(),
        });
    }
    plan
}

fn expected(planned: &Planned) -> Option<Expected> {
    let id = ComponentId::parse(&planned.key)?;
    Some(Expected::in_component(planned.version_wanted.as_deref()?, id))
}

fn end_of(planned: &Planned, installed: &[InstalledFirmware], failure: Option<&Failure>) -> End {
    match expected(planned) {
        None => End::new(&planned.key, Became::Ended),
        Some(expected) if expected.is_met(installed) => End::new(&planned.key, Became::Installed),
        Some(expected) => {
            let late = || Failure::new(format!("version {} is not installed", expected.version)).passing();
            End::failed(&planned.key, failure.cloned().unwrap_or_else(late))
        }
    }
}
