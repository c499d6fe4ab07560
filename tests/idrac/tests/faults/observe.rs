//! Faults of logs, health and events.

use std::collections::BTreeSet;
use std::time::Duration;

use dell_redfish::Safeguard;
use dell_redfish::flow::event::{EventListener, EventOptions, Heard};
use dell_redfish::flow::health::{Component, HealthDepth, fetch_health};
use dell_redfish::flow::log::{LogKind, LogOptions, fetch_log};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::Rig;
use idrac_suite::fault::Fault;

#[tokio::test]
async fn fault_36_log_pages_repeat_and_do_not_end() {
    Fault::new(Safeguard::GuardPages, Generation::Idrac9V7, "pages_overlap")
        .server(|spec| spec.faults([FaultRule::new(Effect::PagesOverlap { by: 7 }).path("*/Entries")]))
        .prove(async |rig: &Rig| {
            // More than there are, so that a reading without an end has one.
            let options = LogOptions { limit: Some(400), ..LogOptions::default() };
            let read = fetch_log(rig.client(), LogKind::Lifecycle, options).await?;
            let ids: BTreeSet<_> = read.entries.iter().filter_map(|entry| entry.id.clone()).collect();
            match (ids.len(), read.entries.len()) {
                (121, 121) => Ok(()),
                (different, all) => Err(format!("{all} entries, {different} different ones").into()),
            }
        })
        .await;
}

#[tokio::test]
async fn fault_37_health_that_is_empty_and_stale() {
    Fault::new(Safeguard::EmptyIsUnknown, Generation::Idrac9V7, "stale_data")
        .server(|spec| spec.faults([FaultRule::new(Effect::StaleData).path("*/System.Embedded.1")]))
        .prove(async |rig: &Rig| {
            let health = fetch_health(rig.client(), HealthDepth::Quick).await?;
            let fans = health.component(Component::Fans).ok_or("there are no fans")?;
            match fans.severity {
                None if fans.is_stale => Ok(()),
                known => Err(format!("fans that told nothing are {known:?}").into()),
            }
        })
        .await;
}

#[tokio::test]
async fn fault_44_a_stream_that_falls_silent() {
    let silent = FaultRule::new(Effect::SilentStream).path("/redfish/v1/SSE").nth(1);
    Fault::new(Safeguard::BackfillEvents, Generation::Idrac9V7, "silent_stream")
        .server(move |spec| spec.faults([silent.clone()]))
        .prove(async |rig: &Rig| {
            let options = EventOptions { silence: Duration::from_millis(200), ..EventOptions::default() };
            let mut listener = EventListener::new(rig.client(), options);
            let opened = listener.next().await?;
            if !matches!(opened, Heard::Opened { .. }) {
                return Err("the stream is not open".into());
            }
            rig.server().lose_power_supply(1);
            let told = async {
                loop {
                    match listener.next().await {
                        Ok(Heard::Missed(entry)) => return Ok(entry.bare_message_id() == Some("PSU0003")),
                        Ok(_) => {}
                        Err(error) => return Err(error),
                    }
                }
            };
            match tokio::time::timeout(Duration::from_secs(5), told).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) => Err("another event was missed".into()),
                Ok(Err(error)) => Err(error.into()),
                Err(_) => Err("what happened is never told".into()),
            }
        })
        .await;
}
