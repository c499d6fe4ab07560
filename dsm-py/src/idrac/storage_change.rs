//! A change of a controller as Python writes it: `change` says which, the other fields are its own.

use dell_redfish::flow::storage::Change;
use dell_redfish::ops::{KeyManagement, NewVolume, Passphrase, RaidAction, RaidType, ReadCache, WriteCache};
use serde::Deserialize;

use super::argument::{Hidden, invalid};
use crate::failure::Failure;

/// `dsm.idrac.StorageChange`.
#[derive(Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ChangeArgument {
    CreateVolume {
        raid_type: RaidType,
        drives: Vec<String>,
        name: Option<String>,
        capacity_bytes: Option<u64>,
        stripe_bytes: Option<u64>,
        read_cache: Option<ReadCache>,
        write_cache: Option<WriteCache>,
        disk_cache: Option<bool>,
        #[serde(default)]
        encrypted: bool,
    },
    DeleteVolume {
        volume: String,
    },
    InitializeVolume {
        volume: String,
        #[serde(default)]
        slow: bool,
    },
    CheckVolume {
        volume: String,
    },
    CancelCheck {
        volume: String,
    },
    ExpandVolume {
        volume: String,
        #[serde(default)]
        drives: Vec<String>,
        capacity_bytes: Option<u64>,
    },
    MigrateVolume {
        volume: String,
        raid_type: RaidType,
        #[serde(default)]
        drives: Vec<String>,
    },
    RenameVolume {
        volume: String,
        name: String,
    },
    SecureVolume {
        volume: String,
    },
    AssignSpare {
        drive: String,
        #[serde(default)]
        volumes: Vec<String>,
    },
    UnassignSpare {
        drive: String,
    },
    ConvertToRaid {
        drives: Vec<String>,
    },
    ConvertToNonRaid {
        drives: Vec<String>,
    },
    Blink {
        target: String,
    },
    Unblink {
        target: String,
    },
    EraseDrive {
        drive: String,
    },
    EraseByPsid {
        drive: String,
        psid: Hidden,
    },
    ResetConfig {},
    ClearForeign {},
    ImportForeign {},
    UnlockForeign {
        key: Hidden,
        key_id: String,
    },
    SetKey {
        key: Hidden,
        key_id: String,
    },
    ChangeKey {
        old_key: Option<Hidden>,
        new_key: Option<Hidden>,
        key_id: Option<String>,
    },
    RemoveKey {},
    EnableEncryption {
        mode: KeyManagement,
        key: Option<Hidden>,
        key_id: Option<String>,
    },
    EnableSecurity {
        target: Option<String>,
    },
    DisableSecurity {
        target: Option<String>,
    },
    StartPatrolRead {},
    StopPatrolRead {},
}

fn phrase(Hidden(secret): Hidden) -> Passphrase {
    Passphrase::new(secret.expose())
}

/// Two that go together, or neither.
fn pair<A, B>(one: Option<A>, other: Option<B>, names: &str) -> Result<Option<(A, B)>, Failure> {
    match (one, other) {
        (Some(one), Some(other)) => Ok(Some((one, other))),
        (None, None) => Ok(None),
        _ => Err(invalid(format!("give {names} together"))),
    }
}

impl ChangeArgument {
    /// The change of this controller.
    pub(super) fn of(self, controller: &str) -> Result<Change, Failure> {
        let controller = controller.to_owned();
        Ok(match self {
            Self::CreateVolume {
                raid_type,
                drives,
                name,
                capacity_bytes,
                stripe_bytes,
                read_cache,
                write_cache,
                disk_cache,
                encrypted,
            } => Change::CreateVolume(NewVolume {
                raid_type,
                drives,
                name,
                capacity_bytes,
                stripe_bytes,
                read_cache,
                write_cache,
                disk_cache,
                encrypted,
            }),
            Self::DeleteVolume { volume } => Change::DeleteVolume { volume },
            Self::InitializeVolume { volume, slow } => Change::InitializeVolume { volume, slow },
            Self::CheckVolume { volume } => Change::CheckVolume { volume },
            Self::CancelCheck { volume } => Change::Dell(RaidAction::CancelCheck { volume }),
            Self::ExpandVolume { volume, drives, capacity_bytes } => {
                Change::ExpandVolume { volume, drives, capacity_bytes }
            }
            Self::MigrateVolume { volume, raid_type, drives } => {
                Change::MigrateVolume { volume, raid_type, drives }
            }
            Self::RenameVolume { volume, name } => Change::Dell(RaidAction::Rename { volume, name }),
            Self::SecureVolume { volume } => Change::SecureVolume { volume },
            Self::AssignSpare { drive, volumes } => Change::AssignSpare { drive, volumes },
            Self::UnassignSpare { drive } => Change::UnassignSpare { drive },
            Self::ConvertToRaid { drives } => Change::ConvertToRaid { drives },
            Self::ConvertToNonRaid { drives } => Change::ConvertToNonRaid { drives },
            Self::Blink { target } => Change::Dell(RaidAction::Blink { target }),
            Self::Unblink { target } => Change::Dell(RaidAction::Unblink { target }),
            Self::EraseDrive { drive } => Change::EraseDrive { drive },
            Self::EraseByPsid { drive, psid } => {
                Change::Dell(RaidAction::EraseByPsid { drive, psid: phrase(psid) })
            }
            Self::ResetConfig {} => Change::ResetConfig,
            Self::ClearForeign {} => Change::ClearForeign,
            Self::ImportForeign {} => Change::ImportForeign,
            Self::UnlockForeign { key, key_id } => {
                Change::Dell(RaidAction::UnlockForeign { controller, key: phrase(key), key_id })
            }
            Self::SetKey { key, key_id } => {
                Change::Dell(RaidAction::SetKey { controller, key: phrase(key), key_id })
            }
            Self::ChangeKey { old_key, new_key, key_id } => Change::Dell(RaidAction::ChangeKey {
                controller,
                keys: pair(old_key, new_key, "`old_key` and `new_key`")?
                    .map(|(old, new)| (phrase(old), phrase(new))),
                key_id,
            }),
            Self::RemoveKey {} => Change::Dell(RaidAction::RemoveKey { controller }),
            Self::EnableEncryption { mode, key, key_id } => Change::Dell(RaidAction::EnableEncryption {
                controller,
                mode,
                key: pair(key, key_id, "`key` and `key_id`")?.map(|(key, id)| (phrase(key), id)),
            }),
            Self::EnableSecurity { target } => {
                Change::Dell(RaidAction::EnableSecurity { target: target.unwrap_or(controller) })
            }
            Self::DisableSecurity { target } => {
                Change::Dell(RaidAction::DisableSecurity { target: target.unwrap_or(controller) })
            }
            Self::StartPatrolRead {} => Change::Dell(RaidAction::StartPatrolRead { controller }),
            Self::StopPatrolRead {} => Change::Dell(RaidAction::StopPatrolRead { controller }),
        })
    }
}
