//! An engine over a database server: PostgreSQL itself, or PostgREST before it.

use std::path::PathBuf;
use std::sync::Arc;

use dsm_core::Error;
use dsm_core::store::{PostgresOptions, PostgresStore, PostgrestOptions, PostgrestStore, Store};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::keys::KeyChoice;
use super::objects::Objects;
use super::options::{Settings, set_time};
use super::over::read;
use super::{Engine, start};
use crate::argument;
use crate::failure::Failure;
use crate::runtime::{Outcome, block_on, spawn};

#[pymethods]
impl Engine {
    /// Opens a PostgreSQL database and starts to run its jobs, together with all other engines on it.
    ///
    /// `address` is a URL or a list of settings, as PostgreSQL's own tools take it, with the password. Our tables are made in an
    /// empty `schema` (`public` unless given); a database that others made is only used once it was extended
    /// (`PostgresStore::plan` and `apply`, from Rust). `tls_roots` are certificates to trust, instead of the system's. Keys as
    /// in `over()`. `options` are those of `dsm.EngineOptions`, `clock`
    /// left out: the server's clock is that of all.
    #[staticmethod]
    #[pyo3(signature = (address, *, schema=None, tls_roots=None, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(address, *, schema=None, tls_roots=None, key_file=None, key=None, key_variable=None, **options)")]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn over_postgres<'py>(
        py: Python<'py>,
        address: String,
        schema: Option<String>,
        tls_roots: Option<PathBuf>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        let how = read(py, options, false)?;
        block_on(py, opening(Server::Postgres { address: address.into(), schema, tls_roots }, keys, how))
    }

    /// `over_postgres()` for asyncio: gives a future.
    #[staticmethod]
    #[pyo3(signature = (address, *, schema=None, tls_roots=None, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(address, *, schema=None, tls_roots=None, key_file=None, key=None, key_variable=None, **options)")]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn over_postgres_async<'py>(
        py: Python<'py>,
        address: String,
        schema: Option<String>,
        tls_roots: Option<PathBuf>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        let how = read(py, options, true)?;
        spawn(py, opening(Server::Postgres { address: address.into(), schema, tls_roots }, keys, how))
    }

    /// Opens a PostgREST service, as Supabase offers it, with the key of its service role, and starts to run the jobs of the
    /// database behind it, together with all other engines on it.
    ///
    /// What is not given comes from the environment: `url` from `DSM_URL` (or `SUPABASE_URL`), `service_role_key` from
    /// `SERVICE_ROLE_KEY` (or `SUPABASE_SERVICE_ROLE_KEY`). `service` are `dsm.options.PostgrestOptions`. On a database that
    /// was extended by our tables and functions everything holds that holds on PostgreSQL. On one that was not, `lacks` says
    /// what the store cannot give, and jobs that change servers are refused unless `accept_unfenced_changes` is true. Keys as
    /// in `over()`. `options` are those of `dsm.EngineOptions`, `clock` left out: the server's clock is that of all.
    #[staticmethod]
    #[pyo3(signature = (url=None, service_role_key=None, *, service=None, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(url=None, service_role_key=None, *, service=None, key_file=None, key=None, key_variable=None, **options)")]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn over_postgrest<'py>(
        py: Python<'py>,
        url: Option<String>,
        service_role_key: Option<String>,
        service: Option<&Bound<'py, PyDict>>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let server = Server::postgrest(py, url, service_role_key, service)?;
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        block_on(py, opening(server, keys, read(py, options, false)?))
    }

    /// `over_postgrest()` for asyncio: gives a future.
    #[staticmethod]
    #[pyo3(signature = (url=None, service_role_key=None, *, service=None, key_file=None, key=None, key_variable=None, **options),
           text_signature = "(url=None, service_role_key=None, *, service=None, key_file=None, key=None, key_variable=None, **options)")]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn over_postgrest_async<'py>(
        py: Python<'py>,
        url: Option<String>,
        service_role_key: Option<String>,
        service: Option<&Bound<'py, PyDict>>,
        key_file: Option<PathBuf>,
        key: Option<&Bound<'py, PyAny>>,
        key_variable: Option<String>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let server = Server::postgrest(py, url, service_role_key, service)?;
        let keys = KeyChoice::read(None, key_file, key, key_variable)?;
        spawn(py, opening(server, keys, read(py, options, true)?))
    }
}

/// Where the store is, as a script says it.
enum Server {
    Postgres { address: Zeroizing<String>, schema: Option<String>, tls_roots: Option<PathBuf> },
    Postgrest { url: Option<String>, key: Option<Zeroizing<String>>, service: Service },
}

/// `dsm.options.PostgrestOptions`. Times are seconds.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Service {
    schema: Option<String>,
    connect_timeout: Option<f64>,
    request_timeout: Option<f64>,
    outage: Option<f64>,
    max_reply: Option<usize>,
    page: Option<usize>,
    tls_roots: Option<PathBuf>,
    notify: bool,
    executor_secret: Option<String>,
    plain: bool,
}

impl Service {
    fn options(self) -> dsm_core::Result<PostgrestOptions> {
        let mut options = PostgrestOptions::default();
        options.schema = self.schema.unwrap_or(options.schema);
        set_time(&mut options.connect_timeout, "connect_timeout", self.connect_timeout)?;
        set_time(&mut options.request_timeout, "request_timeout", self.request_timeout)?;
        set_time(&mut options.outage, "outage", self.outage)?;
        options.max_reply = self.max_reply.unwrap_or(options.max_reply);
        options.page = self.page.unwrap_or(options.page);
        options.tls_roots = self.tls_roots;
        options.notify = self.notify;
        options.executor_secret = self.executor_secret.map(Zeroizing::new);
        options.plain = self.plain;
        Ok(options)
    }
}

impl Server {
    fn postgrest(
        py: Python<'_>,
        url: Option<String>,
        key: Option<String>,
        service: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let service = service.map(argument::fields).transpose()?.unwrap_or_default();
        if url.is_some() != key.is_some() {
            let what = "the address and the key go together";
            let error = Error::invalid("service_role_key", what, "give both, or set both in the environment");
            return Err(Failure::Core(error).into_python(py));
        }
        Ok(Self::Postgrest { url, key: key.map(Zeroizing::new), service })
    }

    async fn open(self) -> dsm_core::Result<(Arc<dyn Store>, String)> {
        match self {
            Self::Postgres { address, schema, tls_roots } => {
                let mut options = PostgresOptions::default();
                options.schema = schema.unwrap_or(options.schema);
                options.tls_roots = tls_roots;
                let store = PostgresStore::connect(&address, options).await?;
                let name = store.label().to_owned();
                Ok((Arc::new(store), name))
            }
            Self::Postgrest { url, key, service } => {
                let options = service.options()?;
                let store = match (url, key) {
                    (Some(url), Some(key)) => PostgrestStore::connect(&url, &key, options).await?,
                    _ => PostgrestStore::from_environment(options).await?,
                };
                let name = store.label().to_owned();
                Ok((Arc::new(store), name))
            }
        }
    }
}

/// The store first, as for one in a file.
async fn opening(server: Server, keys: KeyChoice, how: (Settings, Objects)) -> Outcome {
    let (store, name) = server.open().await?;
    let opened =
        tokio::task::spawn_blocking(move || keys.cipher().map(|cipher| (cipher, keys.into_file()))).await;
    let (cipher, key_file) = opened.map_err(|error| Failure::Panic(error.to_string()))??;
    start(store, cipher, key_file, name, how).await
}
