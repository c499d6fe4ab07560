//! One wave: all its packages staged, one restart of the host, every job followed to its end, and the versions that are there
//! then.

use dell_redfish::DellJobId;
use dell_redfish::flow::firmware::{Expected, FirmwareInventory, await_versions};
use dell_redfish::flow::jobs::{delete_job, list_jobs};
use dell_redfish::flow::ready::{ReadyOptions, wait_until_back};
use dell_redfish::flow::wait::{
    HeldBy, JobOutcome, JobRef, SoftEnd, Until, Verdict, WaitOptions, fetch_job, wait_for_job,
};
use dell_redfish::{Error as Refused, ErrorKind as Kind};
use serde_json::Value;

use super::ledger::TAKE_BACK_WITHIN;
use super::end::{Became, End, Failure, shown};
use super::plan::Item;
use super::run::{Rounds, Run};
use crate::error::Result;
use crate::step::Step;

/// A package on its way.
struct Moving {
    item: Item,
    job: Option<JobRef>,
    /// Its job as it was seen last.
    seen: Option<Value>,
}

impl Run<'_> {
    /// Brings a wave to its end, once over all attempts. `keys` are all it was planned with; what of them is installed by now is
    /// not among `items`.
    pub(super) async fn wave(
        &self,
        round: &str,
        items: &[Item],
        keys: &[String],
        rounds: &mut Rounds,
    ) -> Result<Vec<End>> {
        let step = match self.visit.step::<Vec<End>>(&format!("wave {round}"))? {
            Step::Done(ends) => {
                self.list.tick(format!("Wave {round} was brought to its end before"));
                return Ok(ends);
            }
            Step::New(step) | Step::Begun(step, _) => step,
        };
        let mut ends: Vec<End> = keys
            .iter()
            .filter(|key| items.iter().all(|item| item.key != **key))
            .map(|key| End::new(key, Became::Installed))
            .collect();
        let (done, held) = self.stage_all(round, items, &mut ends).await?;
        let mut moving = done;
        moving.extend(self.restart_and_follow(round, held, &mut ends).await?);
        self.judge(moving, &mut ends, rounds).await?;
        step.done(ends).await
    }

    /// Stages every item. What needs no restart is followed at once, so that it is in force before the next; gives these, and
    /// those that wait for the host.
    async fn stage_all(
        &self,
        round: &str,
        items: &[Item],
        ends: &mut Vec<End>,
    ) -> Result<(Vec<Moving>, Vec<Moving>)> {
        let (mut done, mut held) = (Vec::new(), Vec::new());
        let mut known: Vec<DellJobId> =
            list_jobs(&self.client).await?.into_iter().filter_map(|job| job.id).collect();
        for (nth, item) in items.iter().enumerate() {
            let percent = u8::try_from(20 + 40 * nth / items.len().max(1)).unwrap_or(20);
            self.list
                .now(percent, format!("Staging {} {}", item.name, item.version.as_deref().unwrap_or("")));
            let staged = match self.stage(round, item, &known).await? {
                Ok(staged) => staged,
                Err(failure) => {
                    self.list.cross(format!("{}: {}", item.name, failure.why));
                    ends.push(End::failed(&item.key, failure));
                    continue;
                }
            };
            let mut one = Moving { item: item.clone(), job: staged.job(), seen: None };
            known.extend(one.job.as_ref().and_then(|job| job.job.clone()));
            let Some(job) = one.job.clone() else {
                done.push(one);
                continue;
            };
            // What surely needs no restart goes on by itself to its end.
            let (until, held_by) = match item.waits_for_host() {
                true => (Until::Scheduled, HeldBy::Restart),
                false => (Until::End, HeldBy::Nothing),
            };
            let options = self.wait(&item.name, percent).with_until(until).with_held_by(held_by);
            match self.follow(&job, &options).await? {
                Ok(outcome) => {
                    one.seen = Some(shown(&outcome));
                    let waits = matches!(
                        outcome.verdict,
                        Verdict::SoftEnd(SoftEnd::Scheduled | SoftEnd::RebootPending | SoftEnd::Downloaded)
                    );
                    if waits {
                        self.list.tick(format!("{} is staged", item.name));
                        held.push(one);
                    } else {
                        self.ended(one, &outcome, &mut done, ends);
                    }
                }
                Err(failure) => ends.push(self.gave_up(one, failure).await),
            }
        }
        Ok((done, held))
    }

    /// Restarts the host for what waits for it, and follows every job to its end.
    async fn restart_and_follow(
        &self,
        round: &str,
        held: Vec<Moving>,
        ends: &mut Vec<End>,
    ) -> Result<Vec<Moving>> {
        let mut done = Vec::new();
        if held.is_empty() {
            return Ok(done);
        }
        let jobs: Vec<JobRef> = held.iter().filter_map(|one| one.job.clone()).collect();
        if let Err(failure) = self.restart(round, &jobs).await? {
            self.list.cross(format!("The host was not restarted: {}", failure.why));
            for one in held {
                ends.push(self.gave_up(one, failure.clone()).await);
            }
            return Ok(done);
        }
        for mut one in held {
            let Some(job) = one.job.clone() else { continue };
            let options = self.wait(&one.item.name, 75).with_held_by(HeldBy::Restart);
            match self.follow(&job, &options).await? {
                Ok(outcome) => {
                    one.seen = Some(shown(&outcome));
                    self.ended(one, &outcome, &mut done, ends);
                }
                Err(failure) => ends.push(self.gave_up(one, failure).await),
            }
        }
        Ok(done)
    }

    async fn follow(
        &self,
        job: &JobRef,
        options: &WaitOptions,
    ) -> Result<std::result::Result<JobOutcome, Failure>> {
        match wait_for_job(&self.client, job, options).await {
            Ok(outcome) => Ok(Ok(outcome)),
            Err(error) => self.not_followed(error).map(Err),
        }
    }

    /// An iDRAC that stays away ends the server, not the package.
    fn not_followed(&self, error: Refused) -> Result<Failure> {
        match error.kind() {
            Kind::Connect | Kind::Tls | Kind::CircuitOpen => Err(error.into()),
            _ => Failure::of(error),
        }
    }

    fn ended(&self, one: Moving, outcome: &JobOutcome, done: &mut Vec<Moving>, ends: &mut Vec<End>) {
        if let Some(id) = outcome.id.as_ref().or(one.job.as_ref().and_then(|job| job.job.as_ref())) {
            self.ledger().ended(self.visit.server_id(), id);
        }
        let lost = || {
            let is_lost = outcome.verdict == Verdict::Lost && one.item.expected.is_none();
            is_lost.then(|| Failure::new("its job is lost, and nobody said which version to look for"))
        };
        match Failure::of_job(outcome).or_else(lost) {
            None => done.push(one),
            Some(failure) => {
                self.list.cross(format!("{}: {}", one.item.name, failure.why));
                ends.push(End::failed(&one.item.key, failure));
            }
        }
    }

    /// A job that gets nowhere and has not begun is deleted, so that no later restart surprises anybody.
    async fn gave_up(&self, one: Moving, failure: Failure) -> End {
        let Moving { item, job, seen } = one;
        self.list.cross(format!("{}: {}", item.name, failure.why));
        if let Some(job) = &job
            && let Some(id) = &job.job
            && let Ok(status) = fetch_job(&self.client, job).await
        {
            let is_over = status.state.is_end();
            let options = WaitOptions::default().with_deadline(TAKE_BACK_WITHIN);
            if is_over || (status.state.is_held() && delete_job(&self.client, id, &options).await.is_ok()) {
                self.ledger().ended(self.visit.server_id(), id);
            }
        }
        End::failed(&item.key, Failure { job: failure.job.clone().or(seen), ..failure })
    }

    /// What the inventory says of the packages whose jobs ended well.
    async fn judge(&self, moving: Vec<Moving>, ends: &mut Vec<End>, rounds: &mut Rounds) -> Result<()> {
        if moving.is_empty() {
            return Ok(());
        }
        self.list.now(90, "Reading which versions are installed now");
        wait_until_back(&self.client, &ReadyOptions { in_a_row: 1, ..ReadyOptions::default() }).await?;
        let expected: Vec<Expected> = moving.iter().filter_map(|one| one.item.expected.clone()).collect();
        let inventory = await_versions(&self.client, &expected, &self.options()).await?;
        for one in moving {
            ends.push(self.end_of(one, &inventory));
        }
        rounds.inventory = Some(inventory);
        Ok(())
    }

    fn end_of(&self, one: Moving, inventory: &FirmwareInventory) -> End {
        let Moving { item, seen, .. } = one;
        let key = &item.key;
        let end = match &item.expected {
            None => End::new(key, Became::Ended),
            Some(expected) if expected.is_met(&inventory.installed) => End::new(key, Became::Installed),
            Some(expected) => {
                let concerned = inventory.installed.iter().filter(|entry| expected.concerns(entry));
                let there: Vec<_> = concerned.map(|entry| entry.version.as_str()).collect();
                let why = format!(
                    "its job ended and version {} is not installed: the inventory shows {}",
                    expected.version,
                    if there.is_empty() { "no such device".to_owned() } else { there.join(", ") }
                );
                End::failed(key, Failure::new(why).passing())
            }
        };
        match end.is_good() {
            true => self.list.tick(format!(
                "{}: {} → {}",
                item.name,
                item.before.join(", "),
                item.version.as_deref().unwrap_or("installed")
            )),
            false => self.list.cross(format!("{}: {}", item.name, end.error.as_deref().unwrap_or_default())),
        }
        End { job: seen, ..end }
    }
}
