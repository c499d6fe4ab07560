//! A stand-in for the existing executor, in the two manners that matter to whoever claims beside it: as it is (no
//! condition on a claim, everything that runs is cancelled at its start), and guarded (conditional claims, owners looked
//! at). It does what the contract says of the loop, the polls and the reports, and nothing else: its jobs are the test's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::rest::{RestClient, Told};

/// What jobs do.
#[async_trait]
pub trait Work: Send + Sync {
    /// Runs one job; `who` names the process.
    async fn run(&self, job: &str, who: &str);
}

/// How it takes jobs.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Whatever is pending, first come, whoever else is about to.
    Unguarded,
    /// What is pending still when it says so, of these types.
    Guarded {
        /// Types it keeps for itself.
        keeps: Vec<String>,
        /// Types it runs that others may run as well.
        shares: Vec<String>,
    },
}

/// The stand-in.
#[derive(Clone)]
pub struct OldExecutor {
    /// Up to `/rest/v1`.
    pub rest: RestClient,
    /// Up to `/functions/v1`.
    pub functions: RestClient,
    /// Its name, which stays over restarts.
    pub hostname: String,
    /// New at each start.
    pub incarnation: u32,
    /// How it takes jobs.
    pub manner: Manner,
    /// How long it sleeps between two looks; the real one 10 s.
    pub poll: Duration,
    /// What its jobs do.
    pub work: Arc<dyn Work>,
}

impl fmt::Debug for OldExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldExecutor")
            .field("who", &self.who())
            .field("manner", &self.manner)
            .finish_non_exhaustive()
    }
}

impl OldExecutor {
    /// Host and process.
    #[must_use]
    pub fn who(&self) -> String {
        format!("{}/{}", self.hostname, self.incarnation)
    }

    /// Works until it is aborted. What goes wrong is passed over, as there.
    pub async fn run(self) {
        let _ = self.start_up().await;
        loop {
            if !matches!(self.turn().await, Ok(true)) {
                tokio::time::sleep(self.poll).await;
            }
        }
    }

    async fn start_up(&self) -> Result<(), Failure> {
        match self.manner {
            // It says that it is there only after it has cancelled what it found.
            Manner::Unguarded => self.cancel_all_running().await,
            Manner::Guarded { .. } => self.take_back_own().await,
        }
    }

    /// One look; whether there was a job.
    async fn turn(&self) -> Result<bool, Failure> {
        self.beat().await?;
        let job = match &self.manner {
            Manner::Unguarded => self.first_pending().await?,
            Manner::Guarded { keeps, shares } => {
                self.claim_guarded(&[keeps.as_slice(), shares].concat()).await?
            }
        };
        let Some(id) = job else {
            if let Manner::Guarded { .. } = self.manner {
                // A claim of a killed process may have been on its way when this one looked for the first time.
                self.take_back_own().await?;
            }
            return Ok(false);
        };
        if let Manner::Unguarded = self.manner {
            self.report(&id, "running", "started_at").await?;
        }
        self.work.run(&id, &self.who()).await;
        self.report(&id, "completed", "completed_at").await?;
        Ok(true)
    }

    async fn beat(&self) -> Result<(), Failure> {
        let capabilities: Vec<String> = match &self.manner {
            Manner::Unguarded => ["idrac", "firmware", "scp"].map(str::to_owned).to_vec(),
            Manner::Guarded { keeps, .. } => {
                let keeps = keeps.iter().map(|name| format!("dsm_keeps:{name}"));
                ["idrac", "dsm_guarded_claim"].map(str::to_owned).into_iter().chain(keeps).collect()
            }
        };
        let row = json!({
            "executor_id": self.id(), "hostname": self.hostname, "version": "1.0.0",
            "last_seen_at": Timestamp::now().to_string(), "capabilities": capabilities
        });
        let target = format!("/executor_heartbeats?executor_id=eq.{}", self.id());
        let headers = [("prefer", "return=representation")];
        let told = self.rest.send(Method::PATCH, &target, Some(&row), &headers).await?;
        if told.rows().is_empty() {
            self.rest.send(Method::POST, "/executor_heartbeats", Some(&row), &[]).await?;
        }
        Ok(())
    }

    fn id(&self) -> String {
        format!("executor-{}", self.hostname)
    }

    async fn get(&self, target: &str) -> Result<Told, Failure> {
        self.rest.send(Method::GET, target, None, &[]).await
    }

    /// All that is pending is read, what is due later left out, and the first taken: nobody is told.
    async fn first_pending(&self) -> Result<Option<String>, Failure> {
        let told = self.get("/jobs?status=eq.pending&select=*&order=created_at.asc").await?;
        let is_due = |job: &&Value| {
            let at = job["schedule_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            at.is_none_or(|at| at <= Timestamp::now())
        };
        Ok(told.rows().iter().find(is_due).and_then(id_of))
    }

    /// The rule that makes two who claim safe: pending, due, nobody's part, of a type of ours — said in the update
    /// itself, whose answer names what was won.
    async fn claim_guarded(&self, types: &[String]) -> Result<Option<String>, Failure> {
        let condition = format!(
            "status=eq.pending&parent_job_id=is.null&job_type=in.({})&or=(schedule_at.is.null,schedule_at.lte.now)",
            types.join(",")
        );
        let told =
            self.get(&format!("/jobs?{condition}&select=id,details&order=created_at.asc&limit=8")).await?;
        for job in told.rows() {
            let Some(id) = id_of(job) else { continue };
            let mut details = job["details"].as_object().cloned().unwrap_or_default();
            details.insert("dsm_claimed_by".to_owned(), self.who().into());
            let change = json!({"status": "running", "started_at": "now", "details": details});
            let headers = [("prefer", "return=representation")];
            let target = format!("/jobs?id=eq.{id}&{condition}&select=id");
            if !self.rest.send(Method::PATCH, &target, Some(&change), &headers).await?.rows().is_empty() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Jobs that earlier processes of this host were at are pending again. Those of others are none of its business.
    async fn take_back_own(&self) -> Result<(), Failure> {
        let own = "details-%3E%3Edsm_claimed_by";
        let target = format!(
            "/jobs?status=eq.running&{own}=like.{0}/*&{own}=neq.{1}&select=id,details",
            self.hostname,
            self.who()
        );
        for job in self.get(&target).await?.rows() {
            let (Some(id), Some(details)) = (id_of(job), job["details"].as_object()) else { continue };
            let by = details["dsm_claimed_by"].as_str().unwrap_or_default();
            let mut details: Map<String, Value> = details.clone();
            details.remove("dsm_claimed_by");
            let change = json!({"status": "pending", "started_at": null, "details": details});
            let target = format!("/jobs?id=eq.{id}&status=eq.running&{own}=eq.{by}");
            self.rest.send(Method::PATCH, &target, Some(&change), &[]).await?;
        }
        Ok(())
    }

    async fn cancel_all_running(&self) -> Result<(), Failure> {
        for job in self.get("/jobs?status=eq.running&select=*").await?.rows() {
            let Some(id) = id_of(job) else { continue };
            let mut details = job["details"].as_object().cloned().unwrap_or_default();
            details.insert("cancelled_reason".to_owned(), "executor_restart".into());
            details.insert("executor_id".to_owned(), self.id().into());
            let now = Timestamp::now().to_string();
            let change = json!({"status": "cancelled", "completed_at": now, "details": details});
            self.rest.send(Method::PATCH, &format!("/jobs?id=eq.{id}"), Some(&change), &[]).await?;
        }
        Ok(())
    }

    /// By the edge function, unsigned; what it answers is nobody's concern there.
    async fn report(&self, job: &str, status: &str, time: &str) -> Result<(), Failure> {
        let body = json!({"job": {"job_id": job, "status": status, time: Timestamp::now().to_string()}});
        self.functions.send_bare(Method::POST, "/update-job", Some(body.to_string()), &[]).await?;
        Ok(())
    }
}

fn id_of(job: &Value) -> Option<String> {
    job["id"].as_str().map(str::to_owned)
}
