//! The console and pictures of the screen on every generation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::ErrorKind;
use dell_redfish::flow::console::{
    ConsoleLaunch, ConsoleOptions, export_video, fetch_screenshot, launch_console,
};
use dell_redfish::flow::log::fetch_exported;
use dell_redfish::ops::{ScreenShot, VideoLog};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::cases::change;
use idrac_suite::{Rig, USER, on_each};

fn has_dell_services(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

fn options() -> ConsoleOptions {
    ConsoleOptions { username: USER.into(), ..ConsoleOptions::default() }
}

#[tokio::test]
async fn the_console_opens_without_a_login_where_the_idrac_offers_that() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let options = options();
        let launch = launch_console(rig.client(), &options);
        if !has_dell_services(rig.generation()) {
            let launch = rig.expecting("console", 1, launch).await.unwrap();
            let ConsoleLaunch::LoginNeeded { url, because } = launch else { panic!("{launch:?}") };
            assert!(url.ends_with("/console"), "{url}");
            assert_eq!(because, ErrorKind::Unsupported);
            return;
        }
        let launch = rig.expecting("console", 2, launch).await.unwrap();
        let ConsoleLaunch::SignedOn { url, plugin_was_set: false } = &launch else { panic!("{launch:?}") };
        let address = rig.server().address();
        let front = format!("https://{address}/console?username={USER}&tempUsername=kvm%2B1%2F");
        assert!(url.expose().starts_with(&front), "{}", url.expose());
        let password = url.expose().split("&tempPassword=p%26").nth(1).unwrap();
        assert!(password.len() == 16 + 3 && password.ends_with("%3D"));
        assert!(!format!("{launch:?}").contains(password), "{launch:?}");
    })
    .await;
}

#[tokio::test]
async fn the_plugin_is_not_changed_without_being_told() {
    let rig = Rig::start(Generation::Idrac9V6).await.unwrap();
    let asking = ConsoleOptions { checks_plugin: true, ..options() };
    let (launch, asked) = rig.counting(launch_console(rig.client(), &asking)).await;
    assert!(matches!(launch.unwrap(), ConsoleLaunch::LoginNeeded { because: ErrorKind::Conflict, .. }));
    assert!(asked.iter().all(|line| line.starts_with("GET")), "{asked:#?}");

    let allowed = ConsoleOptions { may_set_plugin: true, ..asking };
    let (launch, asked) = rig.counting(launch_console(rig.client(), &allowed)).await;
    assert!(matches!(launch.unwrap(), ConsoleLaunch::SignedOn { plugin_was_set: true, .. }));
    assert_eq!(asked.iter().filter(|line| line.starts_with("PATCH")).count(), 1, "{asked:#?}");
    let launch = rig.expecting("console that is HTML5 already", 3, launch_console(rig.client(), &allowed));
    assert!(matches!(launch.await.unwrap(), ConsoleLaunch::SignedOn { plugin_was_set: false, .. }));
    rig.finish().await;
}

#[tokio::test]
async fn a_console_that_is_refused_needs_a_login_and_a_lost_idrac_is_an_error() {
    for (rule, expected) in [
        (FaultRule::status(403, "LIC501").path("*GetKVMSession"), Ok(ErrorKind::License)),
        (FaultRule::new(Effect::Garbage).path("*GetKVMSession"), Ok(ErrorKind::Protocol)),
        (FaultRule::new(Effect::Drop).path("*DelliDRACCardService*"), Err(ErrorKind::Connect)),
    ] {
        let rig =
            Rig::start_with(Generation::Idrac10, |spec| spec.faults([rule]), |client| client).await.unwrap();
        let launch = launch_console(rig.client(), &options()).await;
        let told = launch.map(|launch| match launch {
            ConsoleLaunch::LoginNeeded { because, .. } => because,
            ConsoleLaunch::SignedOn { .. } => panic!("signed on"),
        });
        assert_eq!(told.map_err(|error| error.kind()), expected);
        rig.finish().await;
    }
}

#[tokio::test]
async fn the_screen_is_seen() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let picture = fetch_screenshot(rig.client(), ScreenShot::Now);
        if !has_dell_services(rig.generation()) {
            assert_eq!(picture.await.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        picture.await.unwrap();
        let exported =
            rig.expecting("boot video", 2, export_video(rig.client(), VideoLog::Boot)).await.unwrap();
        let video = fetch_exported(rig.client(), &exported.file.unwrap()).await.unwrap();
        assert!(video.starts_with(b"PK"));
    })
    .await;
}

#[tokio::test]
async fn the_screen_is_a_picture() {
    change::SCREEN.everywhere().await;
}
