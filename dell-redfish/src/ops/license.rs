//! Dell's and DMTF's ways to install, read and delete a licence.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::effect::Effect;
use crate::error::Result;
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::ops::action::{action, text};
use crate::request::{Request, Response};

action! {
    /// `DellLicenseManagementService.ImportLicense`.
    ImportLicense = "DellLicenseManagementService.ImportLicense", Change, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

action! {
    /// `DellLicenseManagementService.ImportLicenseFromNetworkShare`: a job.
    ImportLicenseFromNetworkShare = "DellLicenseManagementService.ImportLicenseFromNetworkShare", Change, [],
        |response| Ok(crate::accepted::Accepted::read(&response)) => crate::accepted::Accepted
}

action! {
    /// `DellLicenseManagementService.ExportLicense`: the licence in base64.
    ExportLicense = "DellLicenseManagementService.ExportLicense", Read, [],
        |response| text(&response, "LicenseFile") => String
}

action! {
    /// `DellLicenseManagementService.ExportLicenseToNetworkShare`: a job.
    ExportLicenseToNetworkShare = "DellLicenseManagementService.ExportLicenseToNetworkShare", Read, [],
        |response| Ok(crate::accepted::Accepted::read(&response)) => crate::accepted::Accepted
}

action! {
    /// `DellLicenseManagementService.DeleteLicense`.
    DeleteLicense = "DellLicenseManagementService.DeleteLicense", Destroy, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

/// POST of a licence to `LicenseService/Licenses`.
#[derive(Clone)]
pub struct CreateLicense {
    home: String,
    file: Vec<u8>,
}

impl CreateLicense {
    pub(crate) fn new(home: impl Into<String>, file: impl Into<Vec<u8>>) -> Self {
        Self { home: home.into(), file: file.into() }
    }
}

/// A licence file as Dell's and DMTF's properties take it.
pub(crate) fn coded(file: &[u8]) -> Value {
    base64::engine::general_purpose::STANDARD.encode(file).into()
}

impl std::fmt::Debug for CreateLicense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateLicense").field("bytes", &self.file.len()).finish_non_exhaustive()
    }
}

impl Operation for CreateLicense {
    type Output = Vec<ExtendedInfo>;

    const NAME: &'static str = "CreateLicense";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.home.clone(), &json!({"LicenseString": coded(&self.file)}))
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Ok(read_extended(&response.body))
    }
}

/// DELETE of a licence of `LicenseService`.
#[derive(Debug, Clone)]
pub struct RemoveLicense {
    path: String,
}

impl RemoveLicense {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for RemoveLicense {
    type Output = ();

    const NAME: &'static str = "RemoveLicense";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        Request::delete(self.path.clone())
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}

/// GET of a licence's own file.
#[derive(Debug, Clone)]
pub struct DownloadLicense {
    path: String,
}

impl DownloadLicense {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for DownloadLicense {
    type Output = Vec<u8>;

    const NAME: &'static str = "DownloadLicense";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path.clone()).accepting("*/*")
    }

    fn parse(&self, response: Response) -> Result<Vec<u8>> {
        Ok(response.body.to_vec())
    }
}
