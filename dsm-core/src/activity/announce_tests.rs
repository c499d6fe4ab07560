//! What changes something is on record before it is sent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use dell_redfish::observer::ExchangeKind;
use dell_redfish::{Exchange, Method, Permit};

use super::tests::{Sink, files, pass, spilling, start};
use super::*;

fn reset<'a>() -> Exchange<'a> {
    Exchange {
        host: "10.0.0.1:443",
        operation: "Reset",
        method: &Method::POST,
        path: "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
        mark: None,
        kind: ExchangeKind::Api,
        attempt: 1,
        sent_at: SystemTime::UNIX_EPOCH,
        elapsed: Duration::ZERO,
        status: None,
        success: false,
        error: None,
        error_kind: None,
        request_body: Some(Bytes::from_static(br#"{"ResetType":"ForceOff"}"#)),
        response_body: None,
    }
}

fn end(observer: &Arc<dyn Observer>, permit: &Permit) {
    observer.exchanged(&Exchange { mark: permit.mark(), status: Some(204), success: true, ..reset() });
}

/// Leave for so many looks.
#[derive(Debug)]
struct Looks(AtomicUsize);

impl Leave for Looks {
    fn check(&self) -> Result<()> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| Error::new(ErrorKind::LeaseLost, "no more"))
    }
}

fn kind_of(error: dell_redfish::Error) -> ErrorKind {
    assert_eq!(error.kind(), dell_redfish::ErrorKind::Fenced);
    Error::from(error).kind()
}

#[tokio::test(start_paused = true)]
async fn a_row_is_stored_before_and_is_the_same_after() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let observer = log.observer(ActivityContext::default());
    let permit = observer.before(&reset()).await.expect("leave");
    let before = sink.rows();
    assert!(before.len() == 1 && before[0].is_pending(), "{before:?}");
    assert_eq!(Some(before[0].id.as_u128()), permit.mark());
    assert!(before[0].error_message.as_deref().is_some_and(|text| text.contains("not known")));
    end(&observer, &permit);
    pass(60).await;
    let after = sink.rows();
    assert_eq!((after.len(), after[0].id, after[0].status_code), (1, before[0].id, Some(204)));
    assert_eq!((after[0].success, after[0].error_message.as_deref()), (true, None));
    assert_eq!((log.stats().announced, log.stats().recorded), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_resets_share_a_few_transactions() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let asked: Vec<_> = (0..200)
        .map(|_| {
            let observer = log.observer(ActivityContext::default());
            tokio::spawn(async move { observer.before(&reset()).await.map(|permit| permit.mark()) })
        })
        .collect();
    for answer in asked {
        assert!(matches!(answer.await, Ok(Ok(Some(_)))));
    }
    assert!(sink.sizes().len() <= 3, "{:?}", sink.sizes());
    let ids: Vec<Uuid> = sink.rows().iter().map(|row| row.id).collect();
    assert!(ids.is_sorted() && ids.len() == 200);
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_down_or_silent_the_file_is_enough() {
    for silent in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = Arc::new(Sink::default());
        let log = start(&sink, spilling(folder.path()));
        let observer = log.observer(ActivityContext::default());
        sink.set_down(!silent);
        sink.set_stall(if silent { Duration::from_secs(3600) } else { Duration::ZERO });
        let begun = tokio::time::Instant::now();
        let permit = observer.before(&reset()).await.expect("the file takes it");
        assert!(begun.elapsed() < Duration::from_secs(3), "{silent} {:?}", begun.elapsed());
        let [file] = &files(folder.path())[..] else { panic!("one file") };
        assert!(std::fs::read_to_string(file).expect("text").contains("not known"));
        sink.set_down(false);
        sink.set_stall(Duration::ZERO);
        pass(6_000).await;
        end(&observer, &permit);
        pass(6_000).await;
        let rows = sink.rows();
        assert_eq!((rows.len(), rows[0].status_code), (1, Some(204)), "{silent}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nothing_takes_is_not_sent() {
    let sink = Arc::new(Sink::default());
    sink.set_down(true);
    let log = start(&sink, ActivityOptions::default());
    let observer = log.observer(ActivityContext::default());
    let refused = observer.before(&reset()).await.map(drop).map_err(kind_of);
    assert_eq!(refused, Err(ErrorKind::Store));
    sink.set_down(false);
    sink.set_stall(Duration::from_secs(3600));
    let refused = observer.before(&reset()).await.map(drop).map_err(kind_of);
    assert_eq!(refused, Err(ErrorKind::Store), "a store that does not answer");
    assert_eq!(log.stats().announced, 0);
    // It answers again: what was asked for is on record as what it is.
    sink.set_stall(Duration::ZERO);
    pass(60_000).await;
    let rows = sink.rows();
    assert_eq!((rows.len(), rows.iter().filter(|row| row.is_pending()).count()), (2, 0), "{rows:?}");
    assert!(
        rows.iter().all(|row| row.error_message.as_deref().is_some_and(|text| text.starts_with("not sent")))
    );
}

#[tokio::test(start_paused = true)]
async fn without_leave_nothing_is_asked_of_the_store_and_leave_that_ends_there_is_none() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let under = |looks| {
        log.observer_under(ActivityContext::default(), Some(Arc::new(Looks(AtomicUsize::new(looks)))))
    };
    let refused = under(0).before(&reset()).await.map(drop).map_err(kind_of);
    assert_eq!((refused, sink.rows().len()), (Err(ErrorKind::LeaseLost), 0));

    let refused = under(1).before(&reset()).await.map(drop).map_err(kind_of);
    assert_eq!(refused, Err(ErrorKind::LeaseLost));
    log.flush().await.expect("stored");
    let rows = sink.rows();
    assert!(rows.len() == 1 && !rows[0].is_pending(), "{rows:?}");
    assert!(rows[0].error_message.as_deref().is_some_and(|text| text.starts_with("not sent")));

    let permit = under(2).before(&reset()).await.expect("leave");
    assert!(permit.check().is_err(), "it is looked at once more with the connection in hand");
}

#[tokio::test(start_paused = true)]
async fn a_row_whose_job_has_gone_holds_up_no_other() {
    let gone = JobId::new();
    let sink = Arc::new(Sink::without(gone));
    let log = start(&sink, ActivityOptions::default());
    let orphan = log.observer(ActivityContext { job_id: Some(gone), ..ActivityContext::default() });
    let other = log.observer(ActivityContext::default());
    let (reset_one, reset_two) = (reset(), reset());
    let (one, two) = tokio::join!(orphan.before(&reset_one), other.before(&reset_two));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(sink.rows().iter().filter(|row| row.job_id.is_none()).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_kept_by_a_log_that_has_ended() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let seen = Arc::new(Mutex::new(None));
    let observer = log.observer(ActivityContext::default());
    let asked = tokio::spawn({
        let (observer, seen) = (observer.clone(), seen.clone());
        async move {
            let end = observer.before(&reset()).await.is_ok();
            *seen.lock().expect("no panic") = Some(end);
        }
    });
    drop((log, observer));
    asked.await.expect("no panic");
    assert_eq!(*seen.lock().expect("no panic"), Some(true), "whoever asks keeps the log alive");
}
