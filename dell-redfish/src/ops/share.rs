//! Network shares, and whether the iDRAC reaches one.

use serde_json::{Map, Value};

use crate::actions::{Action, Actions};
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::request::{Request, Response};
use crate::secret::Secret;

/// How a share is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[allow(missing_docs, reason = "the protocols' names say it")]
#[serde(rename_all = "lowercase")]
pub enum ShareType {
    Nfs,
    Cifs,
    Http,
    Https,
    Tftp,
    Ftp,
}

impl ShareType {
    /// As `ShareType` of Dell's actions spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nfs => "NFS",
            Self::Cifs => "CIFS",
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tftp => "TFTP",
            Self::Ftp => "FTP",
        }
    }
}

/// A proxy between the iDRAC and a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareProxy {
    /// Whether it speaks SOCKS; HTTP otherwise.
    pub socks: bool,
    /// Address or name.
    pub server: String,
    /// Port.
    pub port: u16,
    /// User name and password, where it asks for them.
    pub credentials: Option<(String, Secret)>,
}

/// A place outside the server, as the iDRAC reaches it. Credentials travel in fields of their own, never in an address, and
/// no log shows the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    kind: ShareType,
    address: String,
    name: String,
    port: Option<u16>,
    credentials: Option<(String, Secret)>,
    workgroup: Option<String>,
    proxy: Option<ShareProxy>,
    ignores_certificate: bool,
}

impl Share {
    /// The share or folder `name` of the peer at `address`.
    pub fn new(kind: ShareType, address: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            address: address.into(),
            name: name.into(),
            port: None,
            credentials: None,
            workgroup: None,
            proxy: None,
            ignores_certificate: false,
        }
    }

    /// On another port than the protocol's own.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Logs in there.
    #[must_use]
    pub fn with_credentials(self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { credentials: Some((user.into(), password.into())), ..self }
    }

    /// Names the workgroup of a CIFS user.
    #[must_use]
    pub fn with_workgroup(self, workgroup: impl Into<String>) -> Self {
        Self { workgroup: Some(workgroup.into()), ..self }
    }

    /// Goes through a proxy.
    #[must_use]
    pub fn with_proxy(self, proxy: ShareProxy) -> Self {
        Self { proxy: Some(proxy), ..self }
    }

    /// Takes any certificate of an HTTPS server.
    #[must_use]
    pub fn ignoring_certificate(self) -> Self {
        Self { ignores_certificate: true, ..self }
    }

    /// How it is reached.
    #[must_use]
    pub fn kind(&self) -> ShareType {
        self.kind
    }

    /// Address or name of the peer.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Name of the share, or folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who logs in there.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.credentials.as_ref().map(|(user, _)| user.as_str())
    }

    /// Whether any certificate of an HTTPS server will do.
    #[must_use]
    pub fn ignores_certificate(&self) -> bool {
        self.ignores_certificate
    }

    /// Port, where it is not the protocol's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// As the parameters of `SetUpdateSchedule`, which names some of them otherwise than all other services.
    pub(crate) fn schedule_parameters(&self) -> Map<String, Value> {
        let own = |key: String| match key.as_str() {
            "Workgroup" => "Domain".to_owned(),
            "ProxyServer" => "ProxyHostName".to_owned(),
            "ProxyUname" => "ProxyUserName".to_owned(),
            "ProxyPasswd" => "ProxyPassword".to_owned(),
            _ => key,
        };
        self.parameters().into_iter().map(|(key, value)| (own(key), value)).collect()
    }

    /// As the parameters of Dell's services: `DellLCService`, `DellLicenseManagementService`.
    pub(crate) fn parameters(&self) -> Map<String, Value> {
        let proxy = self.proxy.as_ref();
        let login = |credentials: &Option<(String, Secret)>| {
            credentials.as_ref().map(|(user, password)| (user.clone(), password.expose().to_owned()))
        };
        let (user, password) = login(&self.credentials).unzip();
        let (proxy_user, proxy_password) = proxy.and_then(|proxy| login(&proxy.credentials)).unzip();
        let of_proxy = |proxy: &ShareProxy| if proxy.socks { "SOCKS" } else { "HTTP" }.to_owned();
        let fields = [
            ("ShareType", Some(self.kind.as_str().to_owned())),
            ("IPAddress", Some(self.address.clone())),
            ("ShareName", Some(self.name.clone())),
            ("PortNumber", self.port.map(|port| port.to_string())),
            ("UserName", user),
            ("Password", password),
            ("Workgroup", self.workgroup.clone()),
            ("IgnoreCertWarning", self.ignores_certificate.then(|| "On".to_owned())),
            ("ProxySupport", proxy.map(|_| "ParametersProxy".to_owned())),
            ("ProxyType", proxy.map(of_proxy)),
            ("ProxyServer", proxy.map(|proxy| proxy.server.clone())),
            ("ProxyPort", proxy.map(|proxy| proxy.port.to_string())),
            ("ProxyUname", proxy_user),
            ("ProxyPasswd", proxy_password),
        ];
        let given = |(key, value): (&str, Option<String>)| Some((key.to_owned(), value?.into()));
        fields.into_iter().filter_map(given).collect()
    }
}

/// Message ids by which an iDRAC says that the share, not the request, is at fault.
const SHARE_AT_FAULT: &[&str] = &[
    "LC023", "LC025", "LC054", "RAC0633", "RAC0634", "RAC0636", "RAC0637", "RAC0720", "RAC0904", "RED006",
    "RED016", "RED050", "RED062", "RED132", "RED137", "SWC0064", "SWC0066", "SYS236", "SYS237", "SYS245",
    "SYS246", "SYS257", "SYS258",
];

/// Whether an error is about a share: unreachable, full, wrong credentials.
pub(crate) fn is_share_at_fault(error: &Error) -> bool {
    error.message_ids().any(|id| SHARE_AT_FAULT.contains(&id.as_str()))
}

/// `DellLCService.TestNetworkShare`: whether the iDRAC reaches a share with these credentials. Changes nothing.
#[derive(Debug, Clone)]
pub struct TestNetworkShare {
    action: Action,
    share: Share,
}

impl TestNetworkShare {
    /// By the actions of `DellLCService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when there is no such action, or it does not take this type of share;
    /// [`ErrorKind::InvalidInput`] for a share without a name or an address.
    pub fn new(actions: &Actions, share: Share) -> Result<Self> {
        let action = actions.need("DellLCService.TestNetworkShare")?.clone();
        action.check("ShareType", share.kind.as_str())?;
        if share.address.is_empty() || share.name.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "a share needs an address and a name"));
        }
        Ok(Self { action, share })
    }
}

impl Operation for TestNetworkShare {
    /// What the iDRAC said.
    type Output = Vec<ExtendedInfo>;

    const NAME: &'static str = "TestNetworkShare";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        // Nothing changes by it, so it may be asked twice.
        Request::post(self.action.target.as_str(), &Value::Object(self.share.parameters())).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Ok(read_extended(&response.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_fields_of_their_own_and_do_not_show() {
        let share = Share::new(ShareType::Cifs, "10.0.0.9", "images")
            .with_credentials("backup", "hunter22")
            .with_proxy(ShareProxy { socks: true, server: "proxy".into(), port: 1080, credentials: None });
        let parameters = Value::Object(share.parameters());
        assert_eq!(parameters["Password"], "hunter22");
        assert_eq!((&parameters["ProxyPort"], &parameters["ProxyType"]), (&"1080".into(), &"SOCKS".into()));
        assert!(parameters.get("PortNumber").is_none());
        let action = Actions::read(
            br##"{"Actions":{"#DellLCService.TestNetworkShare":{"target":"/redfish/v1/x",
                "ShareType@Redfish.AllowableValues":["CIFS"]}}}"##,
        );
        let operation = TestNetworkShare::new(&action, share.clone()).unwrap();
        for shown in [
            format!("{operation:?}"),
            format!("{:?}", operation.plan()),
            format!("{:?}", operation.request()),
        ] {
            assert!(!shown.contains("hunter22"), "{shown}");
        }
        let nfs = Share::new(ShareType::Nfs, "10.0.0.9", "/images");
        assert_eq!(TestNetworkShare::new(&action, nfs).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
