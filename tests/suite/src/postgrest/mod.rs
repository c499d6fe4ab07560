//! A PostgREST in the way of the existing system's gateway (`/rest/v1/…` behind `apikey` and a bearer token,
//! `/functions/v1/update-job` and `create-job`), faked over a real PostgreSQL: requests become SQL there, so that what
//! the database decides (types, constraints, locks, the clock) is decided by a database.
//!
//! Held to what PostgREST 12 and 13 document. What it does not simulate it refuses with 501 (`"code": "FAKE"`): full
//! text search, spread and many-to-many embedding, PUT, other formats than JSON, roles. The edge functions are
//! simulations of what the contract says of them, not their code.

mod catalogue;
mod control;
mod database;
mod edge;
mod fault;
mod filter;
mod function;
mod prefer;
mod query;
mod read;
mod render;
mod reply;
mod scan;
mod select;
mod serve;
mod write;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use hyper::Method;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, NoTls};

pub use edge::{EdgeUser, canonical_json, sign};
pub use fault::{Fault, Trouble};

use catalogue::Catalogue;
use database::Database;

use crate::Failure;

/// The schema of the existing database, as far as dsm meets it: its enumerations, its tables, its references. Made by
/// nobody but its own migrations: no table or column of ours is in it.
pub const EXISTING_SCHEMA: &str = include_str!("existing.sql");
/// The functions that its clients call.
pub const EXISTING_FUNCTIONS: &str = include_str!("functions.sql");

/// The service role's key where none was chosen.
pub const KEY: &str = "service-role-key-of-the-fake";

/// How the fake is set up.
#[derive(Debug, Clone)]
pub struct PostgrestOptions {
    /// The service role's key: the only one that opens anything.
    pub key: String,
    /// The schema that is shown.
    pub schema: String,
    /// The most rows an answer to a read has (`db-max-rows`); more are left out without a word.
    pub max_rows: Option<u64>,
    /// How many requests run at a time.
    pub connections: usize,
    /// What `update-job` is signed with; `None`: it may be unsigned.
    pub shared_secret: Option<String>,
    /// Who may call `create-job`.
    pub user: Option<EdgeUser>,
}

impl Default for PostgrestOptions {
    fn default() -> Self {
        Self {
            key: KEY.to_owned(),
            schema: "public".to_owned(),
            max_rows: Some(1000),
            connections: 10,
            shared_secret: None,
            user: None,
        }
    }
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// How.
    pub method: Method,
    /// Where.
    pub path: String,
    /// What exactly, as it was sent.
    pub query: String,
    /// `None`: the connection broke before anything was done.
    pub status: Option<u16>,
}

/// What the connections share.
struct Shared {
    options: PostgrestOptions,
    database: Database,
    state: Mutex<State>,
}

struct State {
    catalogue: Arc<Catalogue>,
    max_rows: Option<u64>,
    faults: Vec<Fault>,
    journal: Vec<Exchange>,
    notifications: Vec<Value>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.state().catalogue)
    }

    fn max_rows(&self) -> Option<u64> {
        self.state().max_rows
    }

    fn meet(&self, method: &Method, path: &str) -> Option<Trouble> {
        fault::meet(&mut self.state().faults, method, path)
    }

    async fn reload(&self) -> Result<(), Failure> {
        let client = self.database.connect().await.map_err(|refusal| refusal.message().to_owned())?;
        let read = Catalogue::read(&client, &self.options.schema).await;
        self.state().catalogue = Arc::new(read.map_err(|refusal| refusal.message().to_owned())?);
        Ok(())
    }
}

/// A running fake. It goes when dropped.
pub struct Postgrest {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Postgrest {
    /// Starts one over a database. As with the real one, tables and functions made later are not known before
    /// `NOTIFY pgrst, 'reload schema'`.
    ///
    /// # Errors
    /// Where the database cannot be reached.
    pub async fn start(database: &str, options: PostgrestOptions) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            database: Database::new(database, &options.schema, options.connections),
            state: Mutex::new(State {
                catalogue: Arc::default(),
                max_rows: options.max_rows,
                faults: Vec::new(),
                journal: Vec::new(),
                notifications: Vec::new(),
            }),
            options,
        });
        let reloader = hear_reloads(database, Arc::clone(&shared)).await?;
        shared.reload().await?;
        let server = tokio::spawn(serve::listen(Arc::clone(&shared), listener));
        Ok(Self { address, shared, tasks: vec![reloader, server] })
    }

    /// The control plane's base, `DSM_URL`: `/rest/v1` and `/functions/v1` are below it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that opens it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.shared.options.key
    }

    /// Makes trouble from now on. Of several faults that meet a request, the first made counts.
    pub fn arm(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// No more trouble.
    pub fn disarm(&self) {
        self.shared.state().faults.clear();
    }

    /// Changes the most rows an answer has.
    pub fn set_max_rows(&self, max_rows: Option<u64>) {
        self.shared.state().max_rows = max_rows;
    }

    /// Every request so far, in the order in which they were answered.
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.shared.state().journal.clone()
    }

    /// The same, and begins anew.
    #[must_use]
    pub fn take_journal(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.state().journal)
    }

    /// What `update-job` would have told people (`send-notification`).
    #[must_use]
    pub fn notifications(&self) -> Vec<Value> {
        self.shared.state().notifications.clone()
    }

    /// Looks at the schema anew.
    ///
    /// # Errors
    /// The database's.
    pub async fn reload(&self) -> Result<(), Failure> {
        self.shared.reload().await
    }
}

impl std::fmt::Debug for Postgrest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgrest").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Postgrest {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Listens for `NOTIFY pgrst`.
async fn hear_reloads(database: &str, shared: Arc<Shared>) -> Result<JoinHandle<()>, Failure> {
    let (client, mut connection) = tokio_postgres::connect(database, NoTls).await?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let heard = tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if matches!(message, AsyncMessage::Notification(_)) && tell.send(()).is_err() {
                return;
            }
        }
    });
    client.batch_execute("LISTEN pgrst").await?;
    Ok(tokio::spawn(async move {
        let _listening = (client, heard);
        while told.recv().await.is_some() {
            // A schema that cannot be read stays as it was known.
            let _ = shared.reload().await;
        }
    }))
}
