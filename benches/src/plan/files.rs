//! Rows about one large file: a package that is sent, a catalogue that is read.

use std::path::PathBuf;
use std::time::Duration;

use idrac_sim::JournalMode;

use super::{Bar, Row, Runner, case, fleet, task};
use crate::material::{CATALOG, CATALOG_GZ, PACKAGE};
use crate::task::Task;

/// Memory that an upload may take beyond what the bare client has anyway, in MB.
const EXTRA_MB: f64 = 30.0;

pub(super) fn upload() -> Row {
    let sending = Task { file: PathBuf::from(PACKAGE), ..task(1, 1) };
    Row {
        id: "upload",
        title: "upload of a 1 GB package",
        fleet: Some(fleet(1, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![
            case("dsm", Runner::Here("ours-upload"), sending.clone()),
            case("bare reqwest upload", Runner::Here("bare-upload"), sending),
            case("bare reqwest client, a session only", Runner::Here("bare-idle"), task(1, 1)),
        ],
        bars: vec![Bar::Speed(0.6, 0, 1), Bar::RssOver(EXTRA_MB, 0, 2)],
        note: "1 GiB, a hole in a file after its first line, to one iDRAC9, multipart. dsm: `update_firmware` to the moment \
               where the package waits for the next restart, so the update service, the inventory and a look at the job \
               are in its time, and the session. Bare upload: session, one POST whose body is a stream of 64 KiB pieces, \
               logout. The same TLS (rustls, ring, AES-GCM) without a client's check of the certificate's chain. The \
               simulator keeps none of it, but takes its SHA-256.",
    }
}

pub(super) fn catalog() -> Row {
    let reading = |name: &str| Task { file: PathBuf::from(name), ..Task::default() };
    Row {
        id: "catalog",
        title: "catalogue of 50 MB",
        fleet: None,
        cases: vec![
            case("dsm, Catalog.xml", Runner::Here("ours-catalog"), reading(CATALOG)),
            case("dsm, Catalog.xml.gz", Runner::Here("ours-catalog"), reading(CATALOG_GZ)),
        ],
        bars: vec![Bar::Wall(1.5, 0), Bar::Wall(1.5, 1), Bar::Rss(100.0, 0), Bar::Rss(100.0, 1)],
        note: "`Catalog::open` of a made-up catalogue: 50 MB of UTF-16, packages with 12 devices, 24 models and a revision \
               history each; the second case is the same file, packed. How many of them there are, each sample tells \
               (`packages`, `devices`).",
    }
}
