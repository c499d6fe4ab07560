//! Licences of the iDRAC, over `LicenseService` (from 7.x) or Dell's own service before it.

use base64::Engine as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::capability::{Found, IDRAC, find_at, is_missing, missing};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::message::{ExtendedInfo, MessageId};
use crate::model::{DellLicense, License, Resource};
use crate::operation::{Redfish, run};
use crate::ops::license::{
    CreateLicense, DeleteLicense, DownloadLicense, ExportLicense, ExportLicenseToNetworkShare, ImportLicense,
    ImportLicenseFromNetworkShare, RemoveLicense, coded,
};
use crate::ops::share::Share;
use crate::plan::Plan;

/// Longest licence file, in bytes; real ones have a few thousand.
const MAX_FILE: usize = 1 << 20;

/// A licence, whichever service tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LicenseInfo {
    /// Name of the entitlement, by which it is exported and deleted.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// `Perpetual`, `Evaluation`, `Production`, `Trial`, …
    pub kind: Option<String>,
    /// When it ends.
    pub expires: Option<String>,
    /// When it was installed.
    pub installed: Option<String>,
    /// `OK`, `Warning`, `Critical`.
    pub health: Option<String>,
    /// Where it is.
    pub path: Option<String>,
}

fn of_dmtf(license: &Resource<License>) -> LicenseInfo {
    LicenseInfo {
        id: license.entitlement_id.clone().or_else(|| license.id.clone()).unwrap_or_default(),
        description: license.description.clone(),
        kind: license.license_type.clone(),
        expires: license.expiration_date.clone(),
        installed: license.install_date.clone(),
        health: license.status.as_ref().and_then(|status| status.health.clone()),
        path: license.odata_id.clone(),
    }
}

fn of_dell(license: &Resource<DellLicense>) -> LicenseInfo {
    LicenseInfo {
        id: license.entitlement_id.clone().or_else(|| license.id.clone()).unwrap_or_default(),
        description: license.license_description.as_ref().map(|texts| texts.join(", ")),
        kind: license.license_type.clone(),
        expires: license.license_end_date.clone(),
        installed: license.license_install_date.clone(),
        health: license.license_primary_status.clone(),
        path: license.odata_id.clone(),
    }
}

/// Lists them: one request where collections expand, two where the newer service is not there.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with neither service (iDRAC7 and 8).
pub async fn list_licenses(redfish: &dyn Redfish) -> Result<Vec<LicenseInfo>> {
    let newer = endpoint::LICENSE_COLLECTION.path(&[])?;
    match members::list::<License>(redfish, &newer).await {
        Ok(all) => return Ok(all.iter().map(of_dmtf).collect()),
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(error),
    }
    let older = endpoint::LICENSE_COLLECTION_OEM.path(&[IDRAC])?;
    match members::list::<DellLicense>(redfish, &older).await {
        Ok(all) => Ok(all.iter().map(of_dell).collect()),
        Err(error) if is_missing(&error) => {
            Err(missing(redfish, "LicenseService or DellLicenses").with_source(error))
        }
        Err(error) => Err(error),
    }
}

async fn dell_service(redfish: &dyn Redfish) -> Result<Option<Found>> {
    find_at(redfish, &endpoint::LICENSE_MANAGEMENT_SERVICE, &[IDRAC]).await
}

/// "It is there already".
const INSTALLED_ALREADY: &str = "LIC018";

/// What installing a licence came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LicenseInstalled {
    /// Whether it is new; the same one again is no change.
    pub changed: bool,
    /// What the iDRAC said.
    pub messages: Vec<ExtendedInfo>,
}

/// Installs a licence file: by Dell's service where there is one, else by a POST to `LicenseService`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with neither service; [`ErrorKind::InvalidInput`] for an empty or endless file;
/// [`ErrorKind::BadRequest`] for a licence of another server (LIC008), an expired one (LIC006), a damaged one (LIC017).
pub async fn import_license(redfish: &dyn Redfish, file: &[u8]) -> Result<LicenseInstalled> {
    if file.is_empty() || file.len() > MAX_FILE {
        return Err(Error::new(ErrorKind::InvalidInput, "that is too short or too long for a licence"));
    }
    let outcome = if let Some(service) = dell_service(redfish).await? {
        let body = json!({"FQDD": IDRAC, "ImportOptions": "NoOption", "LicenseFile": coded(file)});
        run(redfish, &ImportLicense::new(&service.actions(), body)?).await
    } else {
        let home = endpoint::LICENSE_COLLECTION.path(&[])?;
        run(redfish, &CreateLicense::new(home, file)).await
    };
    let already = MessageId::parse(INSTALLED_ALREADY);
    match outcome {
        Ok(messages) => Ok(LicenseInstalled { changed: true, messages }),
        Err(error) if error.message_ids().any(|id| *id == already) => {
            Ok(LicenseInstalled { changed: false, messages: error.extended().to_vec() })
        }
        Err(error) if is_missing(&error) => Err(missing(redfish, "importing licences").with_source(error)),
        Err(error) => Err(error),
    }
}

/// Installs a licence file from a share: a job.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without Dell's service, or where it does not take this type of share.
pub async fn import_license_from_share(redfish: &dyn Redfish, share: &Share, file: &str) -> Result<Accepted> {
    let service = need_dell_service(redfish).await?;
    let mut body = share.parameters();
    body.insert("FQDD".to_owned(), IDRAC.into());
    body.insert("ImportOptions".to_owned(), "NoOption".into());
    body.insert("LicenseName".to_owned(), file.into());
    run(redfish, &ImportLicenseFromNetworkShare::new(&service.actions(), Value::Object(body))?).await
}

/// Writes a licence file to a share: a job.
///
/// # Errors
/// As [`import_license_from_share`].
pub async fn export_license_to_share(
    redfish: &dyn Redfish,
    id: &str,
    share: &Share,
    file: &str,
) -> Result<Accepted> {
    let service = need_dell_service(redfish).await?;
    let mut body = share.parameters();
    body.insert("EntitlementID".to_owned(), id.into());
    body.insert("FileName".to_owned(), file.into());
    run(redfish, &ExportLicenseToNetworkShare::new(&service.actions(), Value::Object(body))?).await
}

async fn need_dell_service(redfish: &dyn Redfish) -> Result<Found> {
    dell_service(redfish).await?.ok_or_else(|| missing(redfish, "DellLicenseManagementService"))
}

/// Reads a licence's file, to keep it. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with neither service; [`ErrorKind::NotFound`] for an unknown licence.
pub async fn export_license(redfish: &dyn Redfish, id: &str) -> Result<Vec<u8>> {
    if let Some(service) = dell_service(redfish).await? {
        let operation = ExportLicense::new(&service.actions(), json!({"EntitlementID": id}))?;
        let coded: String = run(redfish, &operation).await?.split_ascii_whitespace().collect();
        return base64::engine::general_purpose::STANDARD
            .decode(coded)
            .map_err(|error| Error::new(ErrorKind::Protocol, "the licence is no base64").with_source(error));
    }
    let found = find_at(redfish, &endpoint::LICENSE, &[id]).await?;
    let license: Resource<License> = match found {
        Some(found) => found.read()?,
        None => return Err(no_such(redfish, id)),
    };
    match &license.download_uri {
        Some(path) => run(redfish, &DownloadLicense::new(path.clone())).await,
        None => Err(missing(redfish, "License.DownloadURI")),
    }
}

fn no_such(redfish: &dyn Redfish, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("this iDRAC has no licence {id:?}")).with_host(redfish.host())
}

/// How a licence is deleted here.
enum Deletion {
    Dmtf(RemoveLicense),
    Dell(DeleteLicense),
}

async fn deletion(redfish: &dyn Redfish, id: &str) -> Result<Deletion> {
    let all = list_licenses(redfish).await?;
    let license = all.iter().find(|license| license.id == id).ok_or_else(|| no_such(redfish, id))?;
    let path = license.path.clone().unwrap_or_default();
    if endpoint::find(&http::Method::DELETE, &path).is_some() {
        return Ok(Deletion::Dmtf(RemoveLicense::new(path)));
    }
    let body = json!({"EntitlementID": id, "DeleteOptions": "NoOption"});
    Ok(Deletion::Dell(DeleteLicense::new(&need_dell_service(redfish).await?.actions(), body)?))
}

/// What deleting a licence would do. Reads only.
///
/// # Errors
/// As [`delete_license`].
pub async fn plan_delete_license(redfish: &dyn Redfish, id: &str) -> Result<Plan> {
    let plan = Plan::new(format!("delete the licence {id}"))
        .with_warning("its file may be nowhere else: export it first; features it pays for end with it");
    Ok(match deletion(redfish, id).await? {
        Deletion::Dmtf(operation) => plan.with_step(&operation),
        Deletion::Dell(operation) => plan.with_step(&operation),
    })
}

/// Deletes a licence.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with neither service; [`ErrorKind::NotFound`] for an unknown licence.
pub async fn delete_license(redfish: &dyn Redfish, id: &str) -> Result<()> {
    match deletion(redfish, id).await? {
        Deletion::Dmtf(operation) => run(redfish, &operation).await,
        Deletion::Dell(operation) => run(redfish, &operation).await.map(drop),
    }
}
