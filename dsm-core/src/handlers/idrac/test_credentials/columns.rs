//! What a test says about a server's row. Only its own credentials say whether its credentials are right.

use crate::clock;
use crate::handlers::idrac::walk::login;
use crate::id::CredentialSetId;
use crate::store::{ServerFields, ServerPatch};

/// What became of an iDRAC's login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// It could not be asked, for this reason.
    Away(&'a str),
    /// It answered, but was offered nothing, or gave no verdict.
    Untold(&'a str),
    /// It refused all of it.
    Refused(&'a str),
    /// It let us in.
    Accepted,
}

/// Whether this set is what the server would be visited with. One that has nothing of its own takes anybody's word.
pub(super) fn is_own(server: &ServerFields, set: Option<CredentialSetId>) -> bool {
    let sets = [server.credential_set_id, server.discovered_by_credential_set_id];
    let has_none = server.idrac_username.is_none() && sets.iter().all(Option::is_none);
    has_none || (set.is_some() && sets.contains(&set))
}

/// The columns to write.
pub(super) fn columns(outcome: Outcome<'_>, is_own: bool, mut fields: ServerFields) -> ServerPatch {
    let now = clock::now();
    match outcome {
        Outcome::Accepted if is_own => login::online(fields),
        Outcome::Refused(why) if is_own => {
            fields.credential_test_status = Some("invalid".to_owned());
            fields.credential_last_tested = Some(now);
            login::offline(fields, why)
        }
        Outcome::Away(why) => {
            fields.credential_test_status = is_own.then(|| "unknown".to_owned());
            login::offline(fields, why)
        }
        Outcome::Untold(why) if is_own => login::offline(fields, why),
        Outcome::Accepted | Outcome::Refused(_) | Outcome::Untold(_) => {
            fields.last_connection_test = Some(now);
            fields.last_seen = Some(now);
            ServerPatch { set: fields, clear: Vec::new() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_password_says_nothing_about_the_servers_own() {
        let (own, other) = (CredentialSetId::new(), CredentialSetId::new());
        let mut server = ServerFields::default();
        assert!(is_own(&server, Some(other)) && is_own(&server, None));
        server.credential_set_id = Some(own);
        assert!(is_own(&server, Some(own)) && !is_own(&server, Some(other)) && !is_own(&server, None));
        for outcome in [Outcome::Refused("no"), Outcome::Accepted, Outcome::Untold("no")] {
            let set = columns(outcome, false, ServerFields::default()).set;
            assert_eq!((set.credential_test_status, set.connection_status), (None, None), "{outcome:?}");
            assert!(set.last_seen.is_some());
        }
        for (outcome, test, status) in [
            (Outcome::Accepted, Some("valid"), "online"),
            (Outcome::Refused("no"), Some("invalid"), "offline"),
            (Outcome::Away("no"), Some("unknown"), "offline"),
            (Outcome::Untold("no"), None, "offline"),
        ] {
            let set = columns(outcome, true, ServerFields::default()).set;
            assert_eq!(set.credential_test_status.as_deref(), test, "{outcome:?}");
            assert_eq!(set.connection_status.as_deref(), Some(status), "{outcome:?}");
        }
    }
}
