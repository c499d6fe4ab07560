//! Secrets that the row of a job may show for a while: they go when they were read once, or when their time is over,
//! whoever made them and whatever became of that process.
//!
//! What is to go is on record before the row has it: an entry of the store, which names the job, the keys and the time. The
//! row says the same under [`EXPIRES`], so that a reader needs no second look.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::credential::SEALED;
use crate::ctx::Ctx;
use crate::engine::Engine;
use crate::engine::inner::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::job::JobRow;
use crate::store::JobQuery;

/// The kind of entries that say what is to go.
const KIND: &str = "secret";

/// The key of `details` that says which of the others go, and when: `{"keys": […], "at": …}`.
const EXPIRES: &str = "dsm_expires";

/// Between looks while something is to go soon, and while nothing is: other engines may have left something.
const LOOK: Duration = Duration::from_secs(1);
const IDLE_LOOK: Duration = Duration::from_secs(30);

/// What is to go, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Expiry {
    job: JobId,
    keys: Vec<String>,
    at: Timestamp,
}

impl Expiry {
    /// What the row of a job says.
    fn of(row: &JobRow) -> Option<Self> {
        let said = row.details.get(EXPIRES)?.as_object()?;
        let keys =
            said.get("keys")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { job: row.id, keys, at: said.get("at")?.as_str()?.parse().ok()? })
    }

    /// All that is taken out of the row.
    fn taken(&self) -> Vec<String> {
        self.keys.iter().cloned().chain([EXPIRES.to_owned()]).collect()
    }
}

impl Inner {
    /// Before the end of an attempt is stored: sees to it that what its handler wants to go does go. Where that cannot be
    /// promised, the row never gets it.
    pub(super) async fn limit_secrets(&self, ctx: &Ctx, details: &mut Map<String, Value>) {
        let mut keys = ctx.expiring();
        keys.retain(|key| details.get(key).is_some_and(|value| !value.is_null()));
        if keys.is_empty() {
            return;
        }
        match self.promise(ctx, &keys).await {
            Ok(at) => {
                details.insert(EXPIRES.to_owned(), json!({"keys": keys, "at": at}));
                self.secrets.notify_one();
            }
            Err(error) => {
                let error = error.chain();
                ctx.log(
                    "ERROR",
                    format!("{} cannot be kept for a while, so not at all: {error}", keys.join(", ")),
                );
                keys.iter().for_each(|key| drop(details.remove(key)));
            }
        }
    }

    /// Puts on record that these keys go.
    async fn promise(&self, ctx: &Ctx, keys: &[String]) -> Result<Timestamp> {
        let job = ctx.job().id;
        // What is left of an earlier run goes; a store that cannot take anything out says so here.
        self.store.take_details(job, keys).await?;
        let now = self.store.now().await?;
        let at = now.checked_add(self.options.secret_lifetime).unwrap_or(now);
        let expiry = json!(Expiry { job, keys: keys.to_vec(), at });
        let name = format!("{job}.{}", ctx.lease().fence);
        match self.store.put_entry(KIND, &name, expiry, None).await? {
            Some(_) => Ok(at),
            None => {
                Err(Error::new(ErrorKind::Conflict, "there is another record of this attempt").about(name))
            }
        }
    }

    pub(super) async fn expiry_loop(self: Arc<Self>) {
        while !self.is_stopping() {
            let pause = match self.expire_due().await {
                Ok(true) => LOOK,
                Ok(false) => IDLE_LOOK,
                Err(error) => {
                    tracing::error!("cannot take secrets out of jobs that are over: {}", error.chain());
                    LOOK
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.secrets.notified() => {}
            }
        }
    }

    /// Takes out what is due. Whether more will be due soon.
    pub(super) async fn expire_due(&self) -> Result<bool> {
        let entries = self.store.entries(KIND).await?;
        if entries.is_empty() {
            return Ok(false);
        }
        let now = self.store.now().await?;
        let mut is_more_to_come = false;
        for entry in entries {
            let Ok(expiry) = serde_json::from_value::<Expiry>(entry.body) else { continue };
            if expiry.at > now {
                is_more_to_come = true;
            } else if self.expire(&expiry).await? {
                self.store.remove_entry(KIND, &entry.name).await?;
            }
        }
        Ok(is_more_to_come)
    }

    /// Whether that was all: while the job goes on, the end of it may still be on its way to the store.
    async fn expire(&self, expiry: &Expiry) -> Result<bool> {
        let query = JobQuery { ids: vec![expiry.job], ..JobQuery::default() };
        let Some(row) = self.store.jobs(query).await?.into_iter().next() else { return Ok(true) };
        let is_over = row.status.is_terminal();
        // A later run of the job has a time of its own.
        if Expiry::of(&row).is_none_or(|said| said.at <= expiry.at) {
            self.store.take_details(expiry.job, &expiry.taken()).await?;
        }
        Ok(is_over)
    }
}

impl Engine {
    /// Gives the secret to who reads the row, and takes it out: nobody else gets it.
    pub(super) async fn read_once(&self, mut row: JobRow) -> Result<JobRow> {
        let Some(expiry) = Expiry::of(&row).filter(|_| row.status.is_terminal()) else { return Ok(row) };
        let taken = self.inner.store.take_details(row.id, &expiry.taken()).await?.unwrap_or_default();
        expiry.keys.iter().for_each(|key| drop(row.details.remove(key)));
        row.details.extend(taken);
        row.details.remove(EXPIRES);
        Ok(row)
    }
}

/// What lists show in place of a secret that its reader takes out.
pub(super) fn hide(row: &mut JobRow) {
    for key in Expiry::of(row).map(|expiry| expiry.keys).unwrap_or_default() {
        row.details.entry(key).and_modify(|value| *value = SEALED.into());
    }
}

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;
