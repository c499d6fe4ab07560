//! Named documents and settings.

use serde_json::{Value, json};

use super::bench::{Bench, Stop, Verdict, holds, same};
use crate::error::{ErrorKind, Result};
use crate::store::{Entry, SettingsPatch};

/// A store may have no place for this, and says so.
fn kept<T>(answer: Result<T>) -> Verdict<T> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            Err(Stop::Skip("the store has no place for it"))
        }
        other => Ok(other?),
    }
}

fn plan() -> Value {
    json!({"cron": "0 2 * * *", "job": {"details": {"a": [1, 2.5, null, "ü"]}}})
}

pub(super) async fn who_saw_the_last_edit_may_edit(bench: Bench) -> Verdict {
    let store = bench.store();
    same!(kept(store.put_entry("plan", "nightly", plan(), None).await)?, Some(1), "a new entry");
    same!(
        store.put_entry("plan", "nightly", plan(), None).await?,
        Some(1),
        "the same request, its answer lost"
    );
    same!(store.put_entry("plan", "nightly", json!({}), None).await?, None, "another of its name");
    same!(store.put_entry("plan", "nightly", json!({"b": 1}), Some(1)).await?, Some(2), "an edit");
    same!(
        store.put_entry("plan", "nightly", json!({"b": 1}), Some(1)).await?,
        Some(2),
        "the same edit again"
    );
    same!(store.put_entry("plan", "nightly", plan(), Some(1)).await?, None, "an edit of what is past");
    same!(store.put_entry("plan", "other", plan(), Some(1)).await?, None, "an edit of what is not there");
    let expected = Entry { name: "nightly".into(), revision: 2, body: json!({"b": 1}) };
    same!(store.entries("plan").await?, [expected], "entries");
    Ok(())
}

pub(super) async fn entries_are_kept_by_kind_and_name(bench: Bench) -> Verdict {
    let store = bench.store();
    for name in ["b", "a", "A ", "ä"] {
        kept(store.put_entry("plan", name, plan(), None).await)?;
    }
    store.put_entry("other", "a", json!({"x": 1}), None).await?;
    let names: Vec<String> = store.entries("plan").await?.into_iter().map(|entry| entry.name).collect();
    same!(names, ["A ", "a", "b", "ä"], "names in order");
    holds!(
        store.entries("plan").await?.iter().all(|entry| entry.body == plan()),
        "a body came back otherwise"
    );
    holds!(store.remove_entry("plan", "a").await?, "an entry was not there");
    holds!(!store.remove_entry("plan", "a").await?, "an entry was removed twice");
    same!(store.entries("other").await?.len(), 1, "the entry of another kind");
    same!(
        store.put_entry("plan", "a", plan(), None).await?,
        Some(1),
        "a new one of a name that is free again"
    );
    Ok(())
}

pub(super) async fn of_racing_editors_one_wins(bench: Bench) -> Verdict {
    kept(bench.store().put_entry("plan", "one", json!({"by": 0}), None).await)?;
    for (round, name) in [(1, "one"), (0, "new")] {
        let expected = (round > 0).then_some(1);
        let editors = (1..=8).map(|by| {
            let store = bench.shared();
            async move { store.put_entry("plan", name, json!({"by": by}), expected).await }
        });
        let answers = futures_util::future::join_all(editors).await;
        let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
        let won: Vec<usize> = (0..answers.len()).filter(|at| answers[*at].is_some()).collect();
        same!(won.len(), 1, "editors that won");
        let entries = bench.store().entries("plan").await?;
        let stored = entries.iter().find(|entry| entry.name == name).map(|entry| entry.body.clone());
        same!(stored, Some(json!({"by": won[0] + 1})), "what is stored");
    }
    Ok(())
}

pub(super) async fn entries_and_settings_survive_a_crash(bench: Bench) -> Verdict {
    kept(bench.store().put_entry("plan", "nightly", plan(), None).await)?;
    let patch = SettingsPatch { job_retention_days: Some(7), ..SettingsPatch::default() };
    kept(bench.store().put_settings(patch).await)?;
    let bench = bench.crash().await?;
    same!(bench.store().entries("plan").await?.len(), 1, "entries after a crash");
    same!(bench.store().settings().await?.job_retention_days, 7, "a setting after a crash");
    Ok(())
}

pub(super) async fn a_setting_changes_alone(bench: Bench) -> Verdict {
    let before = bench.store().settings().await?;
    same!((before.log_retention_days, before.job_retention_days), (30, 90), "what is kept by default");
    same!((before.last_cleanup_at, before.job_last_cleanup_at), (None, None), "when it was last seen to");
    let now = bench.store().now().await?;
    let patch = SettingsPatch {
        auto_cleanup_enabled: Some(false),
        last_cleanup_at: Some(now),
        ..SettingsPatch::default()
    };
    let after = kept(bench.store().put_settings(patch).await)?;
    let mut expected = before;
    expected.auto_cleanup_enabled = false;
    expected.last_cleanup_at = Some(now);
    same!(after, expected, "settings after a change");
    same!(bench.store().settings().await?, expected, "settings read again");
    let zero = SettingsPatch { job_retention_days: Some(0), ..SettingsPatch::default() };
    holds!(bench.store().put_settings(zero).await.is_err(), "nothing was to be kept at all");
    same!(bench.store().settings().await?, expected, "settings after a refusal");
    Ok(())
}
