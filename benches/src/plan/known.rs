//! Rows about a fleet whose servers are known.

use std::time::Duration;

use idrac_sim::JournalMode;

use super::{AT_WORK, Bar, Row, Runner, case, fleet, task};
use crate::task::Task;

const SERVERS: usize = 1_000;

pub(super) fn health() -> Row {
    Row {
        id: "fleet-health",
        title: "health_check of 1,000 known servers",
        fleet: Some(fleet(SERVERS, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![case("dsm, its defaults", Runner::Here("ours-health"), task(SERVERS, 1))],
        bars: vec![Bar::Wall(8.0, 0), Bar::Rss(120.0, 0)],
        note: "`health_check` with `details.all`, in depth, from `enqueue` to the end of the job, on an engine with an SQLite \
               file and the activity log on; each server's row of health and its columns are written, and checked \
               afterwards. The servers' rows hold nothing but their addresses before. The simulator shares the cores.",
    }
}

pub(super) fn refresh(paths: &[String]) -> Row {
    let known = task(SERVERS, 1);
    let bare = Task { per_idrac: 2, idracs: AT_WORK, paths: paths.to_vec(), ..known.clone() };
    Row {
        id: "fleet-refresh",
        title: "full refresh of 1,000 known servers",
        fleet: Some(fleet(SERVERS, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![
            case("dsm, its defaults", Runner::Here("ours-refresh"), known),
            case("bare reqwest loop, 2 at a time", Runner::Here("bare-inventory"), bare),
        ],
        bars: vec![Bar::WallRatio(1.3, 0, 1)],
        note: "`discovery_scan` of all of them by id, everything read, from `enqueue` to the end of the job; every inventory \
               is written to SQLite with the iDRAC's own documents, and a task each. Bare loop: as for inventories, 256 \
               servers at work at a time, and nothing is kept.",
    }
}
