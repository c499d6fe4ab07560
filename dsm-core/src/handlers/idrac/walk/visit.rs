//! One server of a job, as the handler meets it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dell_redfish::Client;
use dell_redfish::model::{ComputerSystem, Resource};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::login;
use crate::ctx::Ctx;
use crate::engine::fleet::About;
use crate::error::Result;
use crate::id::{ServerId, TaskId};
use crate::step::Step;
use crate::store::{ActivityQuery, ActivityRow, ServerFields, ServerPatch, ServerRow};

/// What a visit says while it lasts.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) task: TaskId,
    pub(super) percent: u8,
    pub(super) line: String,
}

/// What the record of commands says of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sent {
    /// It was not, or the iDRAC refused it.
    No,
    /// It may have been: its record is made before it leaves, and no answer was written down.
    Perhaps,
    /// The iDRAC took it on.
    Yes,
}

impl Sent {
    fn of(row: &ActivityRow) -> Self {
        match row.status_code {
            None => Self::Perhaps,
            Some(_) if row.success => Self::Yes,
            Some(_) => Self::No,
        }
    }
}

/// What the record of commands held when a step began. What came after is told apart by it, whatever the clocks say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Before(Vec<Uuid>);

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Visit {
    ctx: Ctx,
    server: ServerRow,
    /// It is in the table.
    is_known: bool,
    ip: IpAddr,
    task: TaskId,
    words: mpsc::UnboundedSender<Word>,
    /// How the connection went, and the client, to be closed at the end.
    connection: Mutex<Option<ServerPatch>>,
    client: OnceLock<Client>,
}

impl Visit {
    pub(super) fn new(
        ctx: Ctx,
        (server, is_known): (ServerRow, bool),
        ip: IpAddr,
        task: TaskId,
        words: mpsc::UnboundedSender<Word>,
    ) -> Self {
        Self { ctx, server, is_known, ip, task, words, connection: Mutex::default(), client: OnceLock::new() }
    }

    /// The attempt.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// Its row as it was when the job began.
    pub(crate) fn server(&self) -> &ServerRow {
        &self.server
    }

    /// Its id.
    pub(crate) fn server_id(&self) -> ServerId {
        self.server.id
    }

    /// Its id, unless nothing but its address is known ([`Walk::run_also_at`](super::Walk::run_also_at)).
    pub(crate) fn known(&self) -> Option<ServerId> {
        self.is_known.then_some(self.server.id)
    }

    /// What its result is kept under.
    pub(super) fn key(&self) -> String {
        self.known().map_or_else(|| self.ip.to_string(), |id| id.to_string())
    }

    /// Its iDRAC's address.
    pub(crate) fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Its task.
    pub(crate) fn task(&self) -> TaskId {
        self.task
    }

    /// What people call it: the operator's name, the iDRAC's, or the address.
    pub(crate) fn name(&self) -> String {
        let fields = &self.server.fields;
        let named = [&fields.hostname, &fields.idrac_hostname]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty());
        named.cloned().unwrap_or_else(|| self.ip.to_string())
    }

    /// What its exchanges are about.
    pub(crate) fn about(&self) -> About {
        About {
            job_id: Some(self.ctx.job().id),
            task_id: Some(self.task),
            server: Arc::new(self.known().map(OnceLock::from).unwrap_or_default()),
            initiated_by: self.ctx.job().created_by,
        }
    }

    /// Logs in and proves it by reading the system. The server's row learns how it went, and the client is closed when the
    /// visit is over.
    ///
    /// # Errors
    /// No credentials, wrong ones, no way to it.
    pub(crate) async fn connect(&self) -> Result<(Client, Resource<ComputerSystem>)> {
        let mut fields = ServerFields::default();
        let connected = login::connect(self.ctx.fleet(), &self.server, &self.about(), &mut fields).await;
        let patch = match &connected {
            Ok(_) => login::online(fields),
            Err(error) => login::offline(fields, &error.chain()),
        };
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(patch);
        let (client, system) = connected?;
        // A second login of one visit shares the first one's end.
        let _ = self.client.set(client.clone());
        Ok((client, system))
    }

    /// Where this server's step of this name stands; see [`Ctx::step`].
    ///
    /// # Errors
    /// As there.
    pub(crate) fn step<T: DeserializeOwned>(&self, name: &str) -> Result<Step<'_, T>> {
        self.ctx.step(&format!("{name} {}", self.server.id))
    }

    /// Does a step once over all attempts: what an earlier attempt began is looked for with `find` (by the note that was
    /// written before), and only done anew where it is not found.
    ///
    /// # Errors
    /// Those of the store and of what is done.
    pub(crate) async fn once<T, N, F, A>(
        &self,
        name: &str,
        note: N,
        find: impl FnOnce(serde_json::Value) -> F + Send,
        act: impl FnOnce() -> A + Send,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        N: Serialize + Send + Sync,
        F: Future<Output = Result<Option<T>>> + Send,
        A: Future<Output = Result<T>> + Send,
    {
        match self.step(name)? {
            Step::Done(result) => Ok(result),
            Step::New(step) => {
                step.begin(&note).await?;
                step.done(act().await?).await
            }
            Step::Begun(step, note) => match find(note).await? {
                Some(found) => step.done(found).await,
                None => step.done(act().await?).await,
            },
        }
    }

    /// Whether this job has sent this server such a command in any of its attempts: for a step that was begun and whose end
    /// nobody knows.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn sent(&self, action: &str) -> Result<Sent> {
        self.sent_since("POST", action, &Before::default()).await
    }

    /// Likewise for any method, and only what came after, so that an earlier step of the job is not taken for this one.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn sent_since(&self, method: &str, end: &str, before: &Before) -> Result<Sent> {
        self.asked_since(|asked, path| asked == method && path.ends_with(end), before).await
    }

    /// Likewise for what this says of method and path.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn asked_since(
        &self,
        is_it: impl Fn(&str, &str) -> bool + Send,
        before: &Before,
    ) -> Result<Sent> {
        let is_it =
            |row: &&ActivityRow| is_it(&row.command_type, &row.endpoint) && !before.0.contains(&row.id);
        Ok(self.on_record().await?.iter().filter(is_it).map(Sent::of).max().unwrap_or(Sent::No))
    }

    /// What is on record now, for the note of a step that sends something.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn before(&self) -> Result<Before> {
        // Records of reads may be written later, and are asked for by nobody.
        let is_command = |row: &&ActivityRow| row.command_type != "GET";
        Ok(Before(self.on_record().await?.iter().filter(is_command).map(|row| row.id).collect()))
    }

    async fn on_record(&self) -> Result<Vec<ActivityRow>> {
        let query = ActivityQuery {
            job_id: Some(self.ctx.job().id),
            server_id: Some(self.server.id),
            ..ActivityQuery::default()
        };
        self.ctx.store().activity(query).await
    }

    /// How far it is, in percent and in a line for people. Stored at most once a second.
    pub(crate) fn progress(&self, percent: u8, line: impl Into<String>) {
        self.teller()(percent, line.into());
    }

    /// [`Visit::progress`] for whoever outlives a borrow: the watcher of a Dell job.
    pub(crate) fn teller(&self) -> impl Fn(u8, String) + Send + Sync + 'static {
        let (words, task) = (self.words.clone(), self.task);
        move |percent, line| {
            // The walk is over only when the visit is.
            let _ = words.send(Word { task, percent: percent.min(99), line });
        }
    }

    /// A line of the job's `console_log`.
    pub(crate) fn log(&self, level: &'static str, text: impl AsRef<str>) {
        self.ctx.log(level, format!("{}: {}", self.ip, text.as_ref()));
    }

    /// What the connection did to the server's row.
    pub(super) fn take_connection(&self) -> Option<ServerPatch> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Logs out.
    pub(super) async fn close(&self) {
        if let Some(client) = self.client.get() {
            client.close().await;
        }
    }
}
