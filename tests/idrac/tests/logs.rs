//! Logs on every generation: read to their end, only what is new, filtered, cleared, exported.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use dell_redfish::flow::log::{
    LcLogScope, LogCursor, LogEnd, LogFilter, LogKind, LogOptions, LogRead, clear_log, export_lc_log,
    fetch_exported, fetch_log, plan_clear_log, plan_export_lc_log,
};
use dell_redfish::model::Severity;
use dell_redfish::ops::ExportPlace;
use dell_redfish::ops::share::{Share, ShareType};
use dell_redfish::{Effect as Hurts, ErrorKind};
use idrac_sim::{Effect, FaultRule, Fleet, Generation, JobSpec};
use idrac_suite::capture::Capture;
use idrac_suite::cases::work;
use idrac_suite::{Rig, on_each};

/// Entries a simulated Lifecycle log begins with, and the login of the test.
const LIFECYCLE: usize = 121;

fn ids(read: &LogRead) -> Vec<&str> {
    read.entries.iter().filter_map(|entry| entry.bare_message_id()).collect()
}

fn has_dell_services(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

fn since(cursor: LogCursor) -> LogOptions {
    LogOptions { cursor: Some(cursor), ..LogOptions::default() }
}

#[tokio::test]
async fn a_whole_log_is_read_page_by_page() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let read = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default());
        let read = rig.expecting("log, 121 entries", 4, read).await.unwrap();
        let numbers: BTreeSet<_> = read.entries.iter().filter_map(|entry| entry.id.clone()).collect();
        assert_eq!((read.entries.len(), numbers.len()), (LIFECYCLE, LIFECYCLE));
        assert_eq!((read.summary.end, read.summary.pages), (Some(LogEnd::Empty), 3));
        assert!(read.summary.is_complete && !read.summary.is_gap);
        assert_eq!(read.entries[0].bare_message_id(), Some("USR0030"));
        assert_eq!(read.entries[0].category(), Some("Audit"));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_brings_only_what_is_new() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let read = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default()).await.unwrap();
        let stored = serde_json::to_string(&read.cursor).unwrap();
        let cursor: LogCursor = serde_json::from_str(&stored).unwrap();
        let again = fetch_log(rig.client(), LogKind::Lifecycle, since(cursor));
        let again = rig.expecting("log, nothing new", 1, again).await.unwrap();
        assert_eq!((again.entries.len(), again.summary.end), (0, Some(LogEnd::Known)));
        assert_eq!(again.cursor, read.cursor);

        rig.server().lose_power_supply(2);
        let job = rig.server().add_job(JobSpec {
            name: "x".into(),
            kind: "x".into(),
            runs_for: Duration::from_secs(60),
            ends: "Failed".into(),
        });
        let news = fetch_log(rig.client(), LogKind::Lifecycle, since(again.cursor));
        let news = rig.expecting("log, two new", 1, news).await.unwrap();
        assert_eq!(ids(&news), ["JCP027", "PSU0003"]);
        assert_eq!(news.entries[0].message_args.as_deref(), Some(&[job][..]));
        rig.pass(Duration::from_secs(61)).await;
        let last = fetch_log(rig.client(), LogKind::Lifecycle, since(news.cursor)).await.unwrap();
        assert_eq!(ids(&last), ["JCP042"]);
        assert!(last.summary.is_complete && !last.summary.is_gap);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_survives_a_log_whose_numbers_begin_again() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let read = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default()).await.unwrap();
        rig.pass(Duration::from_secs(5)).await;
        rig.server().wipe_lifecycle_log();
        // As many entries as before: every number was there already.
        for _ in 0..LIFECYCLE {
            rig.server().lose_power_supply(1);
        }
        let news = fetch_log(rig.client(), LogKind::Lifecycle, since(read.cursor)).await.unwrap();
        assert_eq!(news.entries.len(), LIFECYCLE);
        assert!(news.summary.is_gap && news.summary.is_complete, "{:?}", news.summary);
        let again = fetch_log(rig.client(), LogKind::Lifecycle, since(news.cursor)).await.unwrap();
        assert_eq!((again.entries.len(), again.summary.is_gap), (0, false));
    })
    .await;
}

#[tokio::test]
async fn filters_are_asked_of_the_idrac_where_it_says_that_it_filters() {
    let critical = || LogOptions {
        filter: LogFilter { at_least: Some(Severity::Critical), ..LogFilter::default() },
        ..LogOptions::default()
    };
    on_each(Generation::ALL, async |rig: &Rig| {
        let filters = has_dell_services(rig.generation());
        let (first, later) = if filters { (3, 2) } else { (5, 4) };
        let read = fetch_log(rig.client(), LogKind::Lifecycle, critical());
        let read = rig.expecting("log, filtered, first time", first, read).await.unwrap();
        assert_eq!(ids(&read), ["PSU0003"; 12]);
        let read = fetch_log(rig.client(), LogKind::Lifecycle, critical());
        let (read, asked) = rig.counting(read).await;
        assert_eq!((read.unwrap().entries.len(), asked.len()), (12, later));
        assert_eq!(asked.iter().any(|line| line.contains("$filter=Severity")), filters, "{asked:?}");
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_is_refused_is_applied_here() {
    let rule = FaultRule::status(400, "SYS451").query("$filter");
    let rig =
        Rig::start_with(Generation::Idrac9V6, |spec| spec.faults([rule]), |client| client).await.unwrap();
    let filter =
        LogFilter { message_ids: vec!["PR*".into()], at_least: Some(Severity::Ok), ..LogFilter::default() };
    let options = LogOptions {
        filter: LogFilter { since: Some(SystemTime::UNIX_EPOCH), ..filter },
        ..LogOptions::default()
    };
    for requests in [6, 4] {
        let read = fetch_log(rig.client(), LogKind::Lifecycle, options.clone());
        let (read, asked) = rig.counting(read).await;
        assert_eq!(ids(&read.unwrap()), ["PR7"; 12]);
        assert_eq!(asked.len(), requests, "{asked:#?}");
    }
    rig.finish().await;
}

#[tokio::test]
async fn what_is_older_is_not_read() {
    on_each(Generation::ALL, async |rig: &Rig| {
        rig.server().lose_power_supply(1);
        let options = |cursor| LogOptions {
            filter: LogFilter {
                since: SystemTime::now().checked_sub(Duration::from_secs(3600)),
                ..LogFilter::default()
            },
            cursor,
            ..LogOptions::default()
        };
        // A cursor reads unfiltered: the first page without anything young enough is the last.
        let read =
            fetch_log(rig.client(), LogKind::Lifecycle, options(Some(LogCursor::default()))).await.unwrap();
        assert_eq!(ids(&read), ["USR0030", "PSU0003"]);
        assert_eq!((read.summary.end, read.summary.pages), (Some(LogEnd::Older), 2));
    })
    .await;
}

#[tokio::test]
async fn pages_that_loop_lead_nowhere_or_do_not_end_are_left() {
    let endless = || FaultRule::new(Effect::PagesEndless).path("*/Entries");
    let first = || FaultRule::new(Effect::PagesOverlap { by: usize::MAX }).path("*/Entries");
    let looping = || FaultRule::new(Effect::NextLinkLoop).path("*/Entries");
    for generation in [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10]
    {
        for (rule, entries, end) in [
            (endless(), LIFECYCLE, LogEnd::Empty),
            (first(), 50, LogEnd::Repeating),
            (looping(), 50, LogEnd::Repeating),
        ] {
            let rig = Rig::start_with(generation, |spec| spec.faults([rule]), |client| client).await.unwrap();
            let read = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default()).await.unwrap();
            assert_eq!((read.entries.len(), read.summary.end), (entries, Some(end)), "{generation:?}");
            assert_eq!(read.summary.is_complete, entries == LIFECYCLE);
            assert!(read.summary.pages <= 4);
            rig.finish().await;
        }
    }
}

#[tokio::test]
async fn an_error_in_place_of_a_further_page_is_the_end() {
    for (status, id) in [(400, "SYS417"), (500, "SYS446"), (404, "SYS403")] {
        let rule = FaultRule::status(status, id).path("*/Entries").query("$skip=100");
        let rig =
            Rig::start_with(Generation::Idrac9V7, |spec| spec.faults([rule]), |client| client).await.unwrap();
        let read = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default()).await.unwrap();
        assert_eq!((read.entries.len(), read.summary.end), (100, Some(LogEnd::Refused)), "{id}");
        assert!(!read.summary.is_complete, "the iDRAC counts more");
        rig.finish().await;
    }
    // The first page must come.
    let rule = FaultRule::status(500, "SYS446").path("*/Entries");
    let rig =
        Rig::start_with(Generation::Idrac9V7, |spec| spec.faults([rule]), |client| client).await.unwrap();
    let error = fetch_log(rig.client(), LogKind::Lifecycle, LogOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    rig.finish().await;
}

#[tokio::test]
async fn a_system_event_log_is_cleared_and_a_lifecycle_log_is_not() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let before = fetch_log(rig.client(), LogKind::Sel, LogOptions::default()).await.unwrap();
        let plan =
            rig.expecting("clear log, plan", 1, plan_clear_log(rig.client(), LogKind::Sel)).await.unwrap();
        assert_eq!((plan.effect(), plan.steps.len()), (Hurts::Destroy, 1));
        rig.expecting("clear log", 2, clear_log(rig.client(), LogKind::Sel)).await.unwrap();
        let after = fetch_log(rig.client(), LogKind::Sel, since(before.cursor)).await.unwrap();
        assert_eq!((ids(&after), after.summary.is_gap), (vec!["SEL0004"], true));
        let error = clear_log(rig.client(), LogKind::Lifecycle).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("LogService.ClearLog"), "{}", error.message());
    })
    .await;
}

#[tokio::test]
async fn a_clearing_whose_answer_is_lost_is_looked_at_and_not_sent_again() {
    for (effect, done) in [(Effect::DropAfter, true), (Effect::Drop, false)] {
        let rule = FaultRule::new(effect).path("*ClearLog").method("POST");
        let rig =
            Rig::start_with(Generation::Idrac9V7, |spec| spec.faults([rule]), |client| client).await.unwrap();
        let (cleared, asked) = rig.counting(clear_log(rig.client(), LogKind::Sel)).await;
        assert_eq!(cleared.is_ok(), done);
        assert_eq!(asked.iter().filter(|line| line.starts_with("POST")).count(), 1, "{asked:#?}");
        rig.finish().await;
    }
}

#[tokio::test]
async fn the_lifecycle_log_is_exported_to_a_share_or_fetched() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let share = Share::new(ShareType::Cifs, "10.0.0.9", "logs").with_credentials("backup", "hunter2222");
        let place = ExportPlace::on(share, "lc.xml");
        let plan = plan_export_lc_log(rig.client(), LcLogScope::Active, place.clone()).await;
        let exported = export_lc_log(rig.client(), LcLogScope::Complete, place);
        if !has_dell_services(rig.generation()) {
            assert_eq!(plan.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(exported.await.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        assert!(!serde_json::to_string(&plan.unwrap()).unwrap().contains("hunter2222"));
        let exported = rig.expecting("export of the log to a share", 2, exported).await.unwrap();
        assert!(exported.accepted.job.is_some() && exported.file.is_none());

        let exported = export_lc_log(rig.client(), LcLogScope::Active, ExportPlace::Local).await.unwrap();
        let file = exported.file.unwrap();
        let text =
            rig.expecting("fetch an exported file", 1, fetch_exported(rig.client(), &file)).await.unwrap();
        assert!(text.starts_with(b"<LCLogEvents>"));
    })
    .await;
}

#[tokio::test]
async fn the_captured_logs_are_read() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    for (kind, entries) in [(LogKind::Lifecycle, 5), (LogKind::Sel, 5), (LogKind::FaultList, 1)] {
        let read = fetch_log(rig.client(), kind, LogOptions::default()).await.unwrap();
        assert_eq!((read.entries.len(), read.summary.is_complete), (entries, true), "{kind:?}");
        let again = fetch_log(rig.client(), kind, since(read.cursor)).await.unwrap();
        assert!(again.entries.is_empty());
    }
    rig.finish().await;
}

#[tokio::test]
async fn the_newest_entries_are_read() {
    work::LOGS.everywhere().await;
}

#[tokio::test]
async fn a_filter_lets_nothing_else_through() {
    work::LOG_FILTER.everywhere().await;
}
