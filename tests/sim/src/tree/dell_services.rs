//! Dell's services of the manager, the certificates, the keys of secure boot, the proofs of parts: what each firmware has of them.

use serde_json::{Value, json};

use super::builder::{Builder, link, ok};
use super::{CHASSIS, MANAGER, SYSTEM};
use crate::rules::answer::actions;
use crate::rules::certificate::web_certificate;
use crate::rules::security::DATABASES;
use crate::spec::Generation;

const SHARES: &[&str] = &["CIFS", "FTP", "HTTP", "HTTPS", "NFS", "TFTP"];
const ERASABLE: &[&str] = &[
    "AllApps",
    "BIOS",
    "CryptographicErasePD",
    "DIAG",
    "DPU",
    "DrvPack",
    "IDRAC",
    "LCData",
    "NonVolatileMemory",
    "OverwritePD",
    "PERCNVCache",
    "vFlash",
];

pub(super) fn add(b: &mut Builder) {
    if !b.p.dell_attributes {
        return;
    }
    services(b);
    defaults(b);
    certificates(b);
    if b.p.new_power {
        secure_boot(b);
    }
    if b.p.license_service {
        proofs(b);
    }
    if b.p.generation == Generation::Idrac10 {
        b.offer(
            SYSTEM,
            actions(
                SYSTEM,
                &[(
                    "ComputerSystem.Decommission",
                    &[
                        (
                            "DecommissionTypes",
                            &["All", "BIOSConfig", "Logs", "ManagerConfig", "StorageConfig", "UserData"],
                        ),
                        ("OEMDecommissionTypes", &["DellFwStoreClean", "DellFPSPIClear"]),
                    ],
                )],
            ),
        );
    } else {
        licenses(b);
    }
}

fn services(b: &mut Builder) {
    let home = |name: &str| format!("{MANAGER}/Oem/Dell/{name}");
    let lc = home("DellLCService");
    b.offer(
        &lc,
        actions(
            &lc,
            &[
                ("DellLCService.SystemErase", &[("Component", ERASABLE)]),
                ("DellLCService.TestNetworkShare", &[("ShareType", SHARES)]),
            ],
        ),
    );
    let card = home("DelliDRACCardService");
    let ssl: &[&str] = &["CA", "CSC", "ClientTrustCertificate", "CustomCertificate", "Server"];
    let deletable: &[&str] = &["CSC", "ClientTrustCertificate", "CustomCertificate"];
    let others: &[&str] = &["KMS_SERVER_CA", "RSYSLOG_SERVER_CA", "SEKM_SSL_CERT"];
    b.offer(
        &card,
        actions(
            &card,
            &[
                (
                    "DelliDRACCardService.DeleteCertificate",
                    &[("CertificateType", &["KMS_SERVER_CA", "SEKM_SSL_CERT"])],
                ),
                ("DelliDRACCardService.DeleteSSLCertificate", &[("CertificateType", deletable)]),
                ("DelliDRACCardService.DisableSEKM", &[]),
                ("DelliDRACCardService.DisableiLKM", &[]),
                ("DelliDRACCardService.EnableSEKM", &[]),
                ("DelliDRACCardService.EnableiLKM", &[]),
                (
                    "DelliDRACCardService.ExportCertificate",
                    &[("CertificateType", &["KMS_SERVER_CA", "SEKM_SSL_CERT"])],
                ),
                ("DelliDRACCardService.ExportSSLCertificate", &[("SSLCertType", ssl)]),
                ("DelliDRACCardService.GenerateSEKMCSR", &[]),
                ("DelliDRACCardService.ImportCertificate", &[("CertificateType", others)]),
                ("DelliDRACCardService.ImportSSLCertificate", &[("CertificateType", ssl)]),
                ("DelliDRACCardService.Rekey", &[("Mode", &["SEKM", "iLKM"])]),
                ("DelliDRACCardService.SSLResetCfg", &[]),
                (
                    "DelliDRACCardService.TestSEKMServerConnection",
                    &[("ServerType", &["Primary", "Secondary"])],
                ),
                ("DelliDRACCardService.UploadSSLKey", &[]),
            ],
        ),
    );
    let time = home("DellTimeService");
    b.offer(&time, actions(&time, &[("DellTimeService.ManageTime", &[])]));
}

fn licenses(b: &mut Builder) {
    let service = format!("{MANAGER}/Oem/Dell/DellLicenseManagementService");
    let shares: &[&str] = &["CIFS", "HTTP", "HTTPS", "NFS"];
    b.offer(
        &service,
        actions(
            &service,
            &[
                (
                    "DellLicenseManagementService.DeleteLicense",
                    &[("DeleteOptions", &["All", "Force", "NoOption"])],
                ),
                ("DellLicenseManagementService.ExportLicense", &[]),
                ("DellLicenseManagementService.ExportLicenseToNetworkShare", &[("ShareType", shares)]),
                (
                    "DellLicenseManagementService.ImportLicense",
                    &[("ImportOptions", &["All", "Force", "NoOption"])],
                ),
                ("DellLicenseManagementService.ImportLicenseFromNetworkShare", &[("ShareType", shares)]),
            ],
        ),
    );
    b.collection::<&str>(&format!("{MANAGER}/Oem/Dell/DellLicenses"), "DellLicense", "DellLicense", &[]);
}

fn defaults(b: &mut Builder) {
    let mut oem = actions(
        MANAGER,
        &[(
            "Oem/DellManager.ResetToDefaults",
            &[("ResetType", &["All", "CustomDefaults", "Default", "ResetAllWithRootDefaults"])],
        )],
    );
    if b.p.license_service {
        super::builder::extend(&mut oem, actions(MANAGER, &[("Oem/DellManager.SetCustomDefaults", &[])]));
    }
    let named = |oem: Value| match oem {
        Value::Object(all) => {
            all.into_iter().map(|(name, action)| (name.replace("Oem/", ""), action)).collect()
        }
        _ => serde_json::Map::new(),
    };
    b.offer(MANAGER, json!({"Oem": named(oem)}));
    if b.p.new_power {
        let kinds: &[&str] = &["ResetAll", "PreserveNetworkAndUsers"];
        b.offer(MANAGER, actions(MANAGER, &[("Manager.ResetToDefaults", &[("ResetType", kinds)])]));
    }
}

fn certificates(b: &mut Builder) {
    let service = "/redfish/v1/CertificateService";
    b.offer(
        service,
        actions(
            service,
            &[("CertificateService.GenerateCSR", &[]), ("CertificateService.ReplaceCertificate", &[])],
        ),
    );
    let home = format!("{MANAGER}/NetworkProtocol/HTTPS/Certificates");
    let path = format!("{home}/SecurityCertificate.1");
    b.collection(&home, "Certificate", "Certificate", &[&path]);
    b.put(&path, "Certificate.v1_7_0.Certificate", web_certificate(&path));
    let locations = format!("{service}/CertificateLocations");
    b.put(
        &locations,
        "CertificateLocations.v1_0_2.CertificateLocations",
        json!({"Links": {"Certificates": [link(&path)], "Certificates@odata.count": 1}, "Name": "Certificate Locations"}),
    );
    let factory = format!("{MANAGER}/Oem/Dell/HWCertificates/SecurityCertificate.2");
    b.put(
        &factory,
        "DellCertificate.v1_0_1.DellCertificate",
        json!({"CertificateType": "FACTORY_IDENTITY_CERT", "Name": "FactoryIdentity Certificate", "SerialNumber": "02"}),
    );
}

fn secure_boot(b: &mut Builder) {
    let home = format!("{SYSTEM}/SecureBoot");
    let kinds: &[&str] =
        &["ResetAllKeysToDefault", "DeleteAllKeys", "DeletePK", "ResetPK", "ResetKEK", "ResetDB", "ResetDBX"];
    b.offer(&home, actions(&home, &[("SecureBoot.ResetKeys", &[("ResetKeysType", kinds)])]));
    let databases = format!("{home}/SecureBootDatabases");
    b.set(&home, "SecureBootDatabases", link(&databases));
    let paths = DATABASES.map(|database| format!("{databases}/{database}"));
    b.collection(&databases, "SecureBootDatabase", "SecureBootDatabase", &paths);
    for (database, path) in DATABASES.iter().zip(&paths) {
        let kinds: &[&str] = &["ResetAllKeysToDefault", "DeleteAllKeys"];
        b.put(
            path,
            "SecureBootDatabase.v1_0_1.SecureBootDatabase",
            json!({"Actions": actions(path, &[("SecureBootDatabase.ResetKeys", &[("ResetKeysType", kinds)])]),
                "Certificates": link(format!("{path}/Certificates")), "DatabaseId": database,
                "Name": "SecureBootDatabase", "Signatures": link(format!("{path}/Signatures"))}),
        );
    }
}

fn proofs(b: &mut Builder) {
    let home = "/redfish/v1/ComponentIntegrity";
    let path = format!("{home}/SPDM-NIC.Slot.1-1");
    b.collection(home, "ComponentIntegrity", "ComponentIntegrity", &[&path]);
    let trusted = format!("{CHASSIS}/TrustedComponents");
    let tpm = format!("{trusted}/TPM");
    let certificate = format!("{tpm}/Certificates/1");
    b.put(
        &path,
        "ComponentIntegrity.v1_2_1.ComponentIntegrity",
        json!({"Actions": actions(&path, &[("ComponentIntegrity.SPDMGetSignedMeasurements", &[])]),
            "ComponentIntegrityEnabled": true, "ComponentIntegrityType": "SPDM",
            "ComponentIntegrityTypeVersion": "1.1.0", "Name": "SPDM Integrity",
            "SPDM": {"IdentityAuthentication": {"ResponderAuthentication": {
                "ComponentCertificate": link(&certificate), "VerificationStatus": "Success"}}},
            "Status": ok(), "TargetComponentURI": format!("{CHASSIS}/NetworkAdapters/NIC.Slot.1")}),
    );
    b.collection(&trusted, "TrustedComponent", "TrustedComponent", &[&tpm]);
    b.put(
        &tpm,
        "TrustedComponent.v1_1_0.TrustedComponent",
        json!({"Certificates": link(format!("{tpm}/Certificates")), "Name": "TrustedComponent for TPM",
            "TrustedComponentType": "Discrete"}),
    );
    b.collection(&format!("{tpm}/Certificates"), "Certificate", "Certificate", &[&certificate]);
    b.put(&certificate, "Certificate.v1_7_0.Certificate", web_certificate(&certificate));
}
