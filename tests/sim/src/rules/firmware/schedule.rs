//! The recurring update from a repository: one schedule, kept and shown. It never comes due here.

use serde_json::{Map, Value, json};

use super::super::answer;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Parameters that are shown as they were given, and what they are without.
const SHOWN: [(&str, Option<&str>); 14] = [
    ("ApplyReboot", Some("RebootRequired")),
    ("CatalogName", Some("Catalog.xml")),
    ("DayofMonth", Some("*")),
    ("DayofWeek", Some("*")),
    ("Domain", None),
    ("IPAddress", None),
    ("IgnoreCertWarning", Some("On")),
    ("ProxyHostName", None),
    ("ProxySupport", Some("Off")),
    ("ProxyUserName", None),
    ("ShareName", None),
    ("ShareType", None),
    ("Time", None),
    ("WeekofMonth", Some("*")),
];

/// Offered beside the actions for a repository.
pub(super) fn actions(action: impl Fn(&str) -> Value) -> [(&'static str, Value); 3] {
    let mut set = action("SetUpdateSchedule");
    set["ApplyReboot@Redfish.AllowableValues"] = json!(["NoReboot", "RebootRequired"]);
    set["ShareType@Redfish.AllowableValues"] = json!(["CIFS", "FTP", "HTTP", "HTTPS", "NFS", "TFTP"]);
    [
        ("SetUpdateSchedule", set),
        ("GetUpdateSchedule", action("GetUpdateSchedule")),
        ("ClearUpdateSchedule", action("ClearUpdateSchedule")),
    ]
}

pub(super) fn set(server: &Server, asked: &Asked) -> Reply {
    let body = match answer::object(server, asked) {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    if !is_enabled(server) {
        return error(server, 400, &["RED082"]);
    }
    if server.state().firmware.schedule.is_some() {
        return error(server, 400, &["RED081"]);
    }
    if !is_sound(&body) {
        return error(server, 400, &["RED076"]);
    }
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let shown = SHOWN.iter().filter_map(|(key, default)| {
        let value = text(key).or(*default)?;
        Some(((*key).to_owned(), Value::from(value)))
    });
    let mut schedule: Map<String, Value> = shown.collect();
    schedule.insert("UserName".into(), text("UserName").unwrap_or_default().into());
    // A number goes in and a text comes out, as the schema has it.
    schedule
        .insert("Repeat".into(), body.get("Repeat").map_or_else(|| "1".to_owned(), Value::to_string).into());
    schedule.insert("JobType".into(), "Auto_Update".into());
    let mut state = server.state();
    state.firmware.schedule = Some(schedule);
    state.version += 1;
    drop(state);
    answer::done(server)
}

pub(super) fn get(server: &Server) -> Reply {
    let schedule = server.state().firmware.schedule.clone();
    schedule.map_or_else(|| error(server, 400, &["RED077"]), |schedule| Reply::value(200, &schedule.into()))
}

pub(super) fn clear(server: &Server) -> Reply {
    if server.state().firmware.schedule.take().is_none() {
        return error(server, 400, &["RED078"]);
    }
    server.state().version += 1;
    answer::done(server)
}

fn is_enabled(server: &Server) -> bool {
    let state = server.state();
    let value = state.attribute.written("LifecycleController.Embedded.1", "LCAttributes.1.AutoUpdate");
    value.and_then(Value::as_str) == Some("Enabled")
}

fn is_sound(body: &Map<String, Value>) -> bool {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let day = |key: &str| text(key).filter(|day| *day != "*");
    let (week_day, month_day, week) = (day("DayofWeek"), day("DayofMonth"), day("WeekofMonth"));
    let number = |text: &str, last: u16| text.parse::<u16>().is_ok_and(|n| (1..=last).contains(&n));
    let goes_together = match month_day {
        Some(_) => week_day.is_none() && week.is_none(),
        None => week.is_none() || week_day.is_some(),
    };
    let time = text("Time").and_then(|time| time.split_once(':'));
    let is_time = time.is_some_and(|(hour, minute)| {
        hour.len() == 2
            && minute.len() == 2
            && (hour == "00" || number(hour, 23))
            && (minute == "00" || number(minute, 59))
    });
    goes_together
        && is_time
        && week_day.is_none_or(|day| DAYS.contains(&day))
        && month_day.is_none_or(|day| number(day, 28))
        && week.is_none_or(|week| week == "L" || number(week, 4))
        && body.get("Repeat").and_then(Value::as_u64).is_none_or(|times| (1..=366).contains(&times))
        && text("IPAddress").is_some_and(|address| !address.is_empty())
        && text("ShareType").is_some()
}
