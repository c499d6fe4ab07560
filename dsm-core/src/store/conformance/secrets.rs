//! Sealed passwords: another key for them, and no trace of them in a job that is over.

use serde_json::json;
use uuid::Uuid;

use super::bench::{Bench, Verdict, completed, executor, finding, holds, keys, same, scan, settlement};
use super::findings::credential_set;
use crate::JobStatus;
use crate::id::{CredentialSetId, JobId};
use crate::job::NewJob;
use crate::store::{
    AttemptWrite, CredentialSetRow, JobQuery, Outcome, Reseal, RowChange, RowQuery, RowWrite, SealedAt,
    Settlement, Table,
};

/// What a sealed text looks like; a store never opens one.
fn sealed(word: &str) -> String {
    format!("dsm1:00112233aabb:{word}/+aGVsbG8gd29ybGQhISE=")
}

fn with_password() -> NewJob {
    NewJob {
        details: keys([
            ("password", json!(sealed("one"))),
            ("share", json!({"password": sealed("two"), "name": "b"})),
        ]),
        ..scan()
    }
}

pub(super) async fn a_sealed_text_is_replaced_where_it_still_is(bench: Bench) -> Verdict {
    let set = CredentialSetRow { password_encrypted: Some(sealed("set")), ..credential_set("first", 1) };
    bench.store().put_credential_set(set.clone()).await?;
    let mut found = finding(1, Some("AAAA001"));
    found.patch.set.idrac_password_encrypted = Some(sealed("server"));
    let server = bench.find_one(found).await?.server_id;
    let job = bench.enqueue(with_password()).await?;
    let plain = bench.enqueue(scan()).await?;

    let backup = Uuid::now_v7();
    let columns = keys([
        ("server_id", json!(server)),
        ("exported_at", json!("2026-05-01T10:00:00Z")),
        ("backup_name", json!("before")),
        ("scp_raw_content", json!(sealed("profile"))),
    ]);
    let row = RowWrite { table: Table::ScpBackups, id: backup, change: RowChange::Insert(columns) };
    bench.store().write(AttemptWrite { rows: vec![row], ..AttemptWrite::default() }).await?;

    let change = |at, from: &str| Reseal { at, from: sealed(from), to: sealed("new") };
    let changes = vec![
        change(SealedAt::Set(set.id), "set"),
        change(SealedAt::Set(set.id), "set"),
        change(SealedAt::Set(CredentialSetId::new()), "set"),
        change(SealedAt::Server(server), "another"),
        change(SealedAt::Server(server), "server"),
        change(SealedAt::Job(job), "two"),
        change(SealedAt::Job(job), "three"),
        change(SealedAt::Job(plain), "two"),
        change(SealedAt::Row(Table::ScpBackups, backup), "profile"),
        change(SealedAt::Row(Table::ScpBackups, backup), "profile"),
        change(SealedAt::Row(Table::VirtualMediaSessions, backup), "profile"),
        change(SealedAt::Row(Table::AuditLogs, backup), "profile"),
    ];
    let done = bench.store().reseal(changes).await?;
    let expected = [true, false, false, false, true, true, false, false, true, false, false, false];
    same!(done, expected, "which were still there");
    let new = Some(sealed("new"));
    same!(bench.store().credential_sets().await?[0].password_encrypted, new, "the set's");
    same!(bench.server(server).await?.fields.idrac_password_encrypted, new, "the server's");
    let rows = bench.store().rows(RowQuery::of(Table::ScpBackups)).await?;
    same!(rows[0].columns["scp_raw_content"], json!(sealed("new")), "the row's");
    let details = bench.job(job).await?.details;
    same!(details["share"], json!({"password": sealed("new"), "name": "b"}), "the job's second");
    same!(details["password"], json!(sealed("one")), "the job's first");
    let query = JobQuery { with_secrets: true, ..JobQuery::default() };
    holds!(
        bench.store().jobs(query).await?.iter().any(|row| row.id == job),
        "a job with secrets is not found"
    );

    bench.store().cancel(job, "enough").await?;
    let late = bench.store().reseal(vec![change(SealedAt::Job(job), "one")]).await?;
    same!(late, [false], "of a job that is over");
    Ok(())
}

pub(super) async fn no_job_that_is_over_keeps_a_password(bench: Bench) -> Verdict {
    let here = executor("here");
    let clean = async |id, how| -> Verdict {
        let row = bench.job(id).await?;
        holds!(row.status.is_terminal(), format!("{how}: not over"));
        let text = serde_json::to_string(&row.details).unwrap_or_default();
        holds!(!text.contains("dsm1:") && !text.contains("planted"), format!("{how}: {text}"));
        same!(row.details["share"]["name"], json!("b"), "what is no password stays");
        same!(row.details["password"], json!("[removed]"), "what stands in its place");
        Ok(())
    };
    let waiting = bench.enqueue(with_password()).await?;
    bench.store().cancel(waiting, "enough").await?;
    clean(waiting, "cancelled while it waited").await?;

    // As another program inserts it: nobody has sealed it.
    let open =
        NewJob { details: keys([("password", json!("planted")), ("share", json!({"name": "b"}))]), ..scan() };
    let open = bench.enqueue(open).await?;
    bench.store().cancel(open, "enough").await?;
    clean(open, "never sealed").await?;

    let parent = bench.enqueue(scan()).await?;
    let child = bench.enqueue(NewJob { parent_job_id: Some(parent), ..with_password() }).await?;
    bench.store().cancel(parent, "enough").await?;
    clean(child, "cancelled with its parent").await?;

    let failing = bench.enqueue(with_password()).await?;
    let claimed = bench.claim_one(&here, failing).await?;
    same!(claimed.job.details["password"], json!(sealed("one")), "as it is claimed");
    let end = Outcome::End(JobStatus::Failed, Some("no".to_owned()));
    bench.settle(claimed.lease.key, end).await?;
    clean(failing, "failed").await?;

    let lost = bench.enqueue(with_password()).await?;
    bench.claim_one(&here, lost).await?;
    bench.advance(super::bench::TTL)?;
    bench.store().reap(1).await?;
    clean(lost, "orphaned too often").await?;

    let again = bench.enqueue(with_password()).await?;
    let claimed = bench.claim_one(&here, again).await?;
    bench.settle(claimed.lease.key, Outcome::Release).await?;
    same!(
        bench.job(again).await?.details["password"],
        json!(sealed("one")),
        "given back, it is needed again"
    );
    Ok(())
}

pub(super) async fn what_is_taken_out_of_details_is_gone(bench: Bench) -> Verdict {
    let here = executor("here");
    let take = async |id, names: &[&str]| -> Verdict<_> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(bench.store().take_details(id, &names).await?)
    };
    let rest = json!({"b": 18_446_744_073_709_551_615_u64, "a": [1.5]});
    let id = bench.enqueue(NewJob { details: keys([("rest", rest.clone())]), ..scan() }).await?;
    let won = bench.claim_one(&here, id).await?;
    let url = json!("https://10.0.0.1/console?once=planted");
    let details = keys([("console_url", url.clone()), ("message", json!("open it"))]);
    let end = Settlement { details, ..settlement(won.lease.key, completed()) };
    bench.store().settle(vec![end]).await?;

    same!(take(id, &["absent"]).await?, Some(keys([])), "what is not there");
    same!(bench.job(id).await?.details["console_url"], url, "before");
    same!(take(id, &["console_url", "absent"]).await?, Some(keys([("console_url", url)])), "taken");
    same!(take(id, &["console_url"]).await?, Some(keys([])), "taken again");
    same!(bench.job(id).await?.details, keys([("rest", rest), ("message", json!("open it"))]), "what stays");
    same!(bench.job(id).await?.status, JobStatus::Completed, "its status");
    same!(take(JobId::new(), &["console_url"]).await?, None, "of no job");
    Ok(())
}
