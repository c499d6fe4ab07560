//! Secure boot, proofs of parts, key management, the iDRAC's defaults; shares, clock and asset tag.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::asset_tag::set_asset_tag;
use dell_redfish::flow::clock::{fetch_time, set_time};
use dell_redfish::flow::defaults::{
    IdracDefaults, plan_reset_to_defaults, reset_to_defaults, set_custom_defaults,
};
use dell_redfish::flow::integrity::{
    MeasurementRequest, fetch_component_certificate, fetch_signed_measurements, list_component_integrity,
    list_trusted_components,
};
use dell_redfish::flow::key_management::{KeyManagementChange, generate_sekm_csr};
use dell_redfish::flow::network::fetch_network_settings;
use dell_redfish::flow::secure_boot::{
    ResetKeys, ResetKeysType, add_secure_boot_certificate, add_secure_boot_hash, delete_secure_boot_key,
    fetch_secure_boot, fetch_secure_boot_keys, list_secure_boot_databases, plan_set_secure_boot,
    set_secure_boot,
};
use dell_redfish::flow::share::test_network_share;
use dell_redfish::ops::share::{Share, ShareType};
use dell_redfish::{Effect, ErrorKind, ODataId, Restart};
use idrac_sim::{FaultRule, Generation};
use idrac_suite::cases::{access, change, settings, stock};
use idrac_suite::{Rig, on_each};

const OLD: [Generation; 2] = [Generation::Idrac7, Generation::Idrac8];
const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];
const WITH_DATABASES: [Generation; 3] = [Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];
const WITH_PROOFS: [Generation; 2] = [Generation::Idrac9V7, Generation::Idrac10];
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// Restarts the host and lets it come through its power-on test, jobs and all.
async fn restart_host(rig: &Rig) {
    let body = serde_json::json!({"ResetType": "ForceRestart"});
    let path = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";
    let request = dell_redfish::Request::post(path, &body);
    dell_redfish::Redfish::send(rig.client(), "Reset", request).await.unwrap();
    rig.pass(Duration::from_secs(600)).await;
}

#[tokio::test]
async fn secure_boot_is_switched_for_the_next_start() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let plan = plan_set_secure_boot(client, true).await.unwrap();
        assert_eq!((plan.host, plan.effect(), plan.steps.len()), (Restart::Needed, Effect::Change, 1));
        let accepted = rig.expecting("SetSecureBoot", 2, set_secure_boot(client, true)).await.unwrap();
        assert!(accepted.unwrap().job.is_some());
        assert_eq!(fetch_secure_boot(client).await.unwrap().enable, Some(false));
        restart_host(rig).await;
        assert_eq!(fetch_secure_boot(client).await.unwrap().current_boot.as_deref(), Some("Enabled"));
        let same = rig.expecting("SetSecureBoot.same", 1, set_secure_boot(client, true)).await.unwrap();
        assert!(same.is_none());
        assert!(plan_set_secure_boot(client, true).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn key_databases_are_read_and_changed_for_the_next_start() {
    on_each(WITH_DATABASES, async |rig: &Rig| {
        let client = rig.client();
        let keys = fetch_secure_boot_keys(client, "dbx").await.unwrap();

        let hash = "ab".repeat(32);
        rig.expecting("AddSecureBootHash", 2, add_secure_boot_hash(client, "dbx", &hash)).await.unwrap();
        add_secure_boot_certificate(client, "db", PEM).await.unwrap();
        let first = ODataId::parse(keys.signatures[0].odata_id.as_deref().unwrap()).unwrap();
        rig.expecting("DeleteSecureBootKey", 1, delete_secure_boot_key(client, &first)).await.unwrap();
        assert_eq!(fetch_secure_boot_keys(client, "dbx").await.unwrap().signatures.len(), 3);
        restart_host(rig).await;
        let keys = fetch_secure_boot_keys(client, "dbx").await.unwrap();
        assert!(
            keys.signatures.iter().any(|key| key.signature_string.as_deref() == Some(&hash.to_uppercase()))
        );
        assert_eq!(keys.signatures.len(), 3);
        assert_eq!(fetch_secure_boot_keys(client, "db").await.unwrap().certificates.len(), 3);

        let wrong = add_secure_boot_hash(client, "dbx", "xyz").await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
        let system = ODataId::parse("/redfish/v1/Systems/System.Embedded.1").unwrap();
        assert_eq!(
            delete_secure_boot_key(client, &system).await.unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        // The policy is Standard.
        rig.server().set_faults([FaultRule::status(400, "RAC1212").method("POST")]);
        let refused = add_secure_boot_certificate(client, "db", PEM).await.unwrap_err();
        assert!(refused.message_ids().any(|id| id.as_str() == "RAC1212"));
    })
    .await;
}

#[tokio::test]
async fn keys_are_reset_by_kind_and_by_database() {
    on_each(WITH_DATABASES, async |rig: &Rig| {
        let client = rig.client();
        let delete = ResetKeys::new(ResetKeysType::DeleteAllKeys).of_database("dbx");
        let plan = rig.expecting("ResetKeys.plan", 1, delete.plan(client)).await.unwrap();
        assert_eq!((plan.effect(), plan.host, plan.warnings.len()), (Effect::Destroy, Restart::Needed, 1));
        rig.expecting("ResetKeys", 2, delete.run(client)).await.unwrap();
        restart_host(rig).await;
        assert_eq!(fetch_secure_boot_keys(client, "dbx").await.unwrap().signatures.len(), 0);
        ResetKeys::new(ResetKeysType::ResetDBX).run(client).await.unwrap();
        restart_host(rig).await;
        assert_eq!(fetch_secure_boot_keys(client, "dbx").await.unwrap().signatures.len(), 3);
        let odd = ResetKeys::new(ResetKeysType::DeletePK).of_database("dbx").run(client).await.unwrap_err();
        assert_eq!(odd.kind(), ErrorKind::Unsupported);
    })
    .await;
    on_each([Generation::Idrac9V5], async |rig: &Rig| {
        let error = ResetKeys::new(ResetKeysType::ResetDB).run(rig.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = list_secure_boot_databases(rig.client()).await.unwrap_err();
        assert!(error.message().contains("SecureBootDatabases"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn parts_prove_what_they_are() {
    on_each(WITH_PROOFS, async |rig: &Rig| {
        let client = rig.client();
        let all = list_component_integrity(client).await.unwrap();
        rig.expecting("GetComponentCertificate", 1, fetch_component_certificate(client, &all[0]))
            .await
            .unwrap();
        let place = ODataId::parse(all[0].odata_id.as_deref().unwrap()).unwrap();
        let request = MeasurementRequest {
            nonce: Some("cd".repeat(32)),
            slot: Some(0),
            ..MeasurementRequest::default()
        };
        let signed = fetch_signed_measurements(client, &place, &request);
        let signed = rig.expecting("GetSignedMeasurements", 2, signed).await.unwrap();
        assert!(!signed.signed_measurements.is_empty() && signed.version.is_some());
        let odd = MeasurementRequest { nonce: Some("short".into()), ..MeasurementRequest::default() };
        let error = fetch_signed_measurements(client, &place, &odd).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    })
    .await;
    on_each(OLD, async |rig: &Rig| {
        assert_eq!(list_component_integrity(rig.client()).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(list_trusted_components(rig.client()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn key_management_is_shown_and_changed_by_jobs() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        assert!(generate_sekm_csr(client).await.unwrap().contains("CERTIFICATE REQUEST"));
        let on = KeyManagementChange::EnableIlkm { key_id: "key1".into(), passphrase: "open sesame".into() };
        let plan = on.plan(client).await.unwrap();
        assert!(!format!("{plan:?}{on:?}").contains("sesame"), "{plan:?}");
        let started = rig.expecting("EnableIlkm", 2, on.run(client)).await.unwrap();
        assert!(started.job.is_some());
        let off = KeyManagementChange::DisableSekm.plan(client).await.unwrap();
        assert_eq!((off.effect(), off.warnings.len()), (Effect::Disrupt, 1));
    })
    .await;
    on_each(OLD, async |rig: &Rig| {
        let error = KeyManagementChange::EnableSekm.run(rig.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn defaults_are_shown_first_and_take_the_idrac_away() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let dmtf = plan_reset_to_defaults(client, IdracDefaults::PreserveNetworkAndUsers).await;
        assert_eq!(dmtf.is_ok(), rig.generation() != Generation::Idrac9V5);
        let stored = set_custom_defaults(client, &"<SystemConfiguration/>".into()).await;
        assert_eq!(stored.is_ok(), matches!(rig.generation(), Generation::Idrac9V7 | Generation::Idrac10));

        let ntp = std::collections::BTreeMap::from([(
            "NTPConfigGroup.1.NTP1".to_owned(),
            dell_redfish::model::Scalar::Text("10.0.0.1".into()),
        )]);
        let group = dell_redfish::ops::attribute::AttributeGroup::Idrac;
        dell_redfish::flow::attribute::SetAttributes::new(group, ntp).run(client).await.unwrap();
        let reset = reset_to_defaults(client, IdracDefaults::Default);
        rig.expecting("ResetToDefaults", 2, reset).await.unwrap();
        rig.pass(Duration::from_secs(120)).await;
        assert_eq!(fetch_network_settings(client).await.unwrap().ntp.server1.as_deref(), Some(""));
    })
    .await;
    on_each(OLD, async |rig: &Rig| {
        let error = reset_to_defaults(rig.client(), IdracDefaults::All).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("ResetToDefaults"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_share_is_tried_from_the_idrac() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let share =
            Share::new(ShareType::Cifs, "10.0.0.9", "private/images").with_credentials("u", "hunter2222");
        let there = Share::new(ShareType::Nfs, "10.0.0.9", "/images");
        let test = rig.expecting("TestNetworkShare", 2, test_network_share(client, &there)).await.unwrap();
        assert!(test.is_reachable);
        let away = Share::new(ShareType::Http, "192.0.2.7", "images").with_port(8080);
        let test = test_network_share(client, &away).await.unwrap();
        assert!(!test.is_reachable && !test.messages.is_empty());
        let refused = test_network_share(client, &share).await.unwrap();
        assert!(!refused.is_reachable && !format!("{refused:?}{share:?}").contains("hunter2222"));
    })
    .await;
    on_each(OLD, async |rig: &Rig| {
        let share = Share::new(ShareType::Nfs, "10.0.0.9", "/images");
        let error = rig.expecting("TestNetworkShare", 1, test_network_share(rig.client(), &share)).await;
        assert!(error.unwrap_err().message().contains("DellLCService"));
    })
    .await;
}

#[tokio::test]
async fn the_clock_is_read_and_set() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let old = OLD.contains(&rig.generation());
        fetch_time(client).await.unwrap();
        let time = "2026-01-31T09:00:00-06:00";
        rig.expecting("SetTime", if old { 3 } else { 2 }, set_time(client, time)).await.unwrap();
        assert_eq!(fetch_time(client).await.unwrap(), time);
        let odd = rig.expecting("SetTime.odd", 0, set_time(client, "yesterday")).await.unwrap_err();
        assert_eq!(odd.kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn an_asset_tag_is_not_too_long() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let long = set_asset_tag(client, &"x".repeat(64)).await.unwrap_err();
        assert_eq!(long.kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn the_clock_is_read() {
    settings::CLOCK.everywhere().await;
}

#[tokio::test]
async fn secure_boot_is_read() {
    access::SECURE_BOOT.everywhere().await;
}

#[tokio::test]
async fn key_databases_are_read() {
    access::KEY_DATABASES.everywhere().await;
}

#[tokio::test]
async fn parts_that_prove_what_they_are_are_listed() {
    access::PROOFS.everywhere().await;
}

#[tokio::test]
async fn key_management_is_shown() {
    access::KEYS.everywhere().await;
}

#[tokio::test]
async fn a_return_to_the_defaults_is_shown_first() {
    stock::DEFAULTS.everywhere().await;
}

#[tokio::test]
async fn the_asset_tag_is_written_once() {
    change::ASSET_TAG.everywhere().await;
}
