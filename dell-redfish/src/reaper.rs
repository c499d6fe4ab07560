//! Background work that must end before the program does: logins under way and sessions to delete.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Counts the logins and logouts that no caller waits for. Give one to all clients of a program and await
/// [`SessionReaper::drained`] before the runtime ends: then no session is left on any iDRAC.
#[derive(Debug, Clone)]
pub struct SessionReaper {
    running: watch::Sender<usize>,
}

impl Default for SessionReaper {
    fn default() -> Self {
        Self { running: watch::Sender::new(0) }
    }
}

impl SessionReaper {
    /// An idle reaper.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until none is under way. Each is bounded by its client's attempt time-out and retries.
    /// Drop (or [close](crate::Client::close)) the clients first: a living client keeps its session.
    pub async fn drained(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    pub(crate) fn spawn<F>(&self, runtime: &Handle, work: F) -> JoinHandle<(F::Output, Counted)>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let counted = Counted::new(self.running.clone());
        runtime.spawn(async move {
            let output = work.await;
            // Goes along with the output: a session that nobody takes hands its logout over before this count ends.
            (output, counted)
        })
    }
}

/// Counts one piece of work down when it ends, however it does.
pub(crate) struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(running: watch::Sender<usize>) -> Self {
        running.send_modify(|running| *running += 1);
        Self(running)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}
