//! Dell's diagnostics (ePSA), and reports for Dell's support.

use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::ops::{ExportPlace, Exported};
use crate::request::{Request, Response};

/// How thoroughly (`RunMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
pub enum DiagnosticsMode {
    /// Half an hour or so.
    #[default]
    Express,
    /// Hours.
    Extended,
    /// Both.
    ExpressAndExtended,
}

impl DiagnosticsMode {
    /// As the action takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Express => "Express",
            Self::Extended => "Extended",
            Self::ExpressAndExtended => "ExpressAndExtended",
        }
    }
}

/// How the host is restarted for it (`RebootJobType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticsReboot {
    /// The operating system is asked; if it does not answer, nothing happens.
    #[default]
    Graceful,
    /// It is asked, then forced.
    GracefulThenForced,
    /// Power is cut and given again.
    PowerCycle,
}

impl DiagnosticsReboot {
    /// As the action takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Graceful => "GracefulRebootWithoutForcedShutdown",
            Self::GracefulThenForced => "GracefulRebootWithForcedShutdown",
            Self::PowerCycle => "PowerCycle",
        }
    }
}

/// Restarts the host into the diagnostics (Dell `DellLCService.RunePSADiagnostics`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDiagnostics {
    target: ODataId,
    mode: DiagnosticsMode,
    reboot: DiagnosticsReboot,
}

impl RunDiagnostics {
    /// By the target the service names.
    #[must_use]
    pub fn at(target: ODataId, mode: DiagnosticsMode, reboot: DiagnosticsReboot) -> Self {
        Self { target, mode, reboot }
    }
}

impl Operation for RunDiagnostics {
    type Output = Accepted;

    const NAME: &'static str = "RunePSADiagnostics";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        let body = json!({
            "RunMode": self.mode.as_str(),
            "RebootJobType": self.reboot.as_str(),
            "ScheduledStartTime": "TIME_NOW",
        });
        Request::post(self.target.path(), &body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// The result of the last diagnostics (Dell `DellLCService.ExportePSADiagnosticsResult`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportDiagnostics {
    target: ODataId,
    place: ExportPlace,
}

impl ExportDiagnostics {
    /// To this share, by the target the service names.
    #[must_use]
    pub fn to(target: ODataId, place: ExportPlace) -> Self {
        Self { target, place }
    }
}

impl Operation for ExportDiagnostics {
    type Output = Exported;

    const NAME: &'static str = "ExportePSADiagnosticsResult";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &self.place.body(json!({})))
    }

    fn parse(&self, response: Response) -> Result<Exported> {
        Ok(Exported::read(&response))
    }
}

/// Whether the licence agreement of SupportAssist is accepted (Dell `DellLCService.SupportAssistGetEULAStatus`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetEulaStatus {
    target: ODataId,
}

impl GetEulaStatus {
    /// By the target the service names.
    #[must_use]
    pub fn at(target: ODataId) -> Self {
        Self { target }
    }
}

impl Operation for GetEulaStatus {
    /// Nothing where the iDRAC does not tell it by a message id that is known.
    type Output = Option<bool>;

    const NAME: &'static str = "SupportAssistGetEULAStatus";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Option<bool>> {
        Ok(eula(&read_extended(&response.body)))
    }
}

/// SRV074, SRV095 and SRV153 say that it is accepted, SRV085 and SRV104 that it is not.
pub(crate) fn eula(messages: &[ExtendedInfo]) -> Option<bool> {
    messages.iter().filter_map(|info| info.message_id.as_ref()).find_map(|id| match id.as_str() {
        "SRV074" | "SRV095" | "SRV153" => Some(true),
        "SRV085" | "SRV104" => Some(false),
        _ => None,
    })
}

/// Accepts that agreement, for good (Dell `DellLCService.SupportAssistAcceptEULA`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptEula {
    target: ODataId,
}

impl AcceptEula {
    /// By the target the service names.
    #[must_use]
    pub fn at(target: ODataId) -> Self {
        Self { target }
    }
}

impl Operation for AcceptEula {
    type Output = ();

    const NAME: &'static str = "SupportAssistAcceptEULA";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        // Accepted twice is accepted.
        Request::post(self.target.path(), &json!({})).idempotent()
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// What a report for Dell's support holds (`DataSelectorArrayIn`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupportData {
    /// Hardware.
    Hardware,
    /// Operating system and applications.
    OsApplications,
    /// Consoles of the storage controllers.
    TtyLogs,
    /// The iDRAC's own traces.
    DebugLogs,
    /// Telemetry.
    Telemetry,
}

impl SupportData {
    /// As the action takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hardware => "HWData",
            Self::OsApplications => "OSAppData",
            Self::TtyLogs => "TTYLogs",
            Self::DebugLogs => "DebugLogs",
            Self::Telemetry => "TelemetryReports",
        }
    }
}

/// Collects a report for Dell's support and writes it to a share (Dell `DellLCService.SupportAssistCollection`). It is never
/// sent to Dell by this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectSupportData {
    target: ODataId,
    data: Vec<SupportData>,
    /// Leaves out what identifies persons.
    filtered: bool,
    place: ExportPlace,
}

impl CollectSupportData {
    /// By the target the service names.
    #[must_use]
    pub fn to(target: ODataId, data: Vec<SupportData>, filtered: bool, place: ExportPlace) -> Self {
        Self { target, data, filtered, place }
    }
}

impl Operation for CollectSupportData {
    type Output = Exported;

    const NAME: &'static str = "SupportAssistCollection";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        let data: Vec<Value> = self.data.iter().map(|data| data.as_str().into()).collect();
        let own = json!({
            "DataSelectorArrayIn": data,
            "Filter": if self.filtered { "Yes" } else { "No" },
            "Transmit": "No",
        });
        Request::post(self.target.path(), &self.place.body(own))
    }

    fn parse(&self, response: Response) -> Result<Exported> {
        Ok(Exported::read(&response))
    }
}
