//! Attributes of the iDRAC, the system board and the Lifecycle Controller, and the iDRAC's own network settings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dell_redfish::attribute::AttributeRegistry;
use dell_redfish::clock::Clock;
use dell_redfish::flow::attribute::{AttributesSet, SetAttributes, fetch_attributes};
use dell_redfish::flow::network::{Ipv4Settings, NetworkSettings, NtpSettings, fetch_network_settings};
use dell_redfish::model::Scalar;
use dell_redfish::ops::attribute::AttributeGroup;
use dell_redfish::ops::{ApplyTime, MaintenanceWindow};
use dell_redfish::{Effect, ErrorKind, HostFacts, Method, Redfish, Request, Response, Result};
use idrac_sim::{FaultRule, Generation, JobSpec, ServerSpec, TagRule, TagScope};
use idrac_suite::cases::settings;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const WITH_DELL_ATTRIBUTES: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn wanted(values: &[(&str, &str)]) -> BTreeMap<String, Scalar> {
    values.iter().map(|(name, value)| ((*name).to_owned(), Scalar::Text((*value).to_owned()))).collect()
}

fn ntp() -> SetAttributes {
    let values = wanted(&[
        ("NTPConfigGroup.1.NTPEnable", "Enabled"),
        ("NTPConfigGroup.1.NTP1", "10.0.0.1"),
        ("Time.1.Timezone", "CST6CDT"),
        ("NIC.1.MTU", "1500"),
    ]);
    SetAttributes::new(AttributeGroup::Idrac, values)
}

#[tokio::test]
async fn only_differences_are_written_and_read_back() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        let plan = rig.expecting("SetAttributes.plan", 1, ntp().plan(rig.client())).await.unwrap();
        assert_eq!((plan.steps.len(), plan.effect()), (1, Effect::Change));
        let body = plan.steps[0].body.as_ref().unwrap();
        assert_eq!(body["Attributes"].as_object().unwrap().len(), 2, "{body}");
        let done = rig.expecting("SetAttributes", 3, ntp().run(rig.client())).await.unwrap();
        assert_eq!(done.changed, ["NTPConfigGroup.1.NTP1", "NTPConfigGroup.1.NTPEnable"]);
        assert!(done.unconfirmed.is_empty() && done.accepted.is_none() && !done.has_moved);
        let again = rig.expecting("SetAttributes.unchanged", 1, ntp().run(rig.client())).await.unwrap();
        assert_eq!(again, AttributesSet::default());
        assert!(ntp().plan(rig.client()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn older_firmware_has_them_elsewhere_or_not_at_all() {
    let rig = Rig::start(Generation::Idrac8).await.unwrap();
    run(rig, async |rig: &Rig| {
        let done = rig.expecting("SetAttributes", 5, ntp().run(rig.client())).await.unwrap();
        assert_eq!(done.changed.len(), 2);
        let error = fetch_attributes(rig.client(), AttributeGroup::System).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .await;
    let rig = Rig::start(Generation::Idrac7).await.unwrap();
    run(rig, async |rig: &Rig| {
        let error = rig.expecting("SetAttributes", 2, ntp().run(rig.client())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains("DellAttributes"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_that_the_idrac_does_not_have_or_take() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        let typo = SetAttributes::new(AttributeGroup::Idrac, wanted(&[("NIC.1.Mtu", "1500")]));
        let error = rig.expecting("SetAttributes.unknown", 1, typo.run(rig.client())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let value = SetAttributes::new(AttributeGroup::Idrac, wanted(&[("IPv4.1.DNSFromDHCP", "perhaps")]));
        assert_eq!(value.run(rig.client()).await.unwrap_err().kind(), ErrorKind::BadRequest);
    })
    .await;
}

#[tokio::test]
async fn a_registry_stops_a_wrong_value_before_it_is_sent() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        let text = r#"{"RegistryEntries":{"Attributes":[
            {"AttributeName":"NIC.1.MTU","Type":"Integer","LowerBound":576,"UpperBound":1500}]}}"#;
        let registry = Arc::new(AttributeRegistry::parse(Bytes::from_static(text.as_bytes())).unwrap());
        let mtu = |value: &str| {
            SetAttributes::new(AttributeGroup::Idrac, wanted(&[("NIC.1.MTU", value)]))
                .with_registry(Arc::clone(&registry))
        };
        let error =
            rig.expecting("SetAttributes.checked", 1, mtu("9000").run(rig.client())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        // The text becomes the number that the iDRAC wants.
        let plan = mtu("1400").plan(rig.client()).await.unwrap();
        assert_eq!(plan.steps[0].body.as_ref().unwrap()["Attributes"]["NIC.1.MTU"], 1400);
        assert!(mtu("1400").run(rig.client()).await.unwrap().unconfirmed.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_maintenance_window_makes_a_job_that_writes_them_then() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        // The rig's wall is the machine's: a window that is open from now on.
        let window =
            MaintenanceWindow { start: "2020-01-01T00:00:00Z".into(), duration: Duration::from_secs(600) };
        // What the resource does not offer is refused before anything is written: one read.
        let refused = ntp().with_apply_time(ApplyTime::InMaintenanceWindowOnReset(window.clone()));
        let (error, asked) = rig.counting(refused.run(rig.client())).await;
        assert_eq!((error.unwrap_err().kind(), asked.len()), (ErrorKind::Unsupported, 1));
        let apply = ApplyTime::AtMaintenanceWindowStart(window);
        let later = ntp().with_apply_time(apply.clone());
        let done = rig.expecting("SetAttributes.window", 2, later.run(rig.client())).await.unwrap();
        assert!(done.accepted.unwrap().job.is_some());
        assert_eq!(done.unconfirmed, done.changed);
        let settings = async || fetch_network_settings(rig.client()).await.unwrap();
        assert_eq!(settings().await.ntp.enabled, Some(false));
        rig.pass(Duration::from_secs(31)).await;
        assert_eq!(settings().await.ntp.server1.as_deref(), Some("10.0.0.1"));
    })
    .await;
}

#[tokio::test]
async fn network_settings_are_typed_and_a_move_is_told_before() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        let harmless = NetworkSettings {
            ipv4: Ipv4Settings { dns1: Some("10.0.0.53".into()), ..Ipv4Settings::default() },
            ntp: NtpSettings { timezone: Some("UTC".into()), ..NtpSettings::default() },
            ..NetworkSettings::default()
        };
        let plan = harmless.plan(rig.client()).await.unwrap();
        assert_eq!((plan.effect(), plan.warnings.len()), (Effect::Change, 0));
        assert!(harmless.set(rig.client()).await.unwrap().unconfirmed.is_empty());
        let moving = NetworkSettings {
            ipv4: Ipv4Settings { address: Some("10.9.9.9".into()), ..Ipv4Settings::default() },
            ..NetworkSettings::default()
        };
        let plan = moving.plan(rig.client()).await.unwrap();
        assert_eq!((plan.effect(), plan.warnings.len()), (Effect::Disrupt, 1));
        // The iDRAC is gone before it can answer.
        let path = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes";
        rig.server().set_faults([FaultRule::new(idrac_sim::Effect::DropAfter).method("PATCH").path(path)]);
        let moved = rig.expecting("SetNetworkSettings.move", 2, moving.set(rig.client())).await.unwrap();
        assert!(moved.has_moved && moved.unconfirmed == ["IPv4.1.Address"]);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_written_and_never_shown() {
    on_each(WITH_DELL_ATTRIBUTES, async |rig: &Rig| {
        let secret = SetAttributes::new(AttributeGroup::Idrac, wanted(&[("Users.2.Password", "hunter2222")]));
        let plan = secret.plan(rig.client()).await.unwrap();
        assert!(!format!("{plan:?}{secret:?}").contains("hunter2222"));
        let done = rig.expecting("SetAttributes.secret", 3, secret.run(rig.client())).await.unwrap();
        assert_eq!(done.unconfirmed, ["Users.2.Password"]);
    })
    .await;
}

#[tokio::test]
async fn every_rule_about_entity_tags_is_met() {
    for (rule, requests) in [
        (TagRule::Honest, 3),
        (TagRule::Required, 3),
        (TagRule::GivesWeakTakesStrong, 3),
        (TagRule::GivesStrongTakesWeak, 4),
        // Strong, weak, a look whether it is still the same, and none.
        (TagRule::TakesNone, 6),
    ] {
        let rig = Rig::start_with(Generation::Idrac9V7, |spec| spec.tags(rule), |client| client);
        run(rig.await.unwrap(), async |rig: &Rig| {
            let name = format!("SetAttributes.{rule:?}");
            let done = rig.expecting(&name, requests, ntp().run(rig.client())).await.unwrap();
            assert!(done.unconfirmed.is_empty());
        })
        .await;
    }
}

/// Somebody else, who changes something just before each change of ours arrives.
struct Meddled<'a>(&'a Rig);

#[async_trait]
impl Redfish for Meddled<'_> {
    fn host(&self) -> &str {
        self.0.client().host()
    }

    async fn send(&self, operation: &'static str, request: Request) -> Result<Response> {
        if request.method == Method::PATCH {
            let job = JobSpec {
                name: "theirs".into(),
                kind: "iDRACConfiguration".into(),
                runs_for: Duration::ZERO,
                ends: "Completed".into(),
            };
            let _ = self.0.server().add_job(job);
        }
        self.0.client().send(operation, request).await
    }

    fn facts(&self) -> HostFacts {
        self.0.client().facts()
    }

    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send)) {
        self.0.client().learn(change);
    }

    fn concurrency(&self) -> usize {
        self.0.client().concurrency()
    }

    fn clock(&self) -> &dyn Clock {
        self.0.client().clock()
    }
}

#[tokio::test]
async fn a_change_by_somebody_else_is_not_written_over() {
    let tagged = |spec: ServerSpec| spec.tag_scope(TagScope::Everywhere);
    let rig = Rig::start_with(Generation::Idrac9V7, tagged, |client| client).await.unwrap();
    run(rig, async |rig: &Rig| {
        let error = ntp().run(&Meddled(rig)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Precondition);
        assert_eq!(fetch_network_settings(rig.client()).await.unwrap().ntp.enabled, Some(false));
    })
    .await;
}

#[tokio::test]
async fn every_group_of_attributes_is_read() {
    settings::ATTRIBUTES.everywhere().await;
}

#[tokio::test]
async fn network_settings_are_typed() {
    settings::NETWORK.everywhere().await;
}
