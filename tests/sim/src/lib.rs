//! A simulated fleet of Dell iDRACs on loopback addresses.
//!
//! One process is thousands of servers: each address has its own service tag, serial numbers, MAC
//! addresses and certificate, its own sessions, power state and faults. The resources follow the DMTF
//! schemas and what is publicly known of each iDRAC generation; all made-up trees are synthetic, and a
//! DMTF mockup folder can be served in their place. The simulator shares nothing with any client.
//!
//! ```no_run
//! # async fn start() -> Result<(), idrac_sim::Error> {
//! use idrac_sim::{Fleet, Generation};
//!
//! let fleet = Fleet::builder()
//!     .network("127.20.0.0", 254)
//!     .generation_mix(Generation::MIX)
//!     .credentials("root", "secret")
//!     .server(3, |s| s.kind(idrac_sim::Kind::Silent))
//!     .start()
//!     .await?;
//! println!("{} servers on port {}", fleet.len(), fleet.port());
//! fleet.stop().await;
//! # Ok(())
//! # }
//! ```

// A refusal is a whole answer; it is made once a request and never passed far.
#![allow(clippy::result_large_err)]
// The resources are long `json!` literals.
#![recursion_limit = "256"]

mod action;
mod auth;
mod builder;
mod certificate;
mod clock;
mod damage;
mod dynamic;
mod error;
mod expand;
mod expected;
mod fault;
mod fleet;
mod handle;
mod identity;
mod journal;
#[cfg(feature = "legacy-tls")]
mod legacy;
mod limit;
mod message;
mod mockup;
mod query;
mod read;
mod reply;
mod rules;
mod serve;
mod server;
mod spec;
mod state;
mod stranger;
mod sync;
mod tag;
mod template;
mod tree;
mod upload;

pub use builder::FleetBuilder;
pub use clock::Clock;
pub use error::Error;
pub use expected::Expected;
pub use fault::{Effect, FaultRule};
pub use fleet::Fleet;
pub use journal::{Exchange, Totals};
pub use rules::job::JobSpec;
pub use server::ServerHandle;
pub use spec::{
    Account, BootWrite, ExpandSupport, FirmwareRules, FleetSpec, Generation, HostRules, InventorySize,
    JobNaming, JobRules, JournalMode, Kind, LockoutPolicy, Selector, ServerOverride, ServerSpec,
    SettingsRules,
};
pub use tag::{ConditionRule, TagRule, TagScope};
