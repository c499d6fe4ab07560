//! Power: read first, reset once, see it happen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::power::{
    Answer, Escalation, MainsCycle, PowerState, Reset, ResetOutcome, RestartProof, cycle_mains,
    plan_mains_cycle, plan_reset, reset_and_wait,
};
use dell_redfish::ops::{GetComputerSystem, ResetType};
use dell_redfish::{ErrorKind, Restart, Safeguard};
use idrac_sim::{Effect as Fault, FaultRule, Generation, HostRules};
use idrac_suite::cases::{change, server};
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const RESET: &str = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";

/// Whether this generation can show a restart by more than its power state.
fn shows_restarts(generation: Generation) -> bool {
    !matches!(generation, Generation::Idrac7 | Generation::Idrac8)
}

fn sent(outcome: &ResetOutcome) -> Vec<ResetType> {
    outcome.attempts.iter().map(|attempt| attempt.reset).collect()
}

fn resets(asked: &[String]) -> usize {
    asked.iter().filter(|line| line.starts_with(&format!("POST {RESET}"))).count()
}

async fn with_host(generation: Generation, rules: HostRules) -> Rig {
    Rig::start_with(generation, |spec| spec.host(rules), |client| client).await.unwrap()
}

#[tokio::test]
async fn a_host_goes_off_and_on() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let off = Reset::new(ResetType::GracefulShutdown);
        // The state, the reset, and looks at 5, 10 and 15 seconds: it shuts down in 15.
        let outcome =
            rig.expecting("reset GracefulShutdown", 5, reset_and_wait(rig.client(), &off)).await.unwrap();
        assert_eq!((outcome.before, outcome.after, outcome.changed), (PowerState::On, PowerState::Off, true));
        assert_eq!(rig.server().power_state(), "Off");

        let on = Reset::new(ResetType::On);
        let outcome = rig.expecting("reset On", 3, reset_and_wait(rig.client(), &on)).await.unwrap();
        assert_eq!((outcome.before, outcome.after), (PowerState::Off, PowerState::On));
        assert_eq!(sent(&outcome), [ResetType::On]);
    })
    .await;
}

#[tokio::test]
async fn each_reset_type_does_what_it_says() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        for (kind, after) in [
            (ResetType::Nmi, PowerState::On),
            (ResetType::PowerCycle, PowerState::On),
            (ResetType::ForceRestart, PowerState::On),
            (ResetType::PushPowerButton, PowerState::Off),
            (ResetType::PushPowerButton, PowerState::On),
            (ResetType::ForceOff, PowerState::Off),
        ] {
            rig.pass(Duration::from_secs(300)).await;
            let outcome = reset_and_wait(client, &Reset::new(kind)).await.unwrap();
            assert_eq!(
                (outcome.after, sent(&outcome)),
                (after, vec![kind]),
                "{kind} on {:?}",
                rig.generation()
            );
        }
        for kind in
            [ResetType::ForceRestart, ResetType::GracefulRestart, ResetType::PowerCycle, ResetType::Nmi]
        {
            let (refused, asked) = rig.counting(reset_and_wait(client, &Reset::new(kind))).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict, "{kind} of a host that is off");
            assert_eq!(asked.len(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_restart_is_witnessed_where_the_firmware_can_show_it() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let shows = shows_restarts(rig.generation());
        let restart = Reset::new(ResetType::GracefulRestart).until_post_is_over();
        // It shuts down in 15 seconds, is in its power-on test for 90, and looks come every 5. Where the system itself does not
        // tell, Dell's service is found and asked, too; iDRAC7 and 8 have none.
        let (requests, proof) = match rig.generation() {
            Generation::Idrac7 | Generation::Idrac8 => (4, RestartProof::NotShown),
            Generation::Idrac9V5 | Generation::Idrac9V6 => (3 + 2 * 21, RestartProof::PostStatus),
            Generation::Idrac9V7 | Generation::Idrac10 => (2 + 21, RestartProof::LastResetTime),
        };
        let work = reset_and_wait(rig.client(), &restart);
        let outcome = rig.expecting("reset GracefulRestart", requests, work).await.unwrap();
        assert_eq!((outcome.proof, outcome.after), (Some(proof), PowerState::On));
        assert_eq!(rig.server().is_running(), shows, "{:?}", rig.generation());
    })
    .await;
}

#[tokio::test]
async fn two_steps_show_a_restart_everywhere() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let restart = Reset::new(ResetType::GracefulRestart).in_two_steps();
        let outcome = reset_and_wait(rig.client(), &restart).await.unwrap();
        assert_eq!(outcome.proof, Some(RestartProof::PowerState));
        assert_eq!(sent(&outcome), [ResetType::GracefulShutdown, ResetType::On]);
    })
    .await;
}

#[tokio::test]
async fn a_host_that_is_there_already_is_left_alone() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let on = Reset::new(ResetType::On);
        let outcome =
            rig.expecting("reset On, on already", 1, reset_and_wait(rig.client(), &on)).await.unwrap();
        assert!(!outcome.changed && outcome.attempts.is_empty());

        // It became so between our look and our request: 409, and a second look says that all is well.
        rig.client().run(&GetComputerSystem).await.unwrap();
        rig.server().set_faults([FaultRule::status(409, "ActionParameterValueConflict").path(RESET)]);
        let off = Reset::new(ResetType::ForceOff);
        let refused = reset_and_wait(rig.client(), &off).await.unwrap_err();
        assert_eq!(
            refused.kind(),
            ErrorKind::Conflict,
            "a conflict about a state that is not there is an error"
        );
    })
    .await;
}

#[tokio::test]
async fn a_host_that_ignores_a_request_is_forced_if_that_is_allowed() {
    let deaf = HostRules { ignores_graceful: true, ..HostRules::default() };
    for generation in Generation::ALL {
        run(with_host(generation, deaf).await, async |rig: &Rig| {
            let polite = Reset::new(ResetType::GracefulShutdown).with_patience(Duration::from_secs(60));
            let (error, asked) = rig.counting(reset_and_wait(rig.client(), &polite)).await;
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);
            assert_eq!((asked.len(), rig.server().power_state()), (2 + 12, "On"));

            let firm = polite.with_escalation(Escalation::Force);
            let outcome = reset_and_wait(rig.client(), &firm).await.unwrap();
            assert_eq!(sent(&outcome), [ResetType::GracefulShutdown, ResetType::ForceOff]);
            assert_eq!(outcome.after, PowerState::Off);
        })
        .await;
    }
    let stuck = HostRules { ignores_forced_restart: true, ..deaf };
    for generation in Generation::ALL.into_iter().filter(|generation| shows_restarts(*generation)) {
        run(with_host(generation, stuck).await, async |rig: &Rig| {
            let restart = Reset::new(ResetType::GracefulRestart)
                .with_patience(Duration::from_secs(60))
                .with_escalation(Escalation::Force);
            let error = reset_and_wait(rig.client(), &restart).await.unwrap_err();
            assert!(error.message().contains("GracefulRestart, ForceRestart"), "{error}");
            let restart = restart.with_escalation(Escalation::PowerCycle);
            let outcome = reset_and_wait(rig.client(), &restart).await.unwrap();
            assert_eq!(
                sent(&outcome),
                [ResetType::GracefulRestart, ResetType::ForceRestart, ResetType::PowerCycle]
            );
            assert!(outcome.proof.is_some());
        })
        .await;
    }
    let rig = Rig::start_with(
        Generation::Idrac9V7,
        |spec| spec.host(deaf),
        |client| client.without(Safeguard::Escalate),
    );
    run(rig.await.unwrap(), async |rig: &Rig| {
        let firm = Reset::new(ResetType::GracefulShutdown).with_escalation(Escalation::Force);
        assert!(reset_and_wait(rig.client(), &firm).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_answered_by_looking() {
    on_each(Generation::ALL, async |rig: &Rig| {
        rig.client().run(&GetComputerSystem).await.unwrap();
        rig.server().set_faults([FaultRule::new(Fault::DropAfter).path(RESET)]);
        let off = Reset::new(ResetType::ForceOff).with_patience(Duration::from_secs(60));
        let (outcome, asked) = rig.counting(reset_and_wait(rig.client(), &off)).await;
        let outcome = outcome.unwrap();
        assert_eq!((outcome.after, outcome.attempts[0].answer), (PowerState::Off, Answer::None));
        assert_eq!(resets(&asked), 1, "{asked:#?}");

        // It never arrived: that shows too, and nothing is sent twice.
        rig.server().set_faults([FaultRule::new(Fault::Drop).path(RESET)]);
        let on = Reset::new(ResetType::On).with_patience(Duration::from_secs(60));
        let (error, asked) = rig.counting(reset_and_wait(rig.client(), &on)).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), resets(&asked)), (ErrorKind::Timeout, 1));
        assert!(error.message().contains("never have arrived"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_idrac_that_goes_away_meanwhile_is_waited_for() {
    on_each(Generation::ALL, async |rig: &Rig| {
        rig.client().run(&GetComputerSystem).await.unwrap();
        rig.server().set_faults([FaultRule::new(Fault::Restart { for_ms: 20_000 })
            .path("/redfish/v1/Systems/System.Embedded.1")
            .method("GET")
            .nth(2)]);
        let outcome = reset_and_wait(rig.client(), &Reset::new(ResetType::ForceOff)).await.unwrap();
        assert_eq!((outcome.after, sent(&outcome)), (PowerState::Off, vec![ResetType::ForceOff]));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_offered_is_refused_before_it_is_sent() {
    let old = HostRules { lacks_graceful_restart: true, ..HostRules::default() };
    run(with_host(Generation::Idrac9V5, old).await, async |rig: &Rig| {
        let restart = Reset::new(ResetType::GracefulRestart);
        let (error, asked) = rig.counting(reset_and_wait(rig.client(), &restart)).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), asked.len()), (ErrorKind::Unsupported, 1));
        assert!(error.message().contains("GracefulShutdown"), "it says what is offered: {error}");
        assert!(plan_reset(rig.client(), &restart).await.is_err());
        reset_and_wait(rig.client(), &restart.in_two_steps()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_plan_says_what_would_happen_and_does_nothing() {
    server::RESET_PLAN.everywhere().await;
}

#[tokio::test]
async fn mains_can_be_cycled_where_it_is_offered() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let offered =
            !matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8 | Generation::Idrac9V5);
        let cycle = MainsCycle::new();
        if !offered {
            let error = cycle_mains(client, &cycle).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return;
        }
        assert_eq!(
            cycle_mains(client, &cycle).await.unwrap_err().kind(),
            ErrorKind::Conflict,
            "the host is on"
        );
        let cycle = cycle.with_switch_off(Reset::new(ResetType::GracefulShutdown));
        let plan = plan_mains_cycle(client, &cycle).await.unwrap();
        assert_eq!((plan.idrac, plan.host, plan.warnings.len()), (Restart::Certain, Restart::Certain, 1));
        let outcome = cycle_mains(client, &cycle).await.unwrap();
        assert_eq!(
            (outcome.before, outcome.after, outcome.idrac_was_away),
            (PowerState::On, PowerState::On, true)
        );

        let cycle = cycle.off_afterwards();
        let outcome = cycle_mains(client, &cycle).await.unwrap();
        assert_eq!((outcome.after, outcome.idrac_was_away), (PowerState::Off, true));
    })
    .await;
}

#[tokio::test]
async fn the_locator_light_is_set_and_read_back() {
    change::LOCATOR.everywhere().await;
}
