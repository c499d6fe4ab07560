//! The database behind the fake: a few connections, and one transaction a request.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;
use tokio::sync::Semaphore;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Row};

use super::reply::Refusal;

/// A statement and its parameters. They go as text of no type, so that the server reads each as what stands beside it,
/// as it would a literal: that is how PostgREST sends them.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    parameters: Vec<Parameter>,
}

impl Statement {
    /// Its place in the text.
    pub(super) fn bind(&mut self, value: impl Into<Parameter>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }

    /// A statement with its parameters in order.
    pub(super) fn of<const N: usize>(sql: &str, parameters: [Parameter; N]) -> Self {
        Self { sql: sql.to_owned(), parameters: parameters.into() }
    }
}

/// A value as text, or NULL.
#[derive(Debug, Clone)]
pub(super) struct Parameter(pub(super) Option<String>);

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// An SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// The connections.
pub(super) struct Database {
    address: String,
    schema: String,
    idle: Mutex<Vec<Client>>,
    slots: Semaphore,
}

impl Database {
    pub(super) fn new(address: &str, schema: &str, connections: usize) -> Self {
        Self {
            address: address.to_owned(),
            schema: schema.to_owned(),
            idle: Mutex::default(),
            slots: Semaphore::new(connections.max(1)),
        }
    }

    /// A connection of its own, for what is not a request.
    pub(super) async fn connect(&self) -> Result<Client, Refusal> {
        let (client, connection) = tokio_postgres::connect(&self.address, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs one statement in a transaction of its own; what `judge` refuses is rolled back.
    pub(super) async fn transact<T: Send>(
        &self,
        access: Access,
        statement: &Statement,
        judge: impl FnOnce(Vec<Row>) -> Result<T, Refusal> + Send,
    ) -> Result<T, Refusal> {
        let _slot = self.slots.acquire().await.map_err(|_| Refusal::new(503, "PGRST001", "closed"))?;
        let client = match self.at_rest() {
            Some(client) => client,
            None => self.connect().await?,
        };
        let begin = match access {
            Access::Read => "BEGIN READ ONLY",
            Access::Write => "BEGIN",
        };
        client.batch_execute(&format!("{begin}; SET LOCAL search_path = {}", quoted(&self.schema))).await?;
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = statement
            .parameters
            .iter()
            .map(|parameter| (parameter as &(dyn ToSql + Sync), Type::UNKNOWN))
            .collect();
        let outcome = match client.query_typed(&statement.sql, &parameters).await {
            Ok(rows) => judge(rows),
            Err(error) => Err(error.into()),
        };
        let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        client.batch_execute(end).await?;
        self.idle().push(client);
        outcome
    }

    fn at_rest(&self) -> Option<Client> {
        let mut idle = self.idle();
        idle.retain(|client| !client.is_closed());
        idle.pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
