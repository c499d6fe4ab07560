//! Exporting, previewing and importing configuration profiles: Dell's actions of the manager.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::accepted::Accepted;
use crate::actions::Action;
use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};
use crate::scp::{Profile, ProfileFormat, ScpTarget};

mod task;

use super::share::Share;

pub use task::{GetProfileTask, PrivateBytes, ProfileTaskReply};

/// How the profile will be used (`ExportUse`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ExportUse {
    /// A snapshot.
    #[default]
    Default,
    /// A template for servers of the same hardware; importing it may destroy data.
    Clone,
    /// A baseline for this server, for after it was replaced; importing it may destroy data.
    Replace,
}

impl ExportUse {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "Default",
            Self::Clone => "Clone",
            Self::Replace => "Replace",
        }
    }
}

/// What an export holds besides (`IncludeInExport`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum IncludeInExport {
    /// Settings that cannot be set.
    #[serde(rename = "IncludeReadOnly")]
    ReadOnly,
    /// Hashes of passwords, so that an import sets them.
    #[serde(rename = "IncludePasswordHashValues")]
    PasswordHashValues,
    /// Telemetry reports of the operator's own. Older iDRACs do not import such a profile.
    #[serde(rename = "IncludeCustomTelemetry")]
    CustomTelemetry,
}

impl IncludeInExport {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "IncludeReadOnly",
            Self::PasswordHashValues => "IncludePasswordHashValues",
            Self::CustomTelemetry => "IncludeCustomTelemetry",
        }
    }
}

/// What happens to a running host before an import that needs it down (`ShutdownType`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ShutdownType {
    /// The operating system shuts down in `TimeToWait`, or the import fails (SYS051).
    #[default]
    Graceful,
    /// It is switched off.
    Forced,
    /// It stays up; what needs a restart waits for the next one.
    NoReboot,
}

impl ShutdownType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Graceful => "Graceful",
            Self::Forced => "Forced",
            Self::NoReboot => "NoReboot",
        }
    }
}

/// The host's power at the end of an import (`HostPowerState`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HostPowerState {
    /// On.
    #[default]
    On,
    /// Off.
    Off,
}

impl HostPowerState {
    /// As the iDRAC spells it, here and in `PowerState`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Off => "Off",
        }
    }
}

/// A list as this family of actions takes it: one text, or an array.
fn list(target: &ODataId, values: &[&str]) -> Value {
    if endpoint::wants_arrays(target.path()) { json!(values) } else { values.join(",").into() }
}

/// A share's parameter as these actions spell it, which is not as Dell's services do.
fn respelled((key, value): (String, Value)) -> (String, Value) {
    let (key, value) = match (key.as_str(), value.as_str()) {
        ("IgnoreCertWarning", _) => ("IgnoreCertificateWarning", "Enabled".into()),
        ("ProxySupport", _) => ("ProxySupport", "Enabled".into()),
        ("ProxyType", Some("SOCKS")) => ("ProxyType", "SOCKS4".into()),
        ("ProxyUname", _) => ("ProxyUserName", value),
        ("ProxyPasswd", _) => ("ProxyPassword", value),
        (other, _) => (other, value.clone()),
    };
    (key.to_owned(), value)
}

fn share_parameters(target: &ODataId, classes: &[ScpTarget], share: Option<&(Share, String)>) -> Value {
    let mut fields = match share {
        None => Map::new(),
        Some((share, file_name)) => {
            let mut fields: Map<_, _> = share.parameters().into_iter().map(respelled).collect();
            fields.insert("FileName".to_owned(), file_name.as_str().into());
            fields
        }
    };
    let names: Vec<_> = classes.iter().map(|class| class.as_str()).collect();
    fields.insert("Target".to_owned(), list(target, if names.is_empty() { &["ALL"] } else { &names }));
    Value::Object(fields)
}

/// Starts an export (`ExportSystemConfiguration`): to a share, or else to the task, to be read by [`GetProfileTask`].
#[derive(Debug, Clone)]
pub struct ExportSystemConfiguration {
    target: ODataId,
    format: ProfileFormat,
    classes: Vec<ScpTarget>,
    export_use: ExportUse,
    include: Vec<IncludeInExport>,
    share: Option<(Share, String)>,
}

impl ExportSystemConfiguration {
    /// Everything, locally.
    #[must_use]
    pub fn new(action: &Action, format: ProfileFormat) -> Self {
        Self {
            target: action.target.clone(),
            format,
            classes: Vec::new(),
            export_use: ExportUse::Default,
            include: Vec::new(),
            share: None,
        }
    }

    /// Only these classes of components.
    #[must_use]
    pub fn with_targets(mut self, classes: &[ScpTarget]) -> Self {
        self.classes = classes.to_vec();
        self
    }

    /// What it is for.
    #[must_use]
    pub fn with_use(mut self, export_use: ExportUse) -> Self {
        self.export_use = export_use;
        self
    }

    /// What it holds besides.
    #[must_use]
    pub fn with_include(mut self, include: &[IncludeInExport]) -> Self {
        self.include = include.to_vec();
        self
    }

    /// Writes it to a file on a share.
    #[must_use]
    pub fn with_share(mut self, share: Share, file_name: impl Into<String>) -> Self {
        self.share = Some((share, file_name.into()));
        self
    }
}

impl Operation for ExportSystemConfiguration {
    type Output = Accepted;

    const NAME: &'static str = "ExportSystemConfiguration";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        let include: Vec<_> = match self.include.as_slice() {
            [] => vec!["Default"],
            some => some.iter().map(|each| each.as_str()).collect(),
        };
        let body = json!({
            "ExportFormat": self.format.as_str(),
            "ExportUse": self.export_use.as_str(),
            "IncludeInExport": list(&self.target, &include),
            "ShareParameters": share_parameters(&self.target, &self.classes, self.share.as_ref()),
        });
        Request::post(self.target.path(), &body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Where a profile to import comes from.
#[derive(Debug, Clone)]
enum Source {
    Buffer(String),
    Share(Box<Share>, String),
}

impl Source {
    fn parameters(&self, target: &ODataId, classes: &[ScpTarget]) -> Map<String, Value> {
        let mut fields = Map::new();
        let share = match self {
            Self::Buffer(text) => {
                fields.insert("ImportBuffer".to_owned(), text.as_str().into());
                None
            }
            Self::Share(share, file_name) => Some(((**share).clone(), file_name.clone())),
        };
        let parameters = share_parameters(target, classes, share.as_ref());
        fields.insert("ShareParameters".to_owned(), parameters);
        fields
    }
}

/// The profile in a request never reaches a log, not even in part.
const SECRET: &[&str] = &["ImportBuffer"];

/// Has the iDRAC say what an import would do (`ImportSystemConfigurationPreview`). Changes nothing.
#[derive(Clone)]
pub struct ImportSystemConfigurationPreview {
    target: ODataId,
    source: Source,
}

impl ImportSystemConfigurationPreview {
    /// Of a profile at hand, in one line ([`Profile::import_buffer`]), as every firmware takes it.
    ///
    /// # Errors
    /// As [`Profile::import_buffer`].
    pub fn of_profile(action: &Action, profile: &Profile) -> Result<Self> {
        Ok(Self::of_text(action, profile.import_buffer()?))
    }

    /// Of a profile whose text goes as it is.
    #[must_use]
    pub fn of_text(action: &Action, text: String) -> Self {
        Self { target: action.target.clone(), source: Source::Buffer(text) }
    }

    /// Of a file on a share.
    #[must_use]
    pub fn of_file(action: &Action, share: Share, file_name: impl Into<String>) -> Self {
        Self { target: action.target.clone(), source: Source::Share(Box::new(share), file_name.into()) }
    }
}

impl Operation for ImportSystemConfigurationPreview {
    type Output = Accepted;

    const NAME: &'static str = "ImportSystemConfigurationPreview";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        // `ALL` is the only target a preview takes.
        let body = Value::Object(self.source.parameters(&self.target, &[]));
        Request::post(self.target.path(), &body).with_secret_keys(SECRET)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Starts an import (`ImportSystemConfiguration`).
#[derive(Clone)]
pub struct ImportSystemConfiguration {
    target: ODataId,
    source: Source,
    classes: Vec<ScpTarget>,
    shutdown: ShutdownType,
    host: HostPowerState,
    time_to_wait: Option<Duration>,
    effect: Effect,
}

impl ImportSystemConfiguration {
    fn new(action: &Action, source: Source, effect: Effect) -> Self {
        Self {
            target: action.target.clone(),
            source,
            classes: Vec::new(),
            shutdown: ShutdownType::default(),
            host: HostPowerState::default(),
            time_to_wait: None,
            effect,
        }
    }

    /// Of a profile at hand, in one line ([`Profile::import_buffer`]), as every firmware takes it.
    ///
    /// # Errors
    /// As [`Profile::import_buffer`].
    pub fn of_profile(action: &Action, profile: &Profile) -> Result<Self> {
        Ok(Self::of_text(action, profile, profile.import_buffer()?))
    }

    /// Of a profile at hand that goes as this text.
    #[must_use]
    pub fn of_text(action: &Action, profile: &Profile, text: String) -> Self {
        let effect = if profile.hazards().is_empty() { Effect::Disrupt } else { Effect::Destroy };
        Self::new(action, Source::Buffer(text), effect)
    }

    /// Of a file on a share. What is in it is not known here, so it counts as one that may destroy data.
    #[must_use]
    pub fn of_file(action: &Action, share: Share, file_name: impl Into<String>) -> Self {
        Self::new(action, Source::Share(Box::new(share), file_name.into()), Effect::Destroy)
    }

    /// Applies only these classes of components.
    #[must_use]
    pub fn with_targets(mut self, classes: &[ScpTarget]) -> Self {
        self.classes = classes.to_vec();
        self
    }

    /// What happens to a running host before, and what is its power after.
    #[must_use]
    pub fn with_host(mut self, shutdown: ShutdownType, host: HostPowerState) -> Self {
        self.shutdown = shutdown;
        self.host = host;
        self
    }

    /// How long a graceful shutdown may take: the iDRAC takes 300 to 3600 seconds.
    #[must_use]
    pub fn with_time_to_wait(mut self, time: Duration) -> Self {
        self.time_to_wait = Some(time);
        self
    }
}

impl Operation for ImportSystemConfiguration {
    type Output = Accepted;

    const NAME: &'static str = "ImportSystemConfiguration";
    const EFFECT: Effect = Effect::Disrupt;

    fn effect(&self) -> Effect {
        match (self.effect, self.shutdown) {
            // Volumes are remade at the next restart all the same.
            (Effect::Destroy, _) => Effect::Destroy,
            (_, ShutdownType::NoReboot) => Effect::Change,
            (effect, _) => effect,
        }
    }

    fn request(&self) -> Request {
        let mut fields = self.source.parameters(&self.target, &self.classes);
        fields.insert("ShutdownType".to_owned(), self.shutdown.as_str().into());
        fields.insert("HostPowerState".to_owned(), self.host.as_str().into());
        if let Some(time) = self.time_to_wait {
            fields.insert("TimeToWait".to_owned(), time.as_secs().clamp(300, 3600).into());
        }
        Request::post(self.target.path(), &Value::Object(fields)).with_secret_keys(SECRET)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::actions::Actions;
    use crate::scp::{Attribute, Component};

    fn action(family: &str, name: &str) -> Action {
        let text = format!(
            r##"{{"Actions":{{"Oem":{{"#OemManager.{name}":{{"target":
                "/redfish/v1/Managers/iDRAC.Embedded.1/Actions/Oem/{family}.{name}"}}}}}}}}"##
        );
        Actions::read(text.as_bytes()).need(name).unwrap().clone()
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(request.body.as_ref().unwrap().whole().unwrap()).unwrap()
    }

    fn profile(name: &str, value: &str) -> Profile {
        let component = Component::new("RAID.SL.3-1").with_attribute(Attribute::new(name, value));
        Profile::from_components(vec![component], ProfileFormat::Xml).unwrap()
    }

    #[test]
    fn each_family_gets_lists_as_it_takes_them() {
        let classes = [ScpTarget::Bios, ScpTarget::Idrac];
        for (family, expected, include) in [
            ("EID_674_Manager", json!("BIOS,IDRAC"), json!("IncludeReadOnly")),
            ("OemManager", json!(["BIOS", "IDRAC"]), json!(["IncludeReadOnly"])),
        ] {
            let export = ExportSystemConfiguration::new(
                &action(family, "ExportSystemConfiguration"),
                ProfileFormat::Json,
            )
            .with_targets(&classes)
            .with_include(&[IncludeInExport::ReadOnly]);
            let sent = body(&export.request());
            assert_eq!(sent["ShareParameters"]["Target"], expected, "{family}");
            assert_eq!((&sent["IncludeInExport"], &sent["ExportFormat"]), (&include, &json!("JSON")));
        }
    }

    #[test]
    fn a_share_has_its_own_credentials_and_no_log_has_them() {
        let share = Share::from_address("cifs://u:c4lv!n@10.0.0.5/share/a.xml").unwrap();
        let export = ExportSystemConfiguration::new(
            &action("EID_674_Manager", "ExportSystemConfiguration"),
            ProfileFormat::Xml,
        )
        .with_share(share.0, share.1);
        let request = export.request();
        assert_eq!(body(&request)["ShareParameters"]["Password"], "c4lv!n");
        assert_eq!(body(&request)["ShareParameters"]["Target"], "ALL");
        let shown = format!("{request:?} {export:?} {:?}", export.plan());
        assert!(!shown.contains("c4lv!n"), "{shown}");
    }

    #[test]
    fn an_import_hides_its_profile_and_says_what_it_can_hurt() {
        let action = action("OemManager", "ImportSystemConfiguration");
        let import = ImportSystemConfiguration::of_profile(&action, &profile("Plain", "c4lv!n")).unwrap();
        let import = import.with_time_to_wait(Duration::from_secs(7200));
        let request = import.request();
        let sent = body(&request);
        assert_eq!((&sent["TimeToWait"], &sent["HostPowerState"]), (&json!(3600), &json!("On")));
        assert!(sent["ImportBuffer"].as_str().unwrap().contains("c4lv!n"));
        assert!(!format!("{request:?} {:?}", import.plan()).contains("c4lv!n"));
        assert_eq!(import.effect(), Effect::Disrupt);
        let quiet = import.with_host(ShutdownType::NoReboot, HostPowerState::On);
        assert_eq!(quiet.effect(), Effect::Change);
        let wipe = profile("RAIDresetConfig", "True");
        let wipe = ImportSystemConfiguration::of_profile(&action, &wipe).unwrap();
        assert_eq!(wipe.with_host(ShutdownType::NoReboot, HostPowerState::On).effect(), Effect::Destroy);
    }
}
