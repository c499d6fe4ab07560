//! What goes on: jobs, logs, events, telemetry.

use dell_redfish::flow::event::{EventListener, EventOptions, Heard, list_subscriptions};
use dell_redfish::flow::jobs::{list_jobs, plan_clear_jobs};
use dell_redfish::flow::log::{LogEnd, LogFilter, LogKind, LogOptions, fetch_log};
use dell_redfish::flow::telemetry::{fetch_telemetry, list_report_definitions, plan_telemetry};
use dell_redfish::model::Severity;
use dell_redfish::ops::Clearing;
use idrac_sim::Generation;

use super::{Case, Held, NEWER, Needs::Reading};
use crate::Rig;

pub(super) const CASES: &[&Case] = &[&JOBS, &LOGS, &LOG_FILTER, &EVENTS, &SUBSCRIPTIONS, &TELEMETRY];

/// The queue.
pub const JOBS: Case =
    Case::new("jobs", "the_queue_is_listed_and_a_clearing_shown", Reading, &Generation::ALL, |rig| {
        Box::pin(jobs(rig))
    });

async fn jobs(rig: &Rig) -> Held {
    let jobs = list_jobs(rig.idrac()).await?;
    assert!(jobs.iter().all(|job| job.id.is_some()));
    assert!(!rig.is_simulated() || jobs.is_empty());
    let (plan, asked) = rig.counting(plan_clear_jobs(rig.idrac(), Clearing::All)).await;
    assert!(plan.is_ok() && asked.iter().all(|line| line.starts_with("GET ")), "{plan:?}: {asked:#?}");
    Ok(())
}

/// The newest entries of both logs.
pub const LOGS: Case =
    Case::new("logs", "the_newest_entries_are_read", Reading, &Generation::ALL, |rig| Box::pin(logs(rig)));

async fn logs(rig: &Rig) -> Held {
    let limited = || LogOptions { limit: Some(60), ..LogOptions::default() };
    let read = fetch_log(rig.idrac(), LogKind::Lifecycle, limited());
    let read = rig.taking("log, the newest 60", 3, read).await?;
    assert_eq!((read.entries.len(), read.summary.end), (60, Some(LogEnd::Limit)));
    assert!(!read.summary.is_complete);
    let times: Vec<_> = read.entries.iter().filter_map(|entry| entry.created.as_deref()).collect();
    assert_eq!(times.len(), 60);
    let sel = fetch_log(rig.idrac(), LogKind::Sel, limited());
    let sel = rig.taking("system event log, 12 entries", 2, sel).await?;
    if rig.is_simulated() {
        assert_eq!(sel.entries.len(), 12);
        assert_eq!(sel.entries[0].sensor_type.as_deref(), Some("Power Supply"));
    }
    Ok(())
}

/// Only what is grave.
pub const LOG_FILTER: Case =
    Case::new("logs", "a_filter_lets_nothing_else_through", Reading, &Generation::ALL, |rig| {
        Box::pin(log_filter(rig))
    });

async fn log_filter(rig: &Rig) -> Held {
    let filter = LogFilter { at_least: Some(Severity::Critical), ..LogFilter::default() };
    let options = LogOptions { filter, limit: Some(20), ..LogOptions::default() };
    let read = fetch_log(rig.idrac(), LogKind::Lifecycle, options).await?;
    assert!(read.entries.iter().all(|entry| entry.severity.as_deref() == Some("Critical")));
    assert!(!rig.is_simulated() || read.entries.len() == 12);
    Ok(())
}

/// The stream of events.
pub const EVENTS: Case =
    Case::new("events", "the_stream_of_events_opens", Reading, NEWER, |rig| Box::pin(events(rig)));

async fn events(rig: &Rig) -> Held {
    let mut listener = EventListener::new(rig.idrac(), EventOptions::default());
    // The service, the stream, and where the log stands: its service and one page.
    let heard = rig.taking("open the stream of events", 4, listener.next()).await?;
    assert!(matches!(heard, Heard::Opened { .. }), "{heard:?}");
    Ok(())
}

/// Who is told of events.
pub const SUBSCRIPTIONS: Case =
    Case::new("events", "subscriptions_are_listed", Reading, &Generation::ALL, |rig| {
        Box::pin(subscriptions(rig))
    });

async fn subscriptions(rig: &Rig) -> Held {
    let all = list_subscriptions(rig.idrac()).await?;
    assert!(!rig.is_simulated() || all.is_empty());
    Ok(())
}

/// Telemetry, and what switching it would do.
pub const TELEMETRY: Case =
    Case::new("telemetry", "telemetry_and_its_reports_are_shown", Reading, NEWER, |rig| {
        Box::pin(telemetry(rig))
    });

async fn telemetry(rig: &Rig) -> Held {
    let service = fetch_telemetry(rig.idrac()).await?;
    let enabled = service.enabled.ok_or("telemetry does not say whether it is on")?;
    assert!(plan_telemetry(rig.idrac(), enabled).await?.is_empty());
    let definitions = rig.taking("report definitions", 1, list_report_definitions(rig.idrac())).await?;
    assert!(!rig.is_simulated() || definitions.len() == 3);
    Ok(())
}
