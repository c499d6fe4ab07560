//! Certificates.

use super::Link;

resource! {
    /// A certificate (DMTF `Certificate`).
    Certificate {
        /// The text, where it is shown; iDRACs mostly do not.
        certificate_string: String = "CertificateString",
        /// `PEM`, `PKCS7`, …
        certificate_type: String = "CertificateType",
        /// Whose it is.
        subject: CertificateIdentity = "Subject",
        /// Who signed it.
        issuer: CertificateIdentity = "Issuer",
        /// When it begins.
        valid_not_before: String = "ValidNotBefore",
        /// When it ends.
        valid_not_after: String = "ValidNotAfter",
        /// Serial number, hexadecimal.
        serial_number: String = "SerialNumber",
        /// `Web`, `BIOS`, `SSH`, …
        usage: Vec<String> = "CertificateUsageTypes",
    }
}

part! {
    /// A name on a certificate (DMTF `Certificate.Identifier`).
    CertificateIdentity {
        /// CN.
        common_name: String = "CommonName",
        /// O.
        organization: String = "Organization",
        /// OU.
        organizational_unit: String = "OrganizationalUnit",
        /// L.
        city: String = "City",
        /// ST.
        state: String = "State",
        /// C.
        country: String = "Country",
        /// Mail address.
        email: String = "Email",
    }
}

resource! {
    /// Where certificates are (DMTF `CertificateLocations`).
    CertificateLocations {
        /// Them.
        links: CertificateLinks = "Links",
    }
}

part! {
    /// The links of `CertificateLocations`.
    CertificateLinks {
        /// Certificates.
        certificates: Vec<Link> = "Certificates",
    }
}
