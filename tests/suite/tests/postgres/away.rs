//! A line to the database that goes dead for three leases, and a server that crashes.

use std::sync::Arc;

use dsm_core::store::{PostgresOptions, PostgresStore};
use dsm_suite::away::{PATIENCE, outlive};
use dsm_suite::postgres::Postgres;
use dsm_suite::proxy::Proxy;

use crate::open;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_goes_dead_for_three_leases_and_a_crash_of_the_server() {
    let Some(server) = Postgres::own("", &[]).unwrap() else { return };
    let address = server.database().unwrap();
    let direct = open(&address).await;
    let proxy = Proxy::start(server.port()).await.unwrap();
    let through = address.replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let mut options = PostgresOptions::default();
    options.connect_timeout = PATIENCE;
    options.statement_timeout = PATIENCE;
    options.outage = PATIENCE;
    let store = Arc::new(PostgresStore::connect(&through, options).await.unwrap());
    outlive(store, &direct, &proxy, "127.52.0.0", || server.restart().unwrap()).await.unwrap();
}
