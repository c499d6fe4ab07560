//! The address of a package, as the iDRAC fetches it.

use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::ops::share::ShareType;
use crate::secret::Secret;

/// The ends of the names of packages that iDRACs take.
const EXTENSIONS: [&str; 6] = ["exe", "d7", "d9", "d10", "pm", "bin"];

/// The address of a package on a web server or share, with the credentials for it apart: an address is written into logs of
/// the iDRAC, so one with credentials in it is refused (fault 26).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUri {
    url: String,
    kind: ShareType,
    credentials: Option<(String, Secret)>,
}

impl ImageUri {
    /// Reads an address: `https://`, `http://`, `nfs://`, `cifs://`, `ftp://` or `tftp://`. Its path must end in the name of a
    /// package: firmware before 6.00 looks at the end of the address, and refuses what a store signs with a query.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], never repeating a password.
    pub fn parse(text: &str) -> Result<Self> {
        let refused =
            |why: &str| Error::new(ErrorKind::InvalidInput, format!("the address of the package {why}"));
        let url = Url::parse(text).map_err(|_| refused("cannot be read"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("holds credentials; give them apart"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("has a query or a fragment, which iDRACs do not take"));
        }
        let kind = match url.scheme() {
            "https" => ShareType::Https,
            "http" => ShareType::Http,
            "nfs" => ShareType::Nfs,
            "cifs" => ShareType::Cifs,
            "ftp" => ShareType::Ftp,
            "tftp" => ShareType::Tftp,
            _ => return Err(refused("is of no protocol that iDRACs fetch packages by")),
        };
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refused("names no server"));
        }
        let end = url.path().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if !EXTENSIONS.contains(&end.as_str()) {
            return Err(refused(&format!(
                "ends in none of {}",
                EXTENSIONS.map(|end| format!(".{end}")).join(", ")
            )));
        }
        Ok(Self { url: url.into(), kind, credentials: None })
    }

    /// Logs in there.
    #[must_use]
    pub fn with_credentials(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// How it is reached.
    #[must_use]
    pub fn kind(&self) -> ShareType {
        self.kind
    }

    pub(super) fn credentials(&self) -> Option<(&str, &Secret)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    /// The same with the credentials in the address, as a careless client has it: what a test of the counter-measure sends.
    pub(super) fn careless(&self) -> String {
        let Some((user, password)) = &self.credentials else { return self.url.clone() };
        self.url.replacen("://", &format!("://{user}:{}@", password.expose()), 1)
    }
}

impl fmt::Display for ImageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_pass() {
        for good in ["https://10.0.0.9/a/BIOS_1.EXE", "nfs://10.0.0.9/share/b.d9", "cifs://files/share/c.exe"]
        {
            assert_eq!(ImageUri::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "https://root:hunter22@10.0.0.9/a.exe",
            "https://root@10.0.0.9/a.exe",
            "https://10.0.0.9/a.exe?signature=1",
            "https://10.0.0.9/a.exe#x",
            "https://10.0.0.9/a",
            "file:///etc/passwd.exe",
            "/a.exe",
            "",
        ] {
            let error = ImageUri::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(!error.chain().contains("hunter22"));
        }
    }
}
