//! What the host starts from: next time, and always.
//!
//! Three generations, three ways, told apart by what the iDRAC shows: where the system's settings resource holds the values an
//! override takes, everything is written there (iDRAC10); where there are boot options, a PATCH of the system makes the job of a
//! new order (iDRAC9); else Dell's boot list is staged, and its job made (iDRAC7 and 8).
//!
//! | flow | iDRAC7/8 | iDRAC9 | iDRAC10 |
//! | --- | --- | --- | --- |
//! | [`fetch_boot`] | 2 | 2 | 3 |
//! | [`set_boot_override`], [`disable_boot_override`] | 3 | 3 | 4 |
//! | the same where it is so already | 1 | 1 | 2 |
//! | [`set_boot_order`] by reference | 5 | 3 | 4 |
//! | the same where it is so already | 2 | 1 | 2 |

mod order;
mod overriding;
mod read;

use serde::{Deserialize, Serialize};

pub use order::{OrderOutcome, plan_boot_order, set_boot_order};
pub use overriding::{
    BootOverride, OverrideOutcome, disable_boot_override, plan_boot_override, set_boot_override,
};
pub use read::{BootChoice, BootConfig, OverrideState, fetch_boot};

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applied {
    /// It was so already; nothing was sent.
    Unchanged,
    /// It is set, and was read back.
    Set,
    /// It is accepted, and takes effect when the host restarts.
    PendingRestart,
}

/// Whether what was written may have taken effect although this came back: iDRACs answer 400 to boot overrides they have set,
/// and a connection breaks when it likes.
fn may_have_worked(error: &crate::error::Error) -> bool {
    use crate::error::ErrorKind as K;
    matches!(error.kind(), K::BadRequest | K::Connect | K::Timeout | K::Server | K::Protocol)
        && !error.is_unsent()
}
