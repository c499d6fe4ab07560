//! Telemetry, diagnostics, support reports and lockdown on every generation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::diagnostics::{
    SupportCollection, collect_support_data, export_diagnostics, fetch_eula_status, plan_diagnostics,
    run_diagnostics,
};
use dell_redfish::flow::lockdown::fetch_lockdown;
use dell_redfish::flow::telemetry::{
    fetch_report, fetch_telemetry, list_reports, plan_telemetry, set_report, set_telemetry,
};
use dell_redfish::ops::{DiagnosticsMode, DiagnosticsReboot, ExportPlace, SupportData};
use dell_redfish::{Effect as Hurts, ErrorKind, Restart};
use idrac_sim::{FaultRule, Fleet, Generation};
use idrac_suite::capture::Capture;
use idrac_suite::cases::{access, work};
use idrac_suite::{Rig, on_each};

fn has_dell_services(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

#[tokio::test]
async fn telemetry_is_switched_only_where_it_is_the_other_way() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        if !has_dell_services(rig.generation()) {
            assert_eq!(fetch_telemetry(client).await.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(list_reports(client).await.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        assert_eq!(plan_telemetry(client, true).await.unwrap().effect(), Hurts::Change);
        assert!(plan_telemetry(client, false).await.unwrap().is_empty());
        assert!(rig.expecting("switch telemetry", 2, set_telemetry(client, true)).await.unwrap());
        assert!(!rig.expecting("switch telemetry, no change", 1, set_telemetry(client, true)).await.unwrap());
        assert!(list_reports(client).await.unwrap().is_empty());
        assert_eq!(fetch_report(client, "PowerMetrics").await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(set_report(client, "PowerMetrics", true).await.unwrap());
        assert!(!set_report(client, "PowerMetrics", true).await.unwrap());
        assert_eq!(set_report(client, "Nothing", true).await.unwrap_err().kind(), ErrorKind::NotFound);
        let report = rig.expecting("one report", 1, fetch_report(client, "PowerMetrics")).await.unwrap();
        let value = &report.values.as_ref().unwrap()[0];
        assert_eq!(value.metric_id.as_deref(), Some("SystemInputPower"));
        assert_eq!(value.value.as_ref().unwrap().as_text(), Some("262"));
    })
    .await;
}

#[tokio::test]
async fn telemetry_without_its_licence_is_an_error_that_says_so() {
    let rig = Rig::start_with(
        Generation::Idrac9V7,
        |mut spec| {
            spec.telemetry_licensed = false;
            spec
        },
        |client| client,
    );
    let rig = rig.await.unwrap();
    assert_eq!(set_telemetry(rig.client(), true).await.unwrap_err().kind(), ErrorKind::License);
    rig.finish().await;
}

#[tokio::test]
async fn diagnostics_run_at_the_next_restart_and_once() {
    let how = (DiagnosticsMode::Express, DiagnosticsReboot::GracefulThenForced);
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let plan = plan_diagnostics(client, how.0, how.1).await;
        if !has_dell_services(rig.generation()) {
            assert_eq!(plan.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        let plan = plan.unwrap();
        assert_eq!((plan.effect(), plan.host), (Hurts::Disrupt, Restart::Certain));
        let accepted = rig.expecting("diagnostics", 2, run_diagnostics(client, how.0, how.1)).await.unwrap();
        assert!(accepted.job.is_some());
        let error = run_diagnostics(client, how.0, how.1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let exported = export_diagnostics(client, ExportPlace::Local).await.unwrap();
        assert!(exported.file.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_licence_agreement_is_accepted_only_when_told() {
    let wanted = |may_accept_eula| SupportCollection {
        data: vec![SupportData::Hardware, SupportData::TtyLogs],
        filtered: true,
        place: ExportPlace::Local,
        may_accept_eula,
    };
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        if !has_dell_services(rig.generation()) {
            assert_eq!(fetch_eula_status(client).await.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        assert_eq!(fetch_eula_status(client).await.unwrap(), Some(false));
        let (refused, asked) = rig.counting(collect_support_data(client, wanted(false))).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::License);
        assert!(asked.iter().all(|line| !line.contains("AcceptEULA")), "{asked:#?}");
        rig.expecting("support report with the agreement", 4, collect_support_data(client, wanted(true)))
            .await
            .unwrap();
        assert_eq!(fetch_eula_status(client).await.unwrap(), Some(true));
        rig.expecting("support report", 3, collect_support_data(client, wanted(false))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn lockdown_is_noticed_before_and_after() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let known = has_dell_services(rig.generation());
        assert_eq!(fetch_lockdown(rig.client()).await.unwrap(), known.then_some(false));
        let refusal = FaultRule::status(400, "LC087").path("*").method("POST");
        rig.client().close().await;
        assert_eq!(fetch_lockdown(rig.client()).await.unwrap(), known.then_some(false));
        rig.server().set_faults([refusal]);
        let refused =
            dell_redfish::flow::log::clear_log(rig.client(), dell_redfish::flow::log::LogKind::Sel).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Lockdown);
        rig.server().set_faults([]);
        rig.pass(Duration::from_secs(1)).await;
    })
    .await;
}

#[tokio::test]
async fn the_captured_server_is_locked_down() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    assert_eq!(rig.expecting("lockdown", 1, fetch_lockdown(rig.client())).await.unwrap(), Some(true));
    rig.finish().await;
}

#[tokio::test]
async fn lockdown_is_told_where_it_is_known() {
    access::LOCKDOWN.everywhere().await;
}

#[tokio::test]
async fn telemetry_and_its_reports_are_shown() {
    work::TELEMETRY.everywhere().await;
}
