//! A row of `scp_backups`: its profile sealed and opened, checked against what is kept of it.

use dell_redfish::scp::Profile;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::classes;
use crate::credential::{Place, Secret};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ServerId;
use crate::store::{RowQuery, StoredRow, Table};

/// A row, as an import needs it.
#[derive(Debug, Clone)]
pub(super) struct Backup {
    pub(super) id: Uuid,
    /// Whose it is.
    pub(super) server: Option<ServerId>,
    pub(super) name: String,
    /// What the row says is in it; see [`classes::of_columns`].
    pub(super) flags: [Option<bool>; 4],
    pub(super) content: Content,
}

/// Where the profile is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Here.
    Profile(Box<Profile>),
    /// In a file on a share, at this address without credentials.
    File(String),
}

/// SHA-256, hexadecimal.
pub(super) fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seals a profile for its row.
///
/// # Errors
/// The machine gives no random bytes.
pub(super) fn seal(ctx: &Ctx, row: Uuid, text: String) -> Result<String> {
    let place = Place::Row(Table::ScpBackups, row);
    Ok(ctx.fleet().chain().cipher().seal(&Secret::new(text), place)?.into_string())
}

/// Reads a row and opens its profile. Rows of the existing system are read, too: it keeps profiles in the open, and often
/// only as `scp_content`.
///
/// # Errors
/// There is no such row, nothing is in it, it does not open, or it is not what was stored.
pub(super) async fn load(ctx: &Ctx, id: Uuid) -> Result<Backup> {
    let query = RowQuery { ids: vec![id], ..RowQuery::of(Table::ScpBackups) };
    let Some(StoredRow { columns, .. }) = ctx.store().rows(query).await?.into_iter().next() else {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no backup {id}"))
            .about("details.backup_id")
            .hint("use the id of a row of scp_backups"));
    };
    let text = |name: &str| columns.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    Ok(Backup {
        id,
        server: text("server_id").and_then(|id| id.parse().ok()),
        name: text("backup_name").unwrap_or("a backup without a name").to_owned(),
        flags: classes::of_columns(&columns),
        content: content(ctx, id, &columns)?,
    })
}

fn content(ctx: &Ctx, id: Uuid, columns: &Map<String, Value>) -> Result<Content> {
    let text = |name: &str| columns.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let profile = |text: &str| -> Result<Content> {
        let profile = Profile::parse(text.as_bytes().to_vec())
            .map_err(|error| Error::from(error).about(format!("the profile of backup {id}")))?;
        Ok(Content::Profile(Box::new(profile)))
    };
    match (text("scp_raw_content"), columns.get("scp_content"), text("scp_file_path")) {
        (Some(plain), ..) if is_plain(plain) => profile(plain),
        (Some(sealed), ..) => {
            let place = Place::Row(Table::ScpBackups, id);
            let opened = ctx.fleet().chain().cipher().open(sealed, place)?;
            if text("checksum").is_some_and(|kept| kept != checksum(opened.expose().as_bytes())) {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("the profile of backup {id} is not the one whose checksum was kept"),
                )
                .hint("use another backup"));
            }
            profile(opened.expose())
        }
        (None, _, Some(path)) => Ok(Content::File(path.to_owned())),
        (None, Some(Value::String(text)), None) => profile(text),
        (None, Some(value @ Value::Object(_)), None) => profile(&value.to_string()),
        (None, _, None) => Err(Error::new(ErrorKind::NotFound, format!("backup {id} holds no profile"))
            .about("details.backup_id")
            .hint("use another backup, or name its file on a share")),
    }
}

/// Whether it is a profile in the open: XML, JSON, or either as one JSON string. Sealed texts begin otherwise.
fn is_plain(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['<', '{', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_the_open_is_told_from_a_sealed_one() {
        for plain in ["<SystemConfiguration/>", "\u{feff} {\"a\": 1}", "\"<x>\""] {
            assert!(is_plain(plain));
        }
        assert!(!is_plain("dsm1:abc:defg"));
    }

    #[test]
    fn a_checksum_is_the_usual_one() {
        assert_eq!(checksum(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
