//! Staged settings: values for later, the job that applies them, and the actions around them.

use std::time::Duration;

use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::attribute::AttributeChange;
use crate::body::Body;
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::Scalar;
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::redact::REDACTED;
use crate::request::{Request, Response};
use crate::secret::Secret;

/// PATCH of a Settings resource. With an apply time the iDRAC makes the job by itself (iDRAC9 and later); without one the values
/// are only staged.
#[derive(Debug, Clone)]
pub struct StageSettings {
    /// The Settings resource.
    pub settings: ODataId,
    /// The values, in their order.
    pub changes: Vec<AttributeChange>,
    /// When they are applied, where the iDRAC takes that.
    pub apply_time: Option<ApplyTime>,
}

impl StageSettings {
    /// The same without its secrets, to be shown.
    #[must_use]
    pub fn shown(&self) -> Self {
        let mut shown = self.clone();
        for change in shown.changes.iter_mut().filter(|change| change.is_secret) {
            change.to = Scalar::Text(REDACTED.to_owned());
        }
        shown
    }
}

/// The attributes in the order of the changes: what decides on others stands before them.
struct Ordered<'a>(&'a [AttributeChange]);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|change| out.serialize_entry(&change.attribute, &change.to))?;
        out.end()
    }
}

#[derive(Serialize)]
struct StageBody<'a> {
    #[serde(rename = "@Redfish.SettingsApplyTime", skip_serializing_if = "Option::is_none")]
    apply_time: Option<Value>,
    #[serde(rename = "Attributes")]
    attributes: Ordered<'a>,
}

impl Operation for StageSettings {
    type Output = Accepted;

    const NAME: &'static str = "StageSettings";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let apply_time = self.apply_time.as_ref().map(ApplyTime::preferred);
        let body = StageBody { apply_time, attributes: Ordered(&self.changes) };
        let mut request = Request::patch(self.settings.path(), &Value::Null);
        // Keys are texts and values scalars: this writes whatever they are.
        request.body = serde_json::to_vec(&body).ok().map(|text| Body::Json(Bytes::from(text)));
        request
    }

    fn effect(&self) -> Effect {
        match self.apply_time {
            // The iDRAC restarts the host by itself.
            Some(ApplyTime::AtMaintenanceWindowStart(_)) => Effect::Disrupt,
            _ => Effect::Change,
        }
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// `DellManager.ClearPending`: drops what is staged and not committed to a job yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearPending {
    /// The action's target.
    pub target: ODataId,
}

impl Operation for ClearPending {
    type Output = Accepted;

    const NAME: &'static str = "ClearPending";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        // Dropping it twice drops it once.
        Request::post(self.target.path(), &json!({})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// `Bios.ResetBios`: defaults at the next restart of the host. Some firmware refuses it without a body (seen on iDRAC8 2.75), so
/// `{}` is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetBios {
    /// The action's target.
    pub target: ODataId,
    /// Whether `{}` is sent; off in a test only.
    pub with_body: bool,
}

impl Operation for ResetBios {
    type Output = Accepted;

    const NAME: &'static str = "ResetBios";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        let mut request = Request::post(self.target.path(), &json!({})).idempotent();
        if !self.with_body {
            request.body = None;
        }
        request
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Which password of the BIOS setup program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BiosPassword {
    /// Asked for before the host starts an operating system.
    System,
    /// Asked for before settings are changed at the console.
    Setup,
}

impl BiosPassword {
    /// The attribute, and `PasswordName` of the action.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "SysPassword",
            Self::Setup => "SetupPassword",
        }
    }

    /// The attribute the old one goes into.
    #[must_use]
    pub const fn old_attribute(self) -> &'static str {
        match self {
            Self::System => "OldSysPassword",
            Self::Setup => "OldSetupPassword",
        }
    }
}

/// `Bios.ChangePassword`: stages a password; a job has to bring it. An empty one stands for none.
#[derive(Debug, Clone)]
pub struct ChangeBiosPassword {
    /// The action's target.
    pub target: ODataId,
    /// Which.
    pub password: BiosPassword,
    /// The present one.
    pub old: Secret,
    /// The new one.
    pub new: Secret,
}

impl Operation for ChangeBiosPassword {
    type Output = Accepted;

    const NAME: &'static str = "ChangeBiosPassword";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let body = json!({"PasswordName": self.password.as_str(), "OldPassword": self.old.expose(),
            "NewPassword": self.new.expose()});
        Request::post(self.target.path(), &body).with_secret_keys(&["OldPassword", "NewPassword"])
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Reads an attribute registry: more than a megabyte, so it is given more time than other replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAttributeRegistry {
    /// Where it is.
    pub path: ODataId,
}

impl Operation for GetAttributeRegistry {
    type Output = crate::attribute::AttributeRegistry;

    const NAME: &'static str = "GetAttributeRegistry";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path.path()).with_timeout(Duration::from_secs(60))
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        let registry = crate::attribute::AttributeRegistry::parse(response.body)?;
        if registry.attributes().is_empty() {
            return Err(Error::new(ErrorKind::Protocol, "the attribute registry lists no attribute"));
        }
        Ok(registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(attribute: &str, to: &str, is_secret: bool) -> AttributeChange {
        AttributeChange {
            attribute: attribute.to_owned(),
            from: None,
            to: to.into(),
            is_secret,
            reset_required: true,
        }
    }

    fn path(text: &str) -> ODataId {
        ODataId::parse(text).unwrap()
    }

    #[test]
    fn values_are_sent_in_their_order_and_shown_without_secrets() {
        let stage = StageSettings {
            settings: path("/redfish/v1/Systems/System.Embedded.1/Bios/Settings"),
            changes: vec![change("Z", "1", false), change("A", "correct horse", true)],
            apply_time: Some(ApplyTime::OnReset),
        };
        let text =
            |request: Request| String::from_utf8(request.body.unwrap().whole().unwrap().to_vec()).unwrap();
        assert_eq!(
            text(stage.request()),
            r#"{"@Redfish.SettingsApplyTime":{"ApplyTime":"OnReset"},"Attributes":{"Z":"1","A":"correct horse"}}"#
        );
        assert!(!text(stage.shown().request()).contains("correct horse"));
        assert!(!format!("{stage:?}").contains("correct horse"));
    }

    #[test]
    fn passwords_do_not_show() {
        let change = ChangeBiosPassword {
            target: path("/redfish/v1/Systems/System.Embedded.1/Bios/Actions/Bios.ChangePassword"),
            password: BiosPassword::Setup,
            old: "old horse".into(),
            new: "new horse".into(),
        };
        let shown = format!("{change:?} {:?} {:?}", change.request(), change.plan());
        assert!(!shown.contains("horse"), "{shown}");
    }
}
