//! Logging in to a known server's iDRAC, and what that says about its row.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dell_redfish::model::{ComputerSystem, Resource};
use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{AuthMode, Client, Credentials};

use crate::clock;
use crate::credential::{Outcome, Purpose, Target};
use crate::engine::fleet::{About, Fleet};
use crate::engine::orphans::facts_of;
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::port::{self, Port};
use crate::store::{ServerFields, ServerPatch, ServerRow};

/// How long a dead address may take to say so when a read has failed.
const REACHABLE_WITHIN: Duration = Duration::from_secs(5);

/// A client whose login was proved on the system resource, and that resource. `connection` learns how it went.
///
/// # Errors
/// [`ErrorKind::Credential`] and [`ErrorKind::Cipher`]; [`ErrorKind::Redfish`]: it is not reachable, or the system cannot be
/// read.
pub(crate) async fn connect(
    fleet: &Fleet,
    server: &ServerRow,
    about: &About,
    connection: &mut ServerFields,
) -> Result<(Client, Resource<ComputerSystem>)> {
    let ip = server.fields.ip_address.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "its address is not known").about(format!("server {}", server.id))
    })?;
    let target = Target::from(server);
    let resolved = match fleet.resolver().resolve(&target, Purpose::Idrac).await {
        Ok(resolved) => resolved,
        Err(error) => {
            if error.kind() == ErrorKind::Cipher {
                connection.credential_test_status = Some("invalid".to_owned());
            }
            return Err(error);
        }
    };
    let credentials = Credentials::new(&resolved.username, resolved.secret.expose());
    let client = fleet.client(ip, facts_of(server), about)?;
    let client = client.with_credentials(credentials, AuthMode::Auto)?;
    match client.run(&GetComputerSystem).await {
        Ok(system) => {
            fleet.resolver().report(&target, &resolved, Outcome::Accepted).await;
            // What worked by a lower level is the server's own from now on.
            if server.fields.credential_set_id.is_none() {
                connection.credential_set_id = resolved.set_id;
            }
            Ok((client, system))
        }
        Err(error) if error.kind() == dell_redfish::ErrorKind::Authentication => {
            fleet.resolver().report(&target, &resolved, Outcome::Rejected).await;
            connection.credential_test_status = Some("invalid".to_owned());
            connection.credential_last_tested = Some(clock::now());
            let message = format!("Authentication failed using {} credentials", resolved.source);
            Err(Error::new(ErrorKind::Credential, message).with_source(error))
        }
        Err(error) => {
            connection.credential_test_status = Some("unknown".to_owned());
            Err(explained(fleet, ip, error).await)
        }
    }
}

/// What went wrong with the first request to an iDRAC: it, or the way to it.
pub(crate) async fn explained(fleet: &Fleet, ip: IpAddr, error: dell_redfish::Error) -> Error {
    let socket = SocketAddr::new(ip, fleet.idrac_options().port);
    if port::probe(socket, REACHABLE_WITHIN).await == Port::Open {
        return error.into();
    }
    Error::new(ErrorKind::Redfish, "Host unreachable").with_source(error)
}

/// The columns of a connection that worked.
pub(crate) fn online(mut connection: ServerFields) -> ServerPatch {
    let now = clock::now();
    connection.last_connection_test = Some(now);
    connection.connection_status = Some("online".to_owned());
    connection.credential_test_status = Some("valid".to_owned());
    connection.credential_last_tested = Some(now);
    connection.last_seen = Some(now);
    ServerPatch { set: connection, clear: vec!["connection_error"] }
}

/// The columns of one that did not.
pub(crate) fn offline(mut connection: ServerFields, why: &str) -> ServerPatch {
    connection.last_connection_test = Some(clock::now());
    connection.connection_status = Some("offline".to_owned());
    connection.connection_error = Some(why.to_owned());
    ServerPatch { set: connection, clear: Vec::new() }
}
