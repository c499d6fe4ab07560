//! Where an export of Dell's Lifecycle Controller service goes, and what comes of it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::accepted::Accepted;
use crate::actions::Action;
use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::ops::share::Share;
use crate::request::{Request, Response};

/// A file of some megabytes from an iDRAC that makes it while it sends it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportPlace {
    /// Kept on the iDRAC, to be fetched from there.
    Local,
    /// Written to a share.
    Share {
        /// The share.
        share: Box<Share>,
        /// Name of the file there.
        file: String,
    },
}

impl ExportPlace {
    /// A file on a share.
    pub fn on(share: Share, file: impl Into<String>) -> Self {
        Self::Share { share: Box::new(share), file: file.into() }
    }

    /// `Local`, `NFS`, …: the value of `ShareType`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Share { share, .. } => share.kind().as_str(),
        }
    }

    /// Refuses a place that an action does not offer.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), naming what it offers.
    pub(crate) fn check(&self, action: &Action) -> Result<()> {
        action.check("ShareType", self.kind())
    }

    /// The parameters of an action, with the action's own.
    pub(crate) fn body(&self, own: Value) -> Value {
        let mut body = match own {
            Value::Object(own) => own,
            _ => Map::new(),
        };
        match self {
            Self::Local => drop(body.insert("ShareType".to_owned(), "Local".into())),
            Self::Share { share, file } => {
                body.extend(share.parameters());
                body.insert("FileName".to_owned(), file.as_str().into());
            }
        }
        Value::Object(body)
    }
}

/// What came of an export: a job that writes to a share, or a file on the iDRAC to be fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// The work, to be waited for.
    pub accepted: Accepted,
    /// Where the iDRAC keeps the file, where it was asked to.
    pub file: Option<ODataId>,
}

impl Exported {
    /// Reads it from a 2xx reply. Only a place that the endpoint table knows for files counts as one.
    #[must_use]
    pub fn read(response: &Response) -> Self {
        let file = response.header("location").and_then(endpoint::file_path);
        Self { accepted: Accepted::read(response), file: file.and_then(|path| ODataId::parse(&path).ok()) }
    }
}

/// GET of a file that an export left on the iDRAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFile {
    path: ODataId,
}

impl FetchFile {
    /// The file at this place.
    #[must_use]
    pub fn at(path: ODataId) -> Self {
        Self { path }
    }
}

impl Operation for FetchFile {
    type Output = Bytes;

    const NAME: &'static str = "FetchFile";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path.path()).accepting("*/*").with_timeout(PATIENCE)
    }

    fn parse(&self, response: Response) -> Result<Bytes> {
        Ok(response.body)
    }
}
