//! Power of the host: reset it and see that it happened, take mains away, make it blink.
//!
//! | flow | requests |
//! | --- | --- |
//! | [`reset_and_wait`] that finds the host there already | 1: the state |
//! | [`reset_and_wait`] | 2 (the state, the reset) and one look each [`Reset::poll`] until it is there |
//! | a restart below 7.x | 1 more for Dell's service, and each look asks it, too |
//! | [`cycle_mains`] | 3 (host, chassis, the action) and the looks |
//! | [`set_locator`] | 1 where it is so already, else 3: read, set, read back |

mod goal;
mod locator;
mod mains;
mod reset;
mod state;
mod wanted;
mod witness;
mod work;

pub use locator::{LocatorOutcome, set_locator};
pub use mains::{MainsCycle, MainsOutcome, cycle_mains, plan_mains_cycle};
pub use reset::{Answer, Attempt, ResetOutcome, plan_reset, reset_and_wait};
pub use state::PowerState;
pub use wanted::{Escalation, Reset};
pub use witness::RestartProof;
