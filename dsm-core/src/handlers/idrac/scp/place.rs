//! A file on a share, as a job names it.

use dell_redfish::ops::share::{Share, ShareType};

use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::handlers::idrac::input::Input;

/// Where the password of a share is in the details.
const PASSWORD: &str = "/share_password";

/// See the module's documentation. The password stays in the job's details, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    kind: ShareType,
    address: String,
    name: String,
    port: Option<u16>,
    file: Option<String>,
    login: Login,
}

/// Who logs in there, but for the password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    user: Option<String>,
    workgroup: Option<String>,
    ignores_certificate: bool,
}

impl Login {
    pub(super) fn decode(details: Input<'_>) -> Result<Self> {
        Ok(Self {
            user: details.text("share_username")?.map(str::to_owned),
            workgroup: details.text("share_workgroup")?.map(str::to_owned),
            ignores_certificate: details.flag("share_ignore_certificate", false)?,
        })
    }

    /// The share with it, and the password opened.
    ///
    /// # Errors
    /// The password cannot be opened.
    pub(super) fn on(&self, ctx: &Ctx, mut share: Share) -> Result<Share> {
        if let Some(user) = &self.user {
            let password = ctx.secret(PASSWORD)?;
            let password = password.as_ref().map_or("", |password| password.expose());
            share = share.with_credentials(user, password);
        }
        if let Some(workgroup) = &self.workgroup {
            share = share.with_workgroup(workgroup);
        }
        Ok(if self.ignores_certificate { share.ignoring_certificate() } else { share })
    }
}

impl Place {
    /// `share_type` and what goes with it; nothing for `Local`.
    pub(super) fn decode(details: Input<'_>) -> Result<Option<Self>> {
        let kinds = [
            ("Local", None),
            ("NFS", Some(ShareType::Nfs)),
            ("CIFS", Some(ShareType::Cifs)),
            ("SMB", Some(ShareType::Cifs)),
            ("HTTP", Some(ShareType::Http)),
            ("HTTPS", Some(ShareType::Https)),
        ];
        let Some(kind) = details.choice("share_type", &kinds)?.flatten() else { return Ok(None) };
        let name = match kind {
            // The root of a web server is a folder, too.
            ShareType::Http | ShareType::Https => details.text("share_name")?.unwrap_or("/"),
            _ => details.needed("share_name", "name the share, or the exported folder")?,
        };
        let address = details.needed("share_address", "write the address of the file server")?;
        let port = details.number("share_port", 1..=u64::from(u16::MAX))?;
        Ok(Some(Self {
            kind,
            address: address.to_owned(),
            name: name.to_owned(),
            port: port.and_then(|port| u16::try_from(port).ok()),
            file: details.text("share_file_name")?.map(str::to_owned),
            login: Login::decode(details)?,
        }))
    }

    /// With its password.
    ///
    /// # Errors
    /// As [`Login::on`].
    pub(super) fn share(&self, ctx: &Ctx) -> Result<Share> {
        let share = Share::new(self.kind, &self.address, &self.name);
        let share = match self.port {
            Some(port) => share.with_port(port),
            None => share,
        };
        self.login.on(ctx, share)
    }

    /// The file to import.
    ///
    /// # Errors
    /// None is named.
    pub(super) fn file(&self) -> Result<&str> {
        self.file.as_deref().ok_or_else(|| {
            Error::invalid("details.share_file_name", "it is missing", "name the file with the profile")
        })
    }

    /// The file that a server's profile goes to: each of several has one of its own.
    pub(super) fn file_of(&self, server: &str, end: &str, is_alone: bool) -> String {
        match &self.file {
            None => format!("scp-{server}.{end}"),
            Some(file) if is_alone => file.clone(),
            Some(file) => match file.rsplit_once('.') {
                Some((stem, end)) if !stem.is_empty() && !end.contains('/') => {
                    format!("{stem}-{server}.{end}")
                }
                _ => format!("{file}-{server}"),
            },
        }
    }

    /// The address of a file there, without credentials, as [`Share::from_address`] reads it.
    pub(super) fn address_of(&self, file: &str) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let name = self.name.trim_matches('/');
        let name = if name.is_empty() { String::new() } else { format!("{name}/") };
        let scheme = self.kind.as_str().to_ascii_lowercase();
        format!("{scheme}://{}{port}/{name}{file}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn decode(details: Value) -> Result<Option<Place>> {
        Place::decode(Input::of("details", details.as_object().expect("an object")))
    }

    #[test]
    fn each_of_several_servers_has_a_file_of_its_own() {
        let place = |file: Value| {
            let details = json!({"share_type": "nfs", "share_address": "10.0.0.5", "share_name": "/scp", "share_file_name": file});
            decode(details).expect("fine").expect("a share")
        };
        assert_eq!(place(json!("a.xml")).file_of("ABC1234", "xml", true), "a.xml");
        assert_eq!(place(json!("a.b.xml")).file_of("ABC1234", "xml", false), "a.b-ABC1234.xml");
        assert_eq!(place(json!("v1.2/a")).file_of("ABC1234", "xml", false), "v1.2/a-ABC1234");
        assert_eq!(place(Value::Null).file_of("ABC1234", "json", true), "scp-ABC1234.json");
        let address = place(Value::Null).address_of("x/a.xml");
        assert_eq!(address, "nfs://10.0.0.5/scp/x/a.xml");
        let (share, file) = Share::from_address(&address).expect("readable");
        assert_eq!((share.name(), file.as_str()), ("/scp/x", "a.xml"), "the same file");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(decode(json!({"share_type": "Local", "share_name": 5})).expect("local"), None);
        for (details, field) in [
            (json!({"share_type": "FTP"}), "details.share_type"),
            (json!({"share_type": "NFS"}), "details.share_name"),
            (json!({"share_type": "CIFS", "share_name": "a"}), "details.share_address"),
            (json!({"share_type": "HTTP", "share_address": "a", "share_port": 0}), "details.share_port"),
        ] {
            assert_eq!(decode(details).expect_err(field).subject(), Some(field));
        }
    }
}
