//! The parts of a full update as the existing front end adds them: jobs of their own, one a component, that nobody claims.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::args::{Args, SourceInput};
use super::component::Component;
use super::report::{Failures, components_of, with_details};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::handler::Verdict;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::{AttemptWrite, JobQuery, PartUpdate};

/// See the module's documentation. In their order.
pub(super) struct Parts(Vec<Part>);

struct Part {
    job: JobId,
    /// Nothing where it does not say one that is known: then all is meant.
    component: Option<Component>,
}

impl Parts {
    /// Those of this job; often there are none.
    pub(super) async fn of(ctx: &Ctx) -> Result<Self> {
        let parent = ctx.job().id;
        let mut rows =
            ctx.store().jobs(JobQuery { parent_job_id: Some(parent), ..JobQuery::default() }).await?;
        rows.sort_by_key(|row| row.component_order);
        let part = |details: &Map<String, Value>| details.get("component")?.as_str().and_then(Component::parse);
        Ok(Self(rows.iter().map(|row| Part { job: row.id, component: part(&row.details) }).collect()))
    }

    /// Only their components are meant, unless the job itself says which, or the iDRAC decides.
    pub(super) fn narrow(&self, args: &mut Args) {
        let meant: Option<BTreeSet<Component>> = self.0.iter().map(|part| part.component).collect();
        let is_ours = !matches!(args.source, SourceInput::Repository(_));
        if let Some(meant) = meant
            && args.components.is_empty()
            && is_ours
        {
            args.components = meant.into_iter().collect();
        }
    }

    /// They run now, all at once: of a server there is one plan.
    pub(super) async fn begin(&self, ctx: &Ctx) -> Result<()> {
        self.tell(ctx, |_| (JobStatus::Running, Map::new())).await
    }

    /// Each ends as its component did, and the job says which did not end well.
    pub(super) async fn end(&self, ctx: &Ctx, verdict: Verdict) -> Result<Verdict> {
        let Some(details) = verdict.details().cloned() else { return Ok(verdict) };
        let of = |component: Option<&str>| Failures::of(&details, component);
        self.tell(ctx, |part| {
            let failures = of(part.component.map(Component::word));
            let status = if failures.is_none() { JobStatus::Completed } else { JobStatus::Failed };
            (status, failures.told(&details))
        })
        .await?;
        let named: BTreeSet<&str> = self.0.iter().filter_map(|part| part.component).map(Component::word).collect();
        let looked_at = if named.is_empty() { components_of(&details) } else { named };
        let failed: Vec<&str> = looked_at.iter().copied().filter(|word| !of(Some(word)).is_none()).collect();
        let keys = [("total_components", json!(looked_at.len())), ("failed_components", json!(failed))];
        let keys: Vec<(String, Value)> = keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(with_details(verdict, |details| details.extend(keys)))
    }

    async fn tell(
        &self,
        ctx: &Ctx,
        what: impl Fn(&Part) -> (JobStatus, Map<String, Value>) + Send,
    ) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let tell = |part: &Part| {
            let (status, details) = what(part);
            PartUpdate { job_id: part.job, status, details }
        };
        let parts = self.0.iter().map(tell).collect();
        ctx.write_patiently(AttemptWrite { parts, ..AttemptWrite::default() }).await.map(drop)
    }
}
