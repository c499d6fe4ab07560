//! Putting an image in.

use std::time::Duration;

use super::drive::{Drive, MediaDevice, list};
use super::eject::{empty, is_unclear, with_eject};
use super::{LOOK_EVERY, PATIENCE, SETTLING, TURN, reach};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::turn;
use crate::operation::{Redfish, run};
use crate::ops::{GetVirtualMedia, InsertMedia, MediaImage, PatchMedia};
use crate::plan::Plan;
use crate::safeguard::Safeguard;

/// Which image, and how.
#[derive(Debug, Clone)]
pub struct MountOptions {
    image: MediaImage,
    device: MediaDevice,
    replace: bool,
    preflight: bool,
    patience: Duration,
}

impl MountOptions {
    /// As a CD, into a drive that is free, after the iDRAC has tried its share.
    #[must_use]
    pub fn new(image: MediaImage) -> Self {
        Self { image, device: MediaDevice::default(), replace: false, preflight: true, patience: PATIENCE }
    }

    /// As this kind of drive.
    #[must_use]
    pub fn with_device(mut self, device: MediaDevice) -> Self {
        self.device = device;
        self
    }

    /// Takes another image out where no drive is free.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replace = true;
        self
    }

    /// Leaves out the trial of the share.
    #[must_use]
    pub fn without_preflight(mut self) -> Self {
        self.preflight = false;
        self
    }

    /// How long the drive may take to show the image; 60 s unless told otherwise.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The image.
    #[must_use]
    pub fn image(&self) -> &MediaImage {
        &self.image
    }
}

/// Where the image is now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mounted {
    /// The drive.
    pub drive: String,
    /// Whether anything had to be done.
    pub changed: bool,
    /// The image that had to leave, if any.
    pub replaced: Option<String>,
}

/// Puts an image into a drive of the kind asked for, and reads the drive until it shows it.
///
/// # Errors
/// [`ErrorKind::Conflict`] when no drive is free and none may be emptied; [`ErrorKind::Unsupported`] when there is no such
/// drive; [`ErrorKind::Timeout`] when the drive never shows the image; the iDRAC's own (RAC0904 and RAC0720: it cannot reach
/// the image; SYS453: the image is not of the drive's kind).
pub async fn insert(redfish: &dyn Redfish, options: &MountOptions) -> Result<Mounted> {
    let _turn = match redfish.safeguards().has(Safeguard::SerialiseMedia) {
        true => Some(turn::take(redfish.host(), TURN).await),
        false => None,
    };
    let drives = list(redfish).await?;
    let (drive, action) = choose(&drives, options).map_err(|error| error.with_host(redfish.host()))?;
    let mut mounted =
        Mounted { drive: drive.path.as_str().to_owned(), changed: action != Action::Nothing, replaced: None };
    if action == Action::Nothing {
        return Ok(mounted);
    }
    if options.preflight {
        reach::check(redfish, &options.image).await?;
    }
    if action == Action::Empty
        || drive.media.is_stale() && redfish.safeguards().has(Safeguard::EjectThenInsert)
    {
        empty(redfish, drive).await?;
        mounted.replaced = drive.media.image.clone().filter(|_| action == Action::Empty);
    }
    put_in(redfish, drive, options).await?;
    Ok(mounted)
}

/// What [`insert`] would send.
///
/// # Errors
/// As [`insert`], as far as it can be told beforehand.
pub async fn plan_insert(redfish: &dyn Redfish, options: &MountOptions) -> Result<Plan> {
    let drives = list(redfish).await?;
    let (drive, action) = choose(&drives, options).map_err(|error| error.with_host(redfish.host()))?;
    let mut plan = Plan::new(format!("insert {} as {}", options.image.address(), options.device));
    if action == Action::Nothing {
        return Ok(plan);
    }
    if action == Action::Empty {
        let leaving = drive.media.image.as_deref().unwrap_or("an image");
        plan = with_eject(plan, drive).with_warning(format!("takes out {leaving}"));
    }
    Ok(match drive.actions.find("VirtualMedia.InsertMedia") {
        Some(action) => plan.with_step(&InsertMedia::at(action.target.clone(), options.image.clone())),
        None => plan.with_step(&PatchMedia::insert(drive.path.clone(), options.image.clone())),
    })
}

/// The drive that shows an image, as soon as one does: for somebody who does not know whether it was put in. `None` where none
/// does within this time. [`Mounted::changed`] is false: nothing was done.
///
/// # Errors
/// The iDRAC's, while its drives are read.
pub async fn find_inserted(
    redfish: &dyn Redfish,
    image: &MediaImage,
    patience: Duration,
) -> Result<Option<Mounted>> {
    let end = redfish.clock().now() + patience;
    loop {
        let drives = list(redfish).await?;
        let found = drives.iter().find(|drive| drive.media.is_connected() && image.is_in(&drive.media));
        if let Some(drive) = found {
            let drive = drive.path.as_str().to_owned();
            return Ok(Some(Mounted { drive, changed: false, replaced: None }));
        }
        if redfish.clock().now() + LOOK_EVERY > end {
            return Ok(None);
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// The image is in.
    Nothing,
    /// The drive is free.
    Insert,
    /// Another image must leave.
    Empty,
}

fn choose<'a>(drives: &'a [Drive], options: &MountOptions) -> Result<(&'a Drive, Action)> {
    let fitting: Vec<_> = drives.iter().filter(|drive| drive.takes(options.device)).collect();
    let Some(first) = fitting.first() else {
        let message = format!("this iDRAC has no virtual {}", options.device);
        return Err(Error::new(ErrorKind::Unsupported, message));
    };
    let holds = |drive: &&&Drive| options.image.is_in(&drive.media) && drive.media.is_connected();
    if let Some(drive) = fitting.iter().find(holds) {
        return Ok((drive, Action::Nothing));
    }
    if let Some(drive) = fitting.iter().find(|drive| !drive.media.is_connected()) {
        return Ok((drive, Action::Insert));
    }
    if options.replace {
        return Ok((first, Action::Empty));
    }
    let message = format!("no virtual {} is free: another image is in it", options.device);
    Err(Error::new(ErrorKind::Conflict, message))
}

/// Inserts, once more after emptying the drive where it says that it is busy or leaves open what became of it.
async fn put_in(redfish: &dyn Redfish, drive: &Drive, options: &MountOptions) -> Result<()> {
    let careful = redfish.safeguards().has(Safeguard::EjectThenInsert);
    for last in [false, true] {
        let image = options.image.clone();
        let sent = match drive.actions.find("VirtualMedia.InsertMedia") {
            Some(action) => run(redfish, &InsertMedia::at(action.target.clone(), image)).await,
            None => run(redfish, &PatchMedia::insert(drive.path.clone(), image)).await,
        };
        let error = match sent {
            Ok(()) => return await_image(redfish, drive, options).await,
            Err(error) => error,
        };
        // Connecting goes on after an answer that was lost.
        if is_unclear(&error) && shows_within(redfish, drive, options, SETTLING).await? {
            return Ok(());
        }
        if !careful || last || !(is_occupied(&error) || is_unclear(&error)) {
            return Err(error);
        }
        empty(redfish, drive).await?;
    }
    Ok(())
}

/// VRM0012, VRM0021: the drive thinks that an image is in it, or is at work.
fn is_occupied(error: &Error) -> bool {
    error.message_ids().any(|id| matches!(id.as_str(), "VRM0012" | "VRM0021"))
}

/// Reads the drive until it shows the image: connecting takes seconds after the answer.
async fn await_image(redfish: &dyn Redfish, drive: &Drive, options: &MountOptions) -> Result<()> {
    if !redfish.safeguards().has(Safeguard::SerialiseMedia)
        || shows_within(redfish, drive, options, options.patience).await?
    {
        return Ok(());
    }
    let waited = options.patience.as_secs();
    let message = format!("{} took the image, but does not show it connected after {waited} s", drive.path);
    Err(Error::new(ErrorKind::Timeout, message).with_host(redfish.host()))
}

async fn shows_within(
    redfish: &dyn Redfish,
    drive: &Drive,
    options: &MountOptions,
    patience: Duration,
) -> Result<bool> {
    let end = redfish.clock().now() + patience;
    loop {
        let media = run(redfish, &GetVirtualMedia::at(drive.path.clone())).await?;
        if media.is_connected() && options.image.is_in(&media) {
            return Ok(true);
        }
        if redfish.clock().now() + LOOK_EVERY > end {
            return Ok(false);
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
}
