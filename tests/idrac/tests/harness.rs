//! The harness itself: it counts what is asked, and sees a session that is left, also after a panic or a cancellation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use dell_redfish::ops::GetComputerSystem;
use futures_util::FutureExt as _;
use idrac_sim::Generation;
use idrac_suite::Rig;
use idrac_suite::cases::server;
use idrac_suite::generations::run;

#[tokio::test]
async fn requests_are_counted_and_sessions_end() {
    server::IDENTITY.everywhere().await;
}

#[tokio::test]
async fn a_session_ends_after_a_panic_and_after_a_cancellation() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    let server = rig.server().clone();
    let panicking = run(rig, async |rig: &Rig| {
        rig.client().run(&GetComputerSystem).await.unwrap();
        assert_eq!(rig.server().open_sessions(), 1);
        panic!("on purpose");
    });
    assert!(AssertUnwindSafe(panicking).catch_unwind().await.is_err());
    assert_eq!((server.open_sessions(), server.totals().sessions_opened), (0, 1));

    let rig = Rig::start_with(
        Generation::Idrac9V7,
        |spec| spec.latency(Duration::from_millis(30)),
        |client| client,
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        for steps in 1..4 {
            let given_up = rig.client().run(&GetComputerSystem);
            let _ = tokio::time::timeout(Duration::from_millis(20 * steps), given_up).await;
        }
    })
    .await;
}
