//! The suite against a real iDRAC that the environment names.
//!
//! | variable | what it says |
//! | --- | --- |
//! | `DSM_TEST_IDRAC` | its address, with a port where that is not 443; without it the suite says that this is left out |
//! | `DSM_TEST_IDRAC_USER` | who logs in |
//! | `DSM_TEST_IDRAC_PASSWORD`, or `DSM_TEST_IDRAC_PASSWORD_FILE` | the password, or the file whose first line it is |
//! | `DSM_TEST_IDRAC_ALLOW=changes` | permits the cases that change something; each puts back what it changed |
//!
//! The cases are [those](crate::cases) that run on every simulated generation. Without the permission a guard lets nothing
//! pass but GET, whatever a case tries. Request counts are reported, not asserted; a case that needs what only a simulator has
//! is left out aloud. At the end the session service says whether a session of ours was left.

mod guard;
mod named;
mod run;
mod world;

pub use named::{Allow, NamedIdrac};
pub use run::run;
pub use world::RealWorld;

/// Why a case cannot go on: it needs what only a simulator has.
#[derive(Debug)]
struct NeedsSimulator(&'static str);

/// Ends a case on a real iDRAC.
#[allow(clippy::panic, reason = "the only way out of a case in the middle; the run catches it")]
pub(crate) fn needs_simulator(what: &'static str) -> ! {
    std::panic::panic_any(NeedsSimulator(what))
}
