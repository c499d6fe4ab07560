//! Operations as plain values: a request, and how to read its reply.

mod collection;
mod proof;
mod resource;
mod service_root;

pub use collection::ListMembers;
pub use proof::{Proof, vendor_proof};
pub use resource::{GetBios, GetChassis, GetComputerSystem, GetManager, GetResource};
pub use service_root::GetServiceRoot;
