//! The host's place in vCenter: out of service before, and afterwards as it was found.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::handlers::idrac::{FirmwareUpdate, Maintenance};
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{ServerFields, ServerPatch};
use dsm_core::{Engine, Error, ErrorKind, Result};
use dsm_suite::stand::{self, Ran};
use dsm_suite::ward::Ward;
use idrac_sim::{Generation, JobRules, ServerSpec};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stock::{BIOS, RESET, Stock, UPDATE, count};
use crate::{assert_done, assert_failed};

/// A vCenter that does as it is told and remembers it.
#[derive(Debug, Default)]
struct VCenter {
    resting: Mutex<BTreeSet<Uuid>>,
    calls: Mutex<Vec<&'static str>>,
    is_ill: bool,
    never_enters: bool,
}

impl VCenter {
    fn called(&self, what: &'static str) {
        self.calls.lock().unwrap().push(what);
    }

    fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Maintenance for VCenter {
    async fn is_in_maintenance(&self, host: Uuid) -> Result<bool> {
        Ok(self.resting.lock().unwrap().contains(&host))
    }

    async fn enter(&self, host: Uuid, _: Duration) -> Result<()> {
        self.called("enter");
        if self.never_enters {
            return Err(Error::new(ErrorKind::Timeout, "a virtual machine cannot be moved away"));
        }
        self.resting.lock().unwrap().insert(host);
        Ok(())
    }

    async fn leave(&self, host: Uuid, _: Duration) -> Result<()> {
        self.called("leave");
        self.resting.lock().unwrap().remove(&host);
        Ok(())
    }

    async fn is_healthy(&self, _: Uuid) -> Result<bool> {
        self.called("is_healthy");
        Ok(!self.is_ill)
    }
}

/// One server that is a host of a vCenter.
async fn hosted(network: &str, change: impl FnOnce(ServerSpec) -> ServerSpec) -> (Ward, Uuid) {
    let ward =
        Ward::start(network, 1, |fleet| fleet.generation(Generation::ALL[3]).defaults(change)).await.unwrap();
    let host = Uuid::new_v4();
    let set = ServerFields { vcenter_host_id: Some(host), ..ServerFields::default() };
    ward.stand
        .store
        .put_servers(vec![(ward.servers[0], ServerPatch { set, clear: Vec::new() })])
        .await
        .unwrap();
    (ward, host)
}

async fn run(ward: &Ward, vcenter: &Arc<VCenter>, details: Value) -> Ran {
    let stand = &ward.stand;
    let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_idrac(stand.idrac.clone())
        .with_handler(FirmwareUpdate::default().with_maintenance(vcenter.clone()))
        .start()
        .await
        .unwrap();
    let ran = stand::run(&engine, ward.job("firmware_update", details)).await.unwrap();
    engine.shutdown().await.unwrap();
    ran
}

/// Ends in errors, whatever is done.
fn failing(server: ServerSpec) -> ServerSpec {
    server.jobs(JobRules { ends: Some("Failed".into()), ..JobRules::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_the_server_fails_before_anything_is_staged() {
    let (ward, _) = hosted("127.68.48.0", |server| server).await;
    let stock = Stock::of(&[BIOS]);
    let ran = ward.run("firmware_update", stock.fetched(json!({}))).await.unwrap();
    assert_failed(&ran, "host");
    let result = ran.of(ward.servers[0]);
    assert_eq!(result["error_subject"], "details.skip_maintenance", "{result:#}");
    assert!(ward.commands(0).is_empty());
    let planned = ward.run("firmware_update", stock.fetched(json!({"dry_run": true}))).await.unwrap();
    assert_done(&planned);
    assert!(planned.of(ward.servers[0])["maintenance"]["error"].is_string(), "{:#?}", planned.row.details);
    assert_done(
        &ward.run("firmware_update", stock.fetched(json!({"skip_maintenance": true}))).await.unwrap(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_taken_out_of_service_and_brought_back_once() {
    let (ward, host) = hosted("127.68.49.0", |server| server).await;
    let vcenter = Arc::new(VCenter::default());
    let stock = Stock::of(&[BIOS]);
    assert_done(&run(&ward, &vcenter, stock.fetched(json!({}))).await);
    assert_eq!(vcenter.calls(), ["enter", "leave"]);
    // Nothing to do: nobody is moved away for it.
    assert_done(&run(&ward, &vcenter, stock.fetched(json!({}))).await);
    assert_eq!(vcenter.calls(), ["enter", "leave"]);
    assert!(!vcenter.is_in_maintenance(host).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_was_out_of_service_stays_so() {
    let (ward, host) = hosted("127.68.50.0", |server| server).await;
    let vcenter = Arc::new(VCenter::default());
    vcenter.resting.lock().unwrap().insert(host);
    assert_done(&run(&ward, &vcenter, Stock::of(&[BIOS]).fetched(json!({}))).await);
    assert!(vcenter.calls().is_empty(), "{:?}", vcenter.calls());
    assert!(vcenter.is_in_maintenance(host).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_does_not_come_out_of_service_is_not_touched() {
    let (ward, _) = hosted("127.68.51.0", |server| server).await;
    let vcenter = Arc::new(VCenter { never_enters: true, ..VCenter::default() });
    let ran = run(&ward, &vcenter, Stock::of(&[BIOS]).fetched(json!({}))).await;
    assert_failed(&ran, "cannot be moved away");
    assert_eq!((count(&ward, 0, UPDATE), count(&ward, 0, RESET)), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failure_only_a_healthy_host_goes_back_into_service() {
    for (network, is_ill) in [("127.68.52.0", false), ("127.68.53.0", true)] {
        let (ward, host) = hosted(network, failing).await;
        let vcenter = Arc::new(VCenter { is_ill, ..VCenter::default() });
        let ran = run(&ward, &vcenter, Stock::of(&[BIOS]).fetched(json!({"max_passes": 1}))).await;
        assert_failed(&ran, "BIOS");
        assert_eq!(vcenter.is_in_maintenance(host).await.unwrap(), is_ill);
        assert_eq!(
            ran.row.details.get("needs_person"),
            is_ill.then_some(json!(true)).as_ref(),
            "{:#?}",
            ran.row.details
        );
        if is_ill {
            assert_failed(&ran, "stays in maintenance mode");
        }
    }
}
