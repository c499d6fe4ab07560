//! What can be done to Dell's job queue.

use std::fmt;

use serde_json::json;

use crate::accepted::Accepted;
use crate::actions::Actions;
use crate::effect::Effect;
use crate::endpoint::JobHome;
use crate::error::Result;
use crate::id::{DellJobId, ODataId};
use crate::operation::Operation;
use crate::request::{Request, Response};

/// DELETE of one job: it is cancelled where it has not begun, and forgotten where it is over. A running one answers JCP015.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteJob {
    /// Where this iDRAC has its queue.
    pub home: JobHome,
    /// The job. A reboot job (`RID_`) cannot be deleted.
    pub job: DellJobId,
}

impl Operation for DeleteJob {
    type Output = ();

    const NAME: &'static str = "DeleteJob";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::delete(self.home.job(&self.job))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// How the whole queue is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clearing {
    /// `JID_CLEARALL`: all jobs that are over or have not begun.
    All,
    /// `JID_CLEARALL_FORCE`: every job, running ones too, and the Lifecycle Controller's services restart. Collections look
    /// empty for about two minutes after.
    Force,
}

impl Clearing {
    /// Dell's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "JID_CLEARALL",
            Self::Force => "JID_CLEARALL_FORCE",
        }
    }
}

/// Dell `DellJobService.DeleteJobQueue` for the whole queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteJobQueue {
    /// Where the job service says the action is.
    pub target: ODataId,
    /// How.
    pub clearing: Clearing,
}

impl DeleteJobQueue {
    /// By the actions of `DellJobService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it has none of that name.
    pub fn new(actions: &Actions, clearing: Clearing) -> Result<Self> {
        Ok(Self { target: actions.need("DellJobService.DeleteJobQueue")?.target.clone(), clearing })
    }
}

impl Operation for DeleteJobQueue {
    type Output = ();

    const NAME: &'static str = "DeleteJobQueue";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"JobID": self.clearing.as_str()}))
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// What a reboot job does (Dell `RebootJobType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum RebootJobType {
    /// Asks the operating system to shut down, and forces it after a while.
    GracefulRebootWithForcedShutdown,
    /// Asks the operating system to shut down; fails where it does not.
    GracefulRebootWithoutForcedShutdown,
    /// Takes the power away and gives it back.
    PowerCycle,
}

impl RebootJobType {
    /// Dell's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GracefulRebootWithForcedShutdown => "GracefulRebootWithForcedShutdown",
            Self::GracefulRebootWithoutForcedShutdown => "GracefulRebootWithoutForcedShutdown",
            Self::PowerCycle => "PowerCycle",
        }
    }
}

impl fmt::Display for RebootJobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Dell `DellJobService.CreateRebootJob`: a job that restarts the host at once, and with it what waits for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRebootJob {
    /// Where the job service says the action is.
    pub target: ODataId,
    /// How the host restarts.
    pub kind: RebootJobType,
}

impl CreateRebootJob {
    /// By the actions of `DellJobService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it does not offer that.
    pub fn new(actions: &Actions, kind: RebootJobType) -> Result<Self> {
        let action = actions.need("DellJobService.CreateRebootJob")?;
        action.check("RebootJobType", kind.as_str())?;
        Ok(Self { target: action.target.clone(), kind })
    }
}

impl Operation for CreateRebootJob {
    type Output = Accepted;

    const NAME: &'static str = "CreateRebootJob";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({"RebootJobType": self.kind.as_str()}))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Dell `DellJobService.SetupJobQueue`: jobs that wait are put in this order and given a time. A reboot job at the end makes
/// them take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupJobQueue {
    /// Where the job service says the action is.
    pub target: ODataId,
    /// The jobs, first to last.
    pub jobs: Vec<DellJobId>,
    /// `yyyymmddhhmmss` in the iDRAC's local time; at once (`TIME_NOW`) where absent.
    pub start: Option<String>,
    /// Until when they must have begun, in the same form.
    pub until: Option<String>,
}

impl SetupJobQueue {
    /// By the actions of `DellJobService`: these jobs, at once.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it does not offer that.
    pub fn new(actions: &Actions, jobs: Vec<DellJobId>) -> Result<Self> {
        let target = actions.need("DellJobService.SetupJobQueue")?.target.clone();
        Ok(Self { target, jobs, start: None, until: None })
    }
}

impl Operation for SetupJobQueue {
    type Output = ();

    const NAME: &'static str = "SetupJobQueue";
    const EFFECT: Effect = Effect::Change;

    /// What restarts the host does not only change settings.
    fn effect(&self) -> Effect {
        if self.jobs.iter().any(DellJobId::is_reboot) { Effect::Disrupt } else { Self::EFFECT }
    }

    fn request(&self) -> Request {
        let jobs: Vec<_> = self.jobs.iter().map(DellJobId::as_str).collect();
        let start = self.start.as_deref().unwrap_or("TIME_NOW");
        let mut body = json!({"JobArray": jobs, "StartTimeInterval": start});
        if let Some(until) = &self.until {
            body["UntilTime"] = until.as_str().into();
        }
        Request::post(self.target.path(), &body)
    }

    fn parse(&self, _: Response) -> Result<()> {
        Ok(())
    }
}

/// POST to the queue: a job for what waits in a settings resource, where a PATCH does not make it by itself (iDRAC7 and 8). A
/// second one for the same settings answers SYS011.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateJob {
    /// Where this iDRAC has its queue.
    pub home: JobHome,
    /// The settings resource.
    pub settings: ODataId,
    /// When it may begin, in the iDRAC's local time (`2024-08-06T13:46:42`); at the next restart of the host where absent.
    pub start: Option<String>,
}

impl CreateJob {
    /// For the next restart of the host.
    #[must_use]
    pub fn at_restart(home: JobHome, settings: ODataId) -> Self {
        Self { home, settings, start: None }
    }
}

impl Operation for CreateJob {
    type Output = Accepted;

    const NAME: &'static str = "CreateJob";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let mut body = json!({"TargetSettingsURI": self.settings.path()});
        if let Some(start) = &self.start {
            body["StartTime"] = start.as_str().into();
        }
        Request::post(self.home.collection(), &body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}
