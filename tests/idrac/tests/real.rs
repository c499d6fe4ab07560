//! The suite against the real iDRAC that the environment names, and the proof that it keeps to what it is allowed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use dell_redfish::flow::asset_tag::set_asset_tag;
use dell_redfish::flow::lockout::list_sessions;
use dell_redfish::{Credentials, ErrorKind, Target};
use idrac_sim::{Fleet, Generation, JournalMode, ServerHandle};
use idrac_suite::capture::left_out;
use idrac_suite::cases::{self, Needs};
use idrac_suite::real::{Allow, NamedIdrac, RealWorld, run};
use idrac_suite::requests::{is_login, lines};
use idrac_suite::{PASSWORD, USER};

#[tokio::test]
async fn the_idrac_that_the_environment_names() {
    match NamedIdrac::from_environment().unwrap() {
        Some(named) => run(&named, &cases::all()).await.unwrap(),
        None => left_out("no real iDRAC: DSM_TEST_IDRAC names none"),
    }
}

/// A simulated iDRAC that nothing here knows to be one, on an address of its own.
async fn stranger(generation: Generation, nth: usize) -> (Fleet, ServerHandle) {
    let network = format!("127.{}.250.{}", 64 + std::process::id() % 128, 1 + nth);
    let fleet = Fleet::builder()
        .generation(generation)
        .credentials(USER, PASSWORD)
        .network(&network, 1)
        .journal(JournalMode::Full)
        .start()
        .await
        .unwrap();
    let server = fleet.server(0).unwrap();
    (fleet, server)
}

/// Runs the test above in a process of its own, as somebody would who has an iDRAC.
async fn in_a_process(server: &ServerHandle, allow: &'static str) -> Output {
    let address = server.address().to_string();
    let run = move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_idrac_that_the_environment_names", "--nocapture"])
            .env("DSM_TEST_IDRAC", address)
            .env("DSM_TEST_IDRAC_USER", USER)
            .env("DSM_TEST_IDRAC_PASSWORD", PASSWORD)
            .env("DSM_TEST_IDRAC_ALLOW", allow)
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Cases that held, those that were left out, and all that was said.
fn told(output: &Output) -> (usize, usize, String) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let all =
        |mark: &str| text.lines().filter(|line| line.starts_with(&format!("real iDRAC  {mark} "))).count();
    assert!(text.contains("1 before, 1 after"), "the watcher's own session, and no other: {text}");
    (all("ok"), all("LEFT OUT"), text.into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_permission_nothing_is_sent_that_changes_anything() {
    for (nth, generation) in Generation::ALL.into_iter().enumerate() {
        let (fleet, server) = stranger(generation, nth).await;
        let (held, left_out, text) = told(&in_a_process(&server, "").await);
        let all = cases::all();
        let readable =
            |case: &&&cases::Case| case.needs == Needs::Reading && case.offered.contains(&generation);
        assert_eq!(held, all.iter().filter(readable).count(), "{generation:?}: {text}");
        assert_eq!(left_out, all.len() - held);
        let asked = lines(&fleet.journal());
        let changing: Vec<_> =
            asked.iter().filter(|line| !line.starts_with("GET ") && !is_login(line)).collect();
        assert!(asked.len() > 50 && changing.is_empty(), "{generation:?}: {changing:#?}");
        assert_eq!(server.open_sessions(), 0);
        fleet.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_permission_changes_are_made_and_put_back() {
    let (fleet, server) = stranger(Generation::Idrac9V7, 20).await;
    let (held, left_out, text) = told(&in_a_process(&server, "changes").await);
    assert_eq!((held, left_out), (cases::all().len(), 0), "{text}");
    let asked = lines(&fleet.journal());
    assert!(asked.iter().any(|line| line.starts_with("PATCH ")), "{asked:#?}");
    assert_eq!(server.open_sessions(), 0);
    fleet.stop().await;
}

#[tokio::test]
async fn the_guard_lets_no_change_pass_whatever_a_case_tries() {
    let (fleet, server) = stranger(Generation::Idrac10, 21).await;
    let address = server.address();
    let named = NamedIdrac {
        target: Target::new(address.ip()).with_port(address.port()),
        credentials: Credentials::new(USER, PASSWORD),
        allow: Allow::Reading,
    };
    let rig = RealWorld::rig(&named).await.unwrap();
    assert_eq!((rig.generation(), rig.is_simulated()), (Generation::Idrac10, false));
    let (refused, asked) = rig.counting(set_asset_tag(rig.idrac(), "changed")).await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.is_unsent() && error.message().contains("guard"), "{error}");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    assert_eq!(list_sessions(rig.idrac()).await.unwrap().len(), 1);
    rig.finish().await;
    assert_eq!(server.open_sessions(), 0);
    fleet.stop().await;
}

#[test]
fn every_case_is_a_test_on_every_generation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text: String =
        files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let all = cases::all();
    let missing: Vec<_> =
        all.iter().filter(|case| !text.contains(&format!("async fn {}()", case.name))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(all.iter().filter(|case| case.needs == Needs::Reading).count() >= 30);
}
