//! Firmware: what is installed, updates from a file, a server or a repository, and back.

use std::path::PathBuf;

use dell_redfish::ODataId;
use dell_redfish::catalog::{ComponentId, Reboot, SystemId};
use dell_redfish::flow::firmware::{
    self as flow, Expected, FirmwareUpdate, PackageSource, RepositoryUpdate, UpdateOptions,
    compare_with_repository, fetch_update_access, install_from_repository as install, list_firmware,
    plan_firmware_update, plan_repository_install, rollback_firmware, update_firmware,
};
use dell_redfish::flow::power::Reset;
use dell_redfish::ops::{GetComputerSystem, ImageUri, RepositoryInstall};
use dell_redfish::upload::PackageFile;
use serde::{Deserialize, Serialize};

use super::argument::{Hidden, Seconds, ShareArgument, Wait, invalid, login, set};
use super::call::Call;
use super::moment::{Moment, WindowArgument};
use super::power::ResetArgument;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// `dsm.idrac.ExpectedFirmware`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedArgument {
    version: String,
    #[serde(default)]
    devices: Vec<String>,
    component: Option<u32>,
}

/// How far to go for an update.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Going {
    restart: Option<ResetArgument>,
    standstill: Option<Seconds>,
    agreeing_reads: Option<u32>,
    read_interval: Option<Seconds>,
    settle_limit: Option<Seconds>,
    reset_and_upload_again: bool,
    wait: Option<Wait>,
}

impl Going {
    fn options(self, call: &Call) -> UpdateOptions {
        let mut options = UpdateOptions::default().with_wait(call.wait(self.wait.as_ref()));
        options.restart = self.restart.map(Reset::from);
        options.reset_and_upload_again = self.reset_and_upload_again;
        set(&mut options.standstill, self.standstill);
        set(&mut options.read_interval, self.read_interval);
        set(&mut options.settle_limit, self.settle_limit);
        match self.agreeing_reads {
            Some(reads) => options.with_agreeing_reads(reads),
            None => options,
        }
    }
}

/// A package: a file here, an address, or an entry of the inventory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    path: Option<PathBuf>,
    uri: Option<String>,
    username: Option<String>,
    password: Option<Hidden>,
    entry: Option<ODataId>,
    expected: Option<ExpectedArgument>,
    #[serde(default)]
    targets: Vec<ODataId>,
    apply_time: Option<Moment>,
    window: Option<WindowArgument>,
    reboot: Option<Reboot>,
    #[serde(default)]
    options: Going,
}

impl Update {
    fn read(self, call: &Call) -> Result<(FirmwareUpdate, UpdateOptions), Failure> {
        let credentials = login(self.username, self.password)?;
        let package = match (self.path, self.uri, self.entry) {
            (Some(path), None, None) => PackageSource::File(file(path, call)?),
            (None, Some(uri), None) => {
                let uri = ImageUri::parse(&uri)?;
                PackageSource::Uri(match credentials.clone() {
                    Some((user, password)) => uri.with_credentials(user, password),
                    None => uri,
                })
            }
            (None, None, Some(entry)) => PackageSource::Entry(entry),
            _ => return Err(invalid("give one of `path`, `uri` and `entry`")),
        };
        if credentials.is_some() && !matches!(package, PackageSource::Uri(_)) {
            return Err(invalid("`username` and `password` go with `uri`"));
        }
        let mut update = FirmwareUpdate::new(package).with_targets(self.targets);
        update.expected = self.expected.map(|given| Expected {
            version: given.version,
            devices: given.devices,
            component: given.component.map(ComponentId),
        });
        update.apply_time = Moment::time(self.apply_time, self.window)?;
        update.reboot = self.reboot.unwrap_or(Reboot::Unknown);
        Ok((update, self.options.options(call)))
    }
}

/// A file whose upload is told to whoever listens.
fn file(path: PathBuf, call: &Call) -> Result<PackageFile, Failure> {
    let file = PackageFile::new(path)?;
    Ok(match call.on_upload.clone() {
        Some(tell) => file.with_progress(move |at| tell(at)),
        None => file,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    device: String,
    #[serde(default)]
    options: Going,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    package: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    wait: Option<Wait>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repository {
    share: ShareArgument,
    catalog_file: Option<String>,
    #[serde(default)]
    reboot: bool,
    wait: Option<Wait>,
}

impl Repository {
    fn install(self) -> Result<RepositoryInstall, Failure> {
        let (share, catalog_file) = (self.share.share()?, self.catalog_file);
        Ok(RepositoryInstall { share, catalog_file, apply: true, reboot: self.reboot })
    }
}

/// The ways in which an iDRAC takes updates, as it says them itself.
#[derive(Serialize)]
struct FirmwareAccess {
    /// Whether packages can be sent to it at all.
    takes_packages: bool,
    /// Whether a package is sent together with what is to be done with it; otherwise it becomes an entry of the inventory first.
    takes_parameters: bool,
    /// Largest package in bytes, where it says so.
    max_bytes: Option<u64>,
    /// The protocols by which it fetches packages itself, where it says so.
    protocols: Option<Vec<String>>,
    /// The moments that updates can be installed at; only at once where there is none.
    apply_times: Vec<String>,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_firmware(&call.client).await?)
}

/// The model as catalogues number it; one request.
pub(super) async fn system_id(call: Call) -> Outcome {
    let system = call.client.run(&GetComputerSystem).await?;
    let id = system.oem.as_ref().and_then(|oem| oem.dell.as_ref()?.system.as_ref()?.system_id);
    Reply::json(&id.and_then(|id| u32::try_from(id).ok()).map(SystemId))
}

pub(super) async fn access(call: Call) -> Outcome {
    let access = fetch_update_access(&call.client).await?;
    let update = access.actions.find("UpdateService.SimpleUpdate");
    Reply::json(&FirmwareAccess {
        takes_packages: access.takes_packages(),
        takes_parameters: access.multipart.is_some(),
        max_bytes: access.max_bytes,
        protocols: update.and_then(|action| action.values("TransferProtocol")).map(<[String]>::to_vec),
        apply_times: access.apply_times,
    })
}

pub(super) async fn update(mut call: Call) -> Outcome {
    let (update, options) = call.read::<Update>()?.read(&call)?;
    Reply::json(&update_firmware(&call.client, &update, &options).await?)
}

pub(super) async fn plan_update(mut call: Call) -> Outcome {
    let (update, options) = call.read::<Update>()?.read(&call)?;
    Reply::json(&plan_firmware_update(&call.client, &update, &options).await?)
}

pub(super) async fn start_updates(mut call: Call) -> Outcome {
    let Starting { wait } = call.read()?;
    let wait = call.wait(wait.as_ref());
    Reply::json(&flow::start_updates(&call.client, &wait).await?)
}

pub(super) async fn rollback(mut call: Call) -> Outcome {
    let Back { device, options } = call.read()?;
    let options = options.options(&call);
    Reply::json(&rollback_firmware(&call.client, &device, &options).await?)
}

pub(super) async fn delete_package(mut call: Call) -> Outcome {
    let Kept { package } = call.read()?;
    flow::delete_package(&call.client, &package).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn compare_repository(mut call: Call) -> Outcome {
    let given: Repository = call.read()?;
    let wait = call.wait(given.wait.as_ref());
    let found: Vec<RepositoryUpdate> =
        compare_with_repository(&call.client, &given.install()?, &wait).await?;
    Reply::json(&found)
}

pub(super) async fn install_repository(mut call: Call) -> Outcome {
    let given: Repository = call.read()?;
    let wait = call.wait(given.wait.as_ref());
    Reply::json(&install(&call.client, &given.install()?, &wait).await?)
}

pub(super) async fn plan_install_repository(mut call: Call) -> Outcome {
    let install = call.read::<Repository>()?.install()?;
    Reply::json(&plan_repository_install(&call.client, &install).await?)
}
