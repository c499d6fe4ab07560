//! Firmware on every generation: what is installed, updates by every way, back again, and what goes wrong with them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dell_redfish::catalog::{Catalog, CatalogLimits, ComponentId, Reboot, SystemId};
use dell_redfish::flow::firmware::{
    Expected, FirmwareUpdate, PackageSource, UpdateOptions, UpdateOutcome, UpdateResult,
    compare_with_repository, delete_package, fetch_update_access, install_from_repository, list_firmware,
    plan_firmware_update, plan_repository_install, rollback_firmware, start_updates, update_firmware,
};
use dell_redfish::flow::power::{Reset, reset_and_wait};
use dell_redfish::flow::wait::{SoftEnd, Verdict, WaitOptions};
use dell_redfish::ops::share::{Share, ShareType};
use dell_redfish::ops::{ApplyTime, GetManager, ImageUri, MaintenanceWindow, RepositoryInstall, ResetType};
use dell_redfish::upload::PackageFile;
use dell_redfish::{Effect, ErrorKind, Restart, Result, Safeguard, Timeouts};
use idrac_sim::{FaultRule, FirmwareRules, Generation, ServerSpec};
use idrac_suite::cases::stock;
use idrac_suite::fault::Fault;
use idrac_suite::generations::run;
use idrac_suite::{Failure, Rig, on_each};

const BIOS: &str = "BIOS.Setup.1-1";
const IDRAC: &str = "iDRAC.Embedded.1-1";
const DIAGNOSTICS: &str = "Diagnostics.Embedded.1:LC.Embedded.1";

fn is_old(rig: &Rig) -> bool {
    matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8)
}

/// Requests of one reading of the inventory: one where the iDRAC expands it, one an entry besides where not.
fn reading(rig: &Rig, entries: usize) -> usize {
    if is_old(rig) { 1 + entries } else { 1 }
}

fn from_server(component: u32, version: &str) -> PackageSource {
    PackageSource::Uri(
        ImageUri::parse(&format!("https://10.9.8.7/d/Package_{component}_{version}.EXE")).unwrap(),
    )
}

/// A package of the simulator's kind.
fn file(component: u32, version: &str, more: &str) -> (tempfile::TempDir, PackageFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Package.EXE");
    let mut package = std::fs::File::create(&path).unwrap();
    writeln!(package, "SIMULATED PACKAGE {component} {version}{more}").unwrap();
    package.write_all(&vec![7; 300_000]).unwrap();
    (folder, PackageFile::new(&path).unwrap())
}

fn bios(version: &str) -> FirmwareUpdate {
    FirmwareUpdate::new(from_server(159, version)).expecting(Expected::in_device(version, BIOS))
}

fn diagnostics(version: &str) -> FirmwareUpdate {
    let expected = Expected::in_device(version, DIAGNOSTICS);
    FirmwareUpdate::new(from_server(25_806, version)).expecting(expected)
}

fn restarting() -> UpdateOptions {
    UpdateOptions::default().with_restart(Reset::new(ResetType::ForceRestart))
}

async fn update(rig: &Rig, update: &FirmwareUpdate) -> Result<UpdateOutcome> {
    update_firmware(rig.client(), update, &UpdateOptions::default()).await
}

async fn version(rig: &Rig, fqdd: &str) -> String {
    let inventory = list_firmware(rig.client()).await.unwrap();
    let mut found = inventory.installed.into_iter().filter(|item| item.fqdd.as_deref() == Some(fqdd));
    found.next().unwrap().version
}

fn posts(asked: &[String]) -> Vec<String> {
    let changing = asked.iter().filter(|line| !line.starts_with("GET "));
    changing.map(|line| line.rsplit('/').next().unwrap().to_owned()).collect()
}

async fn with_rules(generation: Generation, rules: FirmwareRules) -> Rig {
    Rig::start_with(generation, |spec| spec.firmware(rules), |client| client).await.unwrap()
}

#[tokio::test]
async fn the_inventory_keeps_apart_what_is_only_kept() {
    stock::FIRMWARE.everywhere().await;
}

#[tokio::test]
async fn an_update_of_the_idrac_is_followed_through_its_restart() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let update = FirmwareUpdate::new(from_server(25_227, "9.99.99.99"))
            .expecting(Expected::in_component("9.99.99.99", ComponentId(25_227)));
        let plan = plan_firmware_update(rig.client(), &update, &UpdateOptions::default()).await.unwrap();
        assert_eq!((plan.idrac, plan.host, plan.effect()), (Restart::Certain, Restart::No, Effect::Disrupt));
        let (outcome, asked) =
            rig.counting(update_firmware(rig.client(), &update, &UpdateOptions::default())).await;
        let outcome = outcome.unwrap();
        assert_eq!(outcome.result, UpdateResult::Installed, "{:?}", rig.generation());
        assert_eq!(outcome.after[0].version, "9.99.99.99");
        let manager = rig.client().run(&GetManager).await.unwrap();
        assert_eq!(manager.firmware_version.as_deref(), Some("9.99.99.99"));
        assert_eq!(posts(&asked), ["UpdateService.SimpleUpdate 202"]);
        assert!(rig.journal().iter().any(|exchange| exchange.fault == Some("restart_by_update")));
    })
    .await;
}

#[tokio::test]
async fn a_bios_waits_for_the_host_unless_a_restart_is_allowed() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let entries = list_firmware(rig.client()).await.unwrap().entries.len();
        let reading = reading(rig, entries);
        // Update service, inventory, the update, one look at the job; where the jobs are, an old iDRAC is asked once.
        let staged = rig
            .expecting(
                "update_firmware, staged",
                3 + reading + usize::from(is_old(rig)),
                update(rig, &bios("9.9.9")),
            )
            .await
            .unwrap();
        assert_eq!(staged.result, UpdateResult::Waiting(SoftEnd::Scheduled));
        assert_ne!(version(rig, BIOS).await, "9.9.9");
        reset_and_wait(rig.client(), &Reset::new(ResetType::ForceRestart)).await.unwrap();
        rig.pass(Duration::from_secs(600)).await;
        assert_eq!(version(rig, BIOS).await, "9.9.9");

        let later = bios("9.9.10");
        let plan = plan_firmware_update(rig.client(), &later, &restarting()).await.unwrap();
        assert_eq!((plan.host, plan.idrac), (Restart::Certain, Restart::No));
        let done = update_firmware(rig.client(), &later, &restarting()).await.unwrap();
        assert_eq!((done.result, done.host_was_restarted), (UpdateResult::Installed, true));
        assert_eq!((done.before[0].version.as_str(), done.after[0].version.as_str()), ("9.9.9", "9.9.10"));
    })
    .await;
}

#[tokio::test]
async fn what_is_installed_already_is_no_change() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let now = version(rig, BIOS).await;
        let entries = list_firmware(rig.client()).await.unwrap().entries.len();
        let outcome = rig
            .expecting("update_firmware, same version", 1 + reading(rig, entries), update(rig, &bios(&now)))
            .await
            .unwrap();
        assert_eq!(outcome.result, UpdateResult::NoChange);
        assert!(outcome.job.is_none());
        let plan = plan_firmware_update(rig.client(), &bios(&now), &restarting()).await.unwrap();
        assert!(plan.is_empty(), "{plan:?}");
    })
    .await;
}

#[tokio::test]
async fn a_direct_update_takes_a_known_number_of_requests() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let entries = list_firmware(rig.client()).await.unwrap().entries.len();
        // The service, the inventory, the update, looks at 0, 10, … 120 seconds, three readings that agree. An old iDRAC is asked
        // once where the jobs are; and its inventory is one entry longer afterwards, by the version before.
        let looks = 13 + usize::from(is_old(rig));
        let requests = 2 + looks + reading(rig, entries) + 3 * reading(rig, entries + 1);
        let outcome = rig
            .expecting("update_firmware, at once", requests, update(rig, &diagnostics("4301A99")))
            .await
            .unwrap();
        assert_eq!(outcome.result, UpdateResult::Installed);
        assert!(outcome.job.unwrap().is_done());
    })
    .await;
}

#[tokio::test]
async fn a_file_is_sent_the_way_the_firmware_takes_it() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let (_folder, package) = file(25_806, "4301A88", "");
        let (sent, length) = (Arc::new(AtomicU64::new(0)), package.length());
        let told = Arc::clone(&sent);
        let package = package.with_progress(move |at| {
            assert_eq!(at.total, length);
            told.store(at.sent, Ordering::Relaxed);
        });
        let wanted = FirmwareUpdate::new(PackageSource::File(package))
            .expecting(Expected::in_device("4301A88", DIAGNOSTICS));
        let (outcome, asked) = rig.counting(update(rig, &wanted)).await;
        let expected: &[&str] = match rig.generation() {
            Generation::Idrac7 | Generation::Idrac8 => &[],
            Generation::Idrac9V5 => &["FirmwareInventory 201", "UpdateService.SimpleUpdate 202"],
            _ => &["MultipartUpload 202"],
        };
        assert_eq!(posts(&asked), expected);
        if is_old(rig) {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), asked.len()), (ErrorKind::Unsupported, 1), "{asked:?}");
            assert!(error.to_string().contains("MultipartHttpPushUri"), "{error}");
            return;
        }
        assert_eq!(outcome.unwrap().result, UpdateResult::Installed);
        assert_eq!(sent.load(Ordering::Relaxed), length);
    })
    .await;
}

#[tokio::test]
async fn a_package_that_no_idrac_takes_fails_with_its_reason() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let uri = ImageUri::parse("https://10.9.8.7/UNSIGNED_25806_4301A99.EXE").unwrap();
        let unsigned = FirmwareUpdate::new(PackageSource::Uri(uri))
            .expecting(Expected::in_device("4301A99", DIAGNOSTICS));
        let error = update(rig, &unsigned).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::JobFailed);
        assert!(error.message_ids().any(|id| id.as_str() == "RED007"), "{error}");
        let stranger = FirmwareUpdate::new(from_server(4711, "1.0"));
        assert!(update(rig, &stranger).await.unwrap_err().message_ids().any(|id| id.as_str() == "RED097"));
    })
    .await;
}

#[tokio::test]
async fn an_update_goes_back_to_the_version_before() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let before = version(rig, DIAGNOSTICS).await;
        update(rig, &diagnostics("4301A99")).await.unwrap();
        let back = rollback_firmware(rig.client(), DIAGNOSTICS, &UpdateOptions::default()).await.unwrap();
        assert_eq!(back.result, UpdateResult::Installed);
        assert_eq!(version(rig, DIAGNOSTICS).await, before);
        let nothing =
            rollback_firmware(rig.client(), "Nowhere.1", &UpdateOptions::default()).await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn moments_are_taken_as_the_idrac_offers_them() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let window = || MaintenanceWindow {
            start: "2026-11-24T02:00:00+00:00".into(),
            duration: Duration::from_secs(3600),
        };
        let in_window = diagnostics("4301A99").with_apply_time(ApplyTime::AtMaintenanceWindowStart(window()));
        let on_start = diagnostics("4301A98").with_apply_time(ApplyTime::OnStartUpdateRequest);
        let on_reset = diagnostics("4301A97").with_apply_time(ApplyTime::OnReset);
        if is_old(rig) {
            for wanted in [&in_window, &on_start, &on_reset] {
                let (error, asked) = rig.counting(update(rig, wanted)).await;
                assert_eq!((error.unwrap_err().kind(), asked.len()), (ErrorKind::Unsupported, 1));
            }
            let error = start_updates(rig.client(), &WaitOptions::default()).await.unwrap_err();
            return assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
        if rig.generation() == Generation::Idrac10 {
            assert_eq!(update(rig, &in_window).await.unwrap_err().kind(), ErrorKind::Unsupported);
        } else {
            let waiting = update(rig, &in_window).await.unwrap();
            assert_eq!(waiting.result, UpdateResult::Waiting(SoftEnd::Scheduled));
            rig.pass(Duration::from_secs(2 * 3600)).await;
            assert_eq!(version(rig, DIAGNOSTICS).await, "4301A99");
        }
        assert_eq!(update(rig, &on_start).await.unwrap().result, UpdateResult::Waiting(SoftEnd::Scheduled));
        assert!(start_updates(rig.client(), &WaitOptions::default()).await.unwrap().is_done());
        assert_eq!(version(rig, DIAGNOSTICS).await, "4301A98");
        let done = update_firmware(rig.client(), &on_reset, &restarting()).await.unwrap();
        assert_eq!((done.result, done.host_was_restarted), (UpdateResult::Installed, true));
    })
    .await;
}

fn repository(apply: bool, reboot: bool) -> RepositoryInstall {
    let share = Share::new(ShareType::Cifs, "10.9.8.7", "repository").with_credentials("reader", "hunter22");
    RepositoryInstall { share, catalog_file: None, apply, reboot }
}

#[tokio::test]
async fn a_repository_is_compared_and_installed_job_by_job() {
    let rules = FirmwareRules {
        repository: vec![(25_806, "4301A99".into()), (159, "9.9.9".into()), (4711, "1".into())],
        ..FirmwareRules::default()
    };
    for generation in Generation::ALL {
        let rig = with_rules(generation, rules.clone()).await;
        run(rig, async |rig: &Rig| {
            let (client, wait) = (rig.client(), WaitOptions::default());
            if is_old(rig) {
                let error =
                    compare_with_repository(client, &repository(false, false), &wait).await.unwrap_err();
                return assert_eq!(error.kind(), ErrorKind::Unsupported);
            }
            // The service, the comparison, looks at 0, 10, … 60 seconds, the list.
            let found = rig
                .expecting(
                    "compare_with_repository",
                    10,
                    compare_with_repository(client, &repository(false, false), &wait),
                )
                .await
                .unwrap();
            let names: Vec<_> = found.iter().map(|update| update.version.clone().unwrap()).collect();
            assert_eq!(names, ["4301A99", "9.9.9"]);
            assert_eq!(found[1].reboot_type.as_deref(), Some("HOST"));
            let plan = plan_repository_install(client, &repository(true, true)).await.unwrap();
            assert!(plan.effect().is_destructive() && !format!("{plan:?}").contains("hunter22"));

            let staged = install_from_repository(client, &repository(true, false), &wait).await.unwrap();
            let ends: Vec<_> = staged.children.iter().map(|child| child.verdict).collect();
            assert_eq!(ends.len(), 2);
            assert!(
                ends.contains(&Verdict::Done) && ends.contains(&Verdict::SoftEnd(SoftEnd::Scheduled)),
                "{ends:?}"
            );
            assert_eq!(version(rig, DIAGNOSTICS).await, "4301A99");
            reset_and_wait(rig.client(), &Reset::new(ResetType::ForceRestart)).await.unwrap();
            rig.pass(Duration::from_secs(600)).await;
            let again = install_from_repository(client, &repository(true, true), &wait).await.unwrap();
            assert!(again.is_no_change() && again.job.is_none());
            assert!(
                compare_with_repository(client, &repository(false, false), &wait).await.unwrap().is_empty()
            );
        })
        .await;
    }
    let rig = with_rules(Generation::Idrac9V7, rules).await;
    run(rig, async |rig: &Rig| {
        let all = install_from_repository(rig.client(), &repository(true, true), &WaitOptions::default())
            .await
            .unwrap();
        assert!(all.children.iter().all(|child| child.is_done()), "{all:?}");
        assert_eq!(version(rig, BIOS).await, "9.9.9");
    })
    .await;
}

#[tokio::test]
async fn only_packages_that_wait_are_deleted_and_only_by_idrac10() {
    for generation in [Generation::Idrac9V7, Generation::Idrac10] {
        // Long enough an inventory to have packages that wait.
        let many = |spec: ServerSpec| {
            let mut size = spec.size;
            size.firmware = 200;
            spec.size(size)
        };
        run(Rig::start_with(generation, many, |client| client).await.unwrap(), async |rig: &Rig| {
            let inventory = list_firmware(rig.client()).await.unwrap();
            let refused = delete_package(rig.client(), &inventory.previous[0].id).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            let package = &inventory.available[0].id;
            let (outcome, asked) = rig.counting(delete_package(rig.client(), package)).await;
            assert_eq!(asked.len(), 2, "{asked:?}");
            if generation != Generation::Idrac10 {
                return assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unsupported);
            }
            outcome.unwrap();
            let now = list_firmware(rig.client()).await.unwrap();
            assert_eq!(now.available.len(), inventory.available.len() - 1);
            assert!(now.available.iter().all(|item| item.id != *package));
        })
        .await;
    }
}

#[tokio::test]
async fn a_broken_upload_is_adopted_or_given_up_but_never_sent_twice() {
    for (carried_out, effect) in [(true, idrac_sim::Effect::DropAfter), (false, idrac_sim::Effect::Drop)] {
        let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
        run(rig, async |rig: &Rig| {
            rig.server().set_faults([
                FaultRule::new(effect.clone()).path("/redfish/v1/UpdateService/MultipartUpload")
            ]);
            let (_folder, package) = file(25_806, "4301A66", "");
            let wanted = FirmwareUpdate::new(PackageSource::File(package))
                .expecting(Expected::in_device("4301A66", DIAGNOSTICS));
            let (outcome, asked) = rig.counting(update(rig, &wanted)).await;
            assert_eq!(posts(&asked).len(), 1, "{asked:?}");
            match outcome {
                Ok(outcome) => assert!(carried_out && outcome.result == UpdateResult::Installed),
                Err(error) => assert!(!carried_out && error.kind() == ErrorKind::Connect, "{error}"),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_catalogue_becomes_an_update() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let xml = r#"<Manifest><SoftwareComponent path="a/Package_159_9.9.9.EXE" vendorVersion="9.9.9" packageType="LW64">
            <SupportedDevices><Device componentID="159"/></SupportedDevices><SupportedSystems><Brand>
            <Model systemID="0B54" systemIDType="BIOS"/></Brand></SupportedSystems></SoftwareComponent></Manifest>"#;
        let catalog = Catalog::read(xml.as_bytes(), &CatalogLimits::default()).unwrap();
        let diff = list_firmware(rig.client()).await.unwrap().diff(&catalog, SystemId(2900));
        let [found] = diff.updates.as_slice() else { panic!("{:?}", diff.updates) };
        assert_eq!(found.reboot, Reboot::Needed);
        let wanted = FirmwareUpdate::of(found, from_server(159, "9.9.9"));
        let done = update_firmware(rig.client(), &wanted, &restarting()).await.unwrap();
        assert_eq!((done.result, done.after[0].version.as_str()), (UpdateResult::Installed, "9.9.9"));
        let diff = list_firmware(rig.client()).await.unwrap().diff(&catalog, SystemId(2900));
        assert!(diff.updates.is_empty() && diff.current.len() == 1);
    })
    .await;
}

#[tokio::test]
async fn secrets_of_a_share_are_in_no_plan_and_no_address() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let uri = ImageUri::parse("cifs://10.9.8.7/share/Package_25806_4301A55.EXE").unwrap();
        let wanted = FirmwareUpdate::new(PackageSource::Uri(uri.with_credentials("reader", "hunter22")))
            .expecting(Expected::in_device("4301A55", DIAGNOSTICS));
        assert!(!format!("{wanted:?}").contains("hunter22"));
        let plan = plan_firmware_update(rig.client(), &wanted, &UpdateOptions::default()).await.unwrap();
        assert!(!format!("{plan:?}").contains("hunter22"), "{plan:?}");
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(update(rig, &wanted).await.unwrap().result, UpdateResult::Installed);
        let ftp = ImageUri::parse("ftp://10.9.8.7/Package_25806_4301A56.EXE").unwrap();
        let error = update(rig, &FirmwareUpdate::new(PackageSource::Uri(ftp))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn the_captured_idrac_offers_every_way() {
    let Some(capture) = idrac_suite::capture::Capture::unpack() else { return };
    let fleet = idrac_sim::Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    run(rig, async |rig: &Rig| {
        let access = fetch_update_access(rig.client()).await.unwrap();
        assert_eq!(access.apply_times, ["Immediate", "OnReset", "OnStartUpdateRequest"]);
        assert!(access.multipart.is_some() && access.push.is_some());
        assert_eq!(
            access
                .actions
                .find("UpdateService.SimpleUpdate")
                .unwrap()
                .values("TransferProtocol")
                .unwrap()
                .len(),
            5
        );
        let inventory = list_firmware(rig.client()).await.unwrap();
        assert_eq!(
            (
                inventory.installed.len(),
                inventory.current.len(),
                inventory.previous.len(),
                inventory.available.len()
            ),
            (17, 4, 2, 0)
        );
        let card =
            inventory.installed.iter().find(|item| item.fqdd.as_deref() == Some("NIC.Slot.2-1")).unwrap();
        assert_eq!((card.component, card.pci.unwrap().to_string().as_str()), (None, "15B3:A2DC:15B3:0009"));
    })
    .await;
}

fn ruled(rules: FirmwareRules) -> impl Fn(ServerSpec) -> ServerSpec {
    move |spec| spec.firmware(rules.clone())
}

fn need(is_so: bool, what: &str) -> std::result::Result<(), Failure> {
    if is_so { Ok(()) } else { Err(what.into()) }
}

#[tokio::test]
async fn an_update_of_the_idrac_outlives_its_restart() {
    Fault::new(Safeguard::SurviveRestart, Generation::Idrac9V7, "restart_by_update")
        .prove(async |rig: &Rig| {
            let wanted = FirmwareUpdate::new(from_server(25_227, "9.99.99.99"))
                .expecting(Expected::in_device("9.99.99.99", IDRAC));
            need(update(rig, &wanted).await?.result == UpdateResult::Installed, "not installed")
        })
        .await;
}

#[tokio::test]
async fn fault_23_the_same_version_is_an_error_status() {
    Fault::new(Safeguard::SameVersionIsNoChange, Generation::Idrac9V7, "same_version")
        .avoided()
        .prove(async |rig: &Rig| {
            let now = version(rig, BIOS).await;
            need(update(rig, &bios(&now)).await?.result == UpdateResult::NoChange, "a change")
        })
        .await;
}

#[tokio::test]
async fn fault_24_an_upload_takes_longer_than_any_limit_in_all() {
    let rules = FirmwareRules { upload_pause_ms: 60, ..FirmwareRules::default() };
    let (deadline, attempt) = (Duration::from_millis(400), Duration::from_millis(300));
    Fault::new(Safeguard::StallNotTotal, Generation::Idrac9V7, "slow_upload")
        .server(ruled(rules))
        .client(move |client| client.timeouts(Timeouts { deadline, attempt, ..Timeouts::default() }))
        .prove(async |rig: &Rig| {
            let (_folder, package) = file(25_806, "4301A44", "");
            let wanted = FirmwareUpdate::new(PackageSource::File(package))
                .expecting(Expected::in_device("4301A44", DIAGNOSTICS));
            need(update(rig, &wanted).await?.result == UpdateResult::Installed, "not installed")
        })
        .await;
}

#[tokio::test]
async fn fault_25_no_upload_until_the_idrac_was_reset() {
    let rules = FirmwareRules { upload_needs_reset: true, ..FirmwareRules::default() };
    Fault::new(Safeguard::ResetAndUploadAgain, Generation::Idrac9V7, "upload_until_reset")
        .server(ruled(rules.clone()))
        .prove(async |rig: &Rig| {
            let (_folder, package) = file(25_806, "4301A33", "");
            let wanted = FirmwareUpdate::new(PackageSource::File(package))
                .expecting(Expected::in_device("4301A33", DIAGNOSTICS));
            let options = UpdateOptions::default().resetting_for_upload();
            let outcome = update_firmware(rig.client(), &wanted, &options).await?;
            need(outcome.idrac_was_reset && outcome.result == UpdateResult::Installed, "not installed")
        })
        .await;
    // Only where the caller allows it.
    run(with_rules(Generation::Idrac9V7, rules).await, async |rig: &Rig| {
        let (_folder, package) = file(25_806, "4301A33", "");
        let (outcome, asked) =
            rig.counting(update(rig, &FirmwareUpdate::new(PackageSource::File(package)))).await;
        assert!(outcome.unwrap_err().message_ids().any(|id| id.as_str() == "RAC964"));
        assert_eq!(posts(&asked), ["MultipartUpload 500"]);
    })
    .await;
}

#[tokio::test]
async fn fault_26_credentials_have_no_place_in_an_address() {
    Fault::new(Safeguard::NoCredentialsInUri, Generation::Idrac9V7, "credentials_in_address")
        .avoided()
        .prove(async |rig: &Rig| {
            let uri =
                ImageUri::parse("https://10.9.8.7/Package_25806_4301A22.EXE")?.with_credentials("a", "b");
            let wanted = FirmwareUpdate::new(PackageSource::Uri(uri))
                .expecting(Expected::in_device("4301A22", DIAGNOSTICS));
            need(update(rig, &wanted).await?.result == UpdateResult::Installed, "not installed")
        })
        .await;
}

#[tokio::test]
async fn fault_50_the_inventory_flaps_after_an_update() {
    let rules = FirmwareRules { flapping_reads: 3, ..FirmwareRules::default() };
    Fault::new(Safeguard::AgreeingReads, Generation::Idrac9V7, "flapping_inventory")
        .server(ruled(rules))
        .prove(async |rig: &Rig| {
            let outcome = update(rig, &diagnostics("4301A11")).await?;
            need(outcome.result == UpdateResult::Installed, "not installed")
        })
        .await;
}

#[tokio::test]
async fn the_ways_of_updates_are_told() {
    stock::UPDATES.everywhere().await;
}
