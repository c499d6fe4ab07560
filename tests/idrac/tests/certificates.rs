//! Certificates and licences of the iDRAC.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::certificate::{
    CertificateImport, CertificatePurpose, CertificateSubject, delete_certificate, export_certificate,
    generate_csr, list_web_certificates, plan_reset_certificate, replace_certificate, reset_certificate,
};
use dell_redfish::flow::license::{
    delete_license, export_license, export_license_to_share, import_license, import_license_from_share,
    list_licenses, plan_delete_license,
};
use dell_redfish::ops::share::{Share, ShareType};
use dell_redfish::{Effect, ErrorKind, ODataId, Restart};
use idrac_sim::Generation;
use idrac_suite::cases::{access, change};
use idrac_suite::{Rig, on_each};

const OLD: [Generation; 2] = [Generation::Idrac7, Generation::Idrac8];
const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";

fn subject() -> CertificateSubject {
    CertificateSubject {
        common_name: "idrac.example.test".into(),
        organization: "Example".into(),
        organizational_unit: "Servers".into(),
        city: "Here".into(),
        state: "There".into(),
        country: "US".into(),
        ..CertificateSubject::default()
    }
}

#[tokio::test]
async fn certificates_are_requested_and_exported() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let csr = rig.expecting("GenerateCsr", 2, generate_csr(client, &subject())).await.unwrap();
        assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        let incomplete = CertificateSubject { country: String::new(), ..subject() };
        let error = rig.expecting("GenerateCsr.incomplete", 0, generate_csr(client, &incomplete)).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
        let none = export_certificate(client, CertificatePurpose::ClientTrust).await.unwrap_err();
        assert_eq!(none.kind(), ErrorKind::BadRequest);
    })
    .await;
}

#[tokio::test]
async fn a_new_web_certificate_says_whether_the_idrac_must_restart() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let before = rig.server().certificate_sha256().unwrap();
        let import = CertificateImport::pem(CertificatePurpose::Server, PEM).with_key(KEY);
        let plan = rig.expecting("ImportCertificate.plan", 1, import.plan(client)).await.unwrap();
        assert_eq!((plan.steps.len(), plan.effect(), plan.warnings.len()), (2, Effect::Disrupt, 1));
        assert!(!format!("{plan:?}{import:?}").contains("PRIVATE"), "{plan:?}");
        let done = rig.expecting("ImportCertificate", 3, import.run(client)).await.unwrap();
        assert!(done.changes_trust);
        let at_once = matches!(rig.generation(), Generation::Idrac9V7 | Generation::Idrac10);
        assert_eq!(done.idrac, if at_once { Restart::No } else { Restart::Needed });
        assert_eq!(rig.server().certificate_sha256().unwrap() != before, at_once);
        if !at_once {
            rig.server().restart_idrac_for(std::time::Duration::ZERO);
            assert_ne!(rig.server().certificate_sha256().unwrap(), before);
        }
    })
    .await;
}

#[tokio::test]
async fn other_certificates_come_and_go_without_a_restart() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        for purpose in [CertificatePurpose::ClientTrust, CertificatePurpose::KeyManagementAuthority] {
            let done = CertificateImport::pem(purpose, PEM).run(client).await.unwrap();
            assert_eq!((done.idrac, done.changes_trust), (Restart::No, false));
            assert_eq!(export_certificate(client, purpose).await.unwrap(), PEM);
            delete_certificate(client, purpose).await.unwrap();
        }
        let file =
            CertificateImport::pkcs12(CertificatePurpose::CustomCertificate, "TUlJQg==", "open sesame");
        assert!(!format!("{file:?}").contains("sesame"));
        assert!(file.run(client).await.unwrap().changes_trust);
        let rest = CertificateImport::pem(
            CertificatePurpose::Server,
            "-----BEGIN CERTIFICATE-----\nother key\n-----END CERTIFICATE-----",
        );
        let error = rest.run(client).await.unwrap_err();
        assert!(error.message_ids().any(|id| id.as_str() == "RAC1284"));
        let none = CertificateImport::pem(CertificatePurpose::Server, "MIIB").run(client).await.unwrap_err();
        assert_eq!(none.kind(), ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn the_web_certificate_is_replaced_and_reset() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let place = list_web_certificates(client).await.unwrap()[0].odata_id.clone().unwrap();
        let place = ODataId::parse(&place).unwrap();
        let done = rig.expecting("ReplaceCertificate", 2, replace_certificate(client, &place, PEM)).await;
        assert!(done.unwrap().changes_trust);
        let plan = plan_reset_certificate(client).await.unwrap();
        assert_eq!((plan.effect(), plan.warnings.len()), (Effect::Disrupt, 1));
        let before = rig.server().certificate_sha256().unwrap();
        let done = rig.expecting("ResetCertificate", 2, reset_certificate(client)).await.unwrap();
        assert_eq!(done.idrac, Restart::No);
        assert_ne!(rig.server().certificate_sha256().unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn older_idracs_say_which_capability_is_missing() {
    on_each(OLD, async |rig: &Rig| {
        let client = rig.client();
        let error = rig.expecting("GenerateCsr", 1, generate_csr(client, &subject())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("CertificateService"), "{error}");
        let error = rig.expecting("ResetCertificate", 1, reset_certificate(client)).await.unwrap_err();
        assert!(error.message().contains("DelliDRACCardService"), "{error}");
        let error = list_web_certificates(client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = list_licenses(client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let error = import_license(client, b"FD00000000000002\n").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn licences_are_installed_exported_and_deleted() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let first = list_licenses(client).await.unwrap();
        assert_eq!(first.len(), 1);
        let cost =
            if matches!(rig.generation(), Generation::Idrac9V5 | Generation::Idrac9V6) { 2 } else { 1 };
        rig.expecting("ListLicenses", cost, list_licenses(client)).await.unwrap();
        let file = b"FD00000000000002\n<lns:License/>";
        let done = rig.expecting("ImportLicense", 2, import_license(client, file)).await.unwrap();
        assert!(done.changed);
        assert!(!import_license(client, file).await.unwrap().changed);
        let damaged = import_license(client, b"nonsense").await.unwrap_err();
        assert!(damaged.message_ids().any(|id| id.as_str() == "LIC017"));
        let exported = export_license(client, "FD00000000000002").await.unwrap();
        assert_eq!(exported, file);
        let plan = plan_delete_license(client, "FD00000000000002").await.unwrap();
        assert_eq!((plan.effect(), plan.steps.len()), (Effect::Destroy, 1));
        delete_license(client, "FD00000000000002").await.unwrap();
        assert_eq!(list_licenses(client).await.unwrap(), first);
        let gone = delete_license(client, "FD00000000000002").await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn licences_travel_over_shares_by_a_job() {
    on_each(NEW, async |rig: &Rig| {
        let client = rig.client();
        let share = Share::new(ShareType::Nfs, "10.0.0.9", "/licences");
        let export = export_license_to_share(client, "FD00000000000001", &share, "a.xml").await;
        if rig.generation() == Generation::Idrac10 {
            assert_eq!(export.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        assert!(export.unwrap().job.is_some());
        let away = Share::new(ShareType::Nfs, "192.0.2.1", "/licences");
        let error = import_license_from_share(client, &away, "a.xml").await.unwrap_err();
        assert!(error.message_ids().any(|id| id.as_str() == "LIC904"), "{error:?}");
        let tftp = Share::new(ShareType::Tftp, "10.0.0.9", "licences");
        let error = import_license_from_share(client, &tftp, "a.xml").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn certificates_are_listed() {
    access::CERTIFICATES.everywhere().await;
}

#[tokio::test]
async fn licences_are_listed() {
    access::LICENCES.everywhere().await;
}

#[tokio::test]
async fn the_web_certificate_is_exported() {
    change::CERTIFICATE.everywhere().await;
}
