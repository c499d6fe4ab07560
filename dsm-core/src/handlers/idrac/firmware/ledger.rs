//! The Dell jobs that this job made and that have not come to an end yet: nothing else is ever taken back.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dell_redfish::flow::jobs::{delete_job, list_jobs};
use dell_redfish::flow::wait::{Started, WaitOptions, find_started};
use dell_redfish::{Client, DellJobId};

use crate::id::ServerId;

/// How long an iDRAC may take to let a job go.
pub(super) const TAKE_BACK_WITHIN: Duration = Duration::from_secs(600);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<HashMap<ServerId, Page>>);

#[derive(Debug)]
struct Page {
    client: Client,
    open: Vec<DellJobId>,
    /// What was being sent, and may have become a job that nobody was told of.
    sending: Option<Started>,
}

impl Ledger {
    pub(super) fn meet(&self, server: ServerId, client: &Client) {
        let page = || Page { client: client.clone(), open: Vec::new(), sending: None };
        self.pages().entry(server).or_insert_with(page).client = client.clone();
    }

    pub(super) fn sends(&self, server: ServerId, started: &Started) {
        if let Some(page) = self.pages().get_mut(&server) {
            page.sending = Some(started.clone());
        }
    }

    /// What was sent is this job now, or none.
    pub(super) fn sent(&self, server: ServerId, job: Option<&DellJobId>) {
        if let Some(page) = self.pages().get_mut(&server) {
            page.sending = None;
            page.open.extend(job.cloned());
        }
    }

    /// It came to an end.
    pub(super) fn ended(&self, server: ServerId, job: &DellJobId) {
        if let Some(page) = self.pages().get_mut(&server) {
            page.open.retain(|open| open != job);
        }
    }

    /// Deletes what has not begun, and gives it. What runs is left to its end.
    pub(super) async fn take_back(&self, server: ServerId) -> Taken {
        let Some((client, mut open, sending)) = self.page(server) else { return Taken::default() };
        let wait = WaitOptions::default()
            .with_deadline(TAKE_BACK_WITHIN)
            .with_grace(Duration::from_secs(15))
            .with_interval(Duration::from_secs(5));
        if let Some(started) = sending
            && let Ok(found) = find_started(&client, &started, &wait).await
        {
            open.extend(found.job);
        }
        let mut taken = Taken::default();
        if open.is_empty() {
            return taken;
        }
        let Ok(queue) = list_jobs(&client).await else {
            taken.left = open;
            return taken;
        };
        for job in queue {
            let Some(id) = job.id.filter(|id| open.contains(id)) else { continue };
            if job.state.is_end() {
                continue;
            }
            let is_gone = job.state.is_held() && delete_job(&client, &id, &wait).await.is_ok();
            if is_gone { &mut taken.back } else { &mut taken.left }.push(id.clone());
        }
        for id in &taken.back {
            self.ended(server, id);
        }
        taken
    }

    fn page(&self, server: ServerId) -> Option<(Client, Vec<DellJobId>, Option<Started>)> {
        let pages = self.pages();
        let page = pages.get(&server)?;
        Some((page.client.clone(), page.open.clone(), page.sending.clone()))
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<ServerId, Page>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Deleted.
    pub(super) back: Vec<DellJobId>,
    /// Under way, or out of reach.
    pub(super) left: Vec<DellJobId>,
}
