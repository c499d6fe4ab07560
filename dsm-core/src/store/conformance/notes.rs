//! Activity, credentials, and what is remembered.

use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::bench::{Bench, Stop, Verdict, address, finding, holds, same, scan, time};
use super::findings::credential_set;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::{
    ActivityQuery, ActivityRow, CredentialRangeRow, CredentialSetRow, HeartbeatRow, PinRow, SessionRow,
};

pub(super) fn exchange(second: i64) -> ActivityRow {
    ActivityRow {
        id: Uuid::now_v7(),
        timestamp: time(second),
        server_id: None,
        job_id: None,
        task_id: None,
        command_type: "GET".into(),
        operation_type: "idrac_api".into(),
        endpoint: "/redfish/v1".into(),
        full_url: "https://10.0.0.1/redfish/v1".into(),
        status_code: Some(503),
        success: false,
        response_time_ms: Some(245),
        error_message: Some("busy".into()),
        request_body: None,
        response_body: Some(json!({"error": {"code": "Base.1.0"}})),
        source: "job_executor".into(),
        initiated_by: None,
    }
}

pub(super) async fn activity_is_kept_once(bench: Bench) -> Verdict {
    let rows = [exchange(1), exchange(2)];
    bench.store().record_activity(rows.to_vec().into()).await?;
    let changed = ActivityRow { endpoint: "/changed".into(), ..rows[1].clone() };
    bench.store().record_activity([changed].into()).await?;
    same!(bench.store().activity(ActivityQuery::default()).await?, rows, "the log");
    Ok(())
}

pub(super) async fn a_command_is_on_record_before_and_completed_after(bench: Bench) -> Verdict {
    let job_id = Some(bench.enqueue(scan()).await?);
    let server = Some(bench.find_one(finding(1, Some("AAAA001"))).await?.server_id);
    let late = bench.find_one(finding(2, Some("AAAA002"))).await?.server_id;
    let done = |second| ActivityRow {
        job_id,
        success: true,
        status_code: Some(202),
        error_message: None,
        ..exchange(second)
    };
    let before = |end: &ActivityRow| ActivityRow {
        status_code: None,
        response_time_ms: None,
        success: false,
        error_message: Some("no end is on record".into()),
        request_body: Some(json!({"ResetType": "GracefulRestart"})),
        response_body: None,
        ..end.clone()
    };
    let ends = [done(1), ActivityRow { server_id: server, ..done(2) }, done(3)];
    let pending: Vec<ActivityRow> = ends.iter().map(before).collect();
    bench.store().record_activity(pending.clone().into()).await?;
    let log = || bench.store().activity(ActivityQuery::default());
    same!(log().await?, pending, "before the requests are sent");
    holds!(log().await?.iter().all(ActivityRow::is_pending), "they say that their end is not known");

    // Its server was found meanwhile; the end does not know it, and brings no body of its own.
    bench.store().attribute_activity(vec![(pending[0].id, late)]).await?;
    bench.store().record_activity(ends[..2].to_vec().into()).await?;
    let body = pending[0].request_body.clone();
    let completed = [
        ActivityRow { server_id: Some(late), request_body: body.clone(), ..ends[0].clone() },
        ActivityRow { request_body: body, ..ends[1].clone() },
        pending[2].clone(),
    ];
    same!(log().await?, completed, "after two ends");

    // Neither another end, nor what was written before and comes late, changes an end.
    let other = ActivityRow { status_code: Some(500), success: false, ..ends[0].clone() };
    bench.store().record_activity(vec![other, pending[1].clone()].into()).await?;
    same!(log().await?, completed, "after what comes too late");

    // Both at once, as a file that is written back has them.
    let end = done(4);
    bench.store().record_activity(vec![before(&end), end.clone(), pending[2].clone()].into()).await?;
    let last = log().await?.pop();
    holds!(last.is_some_and(|row| !row.is_pending() && row.status_code == Some(202)), "both in one batch");
    Ok(())
}

pub(super) async fn activity_is_found_by_job_server_and_cursor(bench: Bench) -> Verdict {
    let (job_id, server_id) = (Some(JobId::new()), Some(ServerId::new()));
    let rows = [
        ActivityRow { job_id, ..exchange(1) },
        ActivityRow { job_id, server_id, ..exchange(2) },
        ActivityRow { server_id, ..exchange(3) },
        exchange(4),
    ];
    bench.store().record_activity(rows.to_vec().into()).await?;
    let all = ActivityQuery::default();
    for (query, expected, what) in [
        (ActivityQuery { job_id, ..all.clone() }, &rows[..2], "of a job"),
        (ActivityQuery { server_id, ..all.clone() }, &rows[1..3], "of a server"),
        (ActivityQuery { job_id, server_id, ..all.clone() }, &rows[1..2], "of both"),
        (ActivityQuery { after: Some(rows[1].id), ..all.clone() }, &rows[2..], "after a row"),
        (ActivityQuery { limit: Some(3), ..all.clone() }, &rows[..3], "up to a limit"),
    ] {
        same!(bench.store().activity(query).await?, *expected, what);
    }
    Ok(())
}

pub(super) async fn activity_learns_its_server_late_and_once(bench: Bench) -> Verdict {
    let (first, second) = (ServerId::new(), ServerId::new());
    let rows = [exchange(1), ActivityRow { server_id: Some(first), ..exchange(2) }, exchange(3)];
    bench.store().record_activity(rows.to_vec().into()).await?;
    let told = vec![(rows[0].id, second), (rows[1].id, second), (Uuid::now_v7(), second)];
    bench.store().attribute_activity(told.clone()).await?;
    bench.store().attribute_activity(told).await?;
    let expected =
        [ActivityRow { server_id: Some(second), ..rows[0].clone() }, rows[1].clone(), rows[2].clone()];
    same!(bench.store().activity(ActivityQuery::default()).await?, expected, "the log");
    Ok(())
}

pub(super) async fn credential_sets_and_ranges_are_kept_by_priority(bench: Bench) -> Verdict {
    let (late, early) = (credential_set("late", 9), credential_set("early", 1));
    bench.store().put_credential_set(late.clone()).await?;
    bench.store().put_credential_set(early.clone()).await?;
    same!(bench.store().credential_sets().await?, [early.clone(), late.clone()], "the sets");
    let renamed = CredentialSetRow { name: "later".into(), ..late.clone() };
    bench.store().put_credential_set(renamed.clone()).await?;
    same!(bench.store().credential_sets().await?[1], renamed, "a changed set");
    let twin = CredentialSetRow { id: CredentialSetId::new(), ..early.clone() };
    holds!(bench.store().put_credential_set(twin).await.is_err(), "two sets of one name");
    let odd = CredentialSetRow { credential_type: "toaster".into(), ..credential_set("odd", 1) };
    let error = bench.store().put_credential_set(odd).await.err();
    same!(error.as_ref().and_then(|error| error.subject()), Some("credential_type"), "the field named");

    let range = |set: CredentialSetId, priority| CredentialRangeRow {
        id: Uuid::now_v7(),
        credential_set_id: set,
        ip_range: "10.0.0.0/24".into(),
        priority,
        description: None,
    };
    let (second, first) = (range(early.id, 5), range(late.id, 2));
    bench.store().put_credential_range(second.clone()).await?;
    bench.store().put_credential_range(first.clone()).await?;
    holds!(
        bench.store().put_credential_range(range(CredentialSetId::new(), 1)).await.is_err(),
        "a range of no set"
    );
    same!(bench.store().credential_ranges().await?, [first, second.clone()], "the ranges");

    let mut found = finding(1, Some("AAAA001"));
    found.patch.set.credential_set_id = Some(late.id);
    let server = bench.find_one(found).await?.server_id;
    holds!(bench.store().remove_credential_set(late.id).await?, "the set was not there");
    holds!(!bench.store().remove_credential_set(late.id).await?, "a set was removed twice");
    same!(bench.store().credential_ranges().await?, [second], "the ranges of the set that stays");
    same!(bench.server(server).await?.fields.credential_set_id, None, "the server's set");
    Ok(())
}

pub(super) async fn pins_sessions_and_values_are_remembered(bench: Bench) -> Verdict {
    let store = bench.store();
    let pin =
        |sha256: &str| PinRow { host: "10.0.0.1:443".into(), sha256: sha256.into(), first_seen: time(1) };
    store.put_pins(vec![pin("aa")]).await?;
    store.put_pins(vec![pin("bb")]).await?;
    same!(store.pins().await?, [pin("bb")], "the pin");
    holds!(store.forget_pin("10.0.0.1:443").await?, "the pin was not there");
    holds!(!store.forget_pin("10.0.0.1:443").await?, "a pin was forgotten twice");

    let session = SessionRow {
        id: Uuid::now_v7(),
        host: "10.0.0.1:443".into(),
        username: "operator".into(),
        location: None,
        opened_at: time(1),
        incarnation: Uuid::now_v7(),
    };
    store.put_session(session.clone()).await?;
    store.locate_session(session.id, "/redfish/v1/SessionService/Sessions/7").await?;
    let located =
        SessionRow { location: Some("/redfish/v1/SessionService/Sessions/7".into()), ..session.clone() };
    same!(store.sessions().await?, std::slice::from_ref(&located), "the session");
    store.put_session(session.clone()).await?;
    same!(store.sessions().await?, [located], "the session, noted again without its location");
    store.remove_session(session.id).await?;
    store.remove_session(session.id).await?;
    same!(store.sessions().await?.len(), 0, "sessions");

    same!(store.get_meta("cursor").await?, None, "a value never written");
    store.put_meta("cursor", Bytes::from_static(&[0, 159, 146])).await?;
    same!(store.get_meta("cursor").await?.as_deref(), Some(&[0, 159, 146][..]), "the value");
    Ok(())
}

pub(super) async fn an_executor_says_that_it_is_alive(bench: Bench) -> Verdict {
    let row = HeartbeatRow {
        executor_id: "here".into(),
        hostname: Some("rack-1".into()),
        ip_address: Some(address(9)),
        version: "1.2.3".into(),
        last_seen_at: time(60),
        poll_count: 7,
        jobs_processed: 3,
        startup_time: time(0),
        last_error: None,
        capabilities: vec!["dsm_guarded_claim".into(), "discovery_scan".into()],
    };
    bench.store().put_heartbeat(row.clone()).await?;
    if bench.store().heartbeats().await?.is_empty() {
        return Err(Stop::Skip("it has no table for heartbeats"));
    }
    let later =
        HeartbeatRow { last_seen_at: time(75), poll_count: 8, last_error: Some("away".into()), ..row };
    bench.store().put_heartbeat(later.clone()).await?;
    same!(bench.store().heartbeats().await?, [later], "one row an executor");
    Ok(())
}
