//! What is held back.

use serde_json::{Value, json};

use super::super::plain::is_paused;
use super::super::query::Query;
use super::super::{Rest, Service};
use super::slice::pause as read;
use crate::error::{Error, ErrorKind};
use crate::store::pause::said;
use crate::store::text::text;
use crate::store::{Pause, PauseScope};

pub(in super::super) async fn pause(
    service: &Service,
    scope: &PauseScope,
    reason: &str,
    by: &str,
) -> Rest<Pause> {
    let (kind, name) = scope.parts();
    let (reason, by) = (said(&text(reason)), said(&text(by)));
    let arguments = json!({"p_scope": kind, "p_name": text(name), "p_reason": reason, "p_by": by,
                           "p_now": service.manual()});
    let noted = service.http.call("dsm_pause_on", &arguments).await?;
    Ok(read(&noted).ok_or_else(|| {
        Error::new(ErrorKind::Store, "the service did not say what it noted").about("dsm_pause")
    })?)
}

pub(in super::super) async fn resume(service: &Service, scope: &PauseScope) -> Rest<bool> {
    let (kind, name) = scope.parts();
    let was = service.http.call("dsm_pause_off", &json!({"p_scope": kind, "p_name": text(name)})).await?;
    Ok(was == Value::Bool(true))
}

pub(in super::super) async fn pauses(service: &Service) -> Rest<Vec<Pause>> {
    let rows = service.http.rows(&Query::of("dsm_pause"), &[("scope", false), ("name", false)], None).await?;
    let mut pauses: Vec<Pause> = rows.iter().filter_map(read).collect();
    if is_paused(service).await? {
        if !pauses.iter().any(|pause| pause.scope == PauseScope::Idracs) {
            pauses.push(Pause { scope: PauseScope::Idracs, reason: None, by: None, since: None });
        }
    } else {
        pauses.retain(|pause| pause.scope != PauseScope::Idracs);
    }
    pauses.sort_by(|a, b| a.scope.cmp(&b.scope));
    Ok(pauses)
}
