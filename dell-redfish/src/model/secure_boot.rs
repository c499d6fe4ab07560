//! Secure boot and its key databases.

use super::{Link, SettingsAnnotation};

resource! {
    /// `Systems/…/SecureBoot` (DMTF `SecureBoot`).
    SecureBoot {
        /// Whether it is on, now or from the next start on.
        enable: bool = "SecureBootEnable",
        /// `Enabled` or `Disabled`: at this start.
        current_boot: String = "SecureBootCurrentBoot",
        /// `SetupMode`, `UserMode`, `AuditMode`, `DeployedMode`.
        mode: String = "SecureBootMode",
        /// The key databases, from 6.x.
        databases: Link = "SecureBootDatabases",
        /// Where a change for later goes.
        settings: SettingsAnnotation = "@Redfish.Settings",
    }
}

resource! {
    /// A key database (DMTF `SecureBootDatabase`).
    SecureBootDatabase {
        /// `PK`, `KEK`, `db`, `dbx`.
        database_id: String = "DatabaseId",
        /// Its certificates.
        certificates: Link = "Certificates",
        /// Its hashes.
        signatures: Link = "Signatures",
    }
}

resource! {
    /// A hash in a key database (DMTF `Signature`).
    Signature {
        /// The hash, hexadecimal.
        signature_string: String = "SignatureString",
        /// `SHA256`, `EFI_CERT_SHA256_GUID`, …
        signature_type: String = "SignatureType",
        /// `UEFI`.
        signature_type_registry: String = "SignatureTypeRegistry",
    }
}
