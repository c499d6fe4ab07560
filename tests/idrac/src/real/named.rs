//! Which real iDRAC, and what may be done to it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use dell_redfish::{Credentials, Target};

use crate::Failure;

/// What the cases may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// Only look.
    Reading,
    /// Also change something, and put it back.
    Changes,
}

/// A real iDRAC.
#[derive(Debug, Clone)]
pub struct NamedIdrac {
    /// Where it is.
    pub target: Target,
    /// Who logs in.
    pub credentials: Credentials,
    /// What may be done.
    pub allow: Allow,
}

impl NamedIdrac {
    /// The one that the environment names; nothing where it names none.
    ///
    /// # Errors
    /// What is missing beside the address, or cannot be read.
    pub fn from_environment() -> Result<Option<Self>, Failure> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// The same from anything that has values by name. An empty one counts as none.
    ///
    /// # Errors
    /// What is missing beside the address, or cannot be read.
    pub fn from(value: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Failure> {
        let value = |name: &str| value(name).filter(|text| !text.is_empty());
        let Some(address) = value("DSM_TEST_IDRAC") else { return Ok(None) };
        let user = value("DSM_TEST_IDRAC_USER").ok_or("DSM_TEST_IDRAC_USER is not set")?;
        let password = match (value("DSM_TEST_IDRAC_PASSWORD"), value("DSM_TEST_IDRAC_PASSWORD_FILE")) {
            (Some(password), _) => password,
            (None, Some(file)) => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| format!("DSM_TEST_IDRAC_PASSWORD_FILE: {file}: {error}"))?;
                text.lines().next().unwrap_or_default().to_owned()
            }
            (None, None) => return Err("DSM_TEST_IDRAC_PASSWORD or _PASSWORD_FILE is not set".into()),
        };
        let allow = match value("DSM_TEST_IDRAC_ALLOW").as_deref() {
            None => Allow::Reading,
            Some("changes") => Allow::Changes,
            Some(other) => return Err(format!("DSM_TEST_IDRAC_ALLOW is {other:?}, not \"changes\"").into()),
        };
        let credentials = Credentials::new(user, password);
        Ok(Some(Self { target: target(&address)?, credentials, allow }))
    }
}

fn target(text: &str) -> Result<Target, Failure> {
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Ok(Target::new(socket.ip()).with_port(socket.port()));
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(Target::new(address));
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port.parse()?),
        None => (text, 443),
    };
    let found = (name, port).to_socket_addrs().map_err(|error| format!("DSM_TEST_IDRAC: {text}: {error}"))?;
    let socket = { found }.next().ok_or_else(|| format!("DSM_TEST_IDRAC: {text} has no address"))?;
    Ok(Target::new(socket.ip()).with_port(socket.port()).with_name(name)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Option<NamedIdrac>, Failure> {
        let find = |name: &str| {
            values.iter().find(|(known, _)| name == *known).map(|(_, value)| (*value).to_owned())
        };
        NamedIdrac::from(find)
    }

    #[test]
    fn an_address_alone_is_not_enough_and_none_is_no_error() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("DSM_TEST_IDRAC", ""), ("DSM_TEST_IDRAC_USER", "root")]).unwrap().is_none());
        let mut given = vec![("DSM_TEST_IDRAC", "192.0.2.7")];
        assert!(read(&given).unwrap_err().to_string().contains("_USER"));
        given.push(("DSM_TEST_IDRAC_USER", "root"));
        assert!(read(&given).unwrap_err().to_string().contains("_PASSWORD"));
        given.push(("DSM_TEST_IDRAC_PASSWORD", "open sesame"));
        let named = read(&given).unwrap().unwrap();
        assert_eq!(
            (named.target.socket().to_string().as_str(), named.allow),
            ("192.0.2.7:443", Allow::Reading)
        );
        assert!(!format!("{named:?}").contains("sesame"));
        given.push(("DSM_TEST_IDRAC_ALLOW", "everything"));
        assert!(read(&given).is_err());
        *given.last_mut().unwrap() = ("DSM_TEST_IDRAC_ALLOW", "changes");
        assert_eq!(read(&given).unwrap().unwrap().allow, Allow::Changes);
    }

    #[test]
    fn a_port_and_a_file_with_the_password_are_taken() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "open sesame\n").unwrap();
        let path = file.path().to_str().unwrap();
        let named = read(&[
            ("DSM_TEST_IDRAC", "[2001:db8::7]:8443"),
            ("DSM_TEST_IDRAC_USER", "root"),
            ("DSM_TEST_IDRAC_PASSWORD_FILE", path),
        ]);
        assert_eq!(named.unwrap().unwrap().target.socket().to_string(), "[2001:db8::7]:8443");
        assert_eq!(target("2001:db8::7").unwrap().socket().port(), 443);
        assert!(target("name:none").is_err());
    }
}
