//! Storage: checked first, one job a controller, each change told by itself and read back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::power::Reset;
use dell_redfish::flow::storage::{
    Batch, Change, ChangeOutcome, ChangeResult, StorageOptions, change_storage, fetch_controller,
    plan_storage,
};
use dell_redfish::ops::{
    ApplyTime, GetManager, KeyManagement, MaintenanceWindow, NewVolume, Passphrase, RaidAction, RaidType,
    ResetType,
};
use dell_redfish::{Effect, ErrorKind, Restart};
use idrac_sim::{Effect as Fault, FaultRule, Generation, InventorySize};
use idrac_suite::Rig;
use idrac_suite::cases::stock;
use idrac_suite::generations::run;

const FIRST: &str = "RAID.Integrated.1-1";
const SECOND: &str = "RAID.SL.3-1";

/// Those that make a job of each change by themselves, and have Dell's RAID service.
const NEW: [Generation; 4] =
    [Generation::Idrac9V5, Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

/// Two controllers with six drives each: three in a RAID 5 volume, three free.
fn size() -> InventorySize {
    InventorySize { controllers: 2, drives: 12, volumes: 2, ..InventorySize::default() }
}

async fn rig(generation: Generation) -> Rig {
    Rig::start_with(generation, |spec| spec.size(size()), |client| client).await.unwrap()
}

async fn on(generations: impl IntoIterator<Item = Generation>, case: impl AsyncFn(&Rig)) {
    for generation in generations {
        run(rig(generation).await, &case).await;
    }
}

/// The nth drive of the first controller; from 3 on they are free.
fn drive(nth: usize) -> String {
    format!("Disk.Bay.{}:Enclosure.Internal.0-1:{FIRST}", nth * 2)
}

fn second(nth: usize) -> String {
    format!("Disk.Bay.{}:Enclosure.Internal.0-1:{SECOND}", nth * 2 + 1)
}

fn mirror() -> Change {
    Change::CreateVolume(NewVolume::new(RaidType::Raid1, [drive(3), drive(4)]).with_name("os"))
}

fn done(outcomes: &[ChangeOutcome]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome.result, ChangeResult::Done))
}

async fn change(rig: &Rig, changes: impl IntoIterator<Item = Change>) -> Vec<ChangeOutcome> {
    change_storage(rig.client(), &[Batch::new(FIRST, changes)], &StorageOptions::default()).await.unwrap()
}

async fn refused(rig: &Rig, one: Change) -> dell_redfish::Error {
    let batch = [Batch::new(FIRST, [one])];
    let (outcome, asked) =
        rig.counting(change_storage(rig.client(), &batch, &StorageOptions::default())).await;
    assert!(asked.iter().all(|line| line.starts_with("GET")), "nothing is sent: {asked:#?}");
    outcome.unwrap_err()
}

#[tokio::test]
async fn a_controller_is_read_with_all_it_has() {
    on(Generation::ALL, async |rig: &Rig| {
        // 2.x is known not to expand once the generation is; the attempt is made where it is not.
        rig.client().run(&GetManager).await.unwrap();
        let old = matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8);
        let first = fetch_controller(rig.client(), FIRST).await.unwrap();
        assert_eq!((first.drives.len(), first.volumes.len()), (6, 1));
        assert_eq!(first.volumes[0].drives.len(), 3);
        assert_eq!(
            first.drives.iter().filter(|drive| drive.raid_status.as_deref() == Some("Ready")).count(),
            3
        );
        assert_eq!(first.has_key, Some(false));
        let requests = if old { 2 + 6 + 1 } else { 2 };
        let again = rig.expecting("fetch_controller", requests, fetch_controller(rig.client(), FIRST)).await;
        assert_eq!(again.unwrap().volumes[0].id, first.volumes[0].id);
        let error = fetch_controller(rig.client(), "RAID.Slot.9-1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_volume_is_made_in_a_job_and_found() {
    on(NEW, async |rig: &Rig| {
        let options = StorageOptions::default();
        let batch = [Batch::new(FIRST, [mirror()])];
        let plan = plan_storage(rig.client(), &batch, &options).await.unwrap();
        assert_eq!((plan.steps.len(), plan.effect(), plan.warnings.len()), (1, Effect::Change, 0));
        // Controller 2 (its levels 1 more on iDRAC10), the change, looks at the job of 60 seconds every 10, controller 2.
        let requests = 2 + usize::from(rig.generation() == Generation::Idrac10) + 1 + 1 + 7 + 2;
        let made = rig
            .expecting("create volume", requests, change_storage(rig.client(), &batch, &options))
            .await
            .unwrap();
        assert!(done(&made) && made[0].job.is_some(), "{made:?}");
        let controller = fetch_controller(rig.client(), FIRST).await.unwrap();
        let volume = controller.volume("os").unwrap();
        assert_eq!((Some(&volume.id), volume.raid_type.as_deref()), (made[0].volume.as_ref(), Some("RAID1")));
        assert_eq!(volume.drives, [drive(3), drive(4)]);
    })
    .await;
}

#[tokio::test]
async fn one_job_a_controller_and_several_controllers_side_by_side() {
    on(NEW, async |rig: &Rig| {
        let old = fetch_controller(rig.client(), FIRST).await.unwrap().volumes[0].id.clone();
        let other = fetch_controller(rig.client(), SECOND).await.unwrap().volumes[0].id.clone();
        let five = NewVolume::new(RaidType::Raid5, [drive(0), drive(1), drive(2)]).with_name("data");
        let batches = [
            // What a volume lies on is free for the next once the volume is gone.
            Batch::new(FIRST, [Change::DeleteVolume { volume: old.clone() }, Change::CreateVolume(five)]),
            Batch::new(SECOND, [Change::DeleteVolume { volume: other.clone() }]),
            Batch::new(FIRST, [mirror(), Change::AssignSpare { drive: drive(5), volumes: Vec::new() }]),
        ];
        let plan = plan_storage(rig.client(), &batches, &StorageOptions::default()).await.unwrap();
        assert_eq!((plan.effect(), plan.steps.len()), (Effect::Destroy, 5));
        assert!(plan.warnings.iter().any(|lost| lost.contains("vd0") && lost.contains(&old)), "{plan:?}");
        assert!(plan.warnings.iter().any(|lost| lost.contains(&other)), "{plan:?}");

        let (all, asked) =
            rig.counting(change_storage(rig.client(), &batches, &StorageOptions::default())).await;
        let all = all.unwrap();
        assert!(done(&all), "{all:?}");
        assert_eq!(all.iter().filter(|outcome| outcome.controller == FIRST).count(), 4);
        let sent: Vec<_> = asked.iter().filter(|line| !line.starts_with("GET")).collect();
        assert_eq!(sent.len(), 5, "nothing is refused: {sent:#?}");
        assert!(sent[..2].iter().all(|line| line.starts_with("DELETE")), "side by side: {sent:#?}");
        let first = fetch_controller(rig.client(), FIRST).await.unwrap();
        assert!(first.volume("data").is_ok() && first.volume("os").is_ok());
        assert!(first.drive(&drive(5)).unwrap().is_spare());
        assert!(fetch_controller(rig.client(), SECOND).await.unwrap().volumes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_controller_that_is_busy_is_waited_for() {
    on(NEW, async |rig: &Rig| {
        // Somebody else's job: it is started by another client, and not waited for.
        let staged = [Batch::new(FIRST, [mirror()])];
        let mut options = StorageOptions::default();
        options.wait.deadline = std::time::Duration::ZERO;
        let first = change_storage(rig.client(), &staged, &options).await.unwrap();
        assert!(matches!(first[0].result, ChangeResult::Failed(_)), "{first:?}");
        let spare = change(rig, [Change::AssignSpare { drive: drive(5), volumes: Vec::new() }]).await;
        assert!(done(&spare), "{spare:?}");
    })
    .await;
}

#[tokio::test]
async fn old_firmware_gathers_changes_into_one_job_at_the_restart() {
    on([Generation::Idrac8], async |rig: &Rig| {
        let old = fetch_controller(rig.client(), FIRST).await.unwrap().volumes[0].id.clone();
        let batch = [Batch::new(FIRST, [Change::DeleteVolume { volume: old }, mirror()])];
        let options = StorageOptions::default();
        let (waiting, asked) = rig.counting(change_storage(rig.client(), &batch, &options)).await;
        let waiting = waiting.unwrap();
        assert!(waiting.iter().all(|one| matches!(one.result, ChangeResult::PendingRestart)), "{waiting:?}");
        assert_eq!(waiting[0].job, waiting[1].job);
        let sent = asked.iter().filter(|line| !line.starts_with("GET")).count();
        assert_eq!(sent, 3, "two changes and one job: {asked:#?}");
    })
    .await;
    on([Generation::Idrac8], async |rig: &Rig| {
        let options = StorageOptions::default().with_restart(Reset::new(ResetType::ForceRestart));
        let made = change_storage(rig.client(), &[Batch::new(FIRST, [mirror()])], &options).await.unwrap();
        assert!(done(&made) && made[0].volume.is_some(), "{made:?}");
        let six = NewVolume::new(RaidType::Raid6, [drive(0), drive(1), drive(2), drive(5)]);
        assert_eq!(refused(rig, Change::CreateVolume(six)).await.kind(), ErrorKind::Conflict);
        let spare = Change::AssignSpare { drive: drive(5), volumes: Vec::new() };
        assert_eq!(refused(rig, spare).await.kind(), ErrorKind::Unsupported, "it has no RAID service");
    })
    .await;
    on([Generation::Idrac7], async |rig: &Rig| {
        let made = change(rig, [mirror()]).await;
        assert!(
            matches!(&made[0].result, ChangeResult::Failed(error) if error.kind() == ErrorKind::Unsupported),
            "{made:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn changes_can_be_put_off_to_the_restart() {
    on(NEW, async |rig: &Rig| {
        let batch = [Batch::new(FIRST, [mirror()])];
        let later = StorageOptions::default().with_apply(ApplyTime::OnReset);
        let plan = plan_storage(rig.client(), &batch, &later).await.unwrap();
        assert_eq!(plan.host, Restart::Needed);
        let waiting = change_storage(rig.client(), &batch, &later).await.unwrap();
        assert!(matches!(waiting[0].result, ChangeResult::PendingRestart) && waiting[0].job.is_some());
    })
    .await;
    on(NEW, async |rig: &Rig| {
        let both = [Change::CheckVolume { volume: "vd0".to_owned() }, mirror()];
        let options = StorageOptions::default()
            .with_apply(ApplyTime::OnReset)
            .with_restart(Reset::new(ResetType::ForceRestart));
        let batch = [Batch::new(FIRST, both)];
        let made = change_storage(rig.client(), &batch, &options).await.unwrap();
        assert!(done(&made), "a restart each: {made:?}");
    })
    .await;
}

#[tokio::test]
async fn a_moment_that_is_not_offered_is_refused_before_anything_is_sent() {
    on(NEW, async |rig: &Rig| {
        let window = MaintenanceWindow {
            start: "2026-11-24T02:00:00+00:00".into(),
            duration: Duration::from_secs(600),
        };
        let later = StorageOptions::default().with_apply(ApplyTime::AtMaintenanceWindowStart(window));
        let refused = async |change: Change, kind: ErrorKind, options: StorageOptions| {
            let batch = [Batch::new(FIRST, [change])];
            let (error, asked) = rig.counting(change_storage(rig.client(), &batch, &options)).await;
            assert_eq!(error.unwrap_err().kind(), kind);
            assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
            asked.len()
        };
        refused(mirror(), ErrorKind::Unsupported, later.clone()).await;
        let check = || Change::CheckVolume { volume: "vd0".to_owned() };
        refused(check(), ErrorKind::Unsupported, later.clone()).await;
        let both = later.with_restart(Reset::new(ResetType::ForceRestart));
        assert_eq!(refused(mirror(), ErrorKind::InvalidInput, both).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_delete_tells_its_time_only_where_it_is_asked_for() {
    on(NEW, async |rig: &Rig| {
        let batch = [Batch::new(FIRST, [Change::DeleteVolume { volume: "vd0".to_owned() }])];
        let later = StorageOptions::default().with_apply(ApplyTime::OnReset);
        let put_off = change_storage(rig.client(), &batch, &later).await.unwrap();
        if rig.generation() == Generation::Idrac9V5 {
            assert!(matches!(put_off[0].result, ChangeResult::PendingRestart), "{put_off:?}");
            return;
        }
        assert!(
            matches!(&put_off[0].result, ChangeResult::Failed(error) if error.kind() == ErrorKind::BadRequest)
        );
        let now = change_storage(rig.client(), &batch, &StorageOptions::default()).await.unwrap();
        assert!(done(&now), "{now:?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_sent() {
    on(NEW, async |rig: &Rig| {
        let on = |level, drives: &[usize]| {
            Change::CreateVolume(NewVolume::new(
                level,
                drives.iter().map(|nth| drive(*nth)).collect::<Vec<_>>(),
            ))
        };
        for (one, kind) in [
            (on(RaidType::Raid60, &[3, 4, 5]), ErrorKind::Unsupported),
            (on(RaidType::Raid5, &[3, 4]), ErrorKind::InvalidInput),
            (on(RaidType::Raid1, &[3, 3]), ErrorKind::InvalidInput),
            (on(RaidType::Raid1, &[0, 3]), ErrorKind::Conflict),
            (on(RaidType::Raid1, &[3, 77]), ErrorKind::InvalidInput),
            (Change::DeleteVolume { volume: "nothing".to_owned() }, ErrorKind::InvalidInput),
            (Change::EraseDrive { drive: drive(0) }, ErrorKind::Conflict),
            (Change::ConvertToNonRaid { drives: vec![drive(1)] }, ErrorKind::Conflict),
            (Change::SecureVolume { volume: "vd0".to_owned() }, ErrorKind::Conflict),
            (
                Change::Dell(RaidAction::EraseByPsid { drive: drive(3), psid: Passphrase::new("x") }),
                ErrorKind::Unsupported,
            ),
        ] {
            let what = one.to_string();
            assert_eq!(refused(rig, one).await.kind(), kind, "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn drives_are_given_and_taken_and_erased() {
    on(NEW, async |rig: &Rig| {
        let drives = vec![drive(3), drive(4)];
        let all = change(
            rig,
            [
                Change::ConvertToNonRaid { drives: drives.clone() },
                Change::ConvertToRaid { drives },
                Change::AssignSpare { drive: drive(5), volumes: vec!["vd0".to_owned()] },
                Change::UnassignSpare { drive: drive(5) },
                Change::EraseDrive { drive: drive(5) },
                Change::Dell(RaidAction::Blink { target: drive(5) }),
                Change::Dell(RaidAction::Unblink { target: drive(5) }),
            ],
        )
        .await;
        assert!(done(&all), "{all:?}");
        assert!(all[5].job.is_none(), "blinking needs no job");
        let first = fetch_controller(rig.client(), FIRST).await.unwrap();
        assert!(!first.drive(&drive(5)).unwrap().is_spare());
    })
    .await;
}

#[tokio::test]
async fn volumes_are_expanded_migrated_initialised_and_reset() {
    on(NEW, async |rig: &Rig| {
        let vd0 = || "vd0".to_owned();
        let all = change(
            rig,
            [
                Change::ExpandVolume { volume: vd0(), drives: vec![drive(3)], capacity_bytes: None },
                Change::MigrateVolume { volume: vd0(), raid_type: RaidType::Raid6, drives: vec![drive(4)] },
                Change::InitializeVolume { volume: vd0(), slow: false },
                Change::CheckVolume { volume: vd0() },
                Change::Dell(RaidAction::Rename {
                    volume: "Disk.Virtual.0:RAID.Integrated.1-1".to_owned(),
                    name: "x".to_owned(),
                }),
            ],
        )
        .await;
        assert!(done(&all), "{all:?}");
        let first = fetch_controller(rig.client(), FIRST).await.unwrap();
        assert_eq!(first.volume("x").unwrap().raid_type.as_deref(), Some("RAID6"));

        let batch = [Batch::new(FIRST, [Change::ResetConfig])];
        let plan = plan_storage(rig.client(), &batch, &StorageOptions::default()).await.unwrap();
        assert!(plan.effect() == Effect::Destroy && plan.warnings.len() == 1);
        assert!(done(&change(rig, [Change::ResetConfig]).await));
        assert!(fetch_controller(rig.client(), FIRST).await.unwrap().volumes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn foreign_configurations_are_imported_or_dropped() {
    on(NEW, async |rig: &Rig| {
        let none = change(rig, [Change::ClearForeign]).await;
        assert!(matches!(none[0].result, ChangeResult::Unchanged), "{none:?}");
        for one in [Change::ImportForeign, Change::ClearForeign] {
            rig.server().make_drive_foreign(&drive(4));
            let all = change(rig, [one]).await;
            assert!(done(&all), "{all:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn keys_come_change_and_go_and_are_never_told() {
    on(NEW, async |rig: &Rig| {
        let controller = || FIRST.to_owned();
        let (old, new) = (Passphrase::new("First#Phrase1"), Passphrase::new("Other#Phrase2"));
        let set =
            || RaidAction::SetKey { controller: controller(), key: old.clone(), key_id: "k1".to_owned() };
        let all = change(rig, [Change::Dell(set()), Change::SecureVolume { volume: "vd0".to_owned() }]).await;
        assert!(done(&all), "{all:?}");
        let now = fetch_controller(rig.client(), FIRST).await.unwrap();
        assert_eq!((now.has_key, now.key_id.as_deref()), (Some(true), Some("k1")));
        assert_eq!(now.volumes[0].encrypted, Some(true));

        let wrong = RaidAction::ChangeKey {
            controller: controller(),
            keys: Some((new.clone(), old.clone())),
            key_id: None,
        };
        let all = change(rig, [Change::Dell(wrong)]).await;
        let ChangeResult::Failed(error) = &all[0].result else { panic!("{all:?}") };
        assert_eq!(error.message_ids().next().unwrap().as_str(), "STOR019");
        let right =
            RaidAction::ChangeKey { controller: controller(), keys: Some((old.clone(), new)), key_id: None };
        let all = change(
            rig,
            [Change::Dell(right), Change::Dell(RaidAction::RemoveKey { controller: controller() })],
        )
        .await;
        assert!(done(&all), "{all:?}");
        assert!(!format!("{all:?}").contains("Phrase"));
        let server = RaidAction::EnableEncryption {
            controller: controller(),
            mode: KeyManagement::Enterprise,
            key: None,
        };
        assert!(done(&change(rig, [Change::Dell(server)]).await));
        let all = change(
            rig,
            [
                Change::Dell(RaidAction::RemoveKey { controller: controller() }),
                Change::Dell(RaidAction::EnableSecurity { target: controller() }),
                Change::Dell(RaidAction::DisableSecurity { target: controller() }),
                Change::Dell(RaidAction::StartPatrolRead { controller: controller() }),
                Change::Dell(RaidAction::StopPatrolRead { controller: controller() }),
            ],
        )
        .await;
        assert!(done(&all), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_fails_stops_those_behind_it_on_its_controller_only() {
    on(NEW, async |rig: &Rig| {
        rig.server().set_faults([FaultRule::status(400, "STOR079").path("*DellRaidService.AssignSpare")]);
        let other = Change::CreateVolume(NewVolume::new(RaidType::Raid1, [second(3), second(4)]));
        let batches = [
            Batch::new(
                FIRST,
                [mirror(), Change::AssignSpare { drive: drive(5), volumes: Vec::new() }, Change::ResetConfig],
            ),
            Batch::new(SECOND, [other]),
        ];
        let all = change_storage(rig.client(), &batches, &StorageOptions::default()).await.unwrap();
        assert!(matches!(all[0].result, ChangeResult::Done), "{all:?}");
        assert!(
            matches!(&all[1].result, ChangeResult::Failed(error) if error.kind() == ErrorKind::Unsupported)
        );
        assert!(matches!(all[2].result, ChangeResult::NotSent));
        assert!(matches!(all[3].result, ChangeResult::Done));
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_never_makes_a_second_volume() {
    on(NEW, async |rig: &Rig| {
        fetch_controller(rig.client(), FIRST).await.unwrap();
        rig.server().set_faults([FaultRule::new(Fault::DropAfter).method("POST").path("*/Volumes")]);
        let batch = [Batch::new(FIRST, [mirror()])];
        let (made, asked) =
            rig.counting(change_storage(rig.client(), &batch, &StorageOptions::default())).await;
        let made = made.unwrap();
        assert!(done(&made) && made[0].job.is_some(), "{made:?}");
        assert_eq!(asked.iter().filter(|line| line.starts_with("POST")).count(), 1);
        assert_eq!(fetch_controller(rig.client(), FIRST).await.unwrap().volumes.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn every_controller_is_read_with_all_it_has() {
    stock::CONTROLLERS.everywhere().await;
}
