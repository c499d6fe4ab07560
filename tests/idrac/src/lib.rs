//! What the behaviour tests of `dell-redfish` stand on: one simulated iDRAC, a client of it, one clock for both, and the
//! proof at the end that no session was left; and the cases that hold on a real iDRAC as well, with what runs them there.

pub mod capture;
pub mod cases;
pub mod fault;
pub mod generations;
pub mod real;
pub mod requests;
pub mod rig;
pub mod time;

pub use generations::on_each;
pub use rig::{PASSWORD, Rig, USER};

/// What a case may fail with besides an assertion.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
