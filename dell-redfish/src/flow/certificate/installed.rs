//! What a change of a certificate left to do.

use super::CertificatePurpose;
use crate::message::ExtendedInfo;
use crate::plan::Restart;

/// What installing, resetting or deleting a certificate left to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct CertificateInstalled {
    /// Whether the iDRAC must restart before it shows the new certificate.
    pub idrac: Restart,
    /// Whether clients that remember the old certificate must be told: see the module's documentation.
    pub changes_trust: bool,
    /// What the iDRAC said.
    pub messages: Vec<ExtendedInfo>,
}

/// "Restart the iDRAC to make it effective".
const NEEDS_RESTART: &[&str] = &["LC018", "LC075", "LC077", "RAC0753"];
/// "The web server restarts by itself".
const RESTARTS_WEB_SERVER: &[&str] = &["SWC1956", "SWC1954", "RAC070"];

impl CertificateInstalled {
    pub(super) fn read(purpose: CertificatePurpose, messages: Vec<ExtendedInfo>) -> Self {
        let says = |ids: &[&str]| {
            messages.iter().filter_map(|info| info.message_id.as_ref()).any(|id| ids.contains(&id.as_str()))
        };
        let idrac = match purpose {
            _ if says(NEEDS_RESTART) => Restart::Needed,
            purpose if !purpose.is_shown() || says(RESTARTS_WEB_SERVER) => Restart::No,
            _ => Restart::Possible,
        };
        Self { idrac, changes_trust: purpose.is_shown(), messages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MessageId;

    #[test]
    fn what_the_idrac_says_decides_whether_it_must_restart() {
        let installed = |purpose, id: &str| {
            let info = ExtendedInfo { message_id: Some(MessageId::parse(id)), ..ExtendedInfo::default() };
            CertificateInstalled::read(purpose, vec![info])
        };
        assert_eq!(installed(CertificatePurpose::Server, "IDRAC.2.9.LC077").idrac, Restart::Needed);
        assert_eq!(installed(CertificatePurpose::Server, "IDRAC.2.9.SWC1956").idrac, Restart::No);
        assert_eq!(installed(CertificatePurpose::Server, "IDRAC.2.9.SYS413").idrac, Restart::Possible);
        let authority = installed(CertificatePurpose::Authority, "IDRAC.2.9.SYS413");
        assert_eq!((authority.idrac, authority.changes_trust), (Restart::No, false));
    }
}
