//! The fleet that is scanned: mostly well, and a bit of everything that is not.

use std::time::Duration;

use idrac_sim::{Effect, Error, FaultRule, Fleet, Generation, Kind};
use serde_json::{Value, json};

/// Addresses of the fleet.
pub(crate) const COUNT: usize = 254;
/// Where they are.
pub(crate) const NETWORK: &str = "127.20.0.0/24";
/// Most iDRACs take these; the passwords protect nothing but this simulation.
pub(crate) const MAIN: (&str, &str) = ("root", "demo-main-7Kq");
/// A rack that came from elsewhere takes these.
pub(crate) const OTHER: (&str, &str) = ("admin", "demo-other-3Zt");
/// Nobody told us about these.
const UNKNOWN: (&str, &str) = ("root", "demo-unknown-9Xw");

/// Starts it on a free port.
pub(crate) async fn start() -> Result<Fleet, Error> {
    let mut builder = Fleet::builder()
        .network("127.20.0.0", COUNT)
        .generation_mix(Generation::MIX)
        .credentials(MAIN.0, MAIN.1)
        .latency(Duration::from_millis(15));
    for index in 0..COUNT {
        builder = match index {
            20..=31 => builder.server(index, |s| s.kind(Kind::Dead)),
            60..=65 => builder.server(index, |s| s.kind(Kind::Silent)),
            100..=111 => builder.server(index, |s| s.credentials(OTHER.0, OTHER.1)),
            150..=152 => builder.server(index, |s| s.credentials(UNKNOWN.0, UNKNOWN.1)),
            70 | 133 | 214 => builder.server(index, |s| s.faults(broken_supply())),
            88 => builder.server(index, |s| {
                s.faults([failing("Disk.Bay.3:Enclosure.Internal.0-1:RAID.Integrated.1-1")])
            }),
            180 => builder.server(index, |s| s.latency(Duration::from_millis(350))),
            200 => builder.server(index, |s| s.kind(Kind::NotDell)),
            201 => builder.server(index, |s| s.kind(Kind::NotRedfish)),
            _ => builder,
        };
    }
    builder.start().await
}

/// A power supply that is broken: of the new model by its id, of the old one, which has none, by its name.
fn broken_supply() -> [FaultRule; 2] {
    [("PowerSubsystem", "PSU.Slot.2"), ("Power", "PS2 Status")].map(|(home, part)| {
        altered(part, json!({"Status": {"Health": "Critical"}}))
            .path(format!("/redfish/v1/Chassis/System.Embedded.1/{home}"))
    })
}

/// A drive that says that it will fail.
fn failing(drive: &str) -> FaultRule {
    altered(drive, json!({"FailurePredicted": true, "Status": {"Health": "Warning"}}))
}

fn altered(part: &str, set: Value) -> FaultRule {
    FaultRule::new(Effect::Altered { id: part.to_owned(), set }).method("GET")
}
