//! Dell's RAID actions, for what DMTF has none.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// A controller's key, or a drive's code. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Keeps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    fn value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}

/// Who keeps a controller's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyManagement {
    /// The controller, from a passphrase (LKM).
    Local,
    /// A key server, through the iDRAC (SEKM).
    Enterprise,
    /// From the first to the second, volumes and all.
    LocalToEnterprise,
}

impl KeyManagement {
    /// `Mode` of Dell's actions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "LKM",
            Self::Enterprise => "SEKM",
            Self::LocalToEnterprise => "LKM_TO_SEKM",
        }
    }
}

/// What Dell's service can do. Controllers, drives and volumes are named by FQDD.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what their names say")]
pub enum RaidAction {
    /// Makes a drive a hot spare: of these volumes, or of all where none is named.
    AssignSpare { drive: String, volumes: Vec<String> },
    /// Takes a hot spare back.
    UnassignSpare { drive: String },
    /// Gives drives to the controller.
    ConvertToRaid { drives: Vec<String> },
    /// Takes drives from the controller.
    ConvertToNonRaid { drives: Vec<String> },
    /// Blinks a drive, or all drives of a volume.
    Blink { target: String },
    /// Stops the blinking.
    Unblink { target: String },
    /// Makes a volume larger: by these drives, or to this size in MB.
    Expand { volume: String, drives: Vec<String>, size_mb: Option<u64> },
    /// Changes a volume's RAID level, onto more drives where it needs them.
    Migrate { volume: String, raid_type: &'static str, drives: Vec<String> },
    /// Renames a volume.
    Rename { volume: String, name: String },
    /// Encrypts a volume with the controller's key, for good.
    SecureVolume { volume: String },
    /// Stops the check of a volume.
    CancelCheck { volume: String },
    /// Deletes all volumes and hot spares of a controller.
    ResetConfig { controller: String },
    /// Drops the configuration that drives brought along.
    ClearForeign { controller: String },
    /// Takes it over.
    ImportForeign { controller: String },
    /// Unlocks drives that brought their own key along.
    UnlockForeign { controller: String, key: Passphrase, key_id: String },
    /// Gives a controller its key.
    SetKey { controller: String, key: Passphrase, key_id: String },
    /// Gives it another: from the old passphrase to the new, or a new one of the key server's.
    ChangeKey { controller: String, keys: Option<(Passphrase, Passphrase)>, key_id: Option<String> },
    /// Takes its key away.
    RemoveKey { controller: String },
    /// Turns its encryption on.
    EnableEncryption { controller: String, mode: KeyManagement, key: Option<(Passphrase, String)> },
    /// Turns security of directly attached drives on (iLKM, SEKM).
    EnableSecurity { target: String },
    /// Turns it off.
    DisableSecurity { target: String },
    /// Erases a locked drive by the code on its label.
    EraseByPsid { drive: String, psid: Passphrase },
    /// Reads all drives for errors.
    StartPatrolRead { controller: String },
    /// Stops that.
    StopPatrolRead { controller: String },
}

impl RaidAction {
    /// What Dell calls it, the name of newer firmware first.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        match self {
            Self::AssignSpare { .. } => &["AssignSpare"],
            Self::UnassignSpare { .. } => &["UnassignSpare"],
            Self::ConvertToRaid { .. } => &["ConvertToRAID"],
            Self::ConvertToNonRaid { .. } => &["ConvertToNonRAID"],
            Self::Blink { .. } => &["BlinkTarget"],
            Self::Unblink { .. } => &["UnBlinkTarget"],
            Self::Expand { .. } => &["OnlineCapacityExpansion"],
            Self::Migrate { .. } => &["RAIDLevelMigration"],
            Self::Rename { .. } => &["RenameVD"],
            Self::SecureVolume { .. } => &["SecureVirtualDisk", "LockVirtualDisk"],
            Self::CancelCheck { .. } => &["CancelCheckConsistency"],
            Self::ResetConfig { .. } => &["ResetConfig"],
            Self::ClearForeign { .. } => &["ClearForeignConfig"],
            Self::ImportForeign { .. } => &["ImportForeignConfig"],
            Self::UnlockForeign { .. } => &["UnLockSecureForeignConfig"],
            Self::SetKey { .. } => &["SetControllerKey"],
            Self::ChangeKey { .. } => &["ReKey"],
            Self::RemoveKey { .. } => &["RemoveControllerKey"],
            Self::EnableEncryption { .. } => &["EnableControllerEncryption"],
            Self::EnableSecurity { .. } => &["EnableSecurity"],
            Self::DisableSecurity { .. } => &["DisableSecurity"],
            Self::EraseByPsid { .. } => &["CryptographicEraseWithPSID"],
            Self::StartPatrolRead { .. } => &["StartPatrolRead"],
            Self::StopPatrolRead { .. } => &["StopPatrolRead"],
        }
    }

    /// A parameter that is checked against what the service offers.
    #[must_use]
    pub fn parameter(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Migrate { raid_type, .. } => Some(("NewRaidLevel", raid_type)),
            Self::EnableEncryption { mode, .. } => Some(("Mode", mode.as_str())),
            Self::ChangeKey { keys, .. } => Some(("Mode", if keys.is_some() { "LKM" } else { "SEKM" })),
            _ => None,
        }
    }

    /// How much it can hurt.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::ConvertToRaid { .. }
            | Self::ConvertToNonRaid { .. }
            | Self::ResetConfig { .. }
            | Self::ClearForeign { .. }
            | Self::RemoveKey { .. }
            | Self::EraseByPsid { .. } => Effect::Destroy,
            Self::Expand { .. } | Self::Migrate { .. } | Self::DisableSecurity { .. } => Effect::Disrupt,
            _ => Effect::Change,
        }
    }

    fn body(&self) -> Value {
        let mut body = match self {
            Self::AssignSpare { drive, volumes } if volumes.is_empty() => json!({"TargetFQDD": drive}),
            Self::AssignSpare { drive, volumes } => json!({"TargetFQDD": drive, "VirtualDiskArray": volumes}),
            Self::UnassignSpare { drive } => json!({"TargetFQDD": drive}),
            Self::ConvertToRaid { drives } | Self::ConvertToNonRaid { drives } => json!({"PDArray": drives}),
            Self::Expand { volume, drives, size_mb } => {
                let mut body = json!({"TargetFQDD": volume});
                if !drives.is_empty() {
                    body["PDArray"] = json!(drives);
                }
                if let Some(size) = size_mb {
                    body["Size"] = json!(size);
                }
                body
            }
            Self::Migrate { volume, drives, .. } if drives.is_empty() => json!({"TargetFQDD": volume}),
            Self::Migrate { volume, drives, .. } => json!({"TargetFQDD": volume, "PDArray": drives}),
            Self::Rename { volume, name } => json!({"TargetFQDD": volume, "Name": name}),
            Self::SecureVolume { volume } | Self::CancelCheck { volume } => json!({"TargetFQDD": volume}),
            Self::Blink { target }
            | Self::Unblink { target }
            | Self::EnableSecurity { target }
            | Self::DisableSecurity { target } => json!({"TargetFQDD": target}),
            Self::ResetConfig { controller }
            | Self::ClearForeign { controller }
            | Self::ImportForeign { controller }
            | Self::RemoveKey { controller }
            | Self::StartPatrolRead { controller }
            | Self::StopPatrolRead { controller } => json!({"TargetFQDD": controller}),
            Self::SetKey { controller, key, key_id } | Self::UnlockForeign { controller, key, key_id } => {
                json!({"TargetFQDD": controller, "Key": key.value(), "Keyid": key_id})
            }
            Self::ChangeKey { controller, keys, key_id } => {
                let mut body = json!({"TargetFQDD": controller});
                if let Some((old, new)) = keys {
                    body["OldKey"] = old.value();
                    body["NewKey"] = new.value();
                }
                if let Some(id) = key_id {
                    body["Keyid"] = json!(id);
                }
                body
            }
            Self::EnableEncryption { controller, key, .. } => {
                let mut body = json!({"TargetFQDD": controller});
                if let Some((key, id)) = key {
                    body["Key"] = key.value();
                    body["Keyid"] = json!(id);
                }
                body
            }
            Self::EraseByPsid { drive, psid } => json!({"TargetFQDD": drive, "PSID": psid.value()}),
        };
        if let Some((name, value)) = self.parameter() {
            body[name] = value.into();
        }
        body
    }
}

/// One of Dell's RAID actions (Dell `DellRaidService`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaidCommand {
    /// Where the service says the action is.
    pub target: ODataId,
    /// What to do.
    pub action: RaidAction,
}

impl Operation for RaidCommand {
    type Output = Accepted;

    const NAME: &'static str = "RaidCommand";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &self.action.body())
            .with_secret_keys(&["Key", "OldKey", "NewKey", "PSID"])
    }

    fn effect(&self) -> Effect {
        self.action.effect()
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_never_shown() {
        let key = || Passphrase::new("Hunter2!x");
        let controller = || "RAID.SL.3-1".to_owned();
        for action in [
            RaidAction::SetKey { controller: controller(), key: key(), key_id: "k1".to_owned() },
            RaidAction::UnlockForeign { controller: controller(), key: key(), key_id: "k1".to_owned() },
            RaidAction::ChangeKey { controller: controller(), keys: Some((key(), key())), key_id: None },
            RaidAction::EnableEncryption {
                controller: controller(),
                mode: KeyManagement::Local,
                key: Some((key(), "k1".to_owned())),
            },
            RaidAction::EraseByPsid { drive: "d".to_owned(), psid: key() },
        ] {
            let target = ODataId::parse("/redfish/v1/x").unwrap();
            let command = RaidCommand { target, action };
            let plan = command.plan();
            let shown = format!("{command:?} {:?} {plan:?}", command.request());
            assert!(!shown.contains("Hunter2"), "{shown}");
            assert!(plan.steps[0].body.as_ref().unwrap()["TargetFQDD"].is_string());
            let sent = command.request().body.unwrap();
            assert!(String::from_utf8_lossy(sent.whole().unwrap()).contains("Hunter2"));
        }
    }
}
