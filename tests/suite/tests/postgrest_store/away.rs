//! A line to the service that goes dead for three leases, and answers that are lost.

use dsm_suite::away::{PATIENCE, outlive};
use dsm_suite::postgrest::{Fault, Trouble};
use dsm_suite::proxy::Proxy;

use super::{Bench, options};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_goes_dead_for_three_leases_and_answers_that_are_lost() {
    let Some(bench) = Bench::own().await else { return };
    let direct = bench.store().await;
    let url = bench.service.url();
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    let proxy = Proxy::start(port).await.unwrap();
    let mut options = options();
    options.connect_timeout = PATIENCE;
    options.request_timeout = PATIENCE;
    options.outage = PATIENCE;
    let through = bench.store_at(&format!("http://127.0.0.1:{}", proxy.port()), options).await;
    let lose = || {
        for trouble in [Trouble::DropAfter, Trouble::Unavailable, Trouble::DropBefore] {
            bench.service.arm(Fault::once("rest/v1", trouble).times(5));
        }
    };
    outlive(through, &*direct, &proxy, "127.53.0.0", lose).await.unwrap();
}
