//! `UpdateService.SimpleUpdate` and `UpdateService.StartUpdate`.

use serde_json::{Map, Value, json};

use super::ImageUri;
use crate::accepted::Accepted;
use crate::actions::{Action, Actions};
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::request::{Request, Response};

/// Where a package is.
#[derive(Debug, Clone)]
enum Image {
    Away(ImageUri),
    /// An entry of the firmware inventory: kept for a rollback, or pushed before.
    Kept(ODataId),
}

/// Installs a package that the iDRAC fetches, or that it keeps already. Never repeated after a broken connection.
#[derive(Debug, Clone)]
pub struct SimpleUpdate {
    action: Action,
    image: Image,
    targets: Vec<ODataId>,
    apply_time: Option<ApplyTime>,
    careless: bool,
}

impl SimpleUpdate {
    /// From a web server or share, by the actions of the update service.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action, or it does not take the protocol.
    pub fn of_uri(actions: &Actions, uri: ImageUri) -> Result<Self> {
        let simple = Self::of(actions, Image::Away(uri.clone()))?;
        simple.action.check("TransferProtocol", uri.kind().as_str())?;
        Ok(simple)
    }

    /// Of an entry of the firmware inventory that is kept on the iDRAC.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action.
    pub fn of_entry(actions: &Actions, entry: ODataId) -> Result<Self> {
        Self::of(actions, Image::Kept(entry))
    }

    fn of(actions: &Actions, image: Image) -> Result<Self> {
        let action = actions.need("UpdateService.SimpleUpdate")?.clone();
        Ok(Self { action, image, targets: Vec::new(), apply_time: None, careless: false })
    }

    /// Only on these entries of the firmware inventory.
    #[must_use]
    pub fn with_targets(mut self, targets: Vec<ODataId>) -> Self {
        self.targets = targets;
        self
    }

    /// At this moment; checked against what the iDRAC offers by [`ApplyTime::check`].
    #[must_use]
    pub fn with_apply_time(mut self, apply_time: Option<ApplyTime>) -> Self {
        self.apply_time = apply_time;
        self
    }

    /// Without the counter-measure against credentials in an address.
    pub(crate) fn careless(mut self, careless: bool) -> Self {
        self.careless = careless;
        self
    }
}

impl Operation for SimpleUpdate {
    type Output = Accepted;

    const NAME: &'static str = "SimpleUpdate";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        let mut body = Map::new();
        match &self.image {
            Image::Kept(entry) => drop(body.insert("ImageURI".into(), entry.as_str().into())),
            Image::Away(uri) => {
                let address = if self.careless { uri.careless() } else { uri.to_string() };
                body.insert("ImageURI".into(), address.into());
                body.insert("TransferProtocol".into(), uri.kind().as_str().into());
                if let Some((user, password)) = uri.credentials().filter(|_| !self.careless) {
                    body.insert("Username".into(), user.into());
                    body.insert("Password".into(), password.expose().into());
                }
            }
        }
        if !self.targets.is_empty() {
            body.insert(
                "Targets".into(),
                self.targets.iter().map(|target| Value::from(target.as_str())).collect(),
            );
        }
        body.extend(self.apply_time.iter().flat_map(ApplyTime::annotations));
        Request::post(self.action.target.as_str(), &Value::Object(body))
            .with_secret_keys(&["Username", "Password"])
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Starts the updates that were sent with [`ApplyTime::OnStartUpdateRequest`].
#[derive(Debug, Clone)]
pub struct StartUpdate {
    action: Action,
}

impl StartUpdate {
    /// By the actions of the update service.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action.
    pub fn new(actions: &Actions) -> Result<Self> {
        Ok(Self { action: actions.need("UpdateService.StartUpdate")?.clone() })
    }
}

impl Operation for StartUpdate {
    type Output = Accepted;

    const NAME: &'static str = "StartUpdate";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        Request::post(self.action.target.as_str(), &json!({}))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}
