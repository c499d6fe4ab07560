//! Images in the virtual drives.

use dell_redfish::ODataId;
use dell_redfish::flow::media::{
    self as flow, EjectFrom, MediaDevice, MountOptions, plan_eject as eject_plan, plan_insert as insert_plan,
};
use dell_redfish::ops::MediaImage;
use serde::Deserialize;

use super::argument::{Hidden, Seconds, login};
pub(super) use super::boot_iso::{boot_iso, plan_boot_iso};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Insert {
    image: String,
    username: Option<String>,
    password: Option<Hidden>,
    #[serde(default)]
    device: MediaDevice,
    #[serde(default)]
    writable: bool,
    #[serde(default)]
    replace: bool,
    preflight: Option<bool>,
    patience: Option<Seconds>,
}

impl Insert {
    pub(super) fn options(self) -> Result<MountOptions, Failure> {
        let mut image = MediaImage::new(&self.image)?;
        if let Some((user, password)) = login(self.username, self.password)? {
            image = image.with_credentials(user, password);
        }
        if self.writable {
            image = image.writable();
        }
        let mut options = MountOptions::new(image).with_device(self.device);
        if self.replace {
            options = options.replacing();
        }
        if self.preflight == Some(false) {
            options = options.without_preflight();
        }
        if let Some(Seconds(patience)) = self.patience {
            options = options.with_patience(patience);
        }
        Ok(options)
    }
}

/// From what to eject: all drives unless one of them is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Eject {
    device: Option<MediaDevice>,
    image: Option<String>,
    drive: Option<ODataId>,
}

impl Eject {
    fn from(self) -> Result<EjectFrom, Failure> {
        match (self.device, self.image, self.drive) {
            (None, None, None) => Ok(EjectFrom::All),
            (Some(device), None, None) => Ok(EjectFrom::Device(device)),
            (None, Some(image), None) => Ok(EjectFrom::Image(Box::new(MediaImage::new(&image)?))),
            (None, None, Some(drive)) => Ok(EjectFrom::Drive(drive)),
            _ => Err(Failure::Core(dsm_core::Error::new(
                dsm_core::ErrorKind::InvalidInput,
                "give one of `device`, `image` and `drive`, or none for all drives",
            ))),
        }
    }
}

pub(super) async fn list(call: Call) -> Outcome {
    let drives = flow::list(&call.client).await?;
    Reply::json(&drives.iter().map(|drive| &drive.media).collect::<Vec<_>>())
}

pub(super) async fn insert(mut call: Call) -> Outcome {
    let options = call.read::<Insert>()?.options()?;
    Reply::json(&flow::insert(&call.client, &options).await?)
}

pub(super) async fn plan_insert(mut call: Call) -> Outcome {
    let options = call.read::<Insert>()?.options()?;
    Reply::json(&insert_plan(&call.client, &options).await?)
}

pub(super) async fn eject(mut call: Call) -> Outcome {
    let from = call.read::<Eject>()?.from()?;
    Reply::json(&flow::eject(&call.client, &from).await?)
}

pub(super) async fn plan_eject(mut call: Call) -> Outcome {
    let from = call.read::<Eject>()?.from()?;
    Reply::json(&eject_plan(&call.client, &from).await?)
}
