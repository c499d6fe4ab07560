//! Secure boot: whether it is on, and the keys it trusts.
//!
//! Every change waits for the next start of the host. Key databases are changed only while the policy is `Custom` (BIOS
//! attribute `SecureBootPolicy`); otherwise the iDRAC refuses (RAC1212, SYS439).

use serde_json::json;

use crate::accepted::Accepted;
use crate::capability::{Found, SERVER, find, missing, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{Certificate, Resource, SecureBoot, SecureBootDatabase, Signature};
use crate::operation::{Redfish, run};
use crate::ops::secure_boot::{
    AddSecureBootKey, DeleteSecureBootKey, PatchSecureBoot, ResetSecureBootDatabase, ResetSecureBootKeys,
};
use crate::plan::{Plan, Restart};
use crate::tag::run_tagged;

/// Reads the state of secure boot. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC does not tell it (iDRAC7).
pub async fn fetch_secure_boot(redfish: &dyn Redfish) -> Result<Resource<SecureBoot>> {
    secure_boot(redfish).await?.read()
}

async fn secure_boot(redfish: &dyn Redfish) -> Result<Found> {
    need_at(redfish, &endpoint::SECURE_BOOT, &[SERVER], "SecureBoot").await
}

/// What turning secure boot on or off would do.
///
/// # Errors
/// As [`set_secure_boot`].
pub async fn plan_set_secure_boot(redfish: &dyn Redfish, enable: bool) -> Result<Plan> {
    let found = secure_boot(redfish).await?;
    let plan = Plan::new(format!("secure boot {}", if enable { "on" } else { "off" }));
    Ok(if found.read::<SecureBoot>()?.enable == Some(enable) {
        plan
    } else {
        plan.with_step(&PatchSecureBoot::new(found.path, enable)).with_host(Restart::Needed)
    })
}

/// Turns secure boot on or off, from the next start of the host on. Nothing is sent where it is so already; then nothing is
/// returned. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC does not have it.
pub async fn set_secure_boot(redfish: &dyn Redfish, enable: bool) -> Result<Option<Accepted>> {
    let found = secure_boot(redfish).await?;
    if found.read::<SecureBoot>()?.enable == Some(enable) {
        return Ok(None);
    }
    let operation = PatchSecureBoot::new(found.path.clone(), enable);
    run_tagged(redfish, &operation, found.etag.as_deref()).await.map(Some)
}

/// What becomes of keys (DMTF `ResetKeysType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum ResetKeysType {
    ResetAllKeysToDefault,
    DeleteAllKeys,
    /// Back to setup mode: without a platform key nothing is checked.
    DeletePK,
    ResetPK,
    ResetKEK,
    ResetDB,
    ResetDBX,
}

impl ResetKeysType {
    /// DMTF's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetAllKeysToDefault => "ResetAllKeysToDefault",
            Self::DeleteAllKeys => "DeleteAllKeys",
            Self::DeletePK => "DeletePK",
            Self::ResetPK => "ResetPK",
            Self::ResetKEK => "ResetKEK",
            Self::ResetDB => "ResetDB",
            Self::ResetDBX => "ResetDBX",
        }
    }
}

/// Keys to be reset: all, or those of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetKeys {
    kind: ResetKeysType,
    database: Option<String>,
}

enum Reset {
    All(ResetSecureBootKeys),
    Database(ResetSecureBootDatabase),
}

impl ResetKeys {
    /// Of all databases, as far as the kind says.
    #[must_use]
    pub const fn new(kind: ResetKeysType) -> Self {
        Self { kind, database: None }
    }

    /// Of this database only: `PK`, `KEK`, `db`, `dbx`.
    #[must_use]
    pub fn of_database(self, database: impl Into<String>) -> Self {
        Self { database: Some(database.into()), ..self }
    }

    async fn operation(&self, redfish: &dyn Redfish) -> Result<Reset> {
        let body = json!({"ResetKeysType": self.kind.as_str()});
        Ok(match &self.database {
            None => Reset::All(ResetSecureBootKeys::new(&secure_boot(redfish).await?.actions(), body)?),
            Some(database) => {
                let found = database_at(redfish, database).await?;
                Reset::Database(ResetSecureBootDatabase::new(&found.actions(), body)?)
            }
        })
    }

    /// What it would do. One request, a read.
    ///
    /// # Errors
    /// As [`ResetKeys::run`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        let plan = Plan::new(format!("secure boot keys: {}", self.kind.as_str()))
            .with_host(Restart::Needed)
            .with_warning("keys of your own are lost; a system signed with them starts no more");
        Ok(match self.operation(redfish).await? {
            Reset::All(operation) => plan.with_step(&operation),
            Reset::Database(operation) => plan.with_step(&operation),
        })
    }

    /// Resets them, from the next start of the host on. Two requests.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where this iDRAC does not offer it.
    pub async fn run(&self, redfish: &dyn Redfish) -> Result<Accepted> {
        match self.operation(redfish).await? {
            Reset::All(operation) => run(redfish, &operation).await,
            Reset::Database(operation) => run(redfish, &operation).await,
        }
    }
}

async fn database_at(redfish: &dyn Redfish, database: &str) -> Result<Found> {
    let names = [SERVER, database];
    need_at(redfish, &endpoint::SECURE_BOOT_DATABASE, &names, "SecureBootDatabases").await
}

/// What one key database trusts, or (dbx) does not.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SecureBootKeys {
    /// Its certificates.
    pub certificates: Vec<Resource<Certificate>>,
    /// Its hashes.
    pub signatures: Vec<Resource<Signature>>,
}

/// Reads the names of the key databases. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `SecureBootDatabases` (before 6.x).
pub async fn list_secure_boot_databases(redfish: &dyn Redfish) -> Result<Vec<Resource<SecureBootDatabase>>> {
    let state = fetch_secure_boot(redfish).await?;
    let home = state.databases.as_ref().and_then(|link| link.odata_id.as_deref());
    let home = home.ok_or_else(|| missing(redfish, "SecureBootDatabases"))?;
    members::list(redfish, home).await
}

/// Reads a key database. Three requests where the iDRAC expands collections.
///
/// # Errors
/// As [`list_secure_boot_databases`].
pub async fn fetch_secure_boot_keys(redfish: &dyn Redfish, database: &str) -> Result<SecureBootKeys> {
    let resource: Resource<SecureBootDatabase> = database_at(redfish, database).await?.read()?;
    let home = |link: &Option<crate::model::Link>| {
        link.as_ref().and_then(|link| link.odata_id.as_deref()).map(ODataId::parse).transpose()
    };
    let (certificates, signatures) = (home(&resource.certificates)?, home(&resource.signatures)?);
    Ok(SecureBootKeys {
        certificates: match certificates {
            Some(home) => members::list(redfish, home.path()).await?,
            None => Vec::new(),
        },
        signatures: match signatures {
            Some(home) => members::list(redfish, home.path()).await?,
            None => Vec::new(),
        },
    })
}

/// Adds a certificate in PEM to a key database, from the next start of the host on. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `SecureBootDatabases`; [`ErrorKind::InvalidInput`] for what is no PEM;
/// the iDRAC's where the policy is `Standard`, or the certificate is there already (RAC1215).
pub async fn add_secure_boot_certificate(
    redfish: &dyn Redfish,
    database: &str,
    pem: &str,
) -> Result<Accepted> {
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(Error::new(ErrorKind::InvalidInput, "that is no certificate in PEM"));
    }
    let resource: Resource<SecureBootDatabase> = database_at(redfish, database).await?.read()?;
    let body = json!({"CertificateString": pem, "CertificateType": "PEM"});
    add(redfish, resource.certificates.as_ref().and_then(|link| link.odata_id.as_deref()), body).await
}

/// Adds the SHA-256 hash of a program, hexadecimal, to a key database. Two requests.
///
/// # Errors
/// As [`add_secure_boot_certificate`].
pub async fn add_secure_boot_hash(redfish: &dyn Redfish, database: &str, sha256: &str) -> Result<Accepted> {
    if sha256.len() != 64 || !sha256.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Error::new(ErrorKind::InvalidInput, "that is no SHA-256 in hexadecimal"));
    }
    let resource: Resource<SecureBootDatabase> = database_at(redfish, database).await?.read()?;
    let body = json!({"SignatureString": sha256.to_ascii_uppercase(), "SignatureType": "SHA256",
        "SignatureTypeRegistry": "UEFI"});
    add(redfish, resource.signatures.as_ref().and_then(|link| link.odata_id.as_deref()), body).await
}

async fn add(redfish: &dyn Redfish, home: Option<&str>, body: serde_json::Value) -> Result<Accepted> {
    let home = home.ok_or_else(|| missing(redfish, "this kind of secure boot key"))?;
    run(redfish, &AddSecureBootKey::new(ODataId::parse(home)?.path(), body)).await
}

/// What deleting a key would do.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a path that is no key's.
pub fn plan_delete_secure_boot_key(key: &ODataId) -> Result<Plan> {
    Ok(Plan::new("delete a secure boot key").with_step(&deletion(key)?).with_host(Restart::Needed))
}

/// Deletes a certificate or a hash of a key database, from the next start of the host on. One request.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a path that is no key's; [`ErrorKind::NotFound`] for a key that is not there.
pub async fn delete_secure_boot_key(redfish: &dyn Redfish, key: &ODataId) -> Result<Accepted> {
    run(redfish, &deletion(key)?).await
}

fn deletion(key: &ODataId) -> Result<DeleteSecureBootKey> {
    let keys = [endpoint::SECURE_BOOT_CERTIFICATE.template, endpoint::SECURE_BOOT_SIGNATURE.template];
    match endpoint::find(&http::Method::DELETE, key.path()) {
        Some(row) if keys.contains(&row.template) => Ok(DeleteSecureBootKey::new(key.path())),
        _ => Err(Error::new(ErrorKind::InvalidInput, format!("{key} is no secure boot key"))),
    }
}

/// The names of Dell's own place for key databases, where DMTF's is not there (5.x): to look at, not to change.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where there is neither.
pub async fn fetch_dell_certificate_store(
    redfish: &dyn Redfish,
    database: &str,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    let path = endpoint::SECURE_BOOT_STORE.path(&[SERVER, database])?;
    let found =
        find(redfish, &path).await?.ok_or_else(|| missing(redfish, "a secure boot certificate store"))?;
    serde_json::from_slice(&found.body).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the store is no JSON object").with_source(error).with_path(path)
    })
}
