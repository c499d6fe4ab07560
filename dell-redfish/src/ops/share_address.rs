//! Addresses of files on shares, as people write them.

use url::Url;

use super::share::{Share, ShareType};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

impl Share {
    /// The share and the file in it that an address names: `https://host/folder/file`, `nfs://host/export/file` or
    /// `host:/export/file`, `cifs://host/share/file`, `//host/share/file` or `\\host\share\file`. Credentials in it are
    /// taken out into their own fields.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for anything else, without repeating it: it may hold a password.
    pub fn from_address(text: &str) -> Result<(Self, String)> {
        let place = Place::parse(text)?;
        // CIFS has the share in front and folders in the file's name; the others the other way round.
        let cut = match place.kind {
            ShareType::Cifs => place.path.find('/'),
            _ => place.path.rfind('/'),
        };
        let (name, file) = match cut {
            Some(at) => (&place.path[..at], &place.path[at + 1..]),
            None if place.kind == ShareType::Cifs => return Err(unreadable()),
            None => ("", place.path.as_str()),
        };
        if file.is_empty() {
            return Err(unreadable());
        }
        let name = if place.kind == ShareType::Cifs { name.to_owned() } else { format!("/{name}") };
        let mut share = Self::new(place.kind, place.address, name);
        if let Some(port) = place.port {
            share = share.with_port(port);
        }
        if let Some((user, password)) = place.credentials {
            share = share.with_credentials(user, password);
        }
        Ok((share, file.to_owned()))
    }
}

/// What an address says, credentials apart.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) kind: ShareType,
    pub(crate) address: String,
    pub(crate) port: Option<u16>,
    /// Without a slash in front.
    pub(crate) path: String,
    pub(crate) credentials: Option<(String, Secret)>,
}

impl Place {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let slashed = text.trim().replace('\\', "/");
        if let Some(rest) = slashed.strip_prefix("//") {
            let (address, path) = rest.split_once('/').ok_or_else(unreadable)?;
            return Self::plain(ShareType::Cifs, address, path);
        }
        match slashed.split_once("://") {
            Some((scheme, _)) => Self::of_url(scheme, text.trim()),
            None => {
                let (address, path) = slashed.split_once(":/").ok_or_else(unreadable)?;
                Self::plain(ShareType::Nfs, address, path)
            }
        }
    }

    fn plain(kind: ShareType, address: &str, path: &str) -> Result<Self> {
        let is_host = |text: &str| !text.is_empty() && !text.contains(['/', '@', ' ']);
        if !is_host(address) || path.is_empty() {
            return Err(unreadable());
        }
        Ok(Self {
            kind,
            address: address.to_owned(),
            port: None,
            path: path.trim_start_matches('/').to_owned(),
            credentials: None,
        })
    }

    fn of_url(scheme: &str, text: &str) -> Result<Self> {
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "http" => ShareType::Http,
            "https" => ShareType::Https,
            "nfs" => ShareType::Nfs,
            "cifs" | "smb" => ShareType::Cifs,
            _ => return Err(unreadable()),
        };
        let url = Url::parse(text).map_err(|_| unreadable())?;
        let address = url.host_str().filter(|host| !host.is_empty()).ok_or_else(unreadable)?;
        let decoded = |text: &str| percent_decoded(text).ok_or_else(unreadable);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, Secret::new(decoded(password.unwrap_or_default())?))),
        };
        Ok(Self {
            kind,
            address: address.to_owned(),
            port: url.port(),
            path: url.path().trim_start_matches('/').to_owned(),
            credentials,
        })
    }
}

fn unreadable() -> Error {
    let message = "this is no address of a file on a share: expected http(s)://, nfs:// or host:/path, cifs:// or //host/share/path";
    Error::new(ErrorKind::InvalidInput, message)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| (byte as char).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (text, kind, address, name, file) in [
            ("http://10.0.0.5:8080/scp/a.xml", "HTTP", "10.0.0.5", "/scp", "a.xml"),
            ("https://host.example/a.iso", "HTTPS", "host.example", "/", "a.iso"),
            ("nfs://10.0.0.5/export/x/a.xml", "NFS", "10.0.0.5", "/export/x", "a.xml"),
            ("10.0.0.5:/export/a.xml", "NFS", "10.0.0.5", "/export", "a.xml"),
            ("cifs://10.0.0.5/share/x/a.xml", "CIFS", "10.0.0.5", "share", "x/a.xml"),
            ("//10.0.0.5/share/a.xml", "CIFS", "10.0.0.5", "share", "a.xml"),
            (r"\\10.0.0.5\share\a.xml", "CIFS", "10.0.0.5", "share", "a.xml"),
        ] {
            let (share, found) = Share::from_address(text).unwrap();
            let fields = share.parameters();
            assert_eq!((share.kind().as_str(), share.address()), (kind, address), "{text}");
            assert_eq!((fields["ShareName"].as_str(), found.as_str()), (Some(name), file), "{text}");
        }
        for bad in ["", "a.xml", "ftp://h/a", "http://", "http://h/", "//h", "//h/share", "a@b:/x", "nfs:/"] {
            assert!(Share::from_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_leave_the_address() {
        let (share, _) = Share::from_address("https://u%40d:c4lv%21n@10.0.0.5/x/a.xml").unwrap();
        let fields = share.parameters();
        assert_eq!((fields["UserName"].as_str(), fields["Password"].as_str()), (Some("u@d"), Some("c4lv!n")));
        assert_eq!(fields["IPAddress"], "10.0.0.5");
        assert!(!format!("{share:?}").contains("c4lv"));
        let error = Share::from_address("ftp://u:c4lv@h/a").unwrap_err();
        assert!(!error.chain().contains("c4lv"));
    }
}
