//! Why a job is not running now. A few rows are read and ranges of indexes counted, however many jobs wait.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::query::{Query, quoted};
use super::super::{Rest, Service, records};
use super::now;
use super::slice::{lock, share, waits};
use crate::id::JobId;
use crate::job::JobRow;
use crate::store::limits::{Reached, reached};
use crate::store::memory::locks::Locks;
use crate::store::why::{FIRST_WORD, Facts, Held, Line, MOST_COUNTED};
use crate::store::{PauseScope, Reason, WhyNot};

pub(in super::super) async fn why_not(
    service: &Service,
    job: JobId,
    gated: &[String],
) -> Rest<Option<WhyNot>> {
    let at = now(&service.http, service.manual()).await?;
    let rows = service.http.look(&Query::of("jobs").eq("id", job)).await?;
    let Some(found) = rows.first() else { return Ok(None) };
    let row = records::job(found)?;
    let lane: Option<String> = records::optional(found, "dsm_lane");
    let ready: Option<bool> = records::optional(found, "dsm_ready");
    let all = super::pauses(service).await?;
    let mut held_back: Vec<String> = Vec::new();
    for pause in &all {
        match &pause.scope {
            PauseScope::JobType(name) => held_back.push(name.clone()),
            PauseScope::Idracs => held_back.extend(gated.iter().cloned()),
            PauseScope::All | PauseScope::Lane(_) => {}
        }
    }
    let is_on = |pause: &crate::store::Pause| pause.is_on(&row.job_type, lane.as_deref(), gated);
    let pauses = all.into_iter().filter(is_on).collect();
    let line = match lane {
        Some(key) => line_before(service, job, key).await?,
        None => None,
    };
    let facts = Facts {
        held: held(service, job).await?,
        parent: parent(service, &row).await?.filter(|_| ready != Some(true)),
        open_parts: open_parts(service, found).await?,
        limits: limits(service, found).await?,
        pauses,
        line,
        is_served: is_served(service, &row.job_type, at).await?,
        now: at,
        row,
    };
    let mut reasons = facts.reasons();
    if reasons.is_empty() {
        let arguments = json!({"p_job": job, "p_held_back": held_back, "p_most": MOST_COUNTED});
        let before = service.http.call("dsm_count_before", &arguments).await?;
        let before = before.as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
        reasons.push(Reason::Slot { before });
    }
    Ok(Some(WhyNot { job_id: job, reasons }))
}

async fn parent(service: &Service, row: &JobRow) -> Rest<Option<(JobId, crate::job::JobStatus)>> {
    let Some(parent) = row.parent_job_id else { return Ok(None) };
    let found = service.http.look(&Query::of("jobs").select("status").eq("id", parent)).await?;
    Ok(found.first().map(|row| (parent, records::status(row))))
}

/// Of a job that runs by its parts, how many have not ended.
async fn open_parts(service: &Service, row: &Value) -> Rest<Option<u64>> {
    if records::text(row, "dsm_children").is_empty() {
        return Ok(None);
    }
    let open = Query::of("jobs").select("id").eq("parent_job_id", records::text(row, "id"));
    let open = open.with("status", "in.(pending,running)").with("limit", "0");
    Ok(Some(service.http.get(&open, "count=exact").await?.total.unwrap_or_default() as u64))
}

/// The limits that keep a job waiting.
async fn limits(service: &Service, row: &Value) -> Rest<Vec<Reached>> {
    let Some(keys) = waits(row) else { return Ok(Vec::new()) };
    let rows = Query::of("dsm_lock").select("seq,key,most,held").any_of("key", &keys);
    let rows = service.http.rows(&rows, &[("seq", false)], None).await?;
    let of = |key: &String| {
        let its = rows.iter().filter(|row| records::text(row, "key") == key);
        reached(key, its.map(|row| (share(row, "most"), records::optional(row, "held") == Some(true))))
    };
    Ok(keys.iter().filter_map(of).collect())
}

async fn held(service: &Service, job: JobId) -> Rest<Option<Held>> {
    let lease = Query::of("dsm_lease").select("fence").eq("job_id", job).with("until", "not.is.null");
    let lease = service.http.look(&lease).await?;
    let Some(fence) = lease.first().and_then(|row| records::optional::<i64>(row, "fence")) else {
        return Ok(None);
    };
    let attempt = service.http.look(&Query::of("dsm_attempt").eq("fence", fence)).await?;
    let read = |row: &Value| {
        let attempt = super::reads::attempt(row)?;
        Ok(Held { executor: Some(attempt.executor), since: attempt.started_at, attempt: attempt.number })
    };
    attempt.first().map(read).transpose()
}

/// The first of those before a job at its lane, and how many they are; of all there, if it has no place yet.
async fn line_before(service: &Service, job: JobId, key: String) -> Rest<Option<Line>> {
    let mine = Query::of("dsm_lock").select("seq").eq("job_id", job).eq("key", &key);
    let mine = service.http.look(&mine).await?;
    let mine = mine.first().and_then(|row| records::optional::<i64>(row, "seq"));
    let (mut first, mut before) = (None, 0);
    for is_held in [true, false] {
        let mut line = Query::of("dsm_lock").eq("key", &key).with("held", format!("is.{is_held}"));
        if let Some(seq) = mine {
            let others = if is_held { "neq" } else { "lt" };
            line = line.with("seq", format!("{others}.{seq}"));
        }
        let reply = service.http.get(&line.order("seq.asc").with("limit", "1"), "count=exact").await?;
        before += reply.total.unwrap_or_default() as u64;
        let rows: Vec<Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
        first = match first {
            Some(first) => Some(first),
            None => rows.first().map(lock).transpose()?,
        };
    }
    let shown = first.and_then(|row| Locks::of(vec![row]).shown(None).into_iter().next());
    Ok(shown.map(|first| Line { key, first, before }))
}

/// Whether one that is alive runs this type; `None` where one has not said yet what it runs.
async fn is_served(service: &Service, job_type: &str, at: Timestamp) -> Rest<Option<bool>> {
    let first_word = at.checked_sub(FIRST_WORD).unwrap_or(Timestamp::UNIX_EPOCH);
    let alive = format!(
        "(alive_until.gt.{},and(alive_until.is.null,beat_at.gt.{}))",
        quoted(&at.to_string()),
        quoted(&first_word.to_string())
    );
    let query = Query::of("dsm_executor").select("incarnation,job_types").with("or", alive);
    let mut is_served = Some(false);
    for row in service.http.rows(&query, &[("incarnation", false)], None).await? {
        match records::optional::<Vec<String>>(&row, "job_types") {
            Some(types) if types.iter().any(|one| one == job_type) => return Ok(Some(true)),
            Some(_) => {}
            None => is_served = None,
        }
    }
    Ok(is_served)
}
