//! Health on every generation: one answer, with reasons; unknown is not well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::health::{Component, Health, HealthDepth, Reason, fetch_health};
use dell_redfish::model::Severity;
use dell_redfish::{Error, ErrorKind};
use idrac_sim::{Effect, FaultRule, Fleet, Generation};
use idrac_suite::Rig;
use idrac_suite::capture::Capture;
use idrac_suite::cases::server;
use serde_json::{Value, json};

async fn sick(generation: Generation, rules: Vec<FaultRule>) -> Result<Health, Error> {
    let rig = Rig::start_with(generation, |spec| spec.faults(rules), |client| client).await.unwrap();
    let health = fetch_health(rig.client(), HealthDepth::Full).await;
    rig.finish().await;
    health
}

fn altered(id: &str, set: Value) -> FaultRule {
    FaultRule::new(Effect::Altered { id: id.into(), set }).method("GET")
}

#[tokio::test]
async fn a_well_server_is_well_in_few_requests() {
    server::HEALTH.everywhere().await;
}

#[tokio::test]
async fn the_worst_part_decides_and_is_named() {
    for generation in [Generation::Idrac8, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10] {
        let fan = if generation == Generation::Idrac10 { "Fan.Embedded.2A" } else { "System Board Fan2A" };
        let rule = altered(fan, json!({"Status": {"Health": "Critical", "State": "Enabled"}}));
        let health = sick(generation, vec![rule]).await.unwrap();
        assert_eq!(health.overall, Some(Severity::Critical), "{generation:?}");
        let fans = health.component(Component::Fans).unwrap();
        assert_eq!(fans.severity, Some(Severity::Critical));
        let Reason::Part { name, severity: Severity::Critical, .. } = &fans.reasons[0] else {
            panic!("{:?}", fans.reasons)
        };
        assert!(name.contains("2A"), "{name}");
        assert_eq!(health.component(Component::Storage).unwrap().severity, Some(Severity::Ok));
    }
}

#[tokio::test]
async fn absent_parts_do_not_count_and_silent_ones_are_unknown() {
    let absent = altered("System Board Fan1A", json!({"Status": {"Health": "Critical", "State": "Absent"}}));
    let health = sick(Generation::Idrac9V5, vec![absent]).await.unwrap();
    let fans = health.component(Component::Fans).unwrap();
    assert_eq!(
        (fans.severity, fans.unknown_parts, health.overall),
        (Some(Severity::Ok), 0, Some(Severity::Ok))
    );

    let silent = FaultRule::new(Effect::NullHealth).path("/redfish/v1/Chassis/System.Embedded.1");
    let health = sick(Generation::Idrac9V7, vec![silent]).await.unwrap();
    let fans = health.component(Component::Fans).unwrap();
    // The roll-up of the system is all that is known of them.
    assert_eq!((fans.severity, fans.known_parts), (Some(Severity::Ok), 0));
    assert!(fans.unknown_parts > 0);

    let both = FaultRule::new(Effect::StaleData).path("*/System.Embedded.1");
    let health = sick(Generation::Idrac9V7, vec![both]).await.unwrap();
    assert!(health.unknown().any(|component| component == Component::Fans) && health.is_stale());
    let storage = health.component(Component::Storage).unwrap();
    assert_eq!(
        (storage.severity, health.overall),
        (Some(Severity::Ok), Some(Severity::Ok)),
        "the rest is well"
    );
}

#[tokio::test]
async fn rebuilds_and_predicted_failures_are_warnings() {
    for generation in [Generation::Idrac7, Generation::Idrac9V6, Generation::Idrac10] {
        let rig = Rig::start(generation).await.unwrap();
        let found = fetch_health(rig.client(), HealthDepth::Full).await.unwrap().inventory;
        let drive = found.drives[0].id.clone().unwrap();
        let volume = found.volumes[0].id.clone().unwrap();
        rig.finish().await;
        let rules =
            vec![altered(&drive, json!({"FailurePredicted": true, "PredictedMediaLifeLeftPercent": 3}))];
        let health = sick(generation, rules).await.unwrap();
        let storage = health.component(Component::Storage).unwrap();
        assert_eq!((storage.severity, health.overall), (Some(Severity::Warning), Some(Severity::Warning)));
        let predicted = Reason::FailurePredicted { name: drive, life_left_percent: Some(3.0) };
        assert_eq!(storage.reasons, [predicted], "{generation:?}");

        let work = json!({"Operations": [{"OperationName": "Rebuild", "PercentageComplete": "42"}]});
        let health = sick(generation, vec![altered(&volume, work)]).await.unwrap();
        let storage = health.component(Component::Storage).unwrap();
        let expected = Reason::Operation { volume, operation: "Rebuild".into(), percent: Some(42.0) };
        assert_eq!((storage.severity, &storage.reasons[..]), (Some(Severity::Warning), &[expected][..]));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_reason_and_the_rest_stands() {
    for generation in Generation::ALL {
        let rule = FaultRule::status(500, "SYS446").path("*/Storage");
        let health = sick(generation, vec![rule]).await.unwrap();
        let storage = health.component(Component::Storage).unwrap();
        assert!(
            matches!(&storage.reasons[..], [Reason::Unread { kind: ErrorKind::Server, .. }]),
            "{generation:?} {:?}",
            storage.reasons
        );
        // The system's roll-up is all that is known of it.
        assert_eq!((storage.severity, storage.known_parts), (Some(Severity::Ok), 0));
        assert_eq!(health.failures.len(), 1);
        assert_eq!(health.component(Component::Fans).unwrap().severity, Some(Severity::Ok));
    }
}

#[tokio::test]
async fn a_processor_that_is_not_well_is_looked_for() {
    let system = altered(
        "System.Embedded.1",
        json!({"ProcessorSummary": {"Status": {"Health": "Critical", "HealthRollup": "Critical"}}}),
    );
    let cpu = altered("CPU.Socket.2", json!({"Status": {"Health": "Critical", "State": "Enabled"}}));
    let health =
        sick(Generation::Idrac9V7, vec![system.path("*/System.Embedded.1"), cpu.path("*/Processors")])
            .await
            .unwrap();
    let processors = health.component(Component::Processors).unwrap();
    assert_eq!(processors.severity, Some(Severity::Critical));
    let named = |reason: &Reason| matches!(reason, Reason::Part { name, .. } if name == "CPU.Socket.2");
    assert!(processors.reasons.iter().any(named), "{:?}", processors.reasons);
}

#[tokio::test]
async fn the_captured_server_tells_its_fault() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    let health = fetch_health(rig.client(), HealthDepth::Full).await.unwrap();
    assert_eq!(health.overall, Some(Severity::Critical));
    let intrusion = health.component(Component::Intrusion).unwrap();
    let open = Reason::Rollup { property: "IntrusionRollupStatus", severity: Severity::Critical };
    assert_eq!((intrusion.severity, &intrusion.reasons[..]), (Some(Severity::Critical), &[open][..]));
    for component in [Component::Processors, Component::Memory, Component::Storage, Component::Fans] {
        assert_eq!(health.component(component).unwrap().severity, Some(Severity::Ok), "{component}");
    }
    assert_eq!(health.faults[0].bare_message_id(), Some("SEC0033"));
    rig.finish().await;
}

#[tokio::test]
async fn the_inventory_is_whole() {
    server::INVENTORY.everywhere().await;
}
