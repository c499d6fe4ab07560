//! Configuration profiles on every generation: export, preview, import, and what can go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dell_redfish::flow::scp::{
    ExportOptions, ImportOptions, PasswordInForce, best_format, export, follow_export, follow_import, import,
    plan_import, start_export, start_import,
};
use dell_redfish::flow::wait::{JobRef, Verdict, WaitOptions};
use dell_redfish::observer::{Exchange, Observer};
use dell_redfish::ops::share::Share;
use dell_redfish::ops::{HostPowerState, ShutdownType};

use dell_redfish::scp::{Agreement, Attribute, Component, Profile, ProfileFormat, ScpTarget};
use dell_redfish::{AuthMode, ErrorKind, Restart, Safeguard};
use idrac_sim::{Effect, FaultRule, Generation, JobSpec};
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

/// Those that take and give JSON.
const WITH_JSON: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn is_old(rig: &Rig) -> bool {
    matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8)
}

/// A profile in a form this generation takes.
fn profile(rig: &Rig, fqdd: &str, attributes: &[(&str, &str)]) -> Profile {
    let format = if is_old(rig) { ProfileFormat::Xml } else { ProfileFormat::Json };
    let component = attributes.iter().fold(Component::new(fqdd), |component, (name, value)| {
        component.with_attribute(Attribute::new(*name, *value))
    });
    Profile::from_components(vec![component], format).unwrap()
}

/// An import that leaves the host alone.
fn quiet(profile: Profile) -> ImportOptions {
    ImportOptions::new(profile).with_host(ShutdownType::NoReboot, HostPowerState::On)
}

const IDRAC: &str = "iDRAC.Embedded.1";
const BIOS: &str = "BIOS.Setup.1-1";
const NTP: (&str, &str) = ("NTPConfigGroup.1#NTPEnable", "Enabled");
const VIRTUALIZATION: (&str, &str) = ("ProcVirtualization", "Disabled");

#[tokio::test]
async fn a_local_export_comes_back_as_json() {
    on_each(WITH_JSON, async |rig: &Rig| {
        // The manager, the action, five looks at the job, and the task that is the profile.
        let options = ExportOptions::new(ProfileFormat::Json);
        let exported = rig.expecting("scp::export JSON", 8, export(rig.client(), &options)).await.unwrap();
        let profile = exported.profile().unwrap().unwrap();
        assert_eq!(profile.format(), ProfileFormat::Json);
        assert_eq!(profile.service_tag(), Some(rig.server().service_tag().as_str()));
        assert_eq!(profile.fit(None, Some(&rig.server().service_tag())).service_tag, Agreement::Same);
        assert!(profile.all_components().iter().any(|each| each.fqdd().starts_with("Disk.Virtual")));
        assert!(profile.has_secrets().eq(&false) && profile.secrets().len() == 3, "masked, but named");
    })
    .await;
}

#[tokio::test]
async fn a_local_export_comes_back_as_xml_even_when_it_is_late() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = ExportOptions::new(ProfileFormat::Xml).with_targets(&[ScpTarget::Bios]);
        if rig.generation() == Generation::Idrac7 {
            let error = export(rig.client(), &options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            return;
        }
        let requests = match rig.generation() {
            // The profile is seven minutes late.
            Generation::Idrac10 => 36,
            _ => 8,
        };
        let exported =
            rig.expecting("scp::export XML", requests, export(rig.client(), &options)).await.unwrap();
        let profile = exported.profile().unwrap().unwrap();
        let components: Vec<_> = profile.components().iter().map(Component::fqdd).collect();
        assert_eq!((profile.format(), components), (ProfileFormat::Xml, vec![BIOS]));
    })
    .await;
}

#[tokio::test]
async fn what_firmware_cannot_do_is_refused_before_it_is_sent() {
    on_each([Generation::Idrac8], async |rig: &Rig| {
        let http = Share::from_address("http://10.1.2.3/scp/a.xml").unwrap();
        for options in [
            ExportOptions::new(ProfileFormat::Json),
            ExportOptions::new(ProfileFormat::Xml).with_targets(&[ScpTarget::SupportAssist]),
            ExportOptions::new(ProfileFormat::Xml).with_share(http.0.clone(), http.1.clone()),
        ] {
            let error = export(rig.client(), &options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
        assert!(rig.asked().iter().all(|line| !line.contains("SystemConfiguration")));
    })
    .await;
}

#[tokio::test]
async fn a_share_has_its_own_credentials_both_ways() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let (share, file) =
            Share::from_address("nfs://share:share-secret@10.1.2.3/private/scp/a.xml").unwrap();
        let options = ExportOptions::new(ProfileFormat::Xml).with_share(share.clone(), file.clone());
        let exported = export(rig.client(), &options).await.unwrap();
        assert!(exported.raw().is_none());
        let place = "10.1.2.3/private/scp/a.xml";
        let text = rig.server().shared_file(place).unwrap();
        // Written by people and moved by scripts, it has no line breaks, which old firmware does not take.
        let buffer = Profile::parse(text.replace(">Enabled</Attribute>", ">Disabled</Attribute>")).unwrap();
        rig.server().share_file(place, &buffer.import_buffer().unwrap());
        let import_it = ImportOptions::of_file(share, file).with_targets(&[ScpTarget::Bios]);
        let outcome = import(rig.client(), &import_it).await.unwrap();
        assert!(outcome.is_complete() && outcome.changed);
        assert_eq!(rig.server().profile_setting(BIOS, VIRTUALIZATION.0).as_deref(), Some("Disabled"));
        let others = rig.server().profile_setting("NIC.Integrated.1-1-1", "WakeOnLan");
        assert_eq!(others.as_deref(), Some("Enabled"), "only the classes that were named");

        let (wrong, file) = Share::from_address("cifs://u:wrong@10.1.2.3/private/scp/a.xml").unwrap();
        let options = ExportOptions::new(ProfileFormat::Xml).with_share(wrong, file);
        let error = export(rig.client(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::JobFailed);
        assert!(error.message_ids().any(|id| id.as_str() == "SYS045"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_import_is_followed_to_its_end_setting_by_setting() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = quiet(profile(rig, IDRAC, &[NTP]));
        // The system, the manager, the action, thirteen looks at the job, and its task.
        let outcome = rig.expecting("scp::import", 17, import(rig.client(), &options)).await.unwrap();
        assert!(outcome.is_complete() && outcome.changed && outcome.host_as_wanted.is_none());
        assert_eq!(outcome.components.len(), 1);
        assert_eq!(outcome.components[0].fqdd.as_deref(), Some(IDRAC));
        assert_eq!((outcome.components[0].applied, outcome.components[0].failed.len()), (1, 0));
        assert_eq!(rig.server().profile_setting(IDRAC, NTP.0).as_deref(), Some("Enabled"));
        let again = import(rig.client(), &options).await.unwrap();
        assert!(again.is_complete() && !again.changed, "SYS069: all was as wanted");
    })
    .await;
}

/// Whoever started it may be gone: all that another one needs is the name of the job.
#[tokio::test]
async fn what_was_started_is_followed_by_whoever_knows_its_job() {
    on_each(Generation::ALL, async |rig: &Rig| {
        if rig.generation() != Generation::Idrac7 {
            let options = ExportOptions::new(best_format(rig.client()).await.unwrap());
            let expected = if is_old(rig) { ProfileFormat::Xml } else { ProfileFormat::Json };
            assert_eq!(options.format, expected);
            let started = start_export(rig.client(), &options).await.unwrap();
            let known = JobRef::from(started.job.unwrap());
            let exported = follow_export(rig.client(), &known, &options).await.unwrap();
            assert_eq!(exported.profile().unwrap().unwrap().format(), expected);
        }
        let options = quiet(profile(rig, IDRAC, &[NTP]));
        let started = start_import(rig.client(), &options).await.unwrap();
        let known = JobRef::from(started.job.unwrap());
        let outcome = follow_import(rig.client(), &known, &options).await.unwrap();
        assert!(outcome.is_complete() && outcome.components[0].applied == 1);
    })
    .await;
}

/// A profile with line breaks and remarks goes as it is, but to firmware that does not take it so.
#[tokio::test]
async fn a_profile_goes_as_it_came_but_to_old_firmware() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let text = format!(
            "<SystemConfiguration>\n  <!-- {} -->\n  <Component FQDD=\"{IDRAC}\">\n    <Attribute Name=\"{}\">Enabled</Attribute>\n  \
             </Component>\n</SystemConfiguration>\n",
            "by hand ".repeat(100),
            NTP.0
        );
        let options = quiet(Profile::parse(text.clone().into_bytes()).unwrap());
        assert!(import(rig.client(), &options).await.unwrap().is_complete());
        let journal = rig.journal();
        let sent = journal.iter().find(|one| one.path.ends_with(".ImportSystemConfiguration")).unwrap();
        // A line break is two letters in JSON.
        let as_it_is = text.len() + text.matches(['\n', '"']).count();
        assert_eq!(sent.request_bytes > as_it_is, !is_old(rig), "{} of {as_it_is}", sent.request_bytes);
    })
    .await;
}

#[tokio::test]
async fn an_import_for_the_host_restarts_it_and_says_so_before() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = ImportOptions::new(profile(rig, BIOS, &[VIRTUALIZATION]));
        let plan = plan_import(rig.client(), &options).await.unwrap();
        assert_eq!((plan.plan.steps.len(), plan.plan.host), (1, Restart::Certain));
        let preview = plan.preview.unwrap();
        assert_eq!((preview.restarts, preview.estimated_s), (true, Some(120)));
        assert!(plan.plan.effect().is_destructive() && plan.hazards.is_empty());
        let setting = rig.server().profile_setting(BIOS, VIRTUALIZATION.0);
        assert_eq!(setting.as_deref(), Some("Enabled"), "a preview changes nothing");

        let outcome = import(rig.client(), &options).await.unwrap();
        assert_eq!(outcome.host_as_wanted, Some(true));
        assert!(!rig.server().is_running(), "the host is in its power-on test");
        let plan = plan_import(rig.client(), &options).await.unwrap();
        assert!(plan.plan.is_empty() && !plan.preview.unwrap().changes, "nothing is left to change");
    })
    .await;
}

#[tokio::test]
async fn errors_in_some_parts_are_no_success_and_no_failure() {
    on_each(Generation::ALL, async |rig: &Rig| {
        rig.server().refuse_settings(&["ServerBoot.1#BootOnce"]);
        let both = profile(rig, IDRAC, &[NTP, ("ServerBoot.1#BootOnce", "Enabled")]);
        let outcome = import(rig.client(), &quiet(both)).await.unwrap();
        assert_eq!((outcome.job.verdict, outcome.changed), (Verdict::Partial, true));
        let failed = &outcome.components[0].failed[0];
        assert_eq!(failed.name.as_deref(), Some("ServerBoot.1#BootOnce"));
        assert_eq!(failed.message_id.as_ref().map(|id| id.as_str()), Some("SYS424"));
        assert_eq!(rig.server().profile_setting(IDRAC, NTP.0).as_deref(), Some("Enabled"));
        // What needs a restart waits when there is to be none.
        let host = import(rig.client(), &quiet(profile(rig, BIOS, &[VIRTUALIZATION]))).await.unwrap();
        assert_eq!(host.job.verdict, Verdict::Partial);
        assert!(host.job.messages.iter().any(|info| info.message_id.as_ref().unwrap().as_str() == "SYS070"));
    })
    .await;
}

#[tokio::test]
async fn a_profile_of_another_model_is_not_sent() {
    on_each([Generation::Idrac7, Generation::Idrac10], async |rig: &Rig| {
        let text = r#"<SystemConfiguration Model="PowerEdge R999" ServiceTag="ABC1234">
            <Component FQDD="iDRAC.Embedded.1"><Attribute Name="NTPConfigGroup.1#NTPEnable">Enabled</Attribute></Component>
            </SystemConfiguration>"#;
        let options = quiet(Profile::parse(text.as_bytes().to_vec()).unwrap());
        let refused = import(rig.client(), &options).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(rig.asked().iter().all(|line| !line.starts_with("POST /redfish/v1/Managers")));
        let plan = plan_import(rig.client(), &options.clone().for_any_model()).await.unwrap();
        assert_eq!(plan.fit.unwrap().model, Agreement::Different);
        assert_eq!(plan.plan.warnings.len(), 1, "it is another server's");
        assert!(import(rig.client(), &options.for_any_model()).await.unwrap().is_complete());
    })
    .await;
}

#[tokio::test]
async fn other_work_is_waited_for_and_a_lost_answer_found_again() {
    on_each([Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10], async |rig: &Rig| {
        let _ = rig.server().add_job(JobSpec {
            name: "Configure: NIC.Integrated.1-1-1".into(),
            kind: "NICConfiguration".into(),
            runs_for: Duration::from_secs(80),
            ends: "Completed".into(),
        });
        let path = "*ImportSystemConfiguration";
        rig.server().set_faults([FaultRule::new(Effect::DropAfter).path(path).method("POST").nth(3)]);
        let (outcome, asked) = rig.counting(import(rig.client(), &quiet(profile(rig, IDRAC, &[NTP])))).await;
        assert!(outcome.unwrap().is_complete());
        // Two refusals (LC068), 30 and 60 s apart, then the one that was carried out although no answer came.
        let sent: Vec<_> = asked.iter().filter(|line| line.contains("ImportSystemConfiguration ")).collect();
        assert_eq!(sent.len(), 3, "{sent:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_restart_of_the_idrac_in_the_middle_is_waited_out() {
    on_each([Generation::Idrac9V6], async |rig: &Rig| {
        rig.server().set_faults([FaultRule::new(Effect::Restart { for_ms: 45_000 })
            .path("*/Jobs/*")
            .method("GET")
            .nth(4)]);
        let outcome = import(rig.client(), &quiet(profile(rig, IDRAC, &[NTP]))).await.unwrap();
        assert!(outcome.is_complete());
    })
    .await;
}

/// The profile changes the password we came with.
#[tokio::test]
async fn a_new_password_of_our_own_does_not_shut_us_out() {
    let options = |rig: &Rig, named: bool| {
        let password = ("Users.2#Password", "n3w-secret");
        let named_too = [("Users.2#UserName", idrac_suite::USER), password];
        quiet(profile(rig, IDRAC, if named { &named_too } else { &named_too[1..] }))
    };
    on_each(Generation::ALL, async |rig: &Rig| {
        for named in [true, false] {
            let plan = plan_import(rig.client(), &options(rig, named)).await.unwrap();
            assert_eq!(plan.plan.warnings.len(), 1, "{:?}", plan.plan.warnings);
        }
        let outcome =
            import(rig.client(), &options(rig, rig.generation() != Generation::Idrac10)).await.unwrap();
        assert_eq!((outcome.password, outcome.is_complete()), (PasswordInForce::New, true));
        assert!(!format!("{outcome:?}").contains("n3w-secret"));
        let wrong = |line: &String| line.starts_with("POST ") && line.ends_with("Sessions 401");
        assert_eq!(rig.asked().iter().filter(|line| wrong(line)).count(), 0, "no wrong password was tried");
    })
    .await;
    let basic = Rig::start_with(Generation::Idrac9V5, |spec| spec, |client| client.auth(AuthMode::Basic));
    run(basic.await.unwrap(), async |rig: &Rig| {
        let outcome = import(rig.client(), &options(rig, true)).await.unwrap();
        assert_eq!(outcome.password, PasswordInForce::New, "Basic knows no session to lose");
    })
    .await;
}

/// Fault 28: an import that stands still at 99 %.
#[tokio::test]
async fn an_import_that_stands_still_is_given_up_and_taken_out() {
    on_each([Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10], async |rig: &Rig| {
        rig.server().stick_next_import();
        let options = quiet(profile(rig, IDRAC, &[NTP]));
        let error = import(rig.client(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stalled, "{error}");
        let deleted =
            rig.asked().into_iter().filter(|line| line.starts_with("DELETE ") && line.contains("JID_"));
        assert_eq!(deleted.filter(|line| line.ends_with(" 204")).count(), 1);
        assert_eq!(rig.server().profile_setting(IDRAC, NTP.0).as_deref(), Some("Disabled"));
        assert!(import(rig.client(), &options).await.unwrap().is_complete(), "the queue is free again");
    })
    .await;
    let without = Rig::start_without(Generation::Idrac9V7, Safeguard::NoticeStall).await.unwrap();
    run(without, async |rig: &Rig| {
        rig.server().stick_next_import();
        let patient = WaitOptions::default().with_interval(Duration::from_secs(300));
        let options = quiet(profile(rig, IDRAC, &[NTP])).with_wait(patient);
        let error = import(rig.client(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "waited for to the very end: {error}");
    })
    .await;
}

/// The newer family of actions, which takes arrays only.
#[tokio::test]
async fn the_action_is_found_by_the_end_of_its_name() {
    on_each([Generation::Idrac9V6, Generation::Idrac10], async |rig: &Rig| {
        let classes = [ScpTarget::Idrac, ScpTarget::Bios];
        let options = ExportOptions::new(ProfileFormat::Json).with_targets(&classes);
        let profile = export(rig.client(), &options).await.unwrap().profile().unwrap().unwrap();
        assert_eq!(profile.components().len(), 2);
        let json = profile.only_attributes(|_, each| each.name() == NTP.0).unwrap();
        assert!(import(rig.client(), &quiet(json)).await.unwrap().is_complete(), "JSON goes back as it came");
    })
    .await;
}

#[derive(Debug, Default)]
struct Recorder(Mutex<String>);

impl Observer for Recorder {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        let mut seen = self.0.lock().unwrap();
        for body in [exchange.request_body.as_ref(), exchange.response_body].into_iter().flatten() {
            seen.push_str(&String::from_utf8_lossy(body));
        }
        seen.push_str(exchange.error.unwrap_or_default());
    }
}

#[tokio::test]
async fn no_observer_sees_a_profile() {
    for generation in [Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10] {
        let recorder = Arc::new(Recorder::default());
        let seen = Arc::clone(&recorder);
        let rig = Rig::start_with(generation, |spec| spec, |client| client.observer(seen));
        run(rig.await.unwrap(), async |rig: &Rig| {
            let format = if is_old(rig) { ProfileFormat::Xml } else { ProfileFormat::Json };
            export(rig.client(), &ExportOptions::new(format)).await.unwrap();
            let secret =
                profile(rig, IDRAC, &[("Note.1#Text", "plain-c4lvin"), ("Users.3#Password", "c4lvin!")]);
            import(rig.client(), &quiet(secret.clone())).await.unwrap();
            rig.server().set_faults([FaultRule::status(400, "SYS047").path("*ImportSystemConfiguration")]);
            import(rig.client(), &quiet(secret)).await.unwrap_err();
        })
        .await;
        let seen = recorder.0.lock().unwrap();
        assert!(seen.contains("ImportBuffer") && !seen.contains("Users.2#UserName"), "{seen}");
        assert!(!seen.contains("c4lvin!") && !seen.contains("SystemModelName"), "{seen}");
    }
}
