//! The same case on every generation.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use idrac_sim::Generation;

use crate::Rig;

/// Runs a case on a fresh iDRAC of each of these generations. Whatever becomes of the case, a panic among it, its session must
/// be gone afterwards.
///
/// # Panics
/// When the case does, when a rig cannot be started, or when a session is left.
#[allow(clippy::panic, reason = "a rig that does not start is a test that fails")]
pub async fn on_each(generations: impl IntoIterator<Item = Generation>, case: impl AsyncFn(&Rig)) {
    for generation in generations {
        let rig = match Rig::start(generation).await {
            Ok(rig) => rig,
            Err(error) => panic!("{generation:?} does not start: {error}"),
        };
        run(rig, &case).await;
    }
}

/// Runs a case on this rig and ends it.
///
/// # Panics
/// When the case does, or when a session is left.
pub async fn run(rig: Rig, case: impl AsyncFn(&Rig)) {
    let outcome = AssertUnwindSafe(case(&rig)).catch_unwind().await;
    rig.finish().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
