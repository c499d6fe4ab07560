//! What a job changes when it ends.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{World, attribute};
use crate::state::State;

/// One area's change; each area says what it means.
#[derive(Clone, Debug, Default)]
pub(crate) enum JobEffect {
    /// The job itself is all there is to it.
    #[default]
    Nothing,
    /// Attributes are written.
    Attributes(attribute::Write),
    /// Secure boot or its keys.
    SecureBoot(super::security::Change),
    /// These parts are erased.
    Erase(Vec<String>),
    /// The persistent boot order.
    BootOrder(Vec<String>),
    /// Other firmware in a device.
    Firmware(super::firmware::Change),
    /// Volumes, drives, keys.
    Storage(Vec<super::storage::Delta>),
    /// A configuration profile is imported.
    Profile(super::scp::Change),
    /// Settings of a resource become these.
    Settings { owner: String, values: Map<String, Value> },
}

/// Carries it out. Called once, when a job has ended well enough to have had an effect.
pub(crate) fn apply(state: &mut State, world: World<'_>, effect: JobEffect, at: Duration) {
    match effect {
        JobEffect::Nothing => {}
        JobEffect::Storage(deltas) => super::storage::apply(state, deltas),
        JobEffect::Attributes(write) => state.attribute.write(write),
        JobEffect::SecureBoot(change) => state.security.apply(change),
        JobEffect::Erase(parts) => super::erase::apply(state, parts),
        JobEffect::BootOrder(order) => super::boot::set_order(state, order),
        JobEffect::Firmware(change) => super::firmware::apply(state, world, &change, at),
        JobEffect::Profile(change) => super::scp::apply(state, world, change, at),
        JobEffect::Settings { owner, values } => super::bios::apply(state, &owner, values),
    }
}
