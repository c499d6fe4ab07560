//! What can be set about a store over PostgREST.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::store::StorageClock;

/// How a PostgREST service is used.
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgrestOptions {
    /// The schema, as the service exposes it.
    pub schema: String,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Time for one request.
    pub request_timeout: Duration,
    /// How long a call is repeated while the service cannot be reached.
    pub outage: Duration,
    /// The largest answer that is read, in bytes.
    pub max_reply: usize,
    /// Rows asked for at a time, and ids named in one request. A service that caps its answers lower is met there.
    pub page: usize,
    /// Certificates to trust (PEM), instead of the system's.
    pub tls_roots: Option<PathBuf>,
    /// Tells the edge function `update-job` when a job begins or ends, so that people are notified as they are used to.
    pub notify: bool,
    /// Signs what is sent to `update-job` (`EXECUTOR_SHARED_SECRET`).
    pub executor_secret: Option<Zeroizing<String>>,
    /// Works as on an untouched schema although our functions are installed.
    pub plain: bool,
    /// Where the time comes from; only with our functions installed may it be another than the server's.
    pub clock: StorageClock,
}

impl Default for PostgrestOptions {
    fn default() -> Self {
        Self {
            schema: "public".to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            outage: Duration::from_secs(20),
            max_reply: 64 * 1024 * 1024,
            page: 100,
            tls_roots: None,
            notify: false,
            executor_secret: None,
            plain: false,
            clock: StorageClock::default(),
        }
    }
}

impl fmt::Debug for PostgrestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgrestOptions")
            .field("schema", &self.schema)
            .field("request_timeout", &self.request_timeout)
            .field("outage", &self.outage)
            .field("page", &self.page)
            .field("notify", &self.notify)
            .field("is_signing", &self.executor_secret.is_some())
            .field("plain", &self.plain)
            .finish_non_exhaustive()
    }
}
