//! Forgetting what is over, a batch at a time.

use serde_json::{Value, json};

use super::super::{Rest, Service};
use crate::store::{Prune, Pruned};

pub(in super::super) async fn prune(service: &Service, prune: Prune) -> Rest<Pruned> {
    let mut pruned = Pruned::default();
    let most = i64::try_from(prune.limit).unwrap_or(i64::MAX);
    if let Some(before) = prune.jobs_before {
        let said = service.http.call("dsm_prune_jobs", &json!({"p_before": before, "p_most": most})).await?;
        let count = |key: &str| said.get(key).and_then(Value::as_u64).unwrap_or_default();
        pruned = Pruned {
            jobs: count("jobs"),
            tasks: count("tasks"),
            attempts: count("attempts"),
            steps: count("steps"),
            keys: count("keys"),
            has_more: said.get("has_more") == Some(&Value::Bool(true)),
            ..pruned
        };
    }
    if let Some(before) = prune.activity_before {
        let said =
            service.http.call("dsm_prune_activity", &json!({"p_before": before, "p_most": most})).await?;
        pruned.activity = said.as_u64().unwrap_or_default();
    }
    if let Some(before) = prune.health_before {
        let said =
            service.http.call("dsm_prune_old_health", &json!({"p_before": before, "p_most": most})).await?;
        pruned.health = said.as_u64().unwrap_or_default();
    }
    let full = prune.limit as u64;
    pruned.has_more |= pruned.activity >= full || pruned.health >= full;
    Ok(pruned)
}
