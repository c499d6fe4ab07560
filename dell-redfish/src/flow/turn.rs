//! One at a time: work on one iDRAC that must not meet other work of its kind, whichever client does it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

type Turns = HashMap<(String, &'static str), Weak<Turn<()>>>;

/// Per process and not per client: an iDRAC does not care which client disturbs it.
static TURNS: LazyLock<Mutex<Turns>> = LazyLock::new(Mutex::default);

/// Waits for the turn of this kind of work on this iDRAC; it is over when the guard is dropped.
pub(crate) async fn take(host: &str, kind: &'static str) -> OwnedMutexGuard<()> {
    let turn = {
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_owned(), kind);
        match turns.get(&key).and_then(Weak::upgrade) {
            Some(turn) => turn,
            None => {
                turns.retain(|_, turn| turn.strong_count() > 0);
                let turn = Arc::new(Turn::new(()));
                turns.insert(key, Arc::downgrade(&turn));
                turn
            }
        }
    };
    turn.lock_owned().await
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn work_of_one_kind_on_one_idrac_waits() {
        let first = take("192.0.2.9:443", "a").await;
        assert!(take("192.0.2.9:443", "b").now_or_never().is_some());
        assert!(take("192.0.2.8:443", "a").now_or_never().is_some());
        let mut second = Box::pin(take("192.0.2.9:443", "a"));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        second.await;
    }
}
