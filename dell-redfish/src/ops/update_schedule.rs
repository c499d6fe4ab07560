//! The iDRAC's own recurring update from a repository: `DellSoftwareInstallationService`, from schema 1.1 on.

use serde_json::{Map, Value, json};

use crate::actions::{Action, Actions};
use crate::effect::Effect;
use crate::error::Result;
use crate::message::{ExtendedInfo, read_extended};
use crate::model::{DellUpdateSchedule, Resource};
use crate::operation::Operation;
use crate::ops::action::ACTION_TIMEOUT;
use crate::ops::scheduled_days::{ScheduledDays, no_such_schedule};
use crate::ops::share::Share;
use crate::request::{Request, Response};

/// A recurring update: from where, when, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSchedule {
    /// The share, and the folder with the catalogue.
    pub share: Share,
    /// Name of the catalogue where it is not `Catalog.xml`.
    pub catalog_file: Option<String>,
    /// Time of day by the iDRAC's clock, `hh:mm`.
    pub time: String,
    /// On which days.
    pub days: ScheduledDays,
    /// How many times, 1 to 366.
    pub repeat: u16,
    /// Whether the iDRAC restarts the host for what needs it; otherwise that waits for the next restart.
    pub reboot: bool,
}

impl UpdateSchedule {
    /// Checks what no iDRAC takes, without asking one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), naming all that is wrong.
    pub fn validate(&self) -> Result<()> {
        let mut wrong = Vec::new();
        if !is_time_of_day(&self.time) {
            wrong.push(format!("the time {:?} is not hh:mm from 00:00 to 23:59", self.time));
        }
        if !(1..=366).contains(&self.repeat) {
            wrong.push(format!("{} times are not from 1 to 366", self.repeat));
        }
        match self.days {
            ScheduledDays::Monthly(day) if !(1..=28).contains(&day) => {
                wrong.push(format!("day {day} of the month is not from 1 to 28"));
            }
            ScheduledDays::WeekOfMonth(week, _) if !(1..=4).contains(&week) => {
                wrong.push(format!("week {week} of the month is not from 1 to 4"));
            }
            _ => {}
        }
        if self.share.address().is_empty() {
            wrong.push("the share has no address".to_owned());
        }
        if self.share.port().is_some() {
            wrong.push("a schedule reaches shares at their protocol's own port only".to_owned());
        }
        if self
            .catalog_file
            .as_ref()
            .is_some_and(|name| name.is_empty() || name.chars().any(char::is_control))
        {
            wrong.push("the catalogue has no usable name".to_owned());
        }
        if wrong.is_empty() { Ok(()) } else { Err(no_such_schedule(&wrong)) }
    }

    /// Whether this is what the iDRAC has. What it does not tell (passwords, the proxy's port) cannot differ.
    #[must_use]
    pub fn is_in_force(&self, current: &DellUpdateSchedule) -> bool {
        // What stands at its default may be left out.
        let says = |told: &Option<String>, wanted: &str, default: &str| {
            let told = told.as_deref().filter(|told| !told.is_empty()).unwrap_or(default);
            told.eq_ignore_ascii_case(wanted)
        };
        let text = |told: &Option<String>| told.clone().unwrap_or_default();
        let days = ScheduledDays::parse(
            &text(&current.day_of_week),
            &text(&current.day_of_month),
            &text(&current.week_of_month),
        );
        let reboot = if self.reboot { "RebootRequired" } else { "NoReboot" };
        says(&current.time, &self.time, "")
            && days.is_ok_and(|days| days == self.days)
            && says(&current.apply_reboot, reboot, "RebootRequired")
            && says(&current.share_type, self.share.kind().as_str(), "")
            && says(&current.ip_address, self.share.address(), "")
            && says(&current.share_name, self.share.name(), "")
            && says(&current.user_name, self.share.user().unwrap_or_default(), "")
            && says(
                &current.catalog_name,
                self.catalog_file.as_deref().unwrap_or("Catalog.xml"),
                "Catalog.xml",
            )
            && current.repeat == Some(u64::from(self.repeat))
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut body = self.share.schedule_parameters();
        let [day_of_week, day_of_month, week_of_month] = self.days.parameters();
        body.insert("Time".into(), self.time.as_str().into());
        body.insert("DayofWeek".into(), day_of_week.into());
        body.insert("DayofMonth".into(), day_of_month.into());
        body.insert("WeekofMonth".into(), week_of_month.into());
        body.insert("Repeat".into(), self.repeat.into());
        let reboot = if self.reboot { "RebootRequired" } else { "NoReboot" };
        body.insert("ApplyReboot".into(), reboot.into());
        if let Some(name) = &self.catalog_file {
            body.insert("CatalogName".into(), name.as_str().into());
        }
        body
    }
}

fn is_time_of_day(text: &str) -> bool {
    let two = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let below = |text: &str, limit: u8| text.parse::<u8>().is_ok_and(|number| number < limit);
    text.split_once(':')
        .is_some_and(|(hour, minute)| two(hour) && two(minute) && below(hour, 24) && below(minute, 60))
}

/// `SetUpdateSchedule`: makes the iDRAC compare itself with a catalogue again and again, and install what is newer.
#[derive(Debug, Clone)]
pub struct SetUpdateSchedule {
    action: Action,
    schedule: UpdateSchedule,
}

impl SetUpdateSchedule {
    /// By the actions of `DellSoftwareInstallationService`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) as [`UpdateSchedule::validate`]; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action,
    /// or it does not take this type of share.
    pub fn new(actions: &Actions, schedule: UpdateSchedule) -> Result<Self> {
        schedule.validate()?;
        let action = actions.need("SetUpdateSchedule")?.clone();
        action.check("ShareType", schedule.share.kind().as_str())?;
        action.check("ApplyReboot", if schedule.reboot { "RebootRequired" } else { "NoReboot" })?;
        Ok(Self { action, schedule })
    }
}

impl Operation for SetUpdateSchedule {
    /// What the iDRAC said.
    type Output = Vec<ExtendedInfo>;

    const NAME: &'static str = "SetUpdateSchedule";
    /// It will restart the host, or install what takes effect with its next restart.
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        Request::post(self.action.target.as_str(), &Value::Object(self.schedule.parameters()))
            .with_timeout(ACTION_TIMEOUT)
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Ok(read_extended(&response.body))
    }
}

/// `GetUpdateSchedule`: what is scheduled. Without a schedule the iDRAC answers with an error (RED077).
#[derive(Debug, Clone)]
pub struct GetUpdateSchedule {
    action: Action,
}

impl GetUpdateSchedule {
    /// By the actions of `DellSoftwareInstallationService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action.
    pub fn new(actions: &Actions) -> Result<Self> {
        Ok(Self { action: actions.need("GetUpdateSchedule")?.clone() })
    }
}

impl Operation for GetUpdateSchedule {
    type Output = Resource<DellUpdateSchedule>;

    const NAME: &'static str = "GetUpdateSchedule";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.action.target.as_str(), &json!({})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Resource::parse(response.body)
    }
}

/// `ClearUpdateSchedule`: ends it. What was staged already stays staged.
#[derive(Debug, Clone)]
pub struct ClearUpdateSchedule {
    action: Action,
}

impl ClearUpdateSchedule {
    /// By the actions of `DellSoftwareInstallationService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) when there is no such action.
    pub fn new(actions: &Actions) -> Result<Self> {
        Ok(Self { action: actions.need("ClearUpdateSchedule")?.clone() })
    }
}

impl Operation for ClearUpdateSchedule {
    /// What the iDRAC said.
    type Output = Vec<ExtendedInfo>;

    const NAME: &'static str = "ClearUpdateSchedule";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.action.target.as_str(), &json!({})).with_timeout(ACTION_TIMEOUT)
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Ok(read_extended(&response.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::ops::scheduled_days::Weekday;
    use crate::ops::share::{ShareProxy, ShareType};

    fn schedule(days: ScheduledDays) -> UpdateSchedule {
        let share =
            Share::new(ShareType::Cifs, "10.0.0.9", "repository").with_credentials("reader", "hunter22");
        UpdateSchedule { share, catalog_file: None, time: "02:30".into(), days, repeat: 52, reboot: false }
    }

    #[test]
    fn all_that_is_wrong_is_one_error() {
        let mut wrong = schedule(ScheduledDays::Monthly(31));
        wrong.time = "24:00".into();
        wrong.repeat = 0;
        wrong.share = wrong.share.with_port(8445);
        let error = wrong.validate().unwrap_err().to_string();
        for part in ["24:00", "1 to 366", "1 to 28", "port"] {
            assert!(error.contains(part), "{error}");
        }
        for time in ["2:30", "02:60", "02-30", "", "0230", "+2:30", "02:3０"] {
            assert!(!is_time_of_day(time), "{time}");
        }
        assert!(schedule(ScheduledDays::Daily).validate().is_ok());
    }

    #[test]
    fn the_action_gets_its_own_names_and_no_log_the_password() {
        let actions = Actions::read(
            br##"{"Actions":{"#DellSoftwareInstallationService.SetUpdateSchedule":{"target":"/redfish/v1/x",
                "ShareType@Redfish.AllowableValues":["CIFS"],"ApplyReboot@Redfish.AllowableValues":["NoReboot"]}}}"##,
        );
        let mut wanted = schedule(ScheduledDays::LastWeekOfMonth(Weekday::Sat));
        let proxy = ShareProxy {
            socks: false,
            server: "proxy".into(),
            port: 3128,
            credentials: Some(("me".into(), "hunter33".into())),
        };
        wanted.share = wanted.share.with_workgroup("LAB").with_proxy(proxy);
        let body = Value::Object(wanted.parameters());
        for (key, value) in [
            ("DayofWeek", json!("Sat")),
            ("WeekofMonth", json!("L")),
            ("Repeat", json!(52)),
            ("ApplyReboot", json!("NoReboot")),
            ("Domain", json!("LAB")),
            ("Password", json!("hunter22")),
            ("ProxyHostName", json!("proxy")),
            ("ProxyPort", json!("3128")),
            ("ProxyUserName", json!("me")),
            ("ProxyPassword", json!("hunter33")),
        ] {
            assert_eq!(body[key], value, "{key}");
        }
        let operation = SetUpdateSchedule::new(&actions, wanted.clone()).unwrap();
        let shown = format!("{operation:?} {:?} {:?}", operation.plan(), operation.request());
        assert!(!shown.contains("hunter"), "{shown}");
        wanted.reboot = true;
        assert_eq!(SetUpdateSchedule::new(&actions, wanted).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
