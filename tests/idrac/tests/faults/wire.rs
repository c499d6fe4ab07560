//! Faults of single exchanges: headers, bodies, connections, redirects, time.

use std::time::Duration;

use dell_redfish::ops::{GetComputerSystem, GetServiceRoot};
use dell_redfish::{ErrorKind, Safeguard, Timeouts};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::fault::Fault;
use idrac_suite::{Failure, Rig};

use crate::{read, run};

const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";

/// The n-th read of the system meets this.
fn on_system(effect: Effect) -> [FaultRule; 1] {
    [FaultRule::new(effect).path(SYSTEM).method("GET").nth(1)]
}

fn status(status: u16, message_id: Option<&str>, extended_info_object: bool) -> Effect {
    let message_id = message_id.map(str::to_owned);
    Effect::Status { status, message_id, retry_after_s: None, extended_info_object }
}

#[tokio::test]
async fn fault_07_not_acceptable_without_accept() {
    Fault::new(Safeguard::SendAccept, Generation::Idrac9V5, "strict_accept")
        .server(|mut spec| {
            spec.strict_accept = true;
            spec
        })
        .avoided()
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_08_unknown_host_header() {
    Fault::new(Safeguard::HostAsDialled, Generation::Idrac9V5, "host_header_check")
        .server(|mut spec| {
            spec.host_header_check = true;
            spec
        })
        .avoided()
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_10_extended_info_is_an_object() {
    Fault::new(Safeguard::TolerantErrors, Generation::Idrac8, "status")
        .server(|spec| spec.faults(on_system(status(400, Some("SWC0700"), true))))
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_11_connection_is_closed_early() {
    Fault::new(Safeguard::FreshConnection, Generation::Idrac9V6, "drop")
        .server(|spec| spec.faults(on_system(Effect::Drop)))
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_12_not_ready() {
    Fault::new(Safeguard::WaitUntilReady, Generation::Idrac9V7, "status")
        .server(|spec| spec.faults(on_system(status(400, Some("SWC0700"), false))))
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_39_very_slow() {
    // Each reply takes 150 ms where 100 ms are allowed: only more patience helps.
    Fault::new(Safeguard::PatientWithSlow, Generation::Idrac8, "delay")
        .server(|spec| spec.faults([FaultRule::new(Effect::Delay { ms: 150 }).path(SYSTEM)]))
        .client(|client| {
            client.timeouts(Timeouts { attempt: Duration::from_millis(100), ..Timeouts::default() })
        })
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_43_redirect_to_another_origin() {
    Fault::new(Safeguard::RefuseRedirect, Generation::Idrac9V7, "redirect")
        .server(|spec| {
            let location = "https://192.0.2.1/redfish/v1/Chassis/System.Embedded.1".to_owned();
            spec.faults(on_system(Effect::Redirect { location }))
        })
        .prove(async |rig: &Rig| match rig.client().run(&GetComputerSystem).await {
            Err(error) if error.kind() == ErrorKind::Protocol => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err("the redirect was followed".into()),
        })
        .await;
}

#[tokio::test]
async fn fault_45_redfish_is_off() {
    Fault::new(Safeguard::RedfishOff, Generation::Idrac9V7, "redfish_off")
        .server(|mut spec| {
            spec.redfish_off = true;
            spec
        })
        .prove(async |rig: &Rig| match run(rig, &GetServiceRoot::default()).await {
            Ok(_) => Err("there was a service root".into()),
            Err(error) => match error.downcast_ref::<dell_redfish::Error>().map(dell_redfish::Error::kind) {
                Some(ErrorKind::RedfishDisabled) => Ok::<(), Failure>(()),
                _ => Err(error),
            },
        })
        .await;
}

#[tokio::test]
async fn fault_47_quiet_period_between_operations() {
    Fault::new(Safeguard::Pacing, Generation::Idrac9V5, "quiet")
        .server(|mut spec| {
            spec.quiet_ms = 20_000;
            spec
        })
        .client(|client| client.pacing(Duration::from_secs(20)))
        .avoided()
        .prove(async |rig: &Rig| {
            use dell_redfish::{Redfish as _, Request};
            for _ in 0..2 {
                let body = serde_json::json!({"ResetType": "Nmi"});
                let request = Request::post(format!("{SYSTEM}/Actions/ComputerSystem.Reset"), &body);
                rig.client().send("ResetSystem", request).await?;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_51_packed_without_saying_so() {
    Fault::new(Safeguard::BoundedReply, Generation::Idrac9V6, "packed_unasked")
        .server(|spec| spec.faults([FaultRule::new(Effect::PackedUnasked).path(SYSTEM)]))
        .avoided()
        .prove(read)
        .await;
}

#[tokio::test]
async fn fault_52_garbage_with_success() {
    Fault::new(Safeguard::DoubtGarbage, Generation::Idrac9V6, "html")
        .server(|spec| spec.faults(on_system(Effect::Html { status: 200 })))
        .prove(read)
        .await;
}
