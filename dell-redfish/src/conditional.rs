//! Reading a resource only if it has changed.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Operation, Redfish};
use crate::request::{Method, Response};
use crate::safeguard::Safeguard;
use crate::tag;

/// Longest entity tag that is remembered, in bytes.
const MAX_TAG: usize = 256;

/// The entity tag of one resource of one iDRAC, for its reader to keep: nothing here remembers any.
///
/// It knows what it is the tag of. Firmware gives the same tag to several resources (a time, say, that all PCIe devices share), and two
/// iDRACs may agree by chance: a tag is only ever offered for the resource and the address it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EntityTag {
    host: String,
    path: String,
    tag: String,
}

impl EntityTag {
    /// The resource's path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag as the iDRAC wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.tag
    }

    fn is_of(&self, host: &str, path: &str) -> bool {
        self.host == host && self.path == path
    }
}

/// What came of a conditional reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conditional<T> {
    /// The resource, which is another one than was remembered, or not known to be the same.
    Changed {
        /// What it says now.
        value: T,
        /// What to remember it by; nothing where the iDRAC gave no tag.
        tag: Option<EntityTag>,
    },
    /// By its tag it is the one that was remembered. Nothing is promised about its bytes: properties that its tag does not cover may
    /// read otherwise.
    Unchanged,
}

impl<T> Conditional<T> {
    /// The new value, if there is one.
    pub fn changed(self) -> Option<T> {
        match self {
            Self::Changed { value, .. } => Some(value),
            Self::Unchanged => None,
        }
    }

    /// Whether it is still what was remembered.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged)
    }
}

/// Runs one reading (GET) of a single resource, unless that resource is still the one that was read with the tag in `known`.
///
/// One request. An iDRAC that knows conditions answers 304 without a body; of one that ignores them, or takes the tag in another form
/// (weak, strong, without the `-gzip` of a web server in front), the tag of the reply is compared. One that gives no tags always comes
/// out as [`Conditional::Changed`]. One that refuses the condition (412, 428, SYS404), or says 304 of another tag, is asked once more
/// without.
///
/// What the tag covers is the firmware's word. Dell's API guides for iDRAC7 to 9 promise tags for the account service, the firmware
/// inventory and metadata, and that readings of everything else cannot be cached; a captured iDRAC9 7.10 also tags PCIe devices. No flow
/// of this library relies on them for that reason: what it decides on, it reads.
///
/// A request with a query (`$expand`, `$select`) is never conditional: the tag of a collection says nothing about its members.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for an operation that is no GET, or a tag that does not fit into a header; otherwise as
/// [`run`](crate::run).
pub async fn run_if_changed<O: Operation>(
    redfish: &dyn Redfish,
    operation: &O,
    known: Option<&EntityTag>,
) -> Result<Conditional<O::Output>> {
    let request = operation.request();
    let path = request.path.clone();
    let named =
        |error: Error| error.with_operation(O::NAME).with_host(redfish.host()).with_path(path.clone());
    if request.method != Method::GET {
        let message = "not sent: only a reading can be conditional";
        return Err(named(Error::new(ErrorKind::InvalidInput, message).unsent()));
    }
    let is_single = !path.contains('?');
    let known = known.filter(|known| is_single && known.is_of(redfish.host(), &path));
    let Some(response) = ask(redfish, operation, known).await? else { return Ok(Conditional::Unchanged) };
    let tag = tag::of(&response).filter(|tag| is_single && tag.len() <= MAX_TAG);
    let tag = tag.map(|tag| EntityTag { host: redfish.host().to_owned(), path: path.clone(), tag });
    let value = operation.parse(response).map_err(named)?;
    Ok(Conditional::Changed { value, tag })
}

/// The reply; nothing where the resource is the one that is known.
async fn ask<O: Operation>(
    redfish: &dyn Redfish,
    operation: &O,
    known: Option<&EntityTag>,
) -> Result<Option<Response>> {
    let Some(known) = known else {
        return redfish.send(O::NAME, operation.request()).await.map(Some);
    };
    let request = operation.request().with_if_none_match(tag::as_given(&known.tag));
    let response = match redfish.send(O::NAME, request).await {
        Ok(response) => response,
        // It says something about the condition, not about the resource.
        Err(refused) if tag::is_about_tags(&refused) && redfish.safeguards().has(Safeguard::TagLadder) => {
            return redfish.send(O::NAME, operation.request()).await.map(Some);
        }
        Err(error) => return Err(error),
    };
    match (response.status, tag::of(&response).map(|now| tag::is_same(&now, &known.tag))) {
        (304, Some(false)) => redfish.send(O::NAME, operation.request()).await.map(Some),
        (304, _) | (_, Some(true)) => Ok(None),
        _ => Ok(Some(response)),
    }
}
