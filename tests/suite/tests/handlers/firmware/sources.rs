//! Everything packages come from: a mirror, a list, one address, and a repository that the iDRAC reads itself.

use dsm_suite::ward::Ward;
use idrac_sim::{FirmwareRules, Generation};
use serde_json::json;

use super::stock::{
    BASE, BIOS, DIAGNOSTICS, POWER_SUPPLY, PUSH, RESET, Stock, UPDATE, UPLOAD, contents, count, ends, installed,
    sha256,
};
use crate::{assert_done, assert_failed};

fn takes_files(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_packages_of_a_mirror_are_sent_the_way_each_generation_takes_them() {
    let ward = Ward::of("127.68.16.0", &Generation::ALL).await.unwrap();
    let stock = Stock::mirror(&[BIOS, DIAGNOSTICS]);
    let ran = ward.run("firmware_update", stock.sent(json!({}))).await.unwrap();
    for (place, server) in ward.servers.iter().enumerate() {
        let result = ran.of(*server);
        if !takes_files(Generation::ALL[place]) {
            assert!(result["error"].as_str().unwrap().contains("takes no uploads"), "{result:#}");
            assert!(ward.commands(place).is_empty());
            continue;
        }
        assert_eq!(result["status"], "done", "{result:#}");
        assert_eq!(count(&ward, place, UPLOAD) + count(&ward, place, PUSH), 2);
        assert_eq!(count(&ward, place, RESET), 1);
        assert_eq!(installed(&ward, *server, "BIOS").await, [BIOS.1]);
        let hashes = result["preflight"].as_array().unwrap().iter().filter(|check| check["check"] == "package");
        assert!(hashes.clone().count() == 2 && hashes.clone().all(|check| check["ok"] == true), "{result:#}");
    }
    // Those that take no files fetch them, where they are told from where.
    let old: Vec<_> = (0..ward.servers.len()).filter(|place| !takes_files(Generation::ALL[*place])).collect();
    let servers: Vec<_> = old.iter().map(|place| ward.servers[*place]).collect();
    let job = ward.job_on("firmware_update", &servers, stock.sent(json!({"base_uri": BASE})));
    assert_done(&ward.stand.run(job).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_another_is_never_sent() {
    let ward = Ward::of("127.68.17.0", &[Generation::ALL[3]]).await.unwrap();
    let stock = Stock::mirror(&[DIAGNOSTICS]);
    let file = stock.folder().join("d/Package_25806_4301A99.EXE");
    std::fs::write(&file, contents(25_806, "4301A98")).unwrap();
    let ran = ward.run("firmware_update", stock.sent(json!({}))).await.unwrap();
    assert_failed(&ran, "not the package of the catalogue");
    let named = json!({"packages": [{"path": &file, "component": "25806", "version": "4301A98",
        "sha256": sha256(b"something else")}]});
    let ran = ward.run("firmware_update", named).await.unwrap();
    assert_failed(&ran, "not the package that was named");
    assert_eq!(ran.of(ward.servers[0])["error_subject"], "preflight.package");
    assert!(ward.commands(0).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_is_named_by_its_kind_its_number_or_its_device() {
    let ward = Ward::of("127.68.18.0", &[Generation::ALL[3]]).await.unwrap();
    let uri = |(component, version): (u32, &str)| format!("{BASE}/Package_{component}_{version}.EXE");
    let packages = json!([
        {"uri": uri(DIAGNOSTICS), "component": "25806", "version": DIAGNOSTICS.1},
        {"uri": uri(BIOS), "component": "BIOS.Setup.1-1", "version": BIOS.1},
        {"uri": uri(POWER_SUPPLY), "component": "PSU", "version": POWER_SUPPLY.1},
        {"uri": uri((4711, "1.0")), "component": "4711", "version": "1.0"},
    ]);
    let ran = ward.run("firmware_update", json!({"packages": packages})).await.unwrap();
    assert_done(&ran);
    let result = ran.of(ward.servers[0]);
    let words: Vec<_> = ends(result).into_iter().map(|(component, version, _)| (component, version)).collect();
    assert_eq!(words.len(), 3, "{result:#}");
    assert!(words.contains(&("PSU".to_owned(), POWER_SUPPLY.1.to_owned())), "{words:?}");
    assert!(result["left_alone"][0].as_str().unwrap().contains("no component 4711"), "{result:#}");
    assert_eq!(count(&ward, 0, RESET), 1, "one restart for all of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_address_of_the_existing_form_is_installed_on_every_generation() {
    let ward = Ward::of("127.68.19.0", &Generation::ALL).await.unwrap();
    let details = json!({
        "firmware_source": "manual_repository", "firmware_uri": format!("{BASE}/Package_159_9.9.9.EXE"),
        "component": "BIOS", "version": "9.9.9", "apply_time": "OnReset", "auto_select_latest": true,
        "dell_catalog_url": "https://downloads.dell.com/catalog/Catalog.xml", "clear_stale_jobs_before_update": true,
    });
    let ran = ward.run("firmware_update", details.clone()).await.unwrap();
    assert_done(&ran);
    for (place, server) in ward.servers.iter().enumerate() {
        assert_eq!(installed(&ward, *server, "BIOS").await, [BIOS.1]);
        assert_eq!((count(&ward, place, UPDATE), count(&ward, place, RESET)), (1, 1));
    }
    let again = ward.run("firmware_update", details).await.unwrap();
    assert_eq!(again.count("skipped_count"), ward.servers.len() as i64, "{:#?}", again.row.details);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_version_the_end_of_the_job_is_told_and_no_more() {
    let ward = Ward::of("127.68.20.0", &[Generation::ALL[3]]).await.unwrap();
    let details = json!({"firmware_uri": format!("{BASE}/Package_25806_4301A99.EXE"), "component": "25806"});
    let ran = ward.run("firmware_update", details).await.unwrap();
    assert_done(&ran);
    let updates = &ran.of(ward.servers[0])["updates"][0];
    assert_eq!((&updates["status"], &updates["version_after"]), (&json!("ended"), &json!(DIAGNOSTICS.1)), "{updates:#}");
    assert_eq!(count(&ward, 0, UPDATE), 1, "sent once, whatever the number of rounds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_installed_by_the_idrac_in_one_restart() {
    let ward = Ward::start("127.68.21.0", Generation::ALL.len(), |fleet| {
        let repository = vec![(25_806, "4301A99".to_owned()), (159, "9.9.9".to_owned())];
        let rules = FirmwareRules { repository, ..FirmwareRules::default() };
        fleet.generation_mix(Generation::ALL).defaults(|server| server.firmware(rules))
    })
    .await
    .unwrap();
    let details = json!({"share": {"type": "cifs", "address": "10.9.8.7", "name": "repository", "username": "reader",
        "password": "hunter22-of-the-share"}});
    let ran = ward.run("firmware_update", details.clone()).await.unwrap();
    let install = |place| ward.commands(place).iter().filter(|one| one.ends_with("InstallFromRepository")).count();
    for (place, server) in ward.servers.iter().enumerate() {
        let result = ran.of(*server);
        if !takes_files(Generation::ALL[place]) {
            assert!(result["error"].as_str().unwrap().contains("does not offer"), "{result:#}");
            continue;
        }
        assert_eq!(result["status"], "done", "{result:#}");
        assert_eq!(count(&ward, place, RESET), 1);
        // It is compared, installed, and compared once more: nothing is left.
        assert_eq!(install(place), 3, "{:?}", ward.commands(place));
        assert_eq!(installed(&ward, *server, "BIOS").await, [BIOS.1]);
    }
    assert!(!serde_json::to_string(&ran.row).unwrap().contains("hunter22"));
    let planned = ward.run("firmware_update", super::stock::with(details, json!({"dry_run": true}))).await.unwrap();
    assert!(!serde_json::to_string(&planned.row).unwrap().contains("hunter22"));
}
