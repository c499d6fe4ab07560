//! A repository that the iDRAC reads itself.

use dell_redfish::Secret;
use dell_redfish::ops::RepositoryInstall;
use dell_redfish::ops::share::{Share, ShareType};
use serde_json::{Map, Value};

use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handlers::idrac::input::Input;

/// Where in the details its password lies.
const PASSWORD: &str = "/share/password";

/// `details.share`, or the address of a catalogue, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShareInput {
    kind: ShareType,
    address: String,
    name: String,
    port: Option<u16>,
    user: Option<String>,
    ignores_certificate: bool,
    catalog_file: Option<String>,
}

impl ShareInput {
    pub(super) fn decode(values: &Map<String, Value>) -> Result<Self> {
        let input = Input::of("details.share", values);
        let kind = input.choice(
            "type",
            &[
                ("nfs", ShareType::Nfs),
                ("cifs", ShareType::Cifs),
                ("http", ShareType::Http),
                ("https", ShareType::Https),
                ("ftp", ShareType::Ftp),
                ("tftp", ShareType::Tftp),
            ],
        )?;
        let text = |key: &str| -> Result<Option<String>> { Ok(input.text(key)?.map(str::to_owned)) };
        Ok(Self {
            kind: kind.unwrap_or(ShareType::Nfs),
            address: input.needed("address", "name the server of the share")?.to_owned(),
            name: text("name")?.unwrap_or_default(),
            port: input.number("port", 1..=65_535)?.and_then(|port| u16::try_from(port).ok()),
            user: text("username")?,
            ignores_certificate: input.flag("ignore_certificate", false)?,
            catalog_file: text("catalog_file")?,
        })
    }

    /// From `https://server/folder/Catalog.xml.gz`.
    pub(super) fn of_catalog(url: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "details.dell_catalog_url",
                "this is no address of a catalogue",
                "write https://server/folder/Catalog.xml.gz, without credentials",
            )
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "https" => ShareType::Https,
            "http" => ShareType::Http,
            _ => return Err(wrong()),
        };
        let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
        let (address, port) = match host.rsplit_once(':') {
            Some((address, port)) => (address, Some(port.parse().map_err(|_| wrong())?)),
            None => (host, None),
        };
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        if address.is_empty() || file.is_empty() || rest.contains(['@', '?', '#']) {
            return Err(wrong());
        }
        Ok(Self {
            kind,
            address: address.to_owned(),
            name: folder.to_owned(),
            port,
            user: None,
            ignores_certificate: false,
            catalog_file: Some(file.to_owned()),
        })
    }

    /// With its password, which only the running job can open.
    pub(super) fn open(&self, ctx: &Ctx) -> Result<RepositoryInstall> {
        let mut share = Share::new(self.kind, &self.address, &self.name);
        if let Some(port) = self.port {
            share = share.with_port(port);
        }
        if let Some(user) = &self.user {
            let password = ctx.secret(PASSWORD)?.map(|secret| secret.expose().to_owned()).unwrap_or_default();
            share = share.with_credentials(user, Secret::new(password));
        }
        if self.ignores_certificate {
            share = share.ignoring_certificate();
        }
        Ok(RepositoryInstall { share, catalog_file: self.catalog_file.clone(), apply: true, reboot: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_catalogue_is_taken_apart() {
        let share =
            ShareInput::of_catalog("https://downloads.dell.com/catalog/Catalog.xml.gz").expect("share");
        assert_eq!((share.address.as_str(), share.name.as_str()), ("downloads.dell.com", "catalog"));
        assert_eq!(share.catalog_file.as_deref(), Some("Catalog.xml.gz"));
        let port = ShareInput::of_catalog("http://mirror:8080/Catalog.xml").expect("share");
        assert_eq!((port.address.as_str(), port.port, port.name.as_str()), ("mirror", Some(8080), ""));
        for bad in
            ["", "https://host", "nfs://host/a/b", "https://u:p@host/a/b", "https://host/a/", "https://h:x/a"]
        {
            assert!(ShareInput::of_catalog(bad).is_err(), "{bad}");
        }
    }
}
