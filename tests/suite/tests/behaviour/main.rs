//! The inventory through the real client, over TLS, for every generation and every fault.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod captured;
mod generations;
mod login;
mod trouble;
mod trust;

use idrac_sim::{Fleet, FleetBuilder, Generation, JournalMode, ServerHandle};

use dsm_suite::inventory::{PASSWORD, USER};

/// A fleet of one, every exchange kept.
fn one(network: &str, generation: Generation) -> FleetBuilder {
    Fleet::builder()
        .network(network, 1)
        .generation(generation)
        .credentials(USER, PASSWORD)
        .journal(JournalMode::Full)
}

fn only(fleet: &Fleet) -> ServerHandle {
    fleet.server(0).unwrap()
}

/// `METHOD path?query` of every exchange so far.
fn asked(fleet: &Fleet) -> Vec<String> {
    fleet
        .journal()
        .iter()
        .map(|exchange| match exchange.query.as_str() {
            "" => format!("{} {}", exchange.method, exchange.path),
            query => format!("{} {}?{query}", exchange.method, exchange.path),
        })
        .collect()
}
