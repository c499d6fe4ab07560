//! What a resource says can be done to it: its `Actions`, with their targets and the values they take.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{Resource, Schema};

/// Parameters of an action that are kept; a hostile reply may list any number.
const MAX_PARAMETERS: usize = 64;

/// One action of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name without the leading `#`, as the iDRAC wrote it: `ComputerSystem.Reset`,
    /// `OemManager.v1_4_0.OemManager#OemManager.ExportSystemConfiguration`.
    pub name: String,
    /// Where to POST.
    pub target: ODataId,
    /// Values each parameter takes, where the iDRAC says so inline (`…@Redfish.AllowableValues`); those of a group of
    /// parameters under `ShareParameters.Target`.
    pub allowable: BTreeMap<String, Vec<String>>,
    /// Where it says so elsewhere (`@Redfish.ActionInfo`).
    pub info: Option<ODataId>,
    /// When it can be carried out (`@Redfish.OperationApplyTimeSupport`); empty where it does not say.
    pub apply_times: Vec<String>,
}

impl Action {
    /// Values of a parameter, where the iDRAC names them inline.
    #[must_use]
    pub fn values(&self, parameter: &str) -> Option<&[String]> {
        self.allowable.get(parameter).map(Vec::as_slice)
    }

    /// Refuses a value that the iDRAC does not offer, before it is sent. Where the iDRAC names none, any passes.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`], naming what is offered.
    pub fn check(&self, parameter: &str, value: &str) -> Result<()> {
        match self.values(parameter) {
            Some(values) if !values.iter().any(|offered| offered == value) => {
                let offered = values.join(", ");
                let message =
                    format!("{parameter} {value:?} is not offered by this iDRAC; it offers {offered}");
                Err(Error::new(ErrorKind::Unsupported, message).with_path(self.target.as_str()))
            }
            _ => Ok(()),
        }
    }
}

/// All actions of one resource, those below `Oem` among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Reads the actions of a resource. What does not read as one is left out.
    #[must_use]
    pub fn of<T: Schema>(resource: &Resource<T>) -> Self {
        Self::read(resource.raw())
    }

    /// The same from the text of a resource.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        let mut found = Vec::new();
        if let Ok(document) = serde_json::from_slice::<Value>(text)
            && let Some(actions) = document.get("Actions").and_then(Value::as_object)
        {
            let oem = actions.get("Oem").and_then(Value::as_object);
            for (name, action) in actions.iter().chain(oem.into_iter().flatten()) {
                found.extend(read_one(name, action));
            }
        }
        Self(found)
    }

    /// The action whose name ends in this: `ComputerSystem.Reset`, or the bare `ExportSystemConfiguration` where Dell's name
    /// in front changed between generations.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Action> {
        self.0.iter().find(|action| {
            action
                .name
                .strip_suffix(name)
                .is_some_and(|front| front.is_empty() || front.ends_with(['.', '#']))
        })
    }

    /// The same, as an error that names what is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when this iDRAC has no such action.
    pub fn need(&self, name: &str) -> Result<&Action> {
        self.find(name).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("this iDRAC does not offer the action {name}"))
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Action> {
        self.0.iter()
    }
}

fn read_one(name: &str, action: &Value) -> Option<Action> {
    let action = action.as_object()?;
    let link = |key: &str| ODataId::parse(action.get(key)?.as_str()?).ok();
    let own = action.iter().filter_map(|(key, values)| allowed("", key, values));
    // Dell's larger actions take groups of parameters: `ShareParameters.Target`.
    let groups =
        action.iter().filter_map(|(group, members)| Some((format!("{group}."), members.as_object()?)));
    let grouped = groups.flat_map(|(group, members)| {
        members.iter().filter_map(move |(key, values)| allowed(&group, key, values))
    });
    Some(Action {
        name: name.trim_start_matches('#').to_owned(),
        target: link("target")?,
        allowable: own.chain(grouped).take(MAX_PARAMETERS).collect(),
        apply_times: apply_times(action),
        info: link("@Redfish.ActionInfo"),
    })
}

fn apply_times(action: &serde_json::Map<String, Value>) -> Vec<String> {
    let support = action.get("@Redfish.OperationApplyTimeSupport");
    let times = support.and_then(|support| support.get("SupportedValues")?.as_array());
    let words = times.into_iter().flatten().filter_map(Value::as_str);
    words.take(MAX_PARAMETERS).map(str::to_owned).collect()
}

/// A parameter's name and the values it takes.
fn allowed(group: &str, key: &str, values: &Value) -> Option<(String, Vec<String>)> {
    let parameter = key.strip_suffix("@Redfish.AllowableValues")?;
    let values = values.as_array()?.iter().filter_map(|value| value.as_str().map(str::to_owned));
    Some((format!("{group}{parameter}"), values.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_found_by_the_end_of_their_name() {
        let text = br##"{"Actions":{
            "#Manager.Reset":{"target":"/redfish/v1/Managers/m/Actions/Manager.Reset",
                "@Redfish.OperationApplyTimeSupport":{"SupportedValues":["Immediate",7]},
                "ResetType@Redfish.AllowableValues":["GracefulRestart"]},
            "#Broken.One":{"target":"http://elsewhere/x"},
            "Oem":{"OemManager.v1_4_0.OemManager#OemManager.ExportSystemConfiguration":
                {"target":"/redfish/v1/Managers/m/Actions/Oem/EID_674_Manager.ExportSystemConfiguration",
                 "ShareParameters":{"Target@Redfish.AllowableValues":["ALL"]}}}}}"##;
        let actions = Actions::read(text);
        let reset = actions.find("Manager.Reset").unwrap();
        assert!(reset.check("ResetType", "GracefulRestart").is_ok());
        assert_eq!(reset.check("ResetType", "On").unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(reset.check("Other", "anything").is_ok());
        assert_eq!(reset.apply_times, ["Immediate"]);
        let export = actions.find("ExportSystemConfiguration").unwrap();
        assert!(export.target.as_str().contains("EID_674"));
        assert_eq!(export.values("ShareParameters.Target"), Some(&["ALL".to_owned()][..]));
        for missing in ["Configuration", "One", "Broken.One", "anager.Reset"] {
            assert!(actions.need(missing).is_err(), "{missing}");
        }
        assert_eq!(Actions::read(b"[]"), Actions::default());
    }
}
