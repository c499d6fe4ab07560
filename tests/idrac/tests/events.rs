//! Events: the stream that is kept alive, and listeners of one's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::event::{
    EventListener, EventOptions, Heard, list_subscriptions, plan_subscribe, submit_test_event, subscribe,
    unsubscribe,
};
use dell_redfish::ops::Subscription;
use dell_redfish::{Effect as Hurts, ErrorKind};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::cases::work;
use idrac_suite::{Rig, on_each};

/// What was heard, in short.
fn short(heard: &Heard) -> String {
    match heard {
        Heard::Opened { warnings } => format!("opened {}", warnings.join(" ")).trim_end().to_owned(),
        Heard::Event(event) => {
            let ids = event.events.iter().flatten().filter_map(|record| record.message_id.as_deref());
            let ids: Vec<_> = ids.map(|id| id.rsplit('.').next().unwrap()).collect();
            format!("event {}", ids.join(" "))
        }
        Heard::Missed(entry) => format!("missed {}", entry.bare_message_id().unwrap()),
        Heard::Lost(why) => format!("lost {why:?}"),
    }
}

async fn hear(listener: &mut EventListener<'_>, many: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..many {
        all.push(short(&listener.next().await.unwrap()));
    }
    all
}

#[tokio::test]
async fn events_are_heard_and_none_is_lost_when_the_stream_ends() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let mut listener = EventListener::new(rig.client(), EventOptions::default());
        if matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8) {
            assert_eq!(listener.next().await.unwrap_err().kind(), ErrorKind::Unsupported);
            return;
        }
        // The service, the stream, and where the log stands: its service and one page.
        let heard = rig.expecting("open the stream of events", 4, hear(&mut listener, 1)).await;
        assert_eq!(heard, ["opened"]);
        rig.server().lose_power_supply(1);
        assert_eq!(hear(&mut listener, 1).await, ["event PSU0003"]);

        rig.pass(std::time::Duration::from_secs(1)).await;
        rig.server().end_event_streams();
        rig.server().lose_power_supply(2);
        // What was heard before is not told again; logins are no events.
        let heard = rig.expecting("open it again", 3, hear(&mut listener, 3)).await;
        assert_eq!(heard, ["lost Ended", "opened", "missed PSU0003"]);
        rig.pass(std::time::Duration::from_secs(1)).await;
        rig.server().lose_power_supply(1);
        assert_eq!(hear(&mut listener, 1).await, ["event PSU0003"]);
        rig.expecting("test event", 2, submit_test_event(rig.client(), "TST100")).await.unwrap();
        assert_eq!(hear(&mut listener, 1).await, ["event TST100"]);
        drop(listener);
    })
    .await;
}

#[tokio::test]
async fn a_broken_stream_is_opened_again_when_the_idrac_is_back() {
    let rig = Rig::start(Generation::Idrac9V7).await.unwrap();
    let mut listener = EventListener::new(rig.client(), EventOptions::default());
    assert_eq!(hear(&mut listener, 1).await, ["opened"]);
    rig.server().restart_idrac_for(std::time::Duration::from_secs(20));
    rig.server().lose_power_supply(1);
    let heard = hear(&mut listener, 3).await;
    assert!(["lost Broken", "lost Ended"].contains(&heard[0].as_str()), "{heard:?}");
    assert_eq!(heard[1..], ["opened", "missed PSU0003"]);
    let cursor = listener.cursor().cloned();
    drop(listener);

    // A later listener begins where this one stopped.
    rig.server().lose_power_supply(2);
    let options = EventOptions { cursor, ..EventOptions::default() };
    let mut later = EventListener::new(rig.client(), options);
    assert_eq!(hear(&mut later, 2).await, ["opened", "missed PSU0003"]);
    drop(later);
    rig.finish().await;
}

#[tokio::test]
async fn what_no_later_attempt_would_change_is_an_error() {
    let rule = FaultRule::status(403, "SYS479").path("/redfish/v1/SSE");
    let rig =
        Rig::start_with(Generation::Idrac9V7, |spec| spec.faults([rule]), |client| client).await.unwrap();
    let error = EventListener::new(rig.client(), EventOptions::default()).next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Privilege);
    let rule = FaultRule::new(Effect::Html { status: 200 }).path("/redfish/v1/EventService");
    rig.server().set_faults([rule]);
    let error = EventListener::new(rig.client(), EventOptions::default()).next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    rig.finish().await;
}

#[tokio::test]
async fn a_listener_is_subscribed_once() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let client = rig.client();
        let wanted = Subscription::alerts("https://10.0.0.9/events", "dsm");
        let plan = plan_subscribe(client, &wanted).await.unwrap();
        assert_eq!((plan.effect(), plan.steps.len()), (Hurts::Change, 1));
        let made = rig.counting(subscribe(client, &wanted)).await.0.unwrap();
        assert!(made.changed && made.warnings.is_empty(), "{made:?}");
        let again = rig.counting(subscribe(client, &wanted)).await.0.unwrap();
        assert_eq!((again.changed, &again.path), (false, &made.path));
        assert!(plan_subscribe(client, &wanted).await.unwrap().is_empty());
        let other =
            subscribe(client, &Subscription::alerts("https://10.0.0.9/events", "else")).await.unwrap();
        assert!(other.changed);
        let present = list_subscriptions(client).await.unwrap();
        assert_eq!(present.len(), 2);
        let path = made.path.unwrap();
        assert!(rig.expecting("unsubscribe", 1, unsubscribe(client, &path)).await.unwrap());
        assert!(!unsubscribe(client, &path).await.unwrap(), "gone is gone");
        assert_eq!(list_subscriptions(client).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_subscription_whose_answer_is_lost_is_looked_for_and_alerts_that_are_off_are_told() {
    for (effect, made) in [(Effect::DropAfter, true), (Effect::Drop, false)] {
        let rule = FaultRule::new(effect).path("*/Subscriptions").method("POST");
        let rig = Rig::start_with(
            Generation::Idrac9V7,
            |mut spec| {
                spec.alerts = false;
                spec.faults([rule])
            },
            |client| client,
        )
        .await
        .unwrap();
        let wanted = Subscription::alerts("https://10.0.0.9/events", "dsm");
        let (subscribed, asked) = rig.counting(subscribe(rig.client(), &wanted)).await;
        assert_eq!(asked.iter().filter(|line| line.starts_with("POST")).count(), 1, "{asked:#?}");
        match subscribed {
            Ok(subscribed) => {
                assert!(made && subscribed.path.is_some());
                assert_eq!(subscribed.warnings, ["SYS554"]);
            }
            Err(error) => assert!(!made && error.kind() == ErrorKind::Connect),
        }
        rig.finish().await;
    }
}

#[tokio::test]
async fn the_stream_of_events_opens() {
    work::EVENTS.everywhere().await;
}

#[tokio::test]
async fn subscriptions_are_listed() {
    work::SUBSCRIPTIONS.everywhere().await;
}
