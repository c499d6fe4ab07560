//! What is done to each server, and how its end is told.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::health::{HealthDepth, fetch_health};
use dell_redfish::model::Severity;

use super::args::Args;
use super::depot::Depot;
use super::ledger::{Ledger, Taken};
use super::maintenance::{Maintenance, Stay};
use super::report::lift;
use super::run::{Rounds, Run};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;
use crate::handlers::idrac::walk::{Hold, PerServer, Rule, Visit, Visited, Walk, object};
use serde_json::json;

/// Longest time of one server, whatever happens: a bound for what no other bound catches.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// See the module's documentation.
pub(super) struct Work {
    pub(super) args: Args,
    pub(super) depot: Depot,
    pub(super) maintenance: Option<Arc<dyn Maintenance>>,
    pub(super) ledger: Ledger,
}

impl Work {
    /// Goes over all servers of the job.
    pub(super) async fn run(
        ctx: &Ctx,
        args: Args,
        maintenance: Option<Arc<dyn Maintenance>>,
    ) -> Result<Verdict> {
        let depot = Depot::open(ctx, args.source.clone()).await?;
        let walk = Walk {
            rollout: args.rollout,
            hold: if args.is_dry { Hold::Nothing } else { Hold::InLine },
            rule: Rule::All,
            limit: LONGEST,
            head: object([("dry_run", json!(args.is_dry)), ("max_passes", json!(args.max_passes))]),
            servers: args.servers.clone(),
            work: Self { args, depot, maintenance, ledger: Ledger::default() },
        };
        walk.run(ctx).await.map(lift)
    }
}

#[async_trait]
impl PerServer for Work {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let run = Run::begin(self, visit).await?;
        if self.args.is_dry {
            return run.dry().await;
        }
        let mut rounds = Rounds::default();
        let outcome = run.go(&mut rounds).await;
        run.finish(rounds, outcome).await
    }

    async fn tidy(&self, visit: &Visit) {
        let Taken { back, left } = self.ledger.take_back(visit.server_id()).await;
        for id in &back {
            visit.log("INFO", format!("the job was cancelled: deleted {id}, which had not begun"));
        }
        for id in &left {
            visit.log("WARN", format!("the job was cancelled: {id} is under way and goes on to its end"));
        }
        let args = &self.args;
        let stay = Stay::of(visit, self.maintenance.as_deref(), args.skips_maintenance, args.maintenance_patience);
        let Ok(Some(stay)) = stay else { return };
        if left.is_empty() && let Err(error) = stay.leave(visit).await {
            visit.log("WARN", format!("the host stays in maintenance mode: {}", error.chain()));
        }
    }
}

impl Run<'_> {
    /// The end of a server: nothing of ours waits for a later restart, the host is as it was found unless it is not well, and
    /// everything is told.
    async fn finish(&self, mut rounds: Rounds, outcome: Result<()>) -> Result<Visited> {
        let began = !rounds.planned.is_empty();
        if let Err(error) = outcome {
            let is_over = matches!(error.kind(), ErrorKind::LeaseLost | ErrorKind::Cancelled);
            if is_over || !began {
                return Err(error);
            }
            self.take_back().await;
            return self.failed(rounds, error.chain()).await;
        }
        self.take_back().await;
        if !began {
            let why = match rounds.left.as_slice() {
                [] => "nothing to do: all firmware is as it should be".to_owned(),
                left => format!("nothing to do: {}", left.join("; ")),
            };
            let visited = Visited::skipped(&why).with_log(self.list.ended(&why));
            let inventory = rounds.inventory();
            return Ok(rounds.told(visited).with_inventory(inventory));
        }
        if !rounds.undone().is_empty() {
            let line = rounds.line();
            return self.failed(rounds, line).await;
        }
        if let Some(stay) = self.stay()? {
            self.list.now(95, "Bringing the host back into service");
            if let Err(error) = stay.leave(self.visit).await {
                let line = format!("all is installed, and the host does not leave maintenance mode: {}", error.chain());
                let visited = Visited::needs_person(&line).with_log(self.list.ended(format!("✗ {line}")));
                return Ok(rounds.told(visited).with_inventory(rounds.inventory()));
            }
            self.list.tick("The host is as it was found");
        }
        let line = rounds.line();
        rounds.left.retain(|one| !one.is_empty());
        let visited = Visited::done(&line).with_log(self.list.ended(format!("✓ {line}")));
        Ok(rounds.told(visited).with_inventory(rounds.inventory()))
    }

    /// A server that is not as it should be. Its host goes back into service only where it is well.
    async fn failed(&self, rounds: Rounds, line: String) -> Result<Visited> {
        let mut line = line;
        let mut needs_person = rounds.needs_person();
        if let Some(stay) = self.stay()?
            && stay.found(self.visit).is_some()
        {
            match self.back_into_service(&stay).await {
                Ok(()) => self.list.tick("The host is as it was found"),
                Err(why) => {
                    needs_person = true;
                    line = format!("{line}; the host stays in maintenance mode: {why}");
                }
            }
        }
        let visited = match needs_person {
            true => Visited::needs_person(&line),
            false => Visited::failed(&line),
        };
        let visited = visited.with_log(self.list.ended(format!("✗ Error: {line}")));
        Ok(rounds.told(visited).with_inventory(rounds.inventory()))
    }

    async fn back_into_service(&self, stay: &Stay<'_>) -> std::result::Result<(), String> {
        match fetch_health(&self.client, HealthDepth::Quick).await {
            Err(error) => return Err(format!("its health cannot be read: {}", error.chain())),
            Ok(health) if health.power_state.as_deref() != Some("On") => return Err("it is not on".to_owned()),
            Ok(health) if health.overall == Some(Severity::Critical) => {
                return Err("its health is Critical".to_owned());
            }
            Ok(_) => {}
        }
        let told = |error: Error| error.chain();
        if !stay.is_healthy().await.map_err(told)? {
            return Err("its vCenter calls it unhealthy".to_owned());
        }
        stay.leave(self.visit).await.map_err(told)
    }

    async fn take_back(&self) {
        let Taken { back, left } = self.ledger().take_back(self.visit.server_id()).await;
        for id in &back {
            self.list.tick(format!("Deleted {id}, which had not begun"));
        }
        for id in &left {
            self.visit.log("WARN", format!("Dell job {id} of this job has not come to its end"));
        }
    }
}
