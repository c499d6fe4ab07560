//! Sessions that are handed from one client to another: lent, given away, to another process too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{
    AuthMode, Client, ClientBuilder, Credentials, ErrorKind, InMemorySessions, Permanence, Secret,
    SessionHandle, SessionRole, Target, TlsPolicy,
};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::generations::run;
use idrac_suite::{PASSWORD, Rig, USER, on_each};

/// Longer than a session may idle.
const LATER: Duration = Duration::from_secs(1801);

fn root() -> Credentials {
    Credentials::new(USER, PASSWORD)
}

/// The handle as it arrives in another process.
fn sent(handle: &SessionHandle) -> SessionHandle {
    SessionHandle::read(&handle.expose().unwrap()).unwrap()
}

fn building(rig: &Rig, handle: SessionHandle) -> ClientBuilder {
    rig.stranger().session(handle)
}

async fn reads(client: &Client) {
    client.run(&GetComputerSystem).await.unwrap();
}

fn logins(rig: &Rig) -> u64 {
    rig.server().totals().sessions_opened
}

#[tokio::test]
async fn a_lent_session_serves_two_clients_with_one_login() {
    on_each(Generation::ALL, async |rig: &Rig| {
        reads(rig.client()).await;
        let handle = rig.client().share_session().await.unwrap();
        assert_eq!((handle.role(), handle.user()), (SessionRole::Borrower, USER));
        let seen: String = handle.certificate().unwrap().to_string().replace(':', "").to_lowercase();
        assert_eq!(seen, rig.server().certificate_sha256().unwrap());

        let borrower = building(rig, sent(&handle)).build().unwrap();
        rig.expecting("GetComputerSystem on a lent session", 1, reads(&borrower)).await;
        // A borrower can lend what it has, but not give it away.
        let again = building(rig, borrower.share_session().await.unwrap()).build().unwrap();
        reads(&again).await;
        let refused = borrower.detach_session().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);

        // Whatever way borrowers end, the session stays.
        borrower.close().await;
        drop((borrower, again));
        rig.settled().await;
        reads(rig.client()).await;
        assert_eq!((rig.server().open_sessions(), logins(rig)), (1, 1));

        // Its owner ends it.
        let last = building(rig, sent(&handle)).build().unwrap();
        rig.client().close().await;
        assert_eq!(rig.server().open_sessions(), 0);
        assert_eq!(last.run(&GetComputerSystem).await.unwrap_err().kind(), ErrorKind::Authentication);
        assert_eq!((logins(rig), rig.server().failed_logins()), (1, 1), "one 401, and nothing after it");
    })
    .await;
}

#[tokio::test]
async fn a_session_given_away_outlives_its_client_and_its_new_owner_ends_it() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let first = rig.stranger().credentials(root()).build().unwrap();
        reads(&first).await;
        let handle = first.detach_session().await.unwrap();
        assert_eq!(handle.role(), SessionRole::Owner);
        let text = handle.expose().unwrap();
        first.close().await;
        drop((first, handle));
        rig.settled().await;
        assert_eq!(rig.server().open_sessions(), 1, "it survives its client on purpose");

        let second = building(rig, SessionHandle::read(&text).unwrap()).build().unwrap();
        reads(&second).await;
        assert_eq!(logins(rig), 1);
        // It is a session like any other from here on: given away again, within the process this time, and ended by a drop.
        let third = building(rig, second.detach_session().await.unwrap()).build().unwrap();
        drop(second);
        reads(&third).await;
        drop(third);
        rig.settled().await;
        assert_eq!((rig.server().open_sessions(), logins(rig)), (0, 1));

        // Taken over and never used, it is ended too.
        let giver = rig.stranger().credentials(root()).build().unwrap();
        drop(building(rig, giver.detach_session().await.unwrap()).build().unwrap());
        rig.settled().await;
        assert_eq!(rig.server().open_sessions(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_handle_that_nobody_takes_leaks_nothing() {
    let rig = Rig::start_with(
        Generation::Idrac9V7,
        |spec| spec.latency(Duration::from_millis(20)),
        |client| client,
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        let giver = || rig.stranger().credentials(root()).build().unwrap();
        drop(giver().detach_session().await.unwrap());

        let client = giver();
        let panicking = tokio::spawn(async move {
            let _handle = client.detach_session().await.unwrap();
            panic!("on purpose");
        });
        assert!(panicking.await.is_err());

        // Given up at every stage of the login and after it.
        for wait in [0, 5, 15, 25, 45] {
            let client = giver();
            let _ = tokio::time::timeout(Duration::from_millis(wait), client.detach_session()).await;
        }
        // A builder that never builds.
        drop(building(rig, giver().detach_session().await.unwrap()));
        rig.settled().await;
        assert_eq!(rig.server().open_sessions(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced_once_or_said_to_be_over() {
    on_each(Generation::ALL, async |rig: &Rig| {
        reads(rig.client()).await;
        let handle = rig.client().share_session().await.unwrap();
        let with = building(rig, sent(&handle)).credentials(root()).build().unwrap();
        let without = building(rig, sent(&handle)).build().unwrap();
        reads(&with).await;
        reads(&without).await;
        rig.pass(LATER).await;

        let both = tokio::join!(with.run(&GetComputerSystem), with.run(&GetComputerSystem));
        assert!(both.0.is_ok() && both.1.is_ok());
        assert_eq!((logins(rig), rig.server().open_sessions()), (2, 1), "one login for both");

        let error = without.run(&GetComputerSystem).await.unwrap_err();
        assert_eq!((error.kind(), error.permanence()), (ErrorKind::Authentication, Permanence::Permanent));
        assert!(error.message().contains("hand a new session over"), "{error}");
        rig.forget();
        assert!(without.run(&GetComputerSystem).await.is_err());
        assert!(without.share_session().await.is_err());
        assert_eq!(rig.asked(), [""; 0], "a token that is known to be dead goes out no more");

        // The session it opened itself is its own to end.
        drop((with, without));
        rig.settled().await;
        assert_eq!(rig.server().open_sessions(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_goes_only_where_it_belongs() {
    let elsewhere = Rig::start(Generation::Idrac9V7).await.unwrap();
    on_each(Generation::ALL, async |rig: &Rig| {
        let handle = rig.client().share_session().await.unwrap();
        let other = elsewhere.server().address();
        let wrong_port = handle.target().clone().with_port(handle.target().socket().port() ^ 1);
        for target in [Target::new(other.ip()).with_port(other.port()), wrong_port] {
            let error = Client::builder(target).session(sent(&handle)).build().unwrap_err();
            assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::InvalidInput, true));
        }
        assert_eq!(elsewhere.server().connections(), 0);
        let someone = building(rig, sent(&handle)).credentials(Credentials::new("admin", PASSWORD));
        assert_eq!(someone.build().unwrap_err().kind(), ErrorKind::InvalidInput);
        let basic = building(rig, sent(&handle)).credentials(root()).auth(AuthMode::Basic);
        assert_eq!(basic.build().unwrap_err().kind(), ErrorKind::InvalidInput);

        // At the right address, but with another certificate than the session was opened under: whatever the policy.
        rig.server().renew_certificate().unwrap();
        rig.forget();
        for policy in [TlsPolicy::TrustOnFirstUse, TlsPolicy::InsecureNoVerification] {
            let borrower = building(rig, sent(&handle)).tls(policy).build().unwrap();
            let error = borrower.run(&GetComputerSystem).await.unwrap_err();
            assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::CertificateChanged, true));
        }
        assert_eq!(rig.asked(), [""; 0]);
    })
    .await;
    elsewhere.finish().await;
}

#[tokio::test]
async fn a_giver_that_verified_nothing_binds_to_nothing() {
    let rig = Rig::start_with(
        Generation::Idrac9V7,
        |spec| spec,
        |client| client.tls(TlsPolicy::InsecureNoVerification),
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        let handle = rig.client().share_session().await.unwrap();
        assert!(handle.certificate().is_none());
        reads(&building(rig, sent(&handle)).build().unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn one_session_is_enough_for_a_relay_of_clients() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let mut client = rig.stranger().credentials(root()).auth(AuthMode::Session).build().unwrap();
        for _ in 0..3 {
            reads(&client).await;
            let next = building(rig, sent(&client.detach_session().await.unwrap()));
            client = next.auth(AuthMode::Session).build().unwrap();
        }
        reads(&client).await;
        assert_eq!((logins(rig), rig.server().totals().sessions_closed), (1, 0));
        client.close().await;
        // Without a session of its own there is nothing to hand over.
        let basic = rig.stranger().credentials(root()).auth(AuthMode::Basic).build().unwrap();
        assert_eq!(basic.share_session().await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(
            rig.stranger().build().unwrap().share_session().await.unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    })
    .await;
}

/// Loses the reply of a login, so that its client has to look for a session it knows nothing of: of the same user, from the same
/// address, opened in the same seconds as the one that was handed over.
async fn search_for_a_lost_session(rig: &Rig, registry: &Arc<InMemorySessions>) {
    rig.server().set_faults([FaultRule::new(Effect::DropAfter).method("POST").path("*/Sessions").count(1)]);
    let searcher = rig.stranger().credentials(root()).sessions(registry.clone()).build().unwrap();
    reads(&searcher).await;
    searcher.close().await;
}

#[tokio::test]
async fn a_session_that_was_handed_over_is_nobodys_orphan() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let registry = Arc::new(InMemorySessions::default());
        let giver = rig.stranger().credentials(root()).sessions(registry.clone()).build().unwrap();
        reads(&giver).await;
        let text = giver.detach_session().await.unwrap().expose().unwrap();
        drop(giver);
        rig.settled().await;
        search_for_a_lost_session(rig, &registry).await;
        assert_eq!(rig.server().open_sessions(), 1, "given away: the lost one is gone, this one is not");

        // Lent to a program that knows nothing of where it comes from.
        let owner = building(rig, SessionHandle::read(&text).unwrap()).build().unwrap();
        let theirs = Arc::new(InMemorySessions::default());
        let lent = sent(&owner.share_session().await.unwrap());
        let borrower = building(rig, lent).sessions(theirs.clone()).build().unwrap();
        reads(&borrower).await;
        search_for_a_lost_session(rig, &theirs).await;
        reads(&borrower).await;
        assert_eq!(borrower.reap_orphans().await.unwrap(), 0);
        drop(borrower);
        rig.settled().await;
        assert!(theirs.is_empty());
        reads(&owner).await;
        owner.close().await;
        assert_eq!(rig.server().open_sessions(), 0);
    })
    .await;
}

/// Runs the other process with this handle.
async fn relay(handle: Secret) -> Output {
    let work = move || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_relay"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(handle.expose().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn another_process_goes_on_with_it() {
    on_each([Generation::Idrac8, Generation::Idrac10], async |rig: &Rig| {
        let client = rig.stranger().credentials(root()).build().unwrap();
        reads(&client).await;
        let lent = relay(client.share_session().await.unwrap().expose().unwrap()).await;
        let tag = rig.server().service_tag();
        assert_eq!(String::from_utf8_lossy(&lent.stdout).trim(), tag, "{lent:?}");
        assert_eq!((rig.server().open_sessions(), logins(rig)), (1, 1), "it was only lent");

        let handle = client.detach_session().await.unwrap();
        let given = relay(handle.expose().unwrap()).await;
        assert_eq!(String::from_utf8_lossy(&given.stdout).trim(), tag, "{given:?}");
        assert_eq!((rig.server().open_sessions(), logins(rig)), (0, 1), "its new owner has ended it");

        let dead = relay(handle.expose().unwrap()).await;
        assert!(!dead.status.success());
        let said = String::from_utf8_lossy(&dead.stderr);
        assert!(said.contains("hand a new session over"), "{said}");
    })
    .await;
}
