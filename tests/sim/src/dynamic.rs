//! Resources that are not part of the tree: sessions, accounts, jobs in their three faces, logs.

use serde_json::{Value, json};

use crate::server::Server;
use crate::spec::Generation;
use crate::tree::{MANAGER, Tree};

/// A collection whose members are at hand.
pub(crate) struct Listing {
    pub(crate) path: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) members: Vec<Value>,
    /// Members stand in the collection whole, as in logs, and not as links.
    pub(crate) embedded: bool,
    /// Longest page.
    pub(crate) page: Option<usize>,
    /// What a `$skip` beyond the end meets; an empty page when none.
    pub(crate) past_end: Option<(u16, &'static str)>,
}

/// Where sessions are listed and made on this server.
pub(crate) fn session_homes(server: &Server) -> &'static [&'static str] {
    const NEW: &str = "/redfish/v1/SessionService/Sessions";
    const OLD: &str = "/redfish/v1/Sessions";
    if server.profile.old_sessions {
        &[OLD]
    } else if server.profile.both_sessions {
        &[NEW, OLD]
    } else {
        &[NEW]
    }
}

/// The collection at this path, if it is one of the changing ones.
pub(crate) fn listing(server: &Server, path: &str) -> Option<Listing> {
    if session_homes(server).contains(&path) {
        return Some(sessions(server, path));
    }
    if matches!(server.tree, Tree::Mockup(_)) {
        return None;
    }
    if let Some(face) = job_face(server, path) {
        return Some(jobs(server, path, face));
    }
    if path == account_home(server) {
        return Some(accounts(server, path));
    }
    log_kind(server, path).map(|kind| log(server, path, kind))
}

/// The single resource at this path, if it is a member of a changing collection.
pub(crate) fn member(server: &Server, path: &str) -> Option<Value> {
    let (home, id) = path.rsplit_once('/')?;
    if let Some(kind) = (!matches!(server.tree, Tree::Mockup(_))).then(|| log_kind(server, home)).flatten() {
        let n: usize = id.parse().ok().filter(|n| (1..=kind.len(server)).contains(n))?;
        return Some(kind.entry(server, home, n));
    }
    listing(server, home)?.members.into_iter().find(|m| m.get("Id").and_then(Value::as_str) == Some(id))
}

fn sessions(server: &Server, path: &str) -> Listing {
    let now = server.clock.now();
    let mut state = server.state();
    crate::auth::expire(&mut state, &server.spec, now);
    let members = state
        .sessions
        .iter()
        .map(|s| {
            json!({
                "@odata.context": "/redfish/v1/$metadata#Session.Session",
                "@odata.id": format!("{path}/{}", s.id), "@odata.type": "#Session.v1_5_0.Session",
                "ClientOriginIPAddress": s.client, "CreatedTime": server.clock.stamp(s.created),
                "Description": "User Session", "Id": s.id, "Name": "User Session", "Password": null,
                "SessionType": "Redfish", "UserName": s.user,
            })
        })
        .collect();
    plain(path, "Session", "Session", members)
}

fn plain(path: &str, kind: &str, name: &str, members: Vec<Value>) -> Listing {
    Listing {
        path: path.into(),
        kind: kind.into(),
        name: format!("{name} Collection"),
        members,
        embedded: false,
        page: None,
        past_end: None,
    }
}

fn account_home(server: &Server) -> String {
    if server.profile.account_service {
        "/redfish/v1/AccountService/Accounts".into()
    } else {
        format!("{MANAGER}/Accounts")
    }
}

/// Sixteen slots; the first is reserved, the rest are empty where no account is.
fn accounts(server: &Server, path: &str) -> Listing {
    let members = (1..=16_usize)
        .map(|slot| {
            let account = slot.checked_sub(2).and_then(|n| server.spec.accounts.get(n));
            let role = account.map_or("None", |a| a.role.as_str());
            json!({
                "@odata.context": "/redfish/v1/$metadata#ManagerAccount.ManagerAccount",
                "@odata.id": format!("{path}/{slot}"), "@odata.type": "#ManagerAccount.v1_8_0.ManagerAccount",
                "AccountTypes": ["Redfish", "WebUI", "ManagerConsole"], "Description": "User Account",
                "Enabled": account.is_some(), "Id": slot.to_string(),
                "Links": {"Role": {"@odata.id": format!("/redfish/v1/AccountService/Roles/{role}")}},
                "Locked": false, "Name": "User Account", "Password": null, "PasswordChangeRequired": false,
                "RoleId": role, "UserName": account.map_or("", |a| a.user.as_str()),
            })
        })
        .collect();
    plain(path, "ManagerAccount", "Accounts", members)
}

#[derive(Clone, Copy)]
enum Face {
    Dell,
    Job,
    Task,
}

fn job_face(server: &Server, path: &str) -> Option<Face> {
    let p = &server.profile;
    if path == "/redfish/v1/TaskService/Tasks" {
        return Some(Face::Task);
    }
    if path == "/redfish/v1/JobService/Jobs" {
        return p.job_service.then_some(Face::Job);
    }
    let present = match path.strip_prefix(MANAGER)? {
        "/Jobs" => p.manager_jobs,
        "/Oem/Dell/Jobs" => p.oem_jobs,
        _ => false,
    };
    present.then_some(Face::Dell)
}

/// The id of a job below one of the collections, for deleting it.
pub(crate) fn job_id<'a>(server: &Server, path: &'a str) -> Option<&'a str> {
    let (home, id) = path.rsplit_once('/')?;
    job_face(server, home).map(|_| id)
}

fn jobs(server: &Server, path: &str, face: Face) -> Listing {
    let (clock, profile) = (&server.clock, &server.profile);
    let members: Vec<Value> = server
        .state()
        .jobs
        .iter()
        .map(|job| {
            let own = format!("{path}/{}", job.id);
            match face {
                Face::Dell => job.as_dell(clock, &own),
                Face::Job => job.as_job(profile, clock, &own),
                Face::Task => job.as_task(profile, clock, &own),
            }
        })
        .collect();
    let (kind, name) = match face {
        Face::Dell => ("DellJob", "JobQueue"),
        Face::Job => ("Job", "Job"),
        Face::Task => ("Task", "Task"),
    };
    plain(path, kind, name, members)
}

#[derive(Clone, Copy)]
enum Log {
    Lifecycle,
    Sel,
}

fn log_kind(server: &Server, path: &str) -> Option<Log> {
    let rest = path.strip_prefix(MANAGER)?;
    let old = server.profile.old_logs;
    match rest {
        "/LogServices/Lclog/Entries" if !old => Some(Log::Lifecycle),
        "/LogServices/Sel/Entries" if !old => Some(Log::Sel),
        "/Logs/Lclog" if old => Some(Log::Lifecycle),
        "/Logs/Sel" if old => Some(Log::Sel),
        _ => None,
    }
}

/// iDRAC pages logs by fifty, newest entry first.
fn log(server: &Server, path: &str, kind: Log) -> Listing {
    let members = (1..=kind.len(server)).rev().map(|n| kind.entry(server, path, n)).collect();
    Listing {
        embedded: true,
        page: Some(50),
        past_end: server.profile.log_end,
        ..plain(path, "LogEntry", "Log Entry", members)
    }
}

impl Log {
    fn len(self, server: &Server) -> usize {
        match self {
            Self::Lifecycle => server.spec.size.lclog,
            Self::Sel => server.spec.size.sel,
        }
    }

    fn entry(self, server: &Server, home: &str, n: usize) -> Value {
        // Entries lie a minute apart and end where the fleet begins.
        let created = match server.profile.generation {
            Generation::Idrac7 | Generation::Idrac8 => "2024-11-05T08:00:00-06:00".to_owned(),
            _ => format!("2025-06-01T{:02}:{:02}:00-06:00", n / 60 % 24, n % 60),
        };
        let (kind, id, message, severity) = match (self, n % 10) {
            (Self::Sel, 3) => ("SEL", "PSU0003", "The power input for a power supply is lost.", "Critical"),
            (Self::Sel, _) => ("SEL", "PSU0800", "A power supply is operating normally.", "OK"),
            (Self::Lifecycle, 3) => {
                ("Oem", "PSU0003", "The power input for a power supply is lost.", "Critical")
            }
            (Self::Lifecycle, 5) => ("Oem", "PR7", "A new device was detected.", "OK"),
            (Self::Lifecycle, _) => ("Oem", "USR0030", "A user logged in.", "OK"),
        };
        json!({
            "@odata.id": format!("{home}/{n}"), "@odata.type": "#LogEntry.v1_9_0.LogEntry",
            "Created": created, "Description": format!("Log Entry {n}"), "EntryType": kind,
            "Id": n.to_string(), "Links": {}, "Message": message, "MessageArgs": [],
            "MessageId": format!("{}.{id}", server.profile.eemi_registry), "Name": format!("Log Entry {n}"),
            "OemRecordFormat": "Dell", "Severity": severity,
        })
    }
}
