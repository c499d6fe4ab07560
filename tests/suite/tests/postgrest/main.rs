//! The fake PostgREST, held to what PostgREST documents. `reads` and `writes` hold on a real one as well: name it with
//! `DSM_TEST_POSTGREST_URL` (plain HTTP, up to where tables begin) and `DSM_TEST_POSTGREST_KEY`; its database must have
//! the existing schema. They leave nothing behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod beside;
mod edge;
mod functions;
mod own;
mod process;
mod reads;
mod writes;

use dsm_suite::postgres::Postgres;
use dsm_suite::postgrest::{EXISTING_FUNCTIONS, EXISTING_SCHEMA, Postgrest, PostgrestOptions};
use dsm_suite::rest::{RestClient, Told};
use hyper::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A fake of a test's own, over a database of its own.
struct Own {
    fake: Postgrest,
    client: RestClient,
    server: &'static Postgres,
    database: String,
}

impl Own {
    async fn start(options: PostgrestOptions) -> Option<Self> {
        let server = Postgres::shared()?;
        let address = server.database().unwrap();
        let database = address.rsplit('/').next().unwrap().to_owned();
        server.sql(&database, EXISTING_SCHEMA).unwrap();
        server.sql(&database, EXISTING_FUNCTIONS).unwrap();
        let fake = Postgrest::start(&address, options).await.unwrap();
        let client = RestClient::new(&format!("{}/rest/v1", fake.url()), fake.key()).unwrap();
        Some(Self { fake, client, server, database })
    }

    async fn plain() -> Option<Self> {
        Self::start(PostgrestOptions::default()).await
    }

    fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.database, statements).unwrap()
    }
}

/// What the shared tests run against, and the mark on every row of one of them.
struct Bench {
    client: RestClient,
    mark: String,
    _own: Option<Own>,
}

/// `None`, said aloud, where there is nothing to run against.
async fn bench() -> Option<Bench> {
    let mark = Uuid::new_v4().to_string();
    if let Ok(url) = std::env::var("DSM_TEST_POSTGREST_URL") {
        let key = std::env::var("DSM_TEST_POSTGREST_KEY").unwrap_or_default();
        return Some(Bench { client: RestClient::new(&url, &key).unwrap(), mark, _own: None });
    }
    let own = Own::plain().await?;
    Some(Bench { client: own.client.clone(), mark, _own: Some(own) })
}

impl Bench {
    async fn get(&self, target: &str) -> Told {
        self.client.send(Method::GET, target, None, &[]).await.unwrap()
    }

    async fn post(&self, target: &str, body: Value, prefer: &str) -> Told {
        self.client.send(Method::POST, target, Some(&body), &[("prefer", prefer)]).await.unwrap()
    }

    async fn patch(&self, target: &str, body: Value, prefer: &str) -> Told {
        self.client.send(Method::PATCH, target, Some(&body), &[("prefer", prefer)]).await.unwrap()
    }

    async fn delete(&self, target: &str, prefer: &str) -> Told {
        self.client.send(Method::DELETE, target, None, &[("prefer", prefer)]).await.unwrap()
    }

    /// A server's row with this address, marked.
    fn server(&self, address: &str) -> Value {
        json!({"ip_address": self.address(address), "rack_id": self.mark})
    }

    fn address(&self, address: &str) -> String {
        format!("{address}@{}", self.mark)
    }

    /// Removes what the test made.
    async fn clear(&self) {
        for (table, column) in [("servers", "rack_id"), ("jobs", "notes"), ("credential_sets", "description")]
        {
            let gone = self.delete(&format!("/{table}?{column}=eq.{}", self.mark), "return=minimal").await;
            assert_eq!(gone.status, 204, "{table}");
        }
    }
}

/// One column of rows.
fn column<'t>(told: &'t Told, name: &str) -> Vec<&'t Value> {
    told.rows().iter().map(|row| &row[name]).collect()
}
