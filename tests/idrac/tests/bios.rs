//! BIOS and network settings: judged before they are sent, staged once, one job, compared after it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::attribute::{AttributeValues, Reason};
use dell_redfish::flow::bios::{
    change_bios_password, clear_pending_bios, fetch_bios, plan_bios, plan_bios_restore, plan_reset_bios,
    reset_bios, restore_bios, set_bios, take_snapshot,
};
use dell_redfish::flow::power::{Reset, reset_and_wait};
use dell_redfish::flow::settings::{
    Afterwards, RegistryCache, SettingsEnd, SettingsOptions, SettingsTarget, clear_pending, fetch_settings,
    plan_settings, set_settings,
};
use dell_redfish::flow::wait::Verdict;
use dell_redfish::model::Scalar;
use dell_redfish::ops::{ApplyTime, BiosPassword, MaintenanceWindow, ResetType};
use dell_redfish::{Effect, ErrorKind, Fqdd, Restart, Safeguard};
use idrac_sim::{Effect as Fault, FaultRule, Fleet, Generation, HostRules, SettingsRules};
use idrac_suite::capture::Capture;
use idrac_suite::cases::settings;
use idrac_suite::generations::run;
use idrac_suite::{PASSWORD, Rig, USER, on_each, requests};

const SETTINGS: &str = "/redfish/v1/Systems/System.Embedded.1/Bios/Settings";
const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn is_old(rig: &Rig) -> bool {
    matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8)
}

fn values(pairs: &[(&str, &str)]) -> AttributeValues {
    pairs.iter().copied().collect()
}

fn restarting() -> SettingsOptions {
    let restart = Afterwards::restart_graceful_then_forced(Duration::from_secs(300));
    SettingsOptions::default().with_afterwards(restart)
}

async fn with_rules(generation: Generation, rules: SettingsRules) -> Rig {
    Rig::start_with(generation, |spec| spec.settings(rules), |client| client).await.unwrap()
}

async fn value(rig: &Rig, name: &str) -> Option<String> {
    fetch_bios(rig.client(), &RegistryCache::default()).await.unwrap().current.get(name)?.to_text()
}

/// Requests that change something.
fn changes(asked: &[String]) -> Vec<&str> {
    asked.iter().filter(|line| !line.starts_with("GET ")).map(String::as_str).collect()
}

/// Requests that make or ask for a BIOS job by hand.
fn job_posts(asked: &[String]) -> usize {
    asked.iter().filter(|line| line.starts_with("POST ") && line.contains("/Jobs ")).count()
}

#[tokio::test]
async fn settings_are_read_and_the_registry_once() {
    settings::BIOS.everywhere().await;
}

#[tokio::test]
async fn a_wrong_wish_is_refused_before_anything_is_sent() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let wanted = values(&[
            ("Bootmode", "Bios"),
            ("ProcTurboMode", "Disabled"),
            ("SystemServiceTag", "X"),
            ("LogicalProc", "Perhaps"),
            ("AcPwrRcvryUserDelay", "many"),
            ("AcPwrRcvry", "Off"),
            ("AcPwrRcvryDelay", "User"),
        ]);
        let options = SettingsOptions::default();
        let (refused, asked) = rig.counting(set_bios(rig.client(), &wanted, &options)).await;
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!((changes(&asked).len(), asked.len()), (0, 5), "{asked:#?}");
        for part in [
            "Bootmode does not exist; near to it: BootMode",
            "ProcTurboMode is set to Enabled by the system when SysProfile = PerfOptimized",
            "AcPwrRcvryDelay is read-only when AcPwrRcvry = Off",
            "SystemServiceTag is read-only",
            "LogicalProc takes one of Enabled, Disabled",
            "AcPwrRcvryUserDelay takes a value of type Integer",
        ] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
        // A flag that no rule explains may have changed since: the registry is read once more before it counts.
        let again = plan_bios(rig.client(), &wanted, &options);
        let plan = rig.expecting("plan_bios, refused for a flag", 5, again).await.unwrap();
        assert_eq!((plan.plan.steps.len(), plan.validation.problems.len()), (0, 6));
        let ruled = values(&[("ProcTurboMode", "Disabled")]);
        let plan =
            rig.expecting("plan_bios, refused", 2, plan_bios(rig.client(), &ruled, &options)).await.unwrap();
        assert!(!plan.validation.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_plan_says_what_would_happen_and_sends_nothing() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let wanted = values(&[("ProcVirtualization", "Disabled"), ("BootMode", "Uefi")]);
        let options = SettingsOptions::default();
        let planned = plan_bios(rig.client(), &wanted, &options);
        let plan = rig.expecting("plan_bios, first", 5, planned).await.unwrap();
        let names: Vec<_> = plan.plan.steps.iter().map(|step| step.operation.as_str()).collect();
        let expected: &[&str] =
            if is_old(rig) { &["StageSettings", "CreateJob"] } else { &["StageSettings"] };
        assert_eq!((names.as_slice(), plan.plan.host), (expected, Restart::Needed));
        // Only the difference.
        let attributes = plan.plan.steps[0].body.as_ref().unwrap()["Attributes"].clone();
        assert_eq!(attributes, serde_json::json!({"ProcVirtualization": "Disabled"}));
        let effects: Vec<_> = plan.validation.side_effects.iter().map(|one| one.attribute.as_str()).collect();
        assert_eq!(effects, ["ProcX2Apic"]);
        let with_restart = plan_bios(rig.client(), &wanted, &restarting()).await.unwrap();
        assert_eq!(with_restart.plan.host, Restart::Certain);
        assert_eq!(with_restart.plan.steps.last().unwrap().operation, "ResetSystem");
        assert!(value(rig, "ProcVirtualization").await.as_deref() == Some("Enabled"));
    })
    .await;
}

#[tokio::test]
async fn values_are_staged_applied_by_one_job_and_compared() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = restarting();
        let wanted =
            values(&[("ProcVirtualization", "Disabled"), ("AssetTag", "Rack 7"), ("BootMode", "Uefi")]);
        fetch_bios(rig.client(), &options.cache).await.unwrap();
        let (outcome, asked) = rig.counting(set_bios(rig.client(), &wanted, &options)).await;
        let outcome = outcome.unwrap();
        assert!(outcome.is_in_force(), "{:?} on {:?}", outcome, rig.generation());
        // BIOS, Settings, PATCH and on old ones the job by hand; a look that it is scheduled; the state, the shutdown, three
        // looks, the start and a look; eight looks at the job, ten seconds apart; the values.
        let expected = 3 + usize::from(is_old(rig)) + 1 + 7 + 8 + 1;
        assert_eq!(asked.len(), expected, "{asked:#?}");
        requests::note("set_bios, restarted", rig.generation(), asked.len());
        assert_eq!((outcome.results.len(), outcome.is_adopted), (3, false));
        assert!(matches!(&outcome.end, SettingsEnd::Ended(job) if job.verdict == Verdict::Done));
        assert!(outcome.job.is_some());
        // What the registry foretold has happened.
        for effect in &outcome.validation.side_effects {
            let now = value(rig, &effect.attribute).await;
            assert_eq!(now, effect.to.as_ref().and_then(Scalar::to_text), "{}", effect.attribute);
        }
        assert_eq!(outcome.validation.side_effects.len(), 1);
        let changed = if is_old(rig) { 4 } else { 3 };
        assert_eq!(changes(&asked).len(), changed, "{asked:#?}");
        assert_eq!(job_posts(&asked), usize::from(is_old(rig)));
        // Again: everything is as wanted, and the registry is known.
        let again = rig.expecting("set_bios, as wanted", 2, set_bios(rig.client(), &wanted, &options)).await;
        let again = again.unwrap();
        assert!(again.is_in_force() && again.end == SettingsEnd::Unchanged && again.results.len() == 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_staged_waits_for_a_restart() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = SettingsOptions::default();
        fetch_bios(rig.client(), &options.cache).await.unwrap();
        let wanted = values(&[("NodeInterleave", "Enabled")]);
        // BIOS, Settings, PATCH, on old ones the job by hand, and a look that it is scheduled.
        let requests = if is_old(rig) { 5 } else { 4 };
        let outcome =
            rig.expecting("set_bios, left staged", requests, set_bios(rig.client(), &wanted, &options)).await;
        let outcome = outcome.unwrap();
        assert_eq!((outcome.end, outcome.results.len()), (SettingsEnd::Staged, 0));
        assert_eq!(value(rig, "NodeInterleave").await.as_deref(), Some("Disabled"));
        let state = fetch_bios(rig.client(), &options.cache).await.unwrap();
        assert_eq!(state.pending, wanted);

        // The same again takes the job that is there, and makes none.
        let (adopted, asked) = rig.counting(set_bios(rig.client(), &wanted, &options)).await;
        let adopted = adopted.unwrap();
        assert_eq!((adopted.is_adopted, &adopted.job), (true, &outcome.job));
        assert_eq!(changes(&asked).len(), 0, "{asked:#?}");

        // Something else cannot be added.
        let other = values(&[("BootSeqRetry", "Disabled")]);
        let error = set_bios(rig.client(), &other, &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let id = outcome.job.unwrap();
        assert!(error.message().contains(id.as_str()), "{error}");
        assert!(error.message_ids().any(|id| id.as_str() == "SYS011"));

        // Somebody else's restart; the job is followed to its end.
        let follow = options.clone().with_afterwards(restarting().afterwards);
        let done = set_bios(rig.client(), &wanted, &follow).await.unwrap();
        assert!(done.is_in_force() && done.is_adopted && done.job == Some(id));
    })
    .await;
}

/// Newer firmware answers 200 and makes no job when the same values are staged already.
#[tokio::test]
async fn an_answer_without_a_job_is_followed_by_a_look_into_the_queue() {
    for generation in NEW {
        let rules = SettingsRules { hides_job: true, ..SettingsRules::default() };
        run(with_rules(generation, rules).await, async |rig: &Rig| {
            let wanted = values(&[("LogicalProc", "Disabled")]);
            let (outcome, asked) = rig.counting(set_bios(rig.client(), &wanted, &restarting())).await;
            let outcome = outcome.unwrap();
            assert!(outcome.is_in_force() && outcome.is_adopted && outcome.job.is_some());
            assert_eq!(job_posts(&asked), 0, "{asked:#?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_job_is_never_doubled() {
    for generation in NEW {
        // The answer to the PATCH is lost; what it did is read, and its job taken.
        run(Rig::start(generation).await.unwrap(), async |rig: &Rig| {
            rig.server().set_faults([FaultRule::new(Fault::DropAfter).path(SETTINGS).method("PATCH")]);
            let wanted = values(&[("SerialComm", "OnNoConRedir")]);
            let (outcome, asked) = rig.counting(set_bios(rig.client(), &wanted, &restarting())).await;
            let outcome = outcome.unwrap();
            assert!(outcome.is_in_force() && outcome.is_adopted, "{outcome:?}");
            let patches = asked.iter().filter(|line| line.starts_with("PATCH")).count();
            assert_eq!((patches, job_posts(&asked)), (1, 0), "{asked:#?}");
        })
        .await;
        // Nothing of the PATCH arrived; that is said, and nothing made up.
        run(Rig::start(generation).await.unwrap(), async |rig: &Rig| {
            rig.server().set_faults([FaultRule::new(Fault::Drop).path(SETTINGS).method("PATCH")]);
            let wanted = values(&[("SerialComm", "OnNoConRedir")]);
            let error = set_bios(rig.client(), &wanted, &restarting()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Connect);
            assert_eq!(value(rig, "SerialComm").await.as_deref(), Some("OnConRedir"));
        })
        .await;
    }
}

/// Where the job is made by hand the same holds for the answer to that.
#[tokio::test]
async fn a_job_made_by_hand_is_never_doubled() {
    for generation in [Generation::Idrac7, Generation::Idrac8] {
        for lost in [(SETTINGS, "PATCH"), ("*/Jobs", "POST")] {
            run(Rig::start(generation).await.unwrap(), async |rig: &Rig| {
                rig.server().set_faults([FaultRule::new(Fault::DropAfter).path(lost.0).method(lost.1)]);
                let wanted = values(&[("SerialComm", "OnNoConRedir")]);
                let (outcome, asked) = rig.counting(set_bios(rig.client(), &wanted, &restarting())).await;
                let outcome = outcome.unwrap();
                assert!(outcome.is_in_force(), "{outcome:?}");
                assert_eq!(outcome.is_adopted, lost.1 == "POST");
                let patches = asked.iter().filter(|line| line.starts_with("PATCH")).count();
                assert_eq!((patches, job_posts(&asked)), (1, 1), "{asked:#?}");
            })
            .await;
        }
    }
}

/// Without the counter-measure a job is asked for that is there already.
#[tokio::test]
async fn without_adoption_a_second_job_is_refused() {
    let rules = SettingsRules { hides_job: true, ..SettingsRules::default() };
    let rig = Rig::start_with(
        Generation::Idrac9V6,
        |spec| spec.settings(rules),
        |client| client.without(Safeguard::AdoptJob),
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        let wanted = values(&[("LogicalProc", "Disabled")]);
        let error = set_bios(rig.client(), &wanted, &restarting()).await.unwrap_err();
        assert!(error.message_ids().any(|id| id.as_str() == "SYS011"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn staged_values_that_show_early_are_not_believed() {
    for generation in NEW {
        let rules = SettingsRules { shows_pending_early: true, job_fails: true, ..SettingsRules::default() };
        run(with_rules(generation, rules).await, async |rig: &Rig| {
            let wanted = values(&[("LogicalProc", "Disabled")]);
            let outcome = set_bios(rig.client(), &wanted, &restarting()).await.unwrap();
            assert_eq!(value(rig, "LogicalProc").await.as_deref(), Some("Disabled"));
            assert!(!outcome.is_in_force() && outcome.results.is_empty());
            assert!(matches!(&outcome.end, SettingsEnd::Ended(job) if job.verdict == Verdict::Failed));
        })
        .await;
    }
}

#[tokio::test]
async fn a_host_that_ignores_a_polite_request_is_forced_where_that_was_asked_for() {
    for generation in Generation::ALL {
        let rules = HostRules { ignores_graceful: true, ..HostRules::default() };
        let rig = Rig::start_with(generation, |spec| spec.host(rules), |client| client).await.unwrap();
        run(rig, async |rig: &Rig| {
            let wanted = values(&[("LogicalProc", "Disabled")]);
            let outcome = set_bios(rig.client(), &wanted, &restarting()).await.unwrap();
            assert!(outcome.is_in_force(), "{outcome:?}");
            assert_eq!(rig.server().power_state(), "On");
        })
        .await;
    }
}

#[tokio::test]
async fn a_restart_of_the_idrac_in_the_middle_is_outlived() {
    for generation in NEW {
        run(Rig::start(generation).await.unwrap(), async |rig: &Rig| {
            let wanted = values(&[("LogicalProc", "Disabled")]);
            rig.server().set_faults([FaultRule::new(Fault::Restart { for_ms: 120_000 })
                .path("*/JID_*")
                .method("GET")
                .nth(3)]);
            let outcome = set_bios(rig.client(), &wanted, &restarting()).await.unwrap();
            assert!(outcome.is_in_force(), "{outcome:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_maintenance_window_is_waited_for_where_it_is_offered() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let state = fetch_bios(rig.client(), &RegistryCache::default()).await.unwrap();
        // A window of the simulated world: an hour from the start of it, by its own clock.
        let manager = rig.client().run(&dell_redfish::ops::GetManager).await.unwrap();
        let now = manager.date_time.clone().unwrap();
        // The same wall time an hour to the west is an hour later.
        let start = now.replace("-06:00", "-07:00");
        assert_ne!(start, now);
        let window = MaintenanceWindow { start, duration: Duration::from_secs(3600) };
        let both = restarting().with_apply_time(ApplyTime::InMaintenanceWindowOnReset(window.clone()));
        let (refused, asked) = rig.counting(set_bios(rig.client(), &values(&[]), &both)).await;
        assert_eq!((refused.unwrap_err().kind(), asked.len()), (ErrorKind::InvalidInput, 0));
        let options = SettingsOptions::default()
            .with_apply_time(ApplyTime::AtMaintenanceWindowStart(window))
            .with_afterwards(Afterwards::Follow);
        let wanted = values(&[("LogicalProc", "Disabled")]);
        let outcome = set_bios(rig.client(), &wanted, &options).await;
        if state.apply_times.iter().any(|time| time == "AtMaintenanceWindowStart") {
            let outcome = outcome.unwrap();
            assert!(outcome.is_in_force(), "{outcome:?}");
            assert_eq!(rig.server().power_state(), "On");
        } else {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(value(rig, "LogicalProc").await.as_deref(), Some("Enabled"));
        }
    })
    .await;
}

#[tokio::test]
async fn defaults_come_back_at_the_next_restart() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let wanted = values(&[("LogicalProc", "Disabled")]);
        assert!(set_bios(rig.client(), &wanted, &restarting()).await.unwrap().is_in_force());
        let plan = rig
            .expecting("plan_reset_bios", 1, plan_reset_bios(rig.client(), &Afterwards::Leave))
            .await
            .unwrap();
        assert_eq!((plan.effect(), plan.host, plan.steps.len()), (Effect::Destroy, Restart::Needed, 1));
        let asked_for =
            rig.expecting("reset_bios", 2, reset_bios(rig.client(), &Afterwards::Leave)).await.unwrap();
        assert!(!asked_for.was_pending && asked_for.restart.is_none());
        assert_eq!(value(rig, "LogicalProc").await.as_deref(), Some("Disabled"));
        let plan = plan_reset_bios(rig.client(), &restarting().afterwards).await.unwrap();
        let resets = plan.steps.iter().filter(|step| step.operation == "ResetBios").count();
        assert_eq!((resets, plan.host), (usize::from(is_old(rig)), Restart::Certain));
        assert_eq!(plan.steps.last().unwrap().operation, "ResetSystem");
        let done = reset_bios(rig.client(), &restarting().afterwards).await.unwrap();
        // Old firmware does not tell that it was asked before.
        assert_eq!(done.was_pending, !is_old(rig));
        assert!(done.restart.is_some());
        rig.pass(Duration::from_secs(600)).await;
        assert_eq!(value(rig, "LogicalProc").await.as_deref(), Some("Enabled"));
    })
    .await;
}

#[tokio::test]
async fn staged_values_are_dropped() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        if is_old(rig) {
            let error = clear_pending_bios(client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("ClearPending"), "{error}");
            return;
        }
        let nothing =
            rig.expecting("clear_pending, nothing staged", 1, clear_pending_bios(client)).await.unwrap();
        assert!(nothing.is_empty());
        // Held by a job: a conflict.
        let wanted = values(&[("LogicalProc", "Disabled")]);
        set_bios(client, &wanted, &SettingsOptions::default()).await.unwrap();
        let error = clear_pending_bios(client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message_ids().any(|id| id.as_str() == "BIOS011"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn passwords_are_set_changed_and_cleared() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let options = restarting();
        let change = async |old: &str, new: &str| {
            change_bios_password(client, BiosPassword::Setup, old.into(), new.into(), &options).await
        };
        let set = change("", "first horse").await.unwrap();
        assert!(matches!(&set.end, SettingsEnd::Ended(job) if job.verdict == Verdict::Done), "{set:?}");
        let wrong = change("other horse", "second horse").await.unwrap_err();
        assert!(wrong.message_ids().any(|id| id.as_str() == "BIOS021"), "{wrong:?}");
        let shown = format!("{wrong:?} {}", wrong.chain());
        assert!(!shown.contains("horse"), "{shown}");
        assert!(change("first horse", "second horse").await.is_ok());
        let cleared = change("second horse", "").await.unwrap();
        assert!(!cleared.by_attribute);
        assert!(change("", "third horse").await.is_ok());
    })
    .await;
}

/// An empty new password is refused by the action, and goes in as an attribute.
#[tokio::test]
async fn an_empty_password_goes_in_as_the_firmware_takes_it() {
    let rules = SettingsRules { refuses_empty_password: true, ..SettingsRules::default() };
    for generation in Generation::ALL {
        run(with_rules(generation, rules).await, async |rig: &Rig| {
            let client = rig.client();
            let options = restarting();
            let change = async |old: &str, new: &str| {
                change_bios_password(client, BiosPassword::System, old.into(), new.into(), &options).await
            };
            change("", "first horse").await.unwrap();
            let cleared = change("first horse", "").await.unwrap();
            assert!(cleared.by_attribute);
            assert!(change("", "second horse").await.is_ok());
        })
        .await;
    }
}

#[tokio::test]
async fn a_snapshot_is_gone_back_to() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let options = restarting();
        let before = take_snapshot(client, &options.cache).await.unwrap();
        assert!(
            before.firmware_version.is_some() && before.omitted.iter().any(|name| name == "SetupPassword")
        );
        let text = serde_json::to_string(&before).unwrap();
        let kept = serde_json::from_str(&text).unwrap();
        // With the profile free, and two values changed that it holds.
        let away =
            values(&[("SysProfile", "Custom"), ("ProcTurboMode", "Disabled"), ("LogicalProc", "Disabled")]);
        assert!(set_bios(client, &away, &options).await.unwrap().is_in_force());
        let plan = plan_bios_restore(client, &kept, &options.cache).await.unwrap();
        assert!(plan.skipped.is_empty(), "{:?}", plan.skipped);
        // The profile forces the rest.
        assert_eq!(plan.steps.len(), 1);
        let restored = restore_bios(client, &kept, &options).await.unwrap();
        assert!(restored.is_in_force(), "{restored:?}");
        let after = take_snapshot(client, &options.cache).await.unwrap();
        assert_eq!(dell_redfish::attribute::diff(&before.attributes, &after.attributes), []);
        let idle = restore_bios(client, &kept, &options).await.unwrap();
        assert!(idle.steps.is_empty() && idle.is_in_force());
    })
    .await;
}

#[tokio::test]
async fn what_can_only_be_written_before_another_goes_first() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let options = restarting();
        let before = take_snapshot(client, &options.cache).await.unwrap();
        let away = values(&[("AcPwrRcvryDelay", "User"), ("AcPwrRcvryUserDelay", "240")]);
        assert!(set_bios(client, &away, &options).await.unwrap().is_in_force());
        // The delay is read-only once nobody uses it.
        let plan = plan_bios_restore(client, &before, &options.cache).await.unwrap();
        let names: Vec<_> =
            plan.steps.iter().map(|step| step.validation.changes[0].attribute.as_str()).collect();
        assert_eq!(names, ["AcPwrRcvryUserDelay", "AcPwrRcvryDelay"]);
        // Without a restart only the first step is taken.
        let left = restore_bios(client, &before, &SettingsOptions::default()).await.unwrap();
        assert_eq!((left.steps.len(), left.steps_left), (1, 1));
        assert!(!left.is_in_force());
        // Somebody restarts the host.
        let restart = Reset::new(ResetType::ForceRestart);
        reset_and_wait(client, &restart).await.unwrap();
        rig.pass(Duration::from_secs(600)).await;
        let restored = restore_bios(client, &before, &options).await.unwrap();
        assert!(restored.is_in_force(), "{restored:?}");
        let after = take_snapshot(client, &options.cache).await.unwrap();
        assert_eq!(dell_redfish::attribute::diff(&before.attributes, &after.attributes), []);
    })
    .await;
}

#[tokio::test]
async fn network_settings_work_the_same_way() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let fqdd = |text: &str| Fqdd::parse(text).unwrap();
        let target =
            SettingsTarget::network(&fqdd("NIC.Integrated.1"), &fqdd("NIC.Integrated.1-1-1")).unwrap();
        let cache = RegistryCache::default();
        if is_old(rig) {
            let error = fetch_settings(client, &target, &cache).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return;
        }
        let state =
            rig.expecting("fetch network settings, first", 5, fetch_settings(client, &target, &cache));
        let state = state.await.unwrap();
        assert!(state.registry.is_some());
        let now = state.apply_times.iter().any(|time| time == "Immediate");
        let options = restarting().with_cache(cache);
        let time = if now { ApplyTime::Immediate } else { ApplyTime::OnReset };
        let options = options.with_apply_time(time);
        let alone = values(&[("VLanId", "7")]);
        let plan = plan_settings(client, &target, &alone, &options).await.unwrap();
        assert!(matches!(&plan.validation.problems[0].reason, Reason::ReadOnly { cause: Some(_) }));
        let mut wanted = values(&[("VLanMode", "Enabled")]);
        wanted.insert("VLanId", 7);
        let (outcome, asked) = rig.counting(set_settings(client, &target, &wanted, &options)).await;
        let outcome = outcome.unwrap();
        assert!(outcome.is_in_force(), "{outcome:?}");
        let resets = asked.iter().filter(|line| line.contains("ComputerSystem.Reset")).count();
        assert_eq!(resets, if now { 0 } else { 2 });
        assert!(clear_pending(client, &target).await.unwrap().is_empty());
    })
    .await;
}

/// The captured R750: its own registry, 687 attributes and 667 rules.
#[tokio::test]
async fn the_captured_bios_is_judged_by_its_own_registry() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder().credentials(USER, PASSWORD).defaults(|spec| spec.mockup(capture.path()));
    run(Rig::over(fleet, |client| client).await.unwrap(), async |rig: &Rig| {
        let options = SettingsOptions::default();
        let state =
            rig.expecting("fetch_bios, captured", 5, fetch_bios(rig.client(), &options.cache)).await.unwrap();
        let registry = state.registry.as_ref().unwrap();
        assert_eq!((registry.attributes().len(), registry.rules().len()), (687, 667));
        let itself: AttributeValues =
            state.current.clone().into_iter().filter(|(_, value)| *value != Scalar::Null).collect();
        let outcome = set_bios(rig.client(), &itself, &options).await.unwrap();
        assert_eq!(outcome.end, SettingsEnd::Unchanged);
        // Lockdown mode was on when it was captured.
        let locked = values(&[("SysProfile", "Custom")]);
        let error = set_bios(rig.client(), &locked, &options).await.unwrap_err();
        assert!(error.message().contains("SysProfile is read-only"), "{error}");
        // What it leaves open is staged on the captured machine as on any other.
        let open = values(&[("IscsiDev1Con1EnDis", "Enabled"), ("IscsiDev1Con1Retry", "5")]);
        let staged = set_bios(rig.client(), &open, &options).await.unwrap();
        assert_eq!(staged.end, SettingsEnd::Staged);
        let pending = fetch_bios(rig.client(), &options.cache).await.unwrap().pending;
        assert_eq!(pending.get("IscsiDev1Con1Retry"), Some(&Scalar::from(5)));

        // A network card's registry calls itself otherwise than the resource does.
        let card = Fqdd::parse("NIC.Slot.2").unwrap();
        let target = SettingsTarget::network(&card, &Fqdd::parse("NIC.Slot.2-1").unwrap()).unwrap();
        let state = fetch_settings(rig.client(), &target, &options.cache).await.unwrap();
        assert_eq!(state.registry.as_ref().unwrap().attributes().len(), 91);
        let itself: AttributeValues =
            state.current.clone().into_iter().filter(|(_, value)| *value != Scalar::Null).collect();
        assert!(state.validate(&itself).is_noop() && state.validate(&itself).is_ok());
        assert!(state.validate(&values(&[("LegacyBootProto", "NONE")])).is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_refused_by_its_neighbour() {
    settings::BIOS_WISH.everywhere().await;
}
