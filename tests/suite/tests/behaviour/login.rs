//! Sessions: one an iDRAC, always gone at the end; and a wrong password sent exactly once.

use dell_redfish::ops::GetComputerSystem;
use dell_redfish::{AuthMode, Credentials, ErrorKind, HostFacts, Redfish as _, SessionReaper};
use idrac_sim::{Effect, FaultRule, Generation, LockoutPolicy};

use dsm_suite::inventory::{USER, client, differences, take};

use crate::{asked, one, only};

#[tokio::test]
async fn a_forgotten_session_is_one_new_login() {
    for (index, generation) in Generation::ALL.into_iter().enumerate() {
        let fleet = one(&format!("127.32.{index}.0"), generation)
            .defaults(|mut server| {
                server.html_unauthorized = true;
                server
            })
            .start()
            .await
            .unwrap();
        let server = only(&fleet);
        server.set_faults([FaultRule::new(Effect::ForgetSessions).method("GET").nth(6)]);
        let visitor = client(&server).build().unwrap();
        let found = take(&visitor).await.unwrap();
        visitor.close().await;
        assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
        assert!(differences(&server.expected(), &found).is_empty(), "{generation:?}");
        assert_eq!(server.totals().sessions_opened, 2, "{generation:?}: {:#?}", asked(&fleet));
        assert_eq!(server.open_sessions(), 0, "{generation:?}");
    }
}

#[tokio::test]
async fn with_all_sessions_taken_basic_reads_on_and_nobody_loses_theirs() {
    for (index, generation) in Generation::ALL.into_iter().enumerate() {
        let fleet =
            one(&format!("127.32.{}.0", 10 + index), generation).session_limit(2).start().await.unwrap();
        let server = only(&fleet);
        for _ in 0..2 {
            assert!(server.occupy_session("somebody", "127.0.0.9".parse().unwrap()).is_some());
        }
        let visitor = client(&server).build().unwrap();
        let found = take(&visitor).await.unwrap();
        visitor.close().await;
        assert!(found.failures.is_empty(), "{generation:?}: {:?}", found.failures);
        assert!(differences(&server.expected(), &found).is_empty(), "{generation:?}");
        assert_eq!(server.open_sessions(), 2, "{generation:?}: those of others are theirs");
        assert_eq!(server.totals().sessions_opened, 0, "{generation:?}");
        let logins = asked(&fleet).iter().filter(|line| line.starts_with("POST")).count();
        assert!(logins <= 4, "{generation:?}: {logins} logins met a full table");
        assert!(fleet.journal().iter().any(|e| e.method == "GET" && e.session.is_none() && e.user.is_some()));
    }
}

#[tokio::test]
async fn a_wrong_password_leaves_once_whatever_is_asked() {
    for (index, mode) in [AuthMode::Auto, AuthMode::Session, AuthMode::Basic].into_iter().enumerate() {
        for (place, generation) in
            [Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10].into_iter().enumerate()
        {
            let fleet = one(&format!("127.32.{}.0", 20 + 3 * index + place), generation)
                .lockout(LockoutPolicy { fail_count: 2, ..LockoutPolicy::default() })
                .start()
                .await
                .unwrap();
            let server = only(&fleet);
            let stranger = client(&server)
                .credentials(Credentials::new(USER, "wrong"))
                .auth(mode)
                .concurrency(4)
                .build()
                .unwrap();
            let (one, two) = tokio::join!(take(&stranger), take(&stranger));
            for outcome in [one, two] {
                assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Authentication, "{mode:?} {generation:?}");
            }
            for _ in 0..5 {
                let error = stranger.run(&GetComputerSystem).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Authentication);
            }
            stranger.close().await;
            assert_eq!(server.failed_logins(), 1, "{mode:?} {generation:?}: {:#?}", asked(&fleet));
            assert!(!server.is_locked(), "{mode:?} {generation:?}");
            // Another credential over the same connections is another try, and a good one.
            let known = stranger.with_credentials(Credentials::new(USER, "secret"), mode).unwrap();
            assert!(known.run(&GetComputerSystem).await.is_ok(), "{mode:?} {generation:?}");
            known.close().await;
            assert_eq!(server.open_sessions(), 0);
        }
    }
}

#[tokio::test]
async fn dropped_cancelled_or_panicking_nobody_leaves_a_session() {
    let fleet = one("127.32.40.0", Generation::Idrac9V7).start().await.unwrap();
    let server = only(&fleet);
    let reaper = SessionReaper::new();
    let visitor = || client(&server).reaper(reaper.clone()).build().unwrap();

    // Dropped without a word.
    visitor().run(&GetComputerSystem).await.unwrap();
    reaper.drained().await;
    assert_eq!((server.totals().sessions_opened, server.open_sessions()), (1, 0));

    // Given up while the nth request waits for its answer.
    for nth in 1..8 {
        server.set_faults([FaultRule::new(Effect::Delay { ms: 600_000 }).nth(nth)]);
        let answered = server.requests();
        let taking = tokio::spawn({
            let visitor = client(&server).reaper(reaper.clone()).concurrency(1).build().unwrap();
            async move { take(&visitor).await.map(drop) }
        });
        while server.requests() + 1 < answered + nth {
            tokio::task::yield_now().await;
        }
        // Some turns more, so that the request has left as a rule.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        taking.abort();
        let _ = taking.await;
        server.set_faults([]);
        server.drop_connections();
        reaper.drained().await;
        assert_eq!(server.open_sessions(), 0, "given up at request {nth}: {:#?}", asked(&fleet));
    }

    // In the middle of a panic.
    let panicking = tokio::spawn({
        let visitor = visitor();
        async move {
            visitor.run(&GetComputerSystem).await.unwrap();
            panic!("on purpose");
        }
    });
    assert!(panicking.await.unwrap_err().is_panic());
    reaper.drained().await;
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn where_sessions_are_made_is_found_once() {
    let fleet = one("127.32.41.0", Generation::Idrac8).start().await.unwrap();
    let server = only(&fleet);
    let visitor = client(&server).build().unwrap();
    visitor.run(&GetComputerSystem).await.unwrap();
    let facts = visitor.facts();
    visitor.close().await;
    assert_eq!(facts.sessions_path.as_deref(), Some("/redfish/v1/Sessions"));
    fleet.clear_journal();
    let visitor = client(&server).facts(HostFacts { ..facts }).build().unwrap();
    visitor.run(&GetComputerSystem).await.unwrap();
    visitor.close().await;
    let logins: Vec<String> = asked(&fleet).into_iter().filter(|line| line.starts_with("POST")).collect();
    assert_eq!(logins, ["POST /redfish/v1/Sessions"]);
}
