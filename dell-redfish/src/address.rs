//! Where one iDRAC is: an address that the caller has checked already, a port, and perhaps a name.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;

use crate::error::{Error, ErrorKind, Result};

/// The port on which an iDRAC serves Redfish.
pub const HTTPS_PORT: u16 = 443;

/// One iDRAC's place on the network. The address is the one that is dialled, as it stands: no name is
/// resolved in this crate, so whoever checked the address checked what is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    socket: SocketAddr,
    name: Option<String>,
    label: String,
}

impl Target {
    /// An iDRAC on this address, port 443.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self::at(SocketAddr::new(address, HTTPS_PORT))
    }

    fn at(socket: SocketAddr) -> Self {
        Self { socket, name: None, label: socket.to_string() }
    }

    /// Uses another port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { name: self.name, ..Self::at(SocketAddr::new(self.socket.ip(), port)) }
    }

    /// Gives the name that goes into the `Host` header and into TLS. iDRAC9 from 5.10 on answers 400 to a
    /// name it does not know (`WebServer.HostHeaderCheck`); without a name the address itself is used.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when it is no DNS name.
    pub fn with_name(mut self, name: &str) -> Result<Self> {
        let name = name.trim_end_matches('.');
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("{name:?} is not a host name")));
        }
        self.name = Some(name.to_ascii_lowercase());
        Ok(self)
    }

    /// The address that is dialled.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The name that goes into the `Host` header and into TLS, if one was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `address:port` (`[address]:port` for IPv6): how logs, errors, registries and memories call this iDRAC.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What the `Host` header says.
    pub(crate) fn authority(&self) -> String {
        let host = match (&self.name, self.socket.ip()) {
            (Some(name), _) => name.clone(),
            (None, IpAddr::V4(address)) => address.to_string(),
            (None, IpAddr::V6(address)) => format!("[{address}]"),
        };
        if self.socket.port() == HTTPS_PORT { host } else { format!("{host}:{}", self.socket.port()) }
    }

    /// What TLS is told, and what a certificate is checked against where the policy checks names.
    pub(crate) fn server_name(&self) -> Result<ServerName<'static>> {
        match &self.name {
            None => Ok(ServerName::IpAddress(self.socket.ip().into())),
            Some(name) => ServerName::try_from(name.clone()).map_err(|error| {
                Error::new(ErrorKind::InvalidInput, format!("{name:?} cannot be used in TLS"))
                    .with_source(error)
            }),
        }
    }

    /// The path of a `Location` header, if it points to this iDRAC: a path, or an absolute https URL of the
    /// same host and port. `None` for every other origin.
    pub(crate) fn own_path(&self, location: &str) -> Option<String> {
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(location.to_owned());
        }
        let url = url::Url::parse(location).ok().filter(|url| url.scheme() == "https")?;
        let same_port = url.port().unwrap_or(HTTPS_PORT) == self.socket.port();
        let same_host = match url.host()? {
            url::Host::Domain(name) => self.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)),
            url::Host::Ipv4(address) => self.socket.ip() == IpAddr::V4(address),
            url::Host::Ipv6(address) => self.socket.ip() == IpAddr::V6(address),
        };
        (same_port && same_host).then(|| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::new([192, 168, 1, 9].into()).with_name("idrac-1.lab.").unwrap()
    }

    #[test]
    fn location_is_ours_only_on_the_same_origin() {
        assert_eq!(target().own_path("/redfish/v1/x?a=1").as_deref(), Some("/redfish/v1/x?a=1"));
        assert_eq!(target().own_path("https://192.168.1.9/redfish/v1/x").as_deref(), Some("/redfish/v1/x"));
        assert_eq!(target().own_path("https://IDRAC-1.lab:443/r").as_deref(), Some("/r"));
        for other in ["//evil/x", "https://evil/x", "http://192.168.1.9/x", "https://192.168.1.9:8443/x", "x"]
        {
            assert_eq!(target().own_path(other), None, "{other}");
        }
    }

    #[test]
    fn authority_and_label() {
        assert_eq!(target().authority(), "idrac-1.lab");
        let v6 = Target::new("fd00::1".parse().unwrap()).with_port(8443);
        assert_eq!((v6.authority().as_str(), v6.label()), ("[fd00::1]:8443", "[fd00::1]:8443"));
        assert!(Target::new([10, 0, 0, 1].into()).with_name("a b").is_err());
        assert!(Target::new([10, 0, 0, 1].into()).with_name("x\r\nEvil: 1").is_err());
    }
}
