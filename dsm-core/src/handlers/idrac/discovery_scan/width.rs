//! How many connections at a time the machine allows.

use crate::engine::options::ScanOptions;
use crate::error::{Error, ErrorKind, Result};

/// Descriptors left for the store, logs and the embedding program.
const RESERVE: u64 = 128;

/// The configured width, lowered to what the descriptor limit leaves beside the iDRACs at work.
pub(super) fn fitted(options: &ScanOptions) -> Result<usize> {
    let wanted = options.connect_width.max(1);
    let Some(limit) = descriptor_limit() else { return Ok(wanted) };
    // An iDRAC at work holds up to four connections, but two by default.
    let taken = RESERVE + 2 * options.idrac_width as u64;
    let room = limit.saturating_sub(taken);
    if room < 16 {
        return Err(Error::new(
            ErrorKind::System,
            format!("the descriptor limit is {limit}, of which {taken} are spoken for"),
        )
        .about("scan.connect_width")
        .hint("raise it (`ulimit -n 4096`, or LimitNOFILE= of the service) or lower scan.idrac_width"));
    }
    Ok(wanted.min(usize::try_from(room).unwrap_or(wanted)))
}

/// The soft limit of open files of this process, where the system tells it.
fn descriptor_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_never_exceeds_the_wish_nor_the_limit() {
        let wish = ScanOptions { connect_width: 8, idrac_width: 4, ..ScanOptions::default() };
        assert_eq!(fitted(&wish).expect("a small width fits"), 8);
        let greedy = ScanOptions { connect_width: usize::MAX, idrac_width: 4, ..ScanOptions::default() };
        let limit = descriptor_limit().expect("Linux tells the limit");
        assert_eq!(fitted(&greedy).expect("fits") as u64, limit - RESERVE - 8);
    }
}
