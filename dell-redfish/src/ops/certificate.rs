//! Dell's and DMTF's actions for certificates of the iDRAC.

use crate::message::{ExtendedInfo, read_extended};
use crate::ops::action::{action, text};

action! {
    /// `CertificateService.GenerateCSR`: makes a key on the iDRAC, and the request to sign its certificate. The request before it
    /// is lost with its key.
    GenerateCsr = "CertificateService.GenerateCSR", Change, ["ChallengePassword"],
        |response| text(&response, "CSRString") => String
}

action! {
    /// `CertificateService.ReplaceCertificate`: installs a certificate at the place of another. The web server restarts.
    ReplaceCertificate = "CertificateService.ReplaceCertificate", Disrupt, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.ImportSSLCertificate`: installs a certificate of the web server, its signer, or of trusted clients.
    ImportSslCertificate = "DelliDRACCardService.ImportSSLCertificate", Disrupt, ["SSLCertificateFile", "Passphrase"],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.ExportSSLCertificate`: reads one of them as PEM.
    ExportSslCertificate = "DelliDRACCardService.ExportSSLCertificate", Read, [],
        |response| text(&response, "CertificateFile") => String
}

action! {
    /// `DelliDRACCardService.DeleteSSLCertificate`: deletes the custom certificate, its signer, or that of trusted clients.
    DeleteSslCertificate = "DelliDRACCardService.DeleteSSLCertificate", Disrupt, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.UploadSSLKey`: installs the key that belongs to the next certificate.
    UploadSslKey = "DelliDRACCardService.UploadSSLKey", Change, ["SSLKeyString"],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.SSLResetCfg`: back to a self-signed certificate. The web server restarts.
    SslResetCfg = "DelliDRACCardService.SSLResetCfg", Disrupt, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.ImportCertificate`: installs a certificate for another purpose: key management, 802.1X, syslog.
    ImportCertificate = "DelliDRACCardService.ImportCertificate", Change, ["CertificateFile", "Passphrase"],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DelliDRACCardService.ExportCertificate`: reads one of them.
    ExportCertificate = "DelliDRACCardService.ExportCertificate", Read, [],
        |response| text(&response, "CertificateFile") => String
}

action! {
    /// `DelliDRACCardService.DeleteCertificate`: deletes one of them.
    DeleteCertificate = "DelliDRACCardService.DeleteCertificate", Change, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}
