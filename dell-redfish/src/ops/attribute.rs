//! Writing attributes of the iDRAC, the system board and the Lifecycle Controller.

use std::collections::BTreeMap;

use serde_json::json;

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Scalar;
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::request::{Request, Response};

/// A set of attributes that is one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeGroup {
    /// The iDRAC: network, users, services, alerts.
    Idrac,
    /// The system board: cooling, power, hot spare.
    System,
    /// The Lifecycle Controller: inventory on restart, discovery, updates.
    LifecycleController,
}

impl AttributeGroup {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Idrac, Self::System, Self::LifecycleController];

    /// Name of the resource, on every PowerEdge.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Idrac => "iDRAC.Embedded.1",
            Self::System => "System.Embedded.1",
            Self::LifecycleController => "LifecycleController.Embedded.1",
        }
    }
}

/// PATCH of attributes. Sent as it is: [`SetAttributes`](crate::flow::attribute::SetAttributes) sends only what differs.
#[derive(Clone)]
pub struct PatchAttributes {
    path: String,
    changes: BTreeMap<String, Scalar>,
    apply: ApplyTime,
}

impl PatchAttributes {
    /// These attributes of the resource at this path.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] without an attribute, or for a name that can be none.
    pub fn new(path: impl Into<String>, changes: BTreeMap<String, Scalar>, apply: ApplyTime) -> Result<Self> {
        let odd = |name: &&String| name.is_empty() || name.len() > 128 || name.chars().any(char::is_control);
        if let Some(name) = changes.keys().find(odd) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("{name:?} is no name of an attribute")));
        }
        if changes.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "no attribute is named"));
        }
        Ok(Self { path: path.into(), changes, apply })
    }
}

impl std::fmt::Debug for PatchAttributes {
    /// Names the attributes; a value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatchAttributes")
            .field("path", &self.path)
            .field("names", &self.changes.keys().collect::<Vec<_>>())
            .field("apply", &self.apply)
            .finish_non_exhaustive()
    }
}

impl Operation for PatchAttributes {
    type Output = Accepted;

    const NAME: &'static str = "PatchAttributes";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let mut body = json!({"Attributes": self.changes});
        // At once is what goes without saying.
        if self.apply != ApplyTime::Immediate {
            body["@Redfish.SettingsApplyTime"] = self.apply.preferred();
        }
        Request::patch(self.path.clone(), &body)
    }

    /// A change of the iDRAC's own address takes it away from whoever is talking to it.
    fn effect(&self) -> Effect {
        if self.changes.keys().any(|name| moves_idrac(name)) { Effect::Disrupt } else { Self::EFFECT }
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Whether a change of this attribute moves the iDRAC: its address, network, or the port it listens on.
#[must_use]
pub fn moves_idrac(attribute: &str) -> bool {
    let Some((group, name)) = attribute.split_once(".1.") else { return false };
    let names: &[&str] = match group {
        "IPv4" | "IPv4Static" => &["Enable", "DHCPEnable", "Address", "Netmask", "Gateway"],
        "IPv6" | "IPv6Static" => &["Enable", "AutoConfig", "Address1", "PrefixLength", "Gateway"],
        "NIC" => &["Enable", "Selection", "Failover", "AutoDetect", "VLanEnable", "VLanID", "VLanPort"],
        "WebServer" => &["Enable", "HttpsPort"],
        "Redfish" => &["Enable"],
        _ => &[],
    };
    names.contains(&name)
}

/// Whether two values are the same setting: `1500` and `"1500"` are.
pub(crate) fn same(one: &Scalar, other: &Scalar) -> bool {
    one == other || (one.to_text().is_some() && one.to_text() == other.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_address_is_disruptive() {
        let patch = |name: &str| {
            let changes = BTreeMap::from([(name.to_owned(), Scalar::Text("x".into()))]);
            PatchAttributes::new("/redfish/v1/x", changes, ApplyTime::Immediate).map(|op| op.effect())
        };
        assert_eq!(patch("IPv4.1.Address").unwrap(), Effect::Disrupt);
        assert_eq!(patch("IPv4.1.DNS1").unwrap(), Effect::Change);
        assert_eq!(patch("WebServer.1.HttpsPort").unwrap(), Effect::Disrupt);
        assert_eq!(patch("").unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn numbers_written_as_text_are_the_same() {
        assert!(same(&Scalar::Number(1500.into()), &Scalar::Text("1500".into())));
        assert!(!same(&Scalar::Text("a".into()), &Scalar::Text("b".into())));
    }
}
