//! How a store on a server is opened.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::error::{Error, Result};
use crate::store::StorageClock;

/// How a store on a server is opened; the address itself is the connection string's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The schema of the tables; made where there is none.
    pub schema: String,
    /// Connections at most, beside the one that keeps locks and listens.
    pub connections: usize,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a call goes on trying after its connection was lost, before it fails.
    pub outage: Duration,
    /// Certificates (PEM) to trust instead of the system's, where TLS is used.
    pub tls_roots: Option<PathBuf>,
    /// Where the time comes from: the server's clock, or one that a test moves.
    pub clock: StorageClock,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "public".to_owned(),
            connections: 8,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            outage: Duration::from_secs(10),
            tls_roots: None,
            clock: StorageClock::System,
        }
    }
}

impl PostgresOptions {
    /// The address, with what we ask of every connection. An error never quotes the string: it may hold a password.
    pub(super) fn config(&self, address: &str) -> Result<Config> {
        // Ours always looks at the certificate, so these two say no more than `require`.
        let address = address
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = address.parse().map_err(|_| unusable("it cannot be read"))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unusable("it names no host"));
        }
        if config.get_user().is_none() {
            return Err(unusable("it names no user"));
        }
        // "TLS if the server happens to have it" protects from nobody: near by it is left out, elsewhere it is a must.
        if config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(if is_near(&config) { SslMode::Disable } else { SslMode::Require });
        }
        if config.get_application_name().is_none() {
            config.application_name("dsm");
        }
        // A peer that vanished is noticed long before a lease runs out.
        config
            .connect_timeout(self.connect_timeout)
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(10));
        Ok(config)
    }

    /// What each session is set to: nothing of the server's or the user's defaults is left to chance.
    pub(super) fn session(&self) -> String {
        let schema = quoted(&self.schema);
        let limit = self.statement_timeout.as_millis();
        format!(
            "SET search_path = {schema}, pg_temp; SET timezone = 'UTC'; SET statement_timeout = {limit};
             SET lock_timeout = {limit}; SET idle_in_transaction_session_timeout = {limit};
             SET random_page_cost = 1.1; SET jit = off; SET client_min_messages = warning"
        )
    }

    /// No call takes longer than this on one connection.
    pub(super) fn call_limit(&self) -> Duration {
        self.statement_timeout * 2
    }
}

/// A name as SQL quotes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Host, port and database, for messages: no user, no password.
pub(super) fn label(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres {host}:{port}/{database}")
}

fn is_near(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|at| at.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

fn unusable(why: &str) -> Error {
    Error::invalid(
        "connection string",
        format!("{why} (it is not shown: it may hold a password)"),
        "write postgres://user:password@host:5432/database?sslmode=require",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(address: &str) -> Config {
        PostgresOptions::default().config(address).unwrap()
    }

    #[test]
    fn a_password_is_in_no_error_and_no_label() {
        for wrong in [
            "postgres://u:hunter2@h/d?sslmod=x",
            "hunter2",
            "host=h password=hunter2 port=x",
            "password=hunter2",
        ] {
            let error = PostgresOptions::default().config(wrong).unwrap_err();
            assert!(!format!("{error} {error:?} {}", error.chain()).contains("hunter2"), "{error:?}");
        }
        let config = config("postgres://u:hunter2@db.example/d");
        assert_eq!(label(&config), "postgres db.example:5432/d");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn elsewhere_tls_is_a_must_unless_it_is_switched_off() {
        assert_eq!(config("postgres://u@db.example/d").get_ssl_mode(), SslMode::Require);
        assert_eq!(config("postgres://u@127.0.0.1/d").get_ssl_mode(), SslMode::Disable);
        assert_eq!(config("host=/run/postgresql user=u").get_ssl_mode(), SslMode::Disable);
        assert_eq!(config("postgres://u@db.example/d?sslmode=disable").get_ssl_mode(), SslMode::Disable);
        assert_eq!(config("postgres://u@localhost/d?sslmode=verify-full").get_ssl_mode(), SslMode::Require);
    }
}
