//! A catalogue, read from the disk into what searches need.

use dell_redfish::catalog::Catalog;

use crate::Outcome;
use crate::measure::Watch;
use crate::task::{Done, Task};

/// `Catalog::open`, and the check that nothing was lost: each package's path ends in its number.
pub(super) fn ours(task: &Task) -> Outcome<Done> {
    let bytes = std::fs::metadata(&task.file)?.len();
    let watch = Watch::start();
    let catalog = Catalog::open(&task.file)?;
    let mut done = Done::new(watch.stop(), 1);
    let last = catalog.packages().last().ok_or("the catalogue came out empty")?;
    let number = last.file_name().trim_start_matches("Package_").trim_end_matches(".EXE").parse::<usize>()?;
    done.expect("packages", catalog.packages().len(), number + 1);
    let devices: usize = catalog.packages().iter().map(|package| package.devices.len()).sum();
    done.fact("packages", number + 1);
    done.fact("devices", devices);
    done.fact("file_megabytes", bytes as f64 / 1e6);
    Ok(done)
}
