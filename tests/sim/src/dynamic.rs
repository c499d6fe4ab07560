//! Resources that are not part of the tree: sessions, accounts, jobs in their three faces.

use serde_json::{Value, json};

use crate::rules::{self, queue};
use crate::server::Server;
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
    let is_mockup = matches!(server.tree, Tree::Mockup(_));
    // Jobs of our own stand beside those that were captured; without any the capture is the truth.
    let has_jobs = || server.tree.has(path) && !server.state().jobs.is_empty();
    if let Some(face) = job_face(server, path).filter(|_| !is_mockup || has_jobs()) {
        return Some(jobs(server, path, face));
    }
    if is_mockup {
        return None;
    }
    if let Some(listing) = rules::AREAS.iter().find_map(|area| (area.list)(server, path)) {
        return Some(listing);
    }
    None
}

/// The single resource at this path, if it is a member of a changing collection.
pub(crate) fn member(server: &Server, path: &str) -> Option<Value> {
    if let Some(value) = rules::AREAS.iter().find_map(|area| (area.get)(server, path)) {
        return Some(value);
    }
    let (home, id) = path.rsplit_once('/')?;
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
    let now = clock.now();
    let members: Vec<Value> = server
        .state()
        .jobs
        .iter()
        .filter(|job| queue::is_shown(server, job, matches!(face, Face::Task), now))
        .map(|job| {
            let own = format!("{path}/{}", job.id);
            match face {
                Face::Dell => job.as_dell(clock, &own),
                Face::Job => job.as_job(profile, clock, &own),
                Face::Task => job.as_task(profile, clock, &own, server.spec.jobs.frozen_tasks),
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
