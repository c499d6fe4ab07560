//! The iDRAC's own recurring update, on every generation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use dell_redfish::flow::firmware::{
    ScheduleOptions, clear_update_schedule, fetch_update_schedule, plan_update_schedule, set_update_schedule,
};
use dell_redfish::ops::share::{Share, ShareType};
use dell_redfish::ops::{ScheduledDays, UpdateSchedule, Weekday};
use dell_redfish::{ErrorKind, Restart};
use idrac_sim::{Effect, FaultRule, Generation};
use idrac_suite::{Rig, on_each};

const LATER: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

fn weekly() -> UpdateSchedule {
    let share = Share::new(ShareType::Cifs, "10.9.8.7", "repository").with_credentials("reader", "hunter22");
    UpdateSchedule {
        share,
        catalog_file: None,
        time: "02:30".into(),
        days: ScheduledDays::Weekly(Weekday::Sun),
        repeat: 52,
        reboot: true,
    }
}

fn monthly() -> UpdateSchedule {
    let share = Share::new(ShareType::Https, "10.9.8.7", "dell");
    UpdateSchedule { share, days: ScheduledDays::LastWeekOfMonth(Weekday::Sat), reboot: false, ..weekly() }
}

fn enabling() -> ScheduleOptions {
    ScheduleOptions::default().with_enabling()
}

#[tokio::test]
async fn an_idrac_updates_itself_by_a_schedule() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let (client, plain) = (rig.client(), ScheduleOptions::default());
        if !LATER.contains(&rig.generation()) {
            let error = fetch_update_schedule(client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("DellSoftwareInstallationService"), "{error}");
            let error = set_update_schedule(client, &weekly(), plain).await.unwrap_err();
            return assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
        let none = rig.expecting("update schedule, none", 2, fetch_update_schedule(client)).await.unwrap();
        assert!(none.is_none());
        let ended =
            rig.expecting("end update schedule, none", 2, clear_update_schedule(client)).await.unwrap();
        assert!(!ended);

        // Switched off as delivered: not switched on without leave.
        let error = set_update_schedule(client, &weekly(), plain).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message_ids().any(|id| id.as_str() == "RED082"), "{error}");
        let set = rig
            .expecting(
                "set update schedule, switching on",
                8,
                set_update_schedule(client, &weekly(), enabling()),
            )
            .await
            .unwrap();
        assert!(set.changed && set.enabled);
        let shown = fetch_update_schedule(client).await.unwrap().unwrap();
        assert_eq!((shown.time.as_deref(), shown.day_of_week.as_deref()), (Some("02:30"), Some("Sun")));
        assert_eq!((shown.repeat, shown.apply_reboot.as_deref()), (Some(52), Some("RebootRequired")));
        assert_eq!(shown.user_name.as_deref(), Some("reader"));
        assert!(weekly().is_in_force(&shown) && !monthly().is_in_force(&shown));

        // The same again sends nothing; another one only in its place.
        let again = rig
            .expecting("set update schedule, no change", 2, set_update_schedule(client, &weekly(), plain))
            .await
            .unwrap();
        assert!(!again.changed);
        let error = set_update_schedule(client, &monthly(), plain).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let set = rig
            .expecting(
                "set update schedule, in place of another",
                5,
                set_update_schedule(client, &monthly(), plain.with_replacing()),
            )
            .await
            .unwrap();
        assert!(set.changed && !set.enabled);
        assert_eq!(set.schedule.week_of_month.as_deref(), Some("L"));
        assert!(rig.expecting("end update schedule", 3, clear_update_schedule(client)).await.unwrap());
        let set = rig
            .expecting("set update schedule", 4, set_update_schedule(client, &weekly(), plain))
            .await
            .unwrap();
        assert!(set.changed && !set.enabled);
    })
    .await;
}

#[tokio::test]
async fn a_schedule_is_planned_and_checked_before_anything_is_sent() {
    on_each(LATER, async |rig: &Rig| {
        let (client, plain) = (rig.client(), ScheduleOptions::default());
        let plan = plan_update_schedule(client, &weekly(), plain).await.unwrap();
        assert!(plan.effect().is_destructive());
        assert_eq!((plan.steps.len(), plan.host), (1, Restart::Possible));
        assert_eq!(plan.steps[0].body.as_ref().unwrap()["Repeat"], 52);
        assert!(!format!("{plan:?}").contains("hunter22"));
        assert!(plan.summary.contains("every Sun"), "{}", plan.summary);

        let wrong = UpdateSchedule { time: "25:00".into(), repeat: 400, ..weekly() };
        let (outcome, asked) = rig.counting(set_update_schedule(client, &wrong, plain)).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), asked.len()), (ErrorKind::InvalidInput, 0), "{asked:#?}");
        assert!(error.to_string().contains("25:00") && error.to_string().contains("400"), "{error}");

        set_update_schedule(client, &weekly(), enabling()).await.unwrap();
        assert!(plan_update_schedule(client, &weekly(), plain).await.unwrap().is_empty());
        let error = plan_update_schedule(client, &monthly(), plain).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let plan = plan_update_schedule(client, &monthly(), plain.with_replacing()).await.unwrap();
        let steps: Vec<_> = plan.steps.iter().map(|step| step.operation.as_str()).collect();
        assert_eq!(
            (steps.as_slice(), plan.host),
            (&["ClearUpdateSchedule", "SetUpdateSchedule"][..], Restart::Needed)
        );
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_schedule_is_found_by_reading() {
    on_each(LATER, async |rig: &Rig| {
        let client = rig.client();
        set_update_schedule(client, &weekly(), enabling()).await.unwrap();
        let lost = |action: &str| {
            FaultRule::new(Effect::DropAfter).path(format!("*.{action}")).method("POST").nth(1)
        };
        rig.server().set_faults([lost("ClearUpdateSchedule")]);
        assert!(clear_update_schedule(client).await.unwrap());
        rig.server().set_faults([lost("SetUpdateSchedule")]);
        let (set, asked) =
            rig.counting(set_update_schedule(client, &monthly(), ScheduleOptions::default())).await;
        assert!(set.unwrap().changed);
        let sent = asked.iter().filter(|line| line.contains("SetUpdateSchedule")).count();
        assert_eq!(sent, 1, "never sent again: {asked:#?}");
    })
    .await;
}
