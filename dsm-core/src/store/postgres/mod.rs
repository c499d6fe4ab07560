//! The store on a server: PostgreSQL 13 or newer, shared by any number of executors.

mod activity;
mod adopt;
mod attempt;
mod calls;
mod claim;
mod codec;
mod control;
mod credentials;
mod ends;
mod entries;
mod executor;
mod facts;
mod family;
mod fault;
mod functions;
mod inventory;
mod jobs;
mod keeper;
mod limits;
mod link;
mod locks;
mod migrate;
mod notes;
mod options;
mod pauses;
mod pool;
mod prune;
mod rows;
mod servers;
mod settings;
mod settle;
mod stepped;
mod steps;
mod tasks;
mod tls;
mod tx;
mod why;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;

pub use self::adopt::SchemaPlan;
pub use self::options::PostgresOptions;

use self::facts::Facts;
use self::fault::Db;
use self::keeper::Keeper;
use self::link::{Connector, Link};
use self::pool::{Pool, Within};
use self::tx::{Durability, Tx, transact};
use crate::error::Result;
use crate::store::StorageClock;
use crate::store::clock::SteadyClock;

/// A store in one schema of a PostgreSQL database.
///
/// Every executor opens its own. A call whose connection is lost is repeated on a new one for as long as
/// [`PostgresOptions::outage`] says. It needs connections of its own to the server, or a pooler that gives a session
/// to each: locks that prove an executor alive belong to a session.
pub struct PostgresStore {
    pool: Pool,
    keeper: Keeper,
    /// Set where a test moves the time; else the server's clock is asked.
    clock: Option<SteadyClock>,
    work: Arc<Notify>,
    facts: Facts,
    connect_timeout: Duration,
    label: String,
}

impl PostgresStore {
    /// Opens the database at an address (`postgres://user:password@host:5432/database`, or `key=value` pairs) and makes
    /// the tables where there are none.
    ///
    /// Across a network the connection is encrypted and the certificate looked at, unless the address says
    /// `sslmode=disable`; on the same host it is not, unless it says `sslmode=require`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an address that cannot be read;
    /// [`ErrorKind::StoreNotOurs`](crate::ErrorKind::StoreNotOurs) for tables of somebody else's or of a newer build,
    /// which are left as they were; [`ErrorKind::Store`](crate::ErrorKind::Store) where the server cannot be reached or
    /// refuses us; [`ErrorKind::System`](crate::ErrorKind::System) without certificates to trust.
    pub async fn connect(address: &str, options: PostgresOptions) -> Result<Self> {
        let connector = Arc::new(Connector::new(address, &options)?);
        let label = connector.label.clone();
        let facts = prepare(&connector, &options).await.map_err(|fault| fault.into_error(&label))?;
        let work = Arc::new(Notify::new());
        let clock = match options.clock.clone() {
            StorageClock::System => None,
            other @ (StorageClock::Manual(_) | StorageClock::Program(_)) => Some(SteadyClock::new(other)),
        };
        Ok(Self {
            keeper: Keeper::start(Arc::clone(&connector), &options.schema, Arc::clone(&work)),
            pool: Pool::new(connector, options.connections, options.call_limit(), options.outage),
            clock,
            work,
            facts,
            connect_timeout: options.connect_timeout,
            label,
        })
    }

    /// Which database it is, for reports: host, port and name, without user and password.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What would have to be added to a schema that others made before the store can work on it. Nothing is changed.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn plan(address: &str, options: &PostgresOptions) -> Result<SchemaPlan> {
        let connector = Connector::new(address, options)?;
        let plan = async { adopt::plan(&connector.connect(None).await?, &options.schema).await };
        plan.await.map_err(|fault| fault.into_error(&connector.label))
    }

    /// Carries a plan out, in one transaction: columns, indexes and tables of ours are added, nothing is removed. Writers
    /// of `jobs` and `job_tasks` wait while their indexes are made.
    ///
    /// # Errors
    /// [`ErrorKind::StoreNotOurs`](crate::ErrorKind::StoreNotOurs) where something is in the way, or the schema has
    /// changed since the plan was made: then nothing was done. Else as [`connect`](Self::connect).
    pub async fn apply(address: &str, options: &PostgresOptions, plan: &SchemaPlan) -> Result<()> {
        let connector = Connector::new(address, options)?;
        let apply = async { adopt::apply(&connector.connect(None).await?, &options.schema, plan).await };
        apply.await.map_err(|fault| fault.into_error(&connector.label))
    }

    /// `None`: the server's clock.
    fn manual(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(SteadyClock::now)
    }

    /// Reads, outside any transaction.
    async fn read<'a, T, F>(&self, read: F) -> Result<T>
    where
        T: Send,
        F: Send + Sync + for<'c> Fn(&'c Link, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        self.pool.run(read).await
    }

    /// Writes, in one transaction.
    async fn write_in<'a, T, F>(&'a self, durability: Durability, work: F) -> Result<T>
    where
        T: Send + 'a,
        F: Send + Sync + for<'c> Fn(&'c Tx<'c>, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
    {
        let manual = self.manual();
        let work = &work;
        let (done, wake) = self
            .pool
            .run(|link, _: Within<'_, '_>| Box::pin(transact(link, durability, manual, work)))
            .await?;
        if wake {
            self.announce();
        }
        Ok(done)
    }

    fn announce(&self) {
        self.work.notify_waiters();
        // For one who is about to wait: a permit that the next wait takes at once.
        self.work.notify_one();
        self.keeper.announce();
    }
}

/// Makes the schema and reads from the catalogue what its statements must know.
async fn prepare(connector: &Connector, options: &PostgresOptions) -> Db<Facts> {
    let link = connector.connect(None).await?;
    migrate::migrate(&link, &options.schema).await?;
    facts::read(&link).await
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("at", &self.label).finish_non_exhaustive()
    }
}
