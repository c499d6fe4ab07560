//! One connection, its statements prepared once each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::poll_fn;
use tokio::sync::mpsc::UnboundedSender;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Notification, Row, Socket, Statement};

use super::fault::{Db, Fault};
use super::options::{PostgresOptions, label};
use super::tls::{Stream, Tls};
use crate::error::Result;

/// Parameters of a statement.
pub(super) type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// Makes connections. Its Debug would show an address: it has none.
pub(super) struct Connector {
    config: Config,
    tls: Tls,
    session: String,
    limit: Duration,
    /// Names the database in messages.
    pub(super) label: String,
}

impl Connector {
    pub(super) fn new(address: &str, options: &PostgresOptions) -> Result<Self> {
        let config = options.config(address)?;
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => Tls::unused()?,
            _ => Tls::new(options.tls_roots.as_deref())?,
        };
        Ok(Self {
            label: label(&config),
            session: options.session(),
            limit: options.connect_timeout * 2,
            config,
            tls,
        })
    }

    /// A connection set up as ours are. What the server notifies of goes to `heard`; it closes with the connection.
    pub(super) async fn connect(&self, heard: Option<UnboundedSender<Notification>>) -> Db<Link> {
        tokio::time::timeout(self.limit, self.connect_in_time(heard)).await.unwrap_or(Err(Fault::Late))
    }

    async fn connect_in_time(&self, heard: Option<UnboundedSender<Notification>>) -> Db<Link> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(drive(connection, heard));
        client.batch_execute(&self.session).await?;
        Ok(Link { client, statements: Mutex::default() })
    }
}

async fn drive(mut connection: Connection<Socket, Stream>, heard: Option<UnboundedSender<Notification>>) {
    // An error ends the connection, and whoever waits on it is told by the client's half.
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let (AsyncMessage::Notification(notification), Some(heard)) = (message, &heard) {
            let _ = heard.send(notification);
        }
    }
}

/// A connection. Statements sent without waiting for each other travel together.
pub(super) struct Link {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Link {
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Statements without parameters or rows, several of them if need be.
    pub(super) async fn batch(&self, sql: &str) -> Db<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(super) async fn query(&self, sql: &str, params: Params<'_>) -> Db<Vec<Row>> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.query(&statement, params).await?)
    }

    /// The first row, if there is one.
    pub(super) async fn query_opt(&self, sql: &str, params: Params<'_>) -> Db<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs a statement; how many rows it touched.
    pub(super) async fn execute(&self, sql: &str, params: Params<'_>) -> Db<u64> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute(&statement, params).await?)
    }

    /// The store's statements are few and known: none is ever forgotten.
    async fn prepared(&self, sql: &str) -> Result<Statement, Fault> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}
