//! What was asked of the simulator: as lines, and as numbers for the published table.

use std::io::Write as _;

use idrac_sim::{Exchange, Generation};

/// `METHOD path?query status` of each.
#[must_use]
pub fn lines(journal: &[Exchange]) -> Vec<String> {
    let line = |exchange: &Exchange| {
        let mark = if exchange.query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{} {}", exchange.method, exchange.path, exchange.query, exchange.status)
    };
    journal.iter().map(line).collect()
}

/// Whether a line is a login or a logout.
#[must_use]
pub fn is_login(line: &str) -> bool {
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    matches!(method, "POST" | "DELETE")
        && ["/redfish/v1/SessionService/Sessions", "/redfish/v1/Sessions"]
            .iter()
            .any(|home| path.starts_with(home))
}

/// Notes a number of requests where `DSM_REQUEST_TABLE` names a file for it: one line a number, any order.
pub fn note(name: &str, generation: Generation, requests: usize) {
    let Some(path) = std::env::var_os("DSM_REQUEST_TABLE") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    if let Ok(mut file) = file {
        // One write, so that lines of parallel tests do not mix. A table that misses a line is seen when it is made.
        let _ = file.write_all(format!("{name}\t{generation:?}\t{requests}\n").as_bytes());
    }
}
