//! A large package is sent in constant memory. Alone in its process, whose memory is measured.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io::Write as _;

use dell_redfish::flow::firmware::{
    Expected, FirmwareUpdate, PackageSource, UpdateOptions, UpdateResult, update_firmware,
};
use dell_redfish::upload::PackageFile;
use idrac_sim::Generation;
use idrac_suite::Rig;
use idrac_suite::generations::run;

const DIAGNOSTICS: &str = "Diagnostics.Embedded.1:LC.Embedded.1";

#[tokio::test]
async fn a_large_file_is_sent_in_constant_memory() {
    let megabytes: u64 = std::env::var("DSM_UPLOAD_MEGABYTES").map_or(96, |text| text.parse().unwrap());
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Package.EXE");
        let mut package = std::fs::File::create(&path).unwrap();
        writeln!(package, "SIMULATED PACKAGE 25806 4301A77").unwrap();
        package.set_len(megabytes << 20).unwrap();
        let wanted = FirmwareUpdate::new(PackageSource::File(PackageFile::new(&path).unwrap()))
            .expecting(Expected::in_device("4301A77", DIAGNOSTICS));
        let before = peak_megabytes();
        assert_eq!(
            update_firmware(rig.client(), &wanted, &UpdateOptions::default()).await.unwrap().result,
            UpdateResult::Installed
        );
        let sent = rig.journal().iter().map(|exchange| exchange.request_bytes).max().unwrap();
        assert!(sent as u64 > megabytes << 20);
        // Client and simulator live in this process: neither may hold the file.
        assert!(peak_megabytes() < before + 24, "{before} MB before, {} MB after", peak_megabytes());
    })
    .await;
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}
