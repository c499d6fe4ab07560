//! Users: sixteen slots that are patched, or (iDRAC10) accounts that are made and deleted.

use std::collections::BTreeMap;

use hyper::Method;
use hyper::header::LOCATION;
use serde_json::{Map, Value, json};

use super::{Area, answer};
use crate::auth::Caller;
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::{Generation, ServerSpec};
use crate::tree::{MANAGER, Tree};

/// Slots of an iDRAC; the first is reserved.
const SLOTS: usize = 16;

/// A user, or a slot for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Slot {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) role: String,
    pub(crate) enabled: bool,
}

/// What of it changes while a server runs: the slots that differ from what the server was described with.
#[derive(Debug, Default)]
pub(crate) struct State(BTreeMap<usize, Slot>);

pub(crate) const AREA: Area = Area { list, change, ..Area::NOTHING };

fn slot(state: &State, spec: &ServerSpec, number: usize) -> Slot {
    if let Some(slot) = state.0.get(&number) {
        return slot.clone();
    }
    match number.checked_sub(2).and_then(|nth| spec.accounts.get(nth)) {
        Some(account) => Slot {
            user: account.user.clone(),
            password: account.password.clone(),
            role: account.role.clone(),
            enabled: true,
        },
        None => Slot { role: "None".into(), ..Slot::default() },
    }
}

fn all(state: &State, spec: &ServerSpec) -> impl Iterator<Item = (usize, Slot)> {
    (1..=SLOTS).map(|number| (number, slot(state, spec, number)))
}

/// The user who logs in so.
pub(crate) fn find(state: &State, spec: &ServerSpec, user: &str) -> Option<Slot> {
    all(state, spec).map(|(_, slot)| slot).find(|slot| slot.user == user && slot.enabled && !user.is_empty())
}

/// Gives a user another password, and ends what it had open.
pub(crate) fn set_password(state: &mut crate::state::State, spec: &ServerSpec, user: &str, password: &str) {
    let Some((number, old)) = all(&state.account, spec).find(|(_, slot)| slot.user == user) else { return };
    state.account.0.insert(number, Slot { password: password.to_owned(), ..old });
    state.sessions.retain(|session| session.user != user);
    state.version += 1;
}

/// Back to the users it was described with.
pub(crate) fn reset(state: &mut crate::state::State) {
    state.account.0.clear();
}

fn home(server: &Server) -> String {
    if server.profile.account_service {
        "/redfish/v1/AccountService/Accounts".into()
    } else {
        format!("{MANAGER}/Accounts")
    }
}

fn has_slots(server: &Server) -> bool {
    server.profile.generation != Generation::Idrac10
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    if matches!(server.tree, Tree::Mockup(_)) || path != home(server) {
        return None;
    }
    let all: Vec<_> = all(&server.state().account, &server.spec).collect();
    let shown = all.into_iter().filter(|(_, slot)| has_slots(server) || !slot.user.is_empty());
    let members = shown.map(|(number, slot)| account(server, path, number, &slot)).collect();
    Some(Listing {
        path: path.into(),
        kind: "ManagerAccount".into(),
        name: "Accounts Collection".into(),
        members,
        embedded: false,
        page: None,
        past_end: None,
    })
}

fn account(server: &Server, home: &str, number: usize, slot: &Slot) -> Value {
    let (role, etag) = (&slot.role, crate::tag::of(server, &format!("{home}/{number}")));
    json!({
        "@odata.context": "/redfish/v1/$metadata#ManagerAccount.ManagerAccount",
        "@odata.etag": etag,
        "@odata.id": format!("{home}/{number}"), "@odata.type": "#ManagerAccount.v1_8_0.ManagerAccount",
        "AccountTypes": ["Redfish", "WebUI", "ManagerConsole"], "Description": "User Account",
        "Enabled": slot.enabled, "Id": number.to_string(),
        "Links": {"Role": {"@odata.id": format!("/redfish/v1/AccountService/Roles/{role}")}},
        "Locked": false, "Name": "User Account", "Password": null, "PasswordChangeRequired": false,
        "RoleId": role, "UserName": slot.user,
    })
}

/// As long as the password the iDRAC was delivered with is in use, it takes nothing but another one.
pub(crate) fn refusal(server: &Server, asked: &Asked, caller: &Caller) -> Option<Reply> {
    if !server.spec.wants_new_password
        || server.state().account.0.values().any(|slot| slot.user == caller.user)
    {
        return None;
    }
    let changes_it = asked.method == Method::PATCH && asked.path.starts_with(&home(server));
    let ends_session = asked.method == Method::DELETE && asked.path.contains("/Sessions/");
    (!changes_it && !ends_session).then(|| error(server, 403, &["RAC1260"]))
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    let home = home(server);
    if asked.path == home && asked.method == Method::POST && !has_slots(server) {
        return Some(create(server, asked, &home).unwrap_or_else(|refused| refused));
    }
    let number: usize = asked.path.strip_prefix(&home)?.strip_prefix('/')?.parse().ok()?;
    if !(1..=SLOTS).contains(&number) {
        return None;
    }
    match asked.method {
        Method::PATCH => Some(patch(server, asked, number).unwrap_or_else(|refused| refused)),
        Method::DELETE if !has_slots(server) => Some(delete(server, number)),
        _ => None,
    }
}

fn create(server: &Server, asked: &Asked, home: &str) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    for key in ["UserName", "Password", "RoleId"] {
        answer::text(server, &body, key)?;
    }
    let free = {
        let state = server.state();
        all(&state.account, &server.spec).find(|(number, slot)| *number > 1 && slot.user.is_empty())
    };
    let (number, empty) = free.ok_or_else(|| error(server, 400, &["CreateLimitReachedForResource"]))?;
    let new = changed(server, number, empty, &body)?;
    let mut state = server.state();
    state.account.0.insert(number, new.clone());
    state.version += 1;
    drop(state);
    let location = format!("{home}/{number}");
    Ok(Reply::value(201, &account(server, home, number, &new)).with(LOCATION, &location))
}

fn delete(server: &Server, number: usize) -> Reply {
    let mut state = server.state();
    let old = slot(&state.account, &server.spec, number);
    if old.user.is_empty() {
        drop(state);
        return error(server, 404, &["SYS403"]);
    }
    state.account.0.insert(number, Slot { role: "None".into(), ..Slot::default() });
    state.sessions.retain(|session| session.user != old.user);
    state.version += 1;
    Reply::empty(204)
}

fn patch(server: &Server, asked: &Asked, number: usize) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let old = slot(&server.state().account, &server.spec, number);
    if number == 1 || (old.user.is_empty() && !has_slots(server)) {
        return Err(error(server, 404, &["SYS403"]));
    }
    let new = changed(server, number, old.clone(), &body)?;
    let mut state = server.state();
    if new.password != old.password || !new.enabled {
        // Whoever is logged in with the old password is not any more.
        state.sessions.retain(|session| session.user != old.user);
    }
    state.account.0.insert(number, new);
    state.version += 1;
    drop(state);
    Ok(answer::done(server))
}

/// A slot after a change, or why it is refused.
fn changed(server: &Server, number: usize, mut slot: Slot, body: &Map<String, Value>) -> Result<Slot, Reply> {
    let refused = |ids: &[&str]| error(server, 400, ids);
    let bad_type = || refused(&["PropertyValueTypeError"]);
    for (key, value) in body {
        match key.as_str() {
            "UserName" => slot.user = value.as_str().ok_or_else(bad_type)?.to_owned(),
            "Password" => slot.password = value.as_str().ok_or_else(bad_type)?.to_owned(),
            "RoleId" => slot.role = value.as_str().ok_or_else(bad_type)?.to_owned(),
            "Enabled" => slot.enabled = value.as_bool().ok_or_else(bad_type)?,
            _ => return Err(refused(&["PropertyUnknown"])),
        }
    }
    let state = server.state();
    let is_taken = |other: &(usize, Slot)| other.0 != number && other.1.user == slot.user;
    let taken = !slot.user.is_empty() && all(&state.account, &server.spec).any(|other| is_taken(&other));
    drop(state);
    match () {
        () if taken => Err(refused(&["RAC1016"])),
        () if !["Administrator", "Operator", "ReadOnly", "None"].contains(&slot.role.as_str()) => {
            Err(refused(&["PropertyValueNotInList", "SYS429"]))
        }
        () if slot.user.is_empty() && slot.enabled => Err(refused(&["RAC055"])),
        () if slot.enabled && slot.password.is_empty() => Err(refused(&["RAC023"])),
        () if body.contains_key("Password") && slot.password.len() < 6 => Err(refused(&["RAC1276"])),
        () if slot.user.is_empty() => Ok(Slot { role: "None".into(), ..Slot::default() }),
        () => Ok(slot),
    }
}
