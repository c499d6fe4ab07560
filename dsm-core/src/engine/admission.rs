//! What a job goes through before it is stored, and once more before it begins.

use jiff::Timestamp;

use crate::credential::{Cipher, details};
use crate::engine::inner::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::job::{JobRow, NewJob, check_shape, is_known};
use crate::schedule::{WINDOW_KEY, ledger, named_window};
use crate::store::Lack;

/// A time that has just passed is no mistake: clocks differ, and requests take their time.
const JUST_NOW_S: i64 = 60;

/// Passwords in the details, bound to the job.
fn seal(job: &mut NewJob, cipher: &Cipher) -> Result<()> {
    let id = *job.id.get_or_insert_with(JobId::new);
    details::seal(&mut job.details, id, cipher).map(drop)
}

impl Inner {
    /// The job as it is to be stored: with its lane, its passwords sealed, and not before its window opens.
    ///
    /// # Errors
    /// [`ErrorKind::NoHandler`](crate::ErrorKind::NoHandler), or
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) naming the field.
    pub(crate) async fn admit(&self, mut job: NewJob) -> Result<NewJob> {
        check_shape(&job)?;
        if job.children.is_empty() {
            self.ready(&mut job).await?;
        }
        for part in &mut job.children {
            check_shape(part)?;
            self.ready(part).await?;
        }
        let cipher = self.fleet.chain().cipher();
        for one in job.children.iter_mut() {
            seal(one, cipher)?;
        }
        seal(&mut job, cipher)?;
        self.wait_for_window(job).await
    }

    async fn ready(&self, job: &mut NewJob) -> Result<()> {
        match self.registry.find(&job.job_type) {
            Ok(handler) => handler.check(&job.preview(), &self.fleet).await?,
            // Another executor runs it, and looks at the rest when it does.
            Err(_) if is_known(&job.job_type) => return Ok(()),
            Err(error) => return Err(error),
        }
        self.check_fences(&job.preview()).await?;
        self.prepare(job).await
    }

    /// Refuses what changes a server where nothing keeps two attempts apart.
    pub(crate) async fn check_fences(&self, job: &JobRow) -> Result<()> {
        let caps = self.store.caps();
        if !caps.lacks(Lack::Fences) || self.options.accept_unfenced_changes {
            return Ok(());
        }
        if !self.registry.find(&job.job_type)?.changes_servers(job).await? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::StoreNotOurs,
            format!("it changes a server, and {} has no fences here", caps.backend),
        )
        .about(format!("job type {}", job.job_type))
        .hint(
            "install the tables and functions of dsm in the database, or accept the risk with \
             EngineOptions::accept_unfenced_changes",
        ))
    }

    /// Refuses a time that has passed, unless the job is to run all the same.
    pub(crate) async fn check_time(&self, job: &NewJob) -> Result<()> {
        let Some(at) = job.schedule_at.filter(|_| !job.catch_up) else { return Ok(()) };
        let now = self.store.now().await?;
        if at.as_second() + JUST_NOW_S >= now.as_second() {
            return Ok(());
        }
        Err(Error::invalid(
            "schedule_at",
            format!("{at} has passed: it is {now} where the jobs are stored"),
            "name a time to come, none at all, or ask to catch up",
        ))
    }

    async fn wait_for_window(&self, mut job: NewJob) -> Result<NewJob> {
        let Some(name) = named_window(&job.details)? else { return Ok(job) };
        let window = ledger::window(&*self.store, name).await?;
        window.check_scope(&job.preview())?;
        let now = self.store.now().await?;
        let wanted = job.schedule_at.map_or(now, |at| at.max(now));
        let opens = window.opens_at(wanted).ok_or_else(|| over(name))?;
        if opens > wanted {
            job.schedule_at = Some(opens);
        }
        Ok(job)
    }

    /// When the window opens that a job waits for, if that is to come. Rows that another program inserted, or that were
    /// made before the window was changed, are held to it here.
    pub(crate) async fn closed_until(&self, job: &JobRow) -> Result<Option<Timestamp>> {
        let Some(name) = named_window(&job.details)? else { return Ok(None) };
        let window = ledger::window(&*self.store, name).await?;
        window.check_scope(job)?;
        let now = self.store.now().await?;
        let opens = window.opens_at(now).ok_or_else(|| over(name))?;
        Ok(Some(opens).filter(|opens| *opens > now))
    }
}

fn over(name: &str) -> Error {
    Error::invalid(
        format!("details.{WINDOW_KEY}"),
        format!("the maintenance window `{name}` never opens again"),
        "give it other times, or name another one",
    )
}
