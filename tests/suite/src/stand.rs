//! An engine and its store, pointed at a simulated fleet.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dsm_core::activity::ActivityOptions;
use dsm_core::credential::{Cipher, EnvCredentials, KEY_LENGTH, Place, Secret, key_path_beside};
use dsm_core::engine::{EngineOptions, Events, IdracOptions, ScanOptions};
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{
    CredentialSetRow, MemoryStore, ServerQuery, ServerRow, SqliteOptions, SqliteStore, Store,
};
use dsm_core::{CredentialSetId, Engine, Event, EventKind, JobId, JobRow, NewJob};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::Failure;

/// A store with its key, and the options of the engines started on it.
#[derive(Debug, Clone)]
pub struct Stand {
    /// Where everything is stored.
    pub store: Arc<dyn Store>,
    /// Seals what is stored.
    pub cipher: Arc<Cipher>,
    /// How jobs are held.
    pub options: EngineOptions,
    /// How iDRACs are talked to; the port is the fleet's.
    pub idrac: IdracOptions,
    /// How wide and how fast.
    pub scan: ScanOptions,
    /// How exchanges are recorded.
    pub activity: ActivityOptions,
}

/// A job that has ended, and all that was told of it.
#[derive(Debug)]
pub struct Ran {
    /// Its row.
    pub row: JobRow,
    /// Its events, first to last.
    pub events: Vec<Event>,
}

impl Stand {
    /// In memory.
    #[must_use]
    pub fn memory(port: u16) -> Self {
        let cipher = Cipher::from_key(Zeroizing::new([7; KEY_LENGTH]));
        Self::over(Arc::new(MemoryStore::new()), cipher, port)
    }

    /// In a file, with the key beside it.
    ///
    /// # Errors
    /// The store's or the key file's.
    pub fn sqlite(path: &Path, port: u16) -> Result<Self, Failure> {
        let store = SqliteStore::open(path, SqliteOptions::default())?;
        let cipher = Cipher::load_or_create(&key_path_beside(path))?;
        Ok(Self::over(Arc::new(store), cipher, port))
    }

    /// On a server, with a key of its own.
    ///
    /// # Errors
    /// The store's.
    #[cfg(feature = "postgres")]
    pub async fn postgres(address: &str, port: u16) -> Result<Self, Failure> {
        let options = dsm_core::store::PostgresOptions::default();
        let store = dsm_core::store::PostgresStore::connect(address, options).await?;
        let cipher = Cipher::from_key(Zeroizing::new([7; KEY_LENGTH]));
        Ok(Self::over(Arc::new(store), cipher, port))
    }

    /// Over a PostgREST service, with the key of its service role, and a key of its own for passwords.
    ///
    /// # Errors
    /// The store's.
    #[cfg(feature = "postgrest")]
    pub async fn postgrest(address: &str, role: &str, port: u16) -> Result<Self, Failure> {
        let options = dsm_core::store::PostgrestOptions::default();
        let store = dsm_core::store::PostgrestStore::connect(address, role, options).await?;
        Ok(Self::over(Arc::new(store), Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])), port))
    }

    /// On the store at an address: a service (with the key of its role), a server, or a file.
    ///
    /// # Errors
    /// The store's.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "a file needs no waiting"))]
    pub async fn at(address: &str, role: &str, port: u16) -> Result<Self, Failure> {
        #[cfg(feature = "postgrest")]
        if address.starts_with("http://") {
            return Self::postgrest(address, role, port).await;
        }
        #[cfg(feature = "postgres")]
        if address.starts_with("postgres://") {
            return Self::postgres(address, port).await;
        }
        let _ = role;
        Self::sqlite(Path::new(address), port)
    }

    fn over(store: Arc<dyn Store>, cipher: Cipher, port: u16) -> Self {
        Self {
            store,
            cipher: Arc::new(cipher),
            options: EngineOptions { poll_interval: Duration::from_millis(50), ..EngineOptions::default() },
            idrac: IdracOptions { port, ..IdracOptions::default() },
            scan: ScanOptions { connect_timeout: Duration::from_millis(400), ..ScanOptions::default() },
            activity: ActivityOptions::default(),
        }
    }

    /// Adds a default credential set.
    ///
    /// # Errors
    /// The store's or the cipher's.
    pub async fn add_set(
        &self,
        name: &str,
        username: &str,
        password: &str,
        priority: i64,
    ) -> Result<CredentialSetId, Failure> {
        let id = CredentialSetId::new();
        let sealed = self.cipher.seal(&Secret::new(password), Place::CredentialSet(id))?;
        self.store
            .put_credential_set(CredentialSetRow {
                id,
                name: name.to_owned(),
                credential_type: "idrac".to_owned(),
                username: username.to_owned(),
                password_encrypted: Some(sealed.into_string()),
                is_default: true,
                priority,
                description: None,
            })
            .await?;
        Ok(id)
    }

    /// Starts an engine that may talk to loopback and takes no credentials from the environment.
    ///
    /// # Errors
    /// The engine's.
    pub async fn engine(&self) -> Result<Engine, Failure> {
        let engine = Engine::builder(self.store.clone(), self.cipher.clone())
            .with_network(NetworkPolicy::default().allow_loopback())
            .with_env_credentials(EnvCredentials::none())
            .with_options(self.options.clone())
            .with_idrac(self.idrac.clone())
            .with_scan(self.scan.clone())
            .with_activity(self.activity.clone())
            .start()
            .await?;
        Ok(engine)
    }

    /// Starts an engine, runs one job to its end, stops the engine.
    ///
    /// # Errors
    /// The engine's.
    pub async fn run(&self, job: NewJob) -> Result<Ran, Failure> {
        let engine = self.engine().await?;
        let ran = run(&engine, job).await;
        engine.shutdown().await?;
        ran
    }

    /// All servers by address; those without one are left out.
    ///
    /// # Errors
    /// The store's.
    pub async fn servers(&self) -> Result<BTreeMap<IpAddr, ServerRow>, Failure> {
        let rows = self.store.servers(ServerQuery::default()).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.fields.ip_address?, row))).collect())
    }
}

/// A `discovery_scan` with this scope and these details.
#[must_use]
pub fn scan(scope: Value, details: Value) -> NewJob {
    let details = match details {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    NewJob { job_type: "discovery_scan".to_owned(), target_scope: scope, details, ..NewJob::default() }
}

/// Runs a job to its end on a running engine.
///
/// # Errors
/// The engine's.
pub async fn run(engine: &Engine, job: NewJob) -> Result<Ran, Failure> {
    let events = engine.events();
    let id = engine.enqueue(job).await?;
    let events = to_the_end(events, id).await;
    Ok(Ran { row: engine.job(id).await?, events })
}

/// The events of a job up to its end.
pub async fn to_the_end(mut events: Events, job: JobId) -> Vec<Event> {
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        if event.job_id != job {
            continue;
        }
        let ended = matches!(&event.kind, EventKind::Ended { status, .. } if status.is_terminal());
        seen.push(event);
        if ended {
            break;
        }
    }
    seen
}

impl Ran {
    /// A number of the job's details; -1 where there is none.
    #[must_use]
    pub fn count(&self, key: &str) -> i64 {
        self.row.details.get(key).and_then(Value::as_i64).unwrap_or(-1)
    }

    /// The result of one address among `server_results`.
    #[must_use]
    pub fn result(&self, ip: IpAddr) -> Option<&Value> {
        let text = ip.to_string();
        let results = self.row.details.get("server_results")?.as_array()?;
        results.iter().find(|result| result.get("ip").and_then(Value::as_str) == Some(&text))
    }

    /// The status word of one address.
    #[must_use]
    pub fn status(&self, ip: IpAddr) -> &str {
        self.result(ip).and_then(|result| result.get("status")).and_then(Value::as_str).unwrap_or("absent")
    }

    /// The error text of one address; empty where there is none.
    #[must_use]
    pub fn error(&self, ip: IpAddr) -> &str {
        self.result(ip).and_then(|result| result.get("error")).and_then(Value::as_str).unwrap_or_default()
    }
}
