//! Proofs of what a part is: SPDM measurements, roots of trust.

use super::{Link, Status};

resource! {
    /// A part that can prove what it is (DMTF `ComponentIntegrity`).
    ComponentIntegrity {
        /// `SPDM` or `TPM`.
        kind: String = "ComponentIntegrityType",
        /// Version of that protocol.
        kind_version: String = "ComponentIntegrityTypeVersion",
        /// Whether it is checked.
        enabled: bool = "ComponentIntegrityEnabled",
        /// The part.
        target: String = "TargetComponentURI",
        /// When it was checked last.
        last_updated: String = "LastUpdated",
        /// What SPDM says.
        spdm: Spdm = "SPDM",
        /// State and health.
        status: Status = "Status",
    }
}

part! {
    /// What SPDM says of a part.
    Spdm {
        /// Who it says it is.
        identity: SpdmIdentity = "IdentityAuthentication",
    }
}

part! {
    /// Who a part says it is.
    SpdmIdentity {
        /// Of the part.
        responder: SpdmResponder = "ResponderAuthentication",
    }
}

part! {
    /// The proof of the part.
    SpdmResponder {
        /// Its certificate.
        certificate: Link = "ComponentCertificate",
        /// `Success`, `SuccessNotVerified`, `Failed`.
        verification: String = "VerificationStatus",
    }
}

resource! {
    /// A root of trust, such as the TPM (DMTF `TrustedComponent`).
    TrustedComponent {
        /// `Discrete` or `Integrated`.
        kind: String = "TrustedComponentType",
        /// Its firmware.
        firmware_version: String = "FirmwareVersion",
        /// Its certificates.
        certificates: Link = "Certificates",
        /// State and health.
        status: Status = "Status",
    }
}
