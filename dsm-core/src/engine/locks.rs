//! Locks that are given back when they are let go, and how long to wait for them.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::cancel::StopSignal;
use crate::engine::fence::Fence;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Holder, LockRequest, Locked, Store, Turn};

/// First and longest pause between looks at a lock that others have.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Locks held. They stand between jobs and calls, not between tasks of one job. Dropping this gives them back in the
/// background; [`HeldLocks::release`] waits for it.
#[derive(Debug)]
#[must_use = "dropping it gives the locks back"]
pub struct HeldLocks {
    store: Arc<dyn Store>,
    request: Option<LockRequest>,
    /// A call's right to change what it locked; an attempt has its own.
    fence: Option<Arc<Fence>>,
}

impl HeldLocks {
    /// Takes them: now, or in line until it is its turn or `stop` says to stop. `right` makes what a call may change servers
    /// by meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] naming who has them; [`ErrorKind::Cancelled`]; [`ErrorKind::LeaseLost`]; the store's.
    pub(crate) async fn take(
        store: Arc<dyn Store>,
        request: LockRequest,
        stop: Option<StopSignal>,
        right: impl Fn() -> Option<Arc<Fence>> + Send,
    ) -> Result<Self> {
        // First the guard: whoever stops waiting gives the place up.
        let mut held = Self { store: store.clone(), request: Some(request.clone()), fence: None };
        let mut pause = FIRST_LOOK;
        loop {
            // Counted from before the asking.
            held.fence = right();
            let holders = match store.lock(request.clone()).await? {
                Locked::Granted => return Ok(held),
                Locked::Busy(holders) => holders,
            };
            if request.turn == Turn::Now {
                return Err(busy(&holders));
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                reason = stopped(stop.as_ref()) => {
                    return Err(Error::new(ErrorKind::Cancelled, reason).about(named(&holders)));
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Gives them back and waits until that is stored.
    ///
    /// # Errors
    /// The store's; whoever waits gets them with the end of the job or of the call's time.
    pub async fn release(mut self) -> Result<()> {
        self.end();
        match self.request.take() {
            Some(request) => unlock(&*self.store, &request).await,
            None => Ok(()),
        }
    }

    pub(crate) fn fence(&self) -> Option<&Arc<Fence>> {
        self.fence.as_ref()
    }

    /// Nothing is changed any more in the name of locks that others may get.
    fn end(&self) {
        if let Some(fence) = &self.fence {
            fence.end();
        }
    }
}

impl Drop for HeldLocks {
    fn drop(&mut self) {
        self.end();
        let Some(request) = self.request.take() else { return };
        // Without a runtime the process ends, and with it the lease or the call's time.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let store = self.store.clone();
            runtime.spawn(async move {
                if let Err(error) = unlock(&*store, &request).await
                    && error.kind() != ErrorKind::LeaseLost
                {
                    tracing::warn!(label = request.label, "locks were not given back: {}", error.chain());
                }
            });
        }
    }
}

async fn unlock(store: &dyn Store, request: &LockRequest) -> Result<()> {
    let keys: Vec<String> = request.wishes.iter().map(|wish| wish.key.clone()).collect();
    store.unlock(request.owner, &keys).await
}

async fn stopped(stop: Option<&StopSignal>) -> String {
    match stop {
        Some(stop) => stop.stopped().await.to_string(),
        None => std::future::pending().await,
    }
}

/// Who is in the way, in words.
pub(crate) fn busy(holders: &[Holder]) -> Error {
    let Some(first) = holders.first() else {
        return Error::new(ErrorKind::Busy, "somebody else is at it");
    };
    let who = match first.job_id {
        Some(job) => format!("{} (job {job})", first.label),
        None => first.label.clone(),
    };
    let where_ = first.executor.as_ref().map(|executor| format!(" on {executor}")).unwrap_or_default();
    let more = match holders.len() {
        1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    Error::new(ErrorKind::Busy, format!("{who}{where_}{more} has it since {}", first.since))
        .about(first.key.clone())
        .hint("wait for it to end, or cancel it")
}

fn named(holders: &[Holder]) -> String {
    holders.first().map(|holder| holder.key.clone()).unwrap_or_default()
}
