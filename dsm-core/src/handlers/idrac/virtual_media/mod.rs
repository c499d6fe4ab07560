//! Images in virtual drives: `virtual_media_mount` and `virtual_media_unmount`.

mod boot_once;
mod mount;
mod session;
mod unmount;

pub use mount::VirtualMediaMount;
pub use unmount::VirtualMediaUnmount;

use std::time::Duration;

use dell_redfish::flow::media::MediaDevice;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::handlers::idrac::input::{self, Input};
use crate::id::ServerId;
use crate::job::JobRow;

/// How long one server may take.
const LIMIT: Duration = Duration::from_secs(1800);

/// The words of `virtual_media_sessions.media_type`, and what the host sees.
const KINDS: &[(&str, Kind)] = &[
    ("CD", Kind { word: "CD", device: MediaDevice::Cd }),
    ("DVD", Kind { word: "DVD", device: MediaDevice::Cd }),
    ("USBStick", Kind { word: "USBStick", device: MediaDevice::RemovableDisk }),
    ("USB", Kind { word: "USBStick", device: MediaDevice::RemovableDisk }),
    ("Floppy", Kind { word: "Floppy", device: MediaDevice::RemovableDisk }),
];

/// A kind of medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    word: &'static str,
    device: MediaDevice,
}

impl Kind {
    /// Of a column's word; what is not known is a CD.
    fn of(word: Option<&str>) -> Self {
        let known = |word: &str| KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        word.and_then(known).map_or(Self { word: "CD", device: MediaDevice::Cd }, |(_, kind)| *kind)
    }
}

/// Servers and sessions that a job names: one of them may stand for the other.
fn targets(job: &JobRow) -> Result<(Vec<ServerId>, Vec<Uuid>)> {
    let details = Input::details(job);
    let mut sessions = Vec::new();
    for key in ["session_id", "session_ids"] {
        for text in details.texts(key)? {
            let id = Uuid::try_parse(text.trim()).map_err(|error| {
                let hint = "use the ids of the `virtual_media_sessions` table";
                Error::invalid(details.field(key), format!("`{text}` is no session's id"), hint)
                    .with_source(error)
            })?;
            if !sessions.contains(&id) {
                sessions.push(id);
            }
        }
    }
    let servers = if sessions.is_empty() { input::some_servers(job)? } else { input::servers(job)? };
    Ok((servers, sessions))
}

/// A drive as results show it.
fn shown(media: &dell_redfish::model::VirtualMedia) -> Value {
    json!({
        "inserted": media.inserted, "write_protected": media.write_protected, "image": media.image,
        "media_types": media.media_types, "connected_via": media.connected_via,
    })
}
