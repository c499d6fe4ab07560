//! Reading, clearing and exporting logs.

use std::time::Duration;

use serde_json::json;

use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::model::Page;
use crate::operation::Operation;
use crate::ops::{ExportPlace, Exported};
use crate::request::{Request, Response};

/// An iDRAC9 takes up to 18 s for a page of the system event log, older ones more.
const PATIENCE: Duration = Duration::from_secs(120);

/// GET of one page of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLogEntries {
    path: String,
}

impl ListLogEntries {
    /// A page by its path and query.
    #[must_use]
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for ListLogEntries {
    type Output = Page;

    const NAME: &'static str = "ListLogEntries";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path.clone()).with_timeout(PATIENCE)
    }

    fn parse(&self, response: Response) -> Result<Page> {
        Page::parse(&response.body)
    }
}

/// Empties a log for good (DMTF `LogService.ClearLog`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearLog {
    target: ODataId,
}

impl ClearLog {
    /// By the target its service names.
    #[must_use]
    pub fn at(target: ODataId) -> Self {
        Self { target }
    }
}

impl Operation for ClearLog {
    type Output = ();

    const NAME: &'static str = "ClearLog";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        // Some firmware refuses an action without a body.
        Request::post(self.target.path(), &json!({}))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// Writes the whole Lifecycle log to a share, or keeps it for download (Dell `DellLCService.ExportLCLog`, and
/// `ExportCompleteLCLog`, which holds what was archived, too).
#[derive(Debug, Clone)]
pub struct ExportLcLog {
    target: ODataId,
    place: ExportPlace,
}

impl ExportLcLog {
    /// To this place, by the target the service names.
    #[must_use]
    pub fn to(target: ODataId, place: ExportPlace) -> Self {
        Self { target, place }
    }
}

impl Operation for ExportLcLog {
    type Output = Exported;

    const NAME: &'static str = "ExportLCLog";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &self.place.body(json!({})))
    }

    fn parse(&self, response: Response) -> Result<Exported> {
        Ok(Exported::read(&response))
    }
}
