//! Firmware from a repository: `DellSoftwareInstallationService`.

use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::actions::{Action, Actions};
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;
use crate::ops::share::Share;
use crate::request::{Request, Response};

/// What to do with a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryInstall {
    /// The share, and the folder with the catalogue.
    pub share: Share,
    /// Name of the catalogue where it is not `Catalog.xml`.
    pub catalog_file: Option<String>,
    /// Whether to install; otherwise the iDRAC only compares.
    pub apply: bool,
    /// Whether the iDRAC restarts the host for what needs it.
    pub reboot: bool,
}

/// `InstallFromRepository`: the iDRAC compares itself with a catalogue and makes one job for each package that it installs.
#[derive(Debug, Clone)]
pub struct InstallFromRepository {
    action: Action,
    install: RepositoryInstall,
}

impl InstallFromRepository {
    /// By the actions of `DellSoftwareInstallationService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when there is no such action, or it does not take this type of share.
    pub fn new(actions: &Actions, install: RepositoryInstall) -> Result<Self> {
        let action = actions.need("InstallFromRepository")?.clone();
        action.check("ShareType", install.share.kind().as_str())?;
        Ok(Self { action, install })
    }
}

impl Operation for InstallFromRepository {
    type Output = Accepted;

    const NAME: &'static str = "InstallFromRepository";
    const EFFECT: Effect = Effect::Disrupt;

    fn effect(&self) -> Effect {
        if self.install.apply { Effect::Disrupt } else { Effect::Read }
    }

    fn request(&self) -> Request {
        let mut body = self.install.share.parameters();
        // A text and not a boolean, unlike its neighbour.
        body.insert("ApplyUpdate".into(), if self.install.apply { "True" } else { "False" }.into());
        body.insert("RebootNeeded".into(), (self.install.apply && self.install.reboot).into());
        if let Some(name) = &self.install.catalog_file {
            body.insert("CatalogFile".into(), name.as_str().into());
        }
        Request::post(self.action.target.as_str(), &Value::Object(body))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// `GetRepoBasedUpdateList`: what the last comparison found, as CIM-XML.
#[derive(Debug, Clone)]
pub struct GetRepoBasedUpdateList {
    action: Action,
}

impl GetRepoBasedUpdateList {
    /// By the actions of `DellSoftwareInstallationService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when there is no such action.
    pub fn new(actions: &Actions) -> Result<Self> {
        Ok(Self { action: actions.need("GetRepoBasedUpdateList")?.clone() })
    }
}

impl Operation for GetRepoBasedUpdateList {
    /// The CIM-XML.
    type Output = String;

    const NAME: &'static str = "GetRepoBasedUpdateList";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.action.target.as_str(), &json!({})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<String> {
        let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let list = body.get("PackageList").and_then(Value::as_str);
        list.map(str::to_owned)
            .ok_or_else(|| Error::new(ErrorKind::Protocol, "the reply holds no PackageList"))
    }
}
