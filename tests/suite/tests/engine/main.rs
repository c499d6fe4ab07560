//! The engine and its `discovery_scan` over simulated fleets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod attempts;
mod cancel;
mod captured;
mod certificate;
mod control;
mod credentials;
mod faults;
mod fence;
mod foreign;
mod identity;
mod input;
mod lanes;
mod legacy;
mod limits;
mod refresh;
mod scan;
mod schedules;

use std::net::IpAddr;
use std::time::Duration;

use dsm_core::JobStatus;
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::{Ran, Stand, scan};
use idrac_sim::{Fleet, FleetBuilder, InventorySize, JournalMode};
use serde_json::{Value, json};

/// A small server: scans are about many.
const SMALL: InventorySize = InventorySize {
    processors: 2,
    controllers: 1,
    drives: 2,
    volumes: 1,
    dimms: 2,
    adapters: 1,
    ports_per_adapter: 2,
    gpus: 0,
    power_supplies: 2,
    fans: 2,
    firmware: 4,
    lclog: 1,
    sel: 1,
};

fn fleet(network: &str, count: usize) -> FleetBuilder {
    Fleet::builder()
        .network(network, count)
        .credentials(USER, PASSWORD)
        .size(SMALL)
        .journal(JournalMode::Full)
}

/// An engine's surroundings that know the fleet's password as the set `right`.
async fn stand(fleet: &Fleet) -> Stand {
    let mut stand = Stand::memory(fleet.port());
    stand.scan.identify_timeout = Duration::from_secs(3);
    stand.idrac.connect_timeout = Duration::from_secs(5);
    stand.add_set("right", USER, PASSWORD, 10).await.unwrap();
    stand
}

fn ip(fleet: &Fleet, index: usize) -> IpAddr {
    fleet.addresses()[index].ip()
}

/// All addresses of a fleet, as a person writes them.
fn range(fleet: &Fleet) -> String {
    format!("{}-{}", ip(fleet, 0), ip(fleet, fleet.len() - 1))
}

async fn scan_all(stand: &Stand, fleet: &Fleet) -> Ran {
    stand.run(scan(json!({"ip_range": range(fleet)}), Value::Null)).await.unwrap()
}

fn assert_done(ran: &Ran) {
    assert_eq!(ran.row.status, JobStatus::Completed, "{:#?}", ran.row.details);
    assert_eq!(ran.row.details.get("partial"), None, "{:#?}", ran.row.details);
}

fn assert_partly(ran: &Ran) {
    assert_eq!(ran.row.status, JobStatus::Completed, "{:#?}", ran.row.details);
    assert_eq!(ran.row.details["partial"], true, "{:#?}", ran.row.details);
}
