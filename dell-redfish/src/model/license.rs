//! Licences.

use super::Status;

resource! {
    /// A licence (DMTF `License`).
    License {
        /// Name of the entitlement, e.g. `FD00000011112222`.
        entitlement_id: String = "EntitlementId",
        /// What it is for.
        description: String = "Description",
        /// `Production`, `Trial`, `Prototype`.
        license_type: String = "LicenseType",
        /// `Installed` or `BuiltIn`.
        license_origin: String = "LicenseOrigin",
        /// When it ends; nothing for one that does not.
        expiration_date: String = "ExpirationDate",
        /// When it was installed.
        install_date: String = "InstallDate",
        /// Whether it may be deleted.
        removable: bool = "Removable",
        /// Where its file is.
        download_uri: String = "DownloadURI",
        /// State and health.
        status: Status = "Status",
    }
}

resource! {
    /// A licence at its older place (Dell `DellLicense`).
    DellLicense {
        /// Name of the entitlement.
        entitlement_id: String = "EntitlementID",
        /// What it is for, one text a feature.
        license_description: Vec<String> = "LicenseDescription",
        /// `Perpetual`, `Leased`, `Evaluation`, `Site`.
        license_type: String = "LicenseType",
        /// When it ends; nothing for one that does not.
        license_end_date: String = "LicenseEndDate",
        /// When it was installed.
        license_install_date: String = "LicenseInstallDate",
        /// `OK`, `Warning`, `Critical`.
        license_primary_status: String = "LicensePrimaryStatus",
        /// Devices it is for.
        assigned_devices: Vec<String> = "AssignedDevices",
    }
}
