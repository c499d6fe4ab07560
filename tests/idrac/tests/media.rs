//! Virtual media on every generation: finding the drives, inserting, ejecting, and what can go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::time::Duration;

use dell_redfish::flow::media::{
    EjectFrom, MediaDevice, MountOptions, eject, insert, list, plan_eject, plan_insert,
};
use dell_redfish::ops::MediaImage;
use dell_redfish::{Effect, ErrorKind};
use idrac_sim::{FaultRule, Fleet, Generation};
use idrac_suite::capture::Capture;
use idrac_suite::cases::stock;
use idrac_suite::generations::run;
use idrac_suite::{Rig, on_each};

const ISO: &str = "http://10.1.2.3/images/a.iso";
const OTHER: &str = "http://10.1.2.3/images/b.iso";
const DISK: &str = "http://10.1.2.3/images/a.img";

fn mount(address: &str) -> MountOptions {
    MountOptions::new(MediaImage::new(address).unwrap()).without_preflight()
}

#[tokio::test]
async fn drives_are_found_wherever_a_generation_has_them() {
    stock::MEDIA.everywhere().await;
}

#[tokio::test]
async fn an_image_goes_in_and_out_and_twice_is_no_change() {
    on_each(Generation::ALL, async |rig: &Rig| {
        list(rig.client()).await.unwrap();
        let again = match rig.generation() {
            Generation::Idrac7 | Generation::Idrac8 => 3,
            _ => 1,
        };
        // The drives, the action, and three looks until it is connected.
        let mounted =
            rig.expecting("media::insert", again + 4, insert(rig.client(), &mount(ISO))).await.unwrap();
        assert!(mounted.changed && mounted.replaced.is_none());
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
        let same = mount(ISO);
        let second = rig.expecting("media::insert, nothing to do", again, insert(rig.client(), &same)).await;
        assert!(!second.unwrap().changed);
        assert!(plan_insert(rig.client(), &mount(ISO)).await.unwrap().is_empty());

        let from = EjectFrom::Device(MediaDevice::Cd);
        let plan = plan_eject(rig.client(), &from).await.unwrap();
        assert_eq!((plan.steps.len(), plan.effect()), (1, Effect::Change));
        let ejected = rig.expecting("media::eject", again + 2, eject(rig.client(), &from)).await.unwrap();
        assert!(ejected.is_changed() && rig.server().media(0).is_none());
        let nothing = rig.expecting("media::eject, nothing to do", again, eject(rig.client(), &from)).await;
        assert!(!nothing.unwrap().is_changed());
    })
    .await;
}

#[tokio::test]
async fn another_image_leaves_only_when_asked() {
    on_each([Generation::Idrac8, Generation::Idrac9V5], async |rig: &Rig| {
        insert(rig.client(), &mount(ISO)).await.unwrap();
        let error = insert(rig.client(), &mount(OTHER)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
        let plan = plan_insert(rig.client(), &mount(OTHER).replacing()).await.unwrap();
        assert_eq!((plan.steps.len(), plan.warnings.len()), (2, 1));
        let mounted = insert(rig.client(), &mount(OTHER).replacing()).await.unwrap();
        assert_eq!(mounted.replaced.as_deref(), Some(ISO));
        assert_eq!(rig.server().media(0).as_deref(), Some(OTHER));
    })
    .await;
}

#[tokio::test]
async fn a_disk_goes_where_disks_go_and_only_an_image_of_its_kind() {
    on_each(Generation::ALL, async |rig: &Rig| {
        let disk = mount(DISK).with_device(MediaDevice::RemovableDisk);
        assert!(insert(rig.client(), &disk).await.unwrap().changed);
        if rig.generation() == Generation::Idrac9V5 {
            assert_eq!(rig.server().media(1).as_deref(), Some(DISK));
            let error = insert(rig.client(), &mount(DISK)).await.unwrap_err();
            assert!(error.message_ids().any(|id| id.as_str() == "SYS453"), "{error}");
        }
        let image = MediaImage::new(DISK).unwrap();
        assert!(eject(rig.client(), &EjectFrom::Image(Box::new(image))).await.unwrap().is_changed());
    })
    .await;
}

#[tokio::test]
async fn share_credentials_travel_in_their_own_fields() {
    on_each([Generation::Idrac7, Generation::Idrac10], async |rig: &Rig| {
        let address = "nfs://share:share-secret@10.1.2.3/private/a.iso";
        insert(rig.client(), &mount(address)).await.unwrap();
        assert_eq!(rig.server().media(0).as_deref(), Some("10.1.2.3:/private/a.iso"));
        eject(rig.client(), &EjectFrom::All).await.unwrap();
        let error = insert(rig.client(), &mount("nfs://10.1.2.3/private/a.iso")).await.unwrap_err();
        assert!(error.message_ids().any(|id| id.as_str() == "RAC0720"), "{error}");
        let (unreachable, asked) = rig.counting(insert(rig.client(), &mount("http://192.0.2.7/a.iso"))).await;
        let error = unreachable.unwrap_err();
        let sent = asked.iter().filter(|line| line.starts_with("POST ")).count();
        assert_eq!(sent, 1, "a clear answer is not asked for twice: {asked:#?}");
        assert!(error.message_ids().any(|id| id.as_str() == "RAC0904"), "{error}");
        assert!(rig.server().media(0).is_none());
    })
    .await;
}

#[tokio::test]
async fn old_firmware_without_actions_is_written_to() {
    let old = Rig::start_with(
        Generation::Idrac8,
        |mut spec| {
            spec.old_firmware = true;
            spec
        },
        |client| client,
    );
    run(old.await.unwrap(), async |rig: &Rig| {
        insert(rig.client(), &mount(ISO)).await.unwrap();
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
        let asked = rig.asked();
        assert!(asked.iter().any(|line| line.starts_with("PATCH ") && line.ends_with(" 204")), "{asked:#?}");
        eject(rig.client(), &EjectFrom::All).await.unwrap();
        assert!(rig.server().media(0).is_none());
    })
    .await;
}

/// Two mounts at once: one waits for the other.
#[tokio::test]
async fn one_mount_at_a_time() {
    let both = async |rig: &Rig| {
        let disk = mount(DISK).with_device(MediaDevice::RemovableDisk);
        let (client, cd) = (rig.client().clone(), mount(ISO));
        tokio::join!(insert(rig.client(), &cd), insert(&client, &disk))
    };
    on_each([Generation::Idrac9V5, Generation::Idrac10], async |rig: &Rig| {
        let (cd, disk) = both(rig).await;
        assert!(cd.unwrap().changed && disk.unwrap().changed);
        assert!(rig.server().media(0).is_some() && rig.server().media(1).is_some());
    })
    .await;
}

/// A flag that stands although nothing is connected: emptied first, although the eject is answered with an error.
#[tokio::test]
async fn a_stale_flag_is_cleared_first() {
    on_each([Generation::Idrac8, Generation::Idrac9V7, Generation::Idrac10], async |rig: &Rig| {
        rig.server().make_media_stale(0, OTHER);
        rig.server().fail_ejects(1);
        assert!(insert(rig.client(), &mount(ISO)).await.unwrap().changed);
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_settled_by_reading_the_drive() {
    on_each([Generation::Idrac9V7], async |rig: &Rig| {
        let insert_path = "*/Actions/VirtualMedia.InsertMedia";
        rig.server().set_faults([FaultRule::new(idrac_sim::Effect::DropAfter)
            .path(insert_path)
            .method("POST")
            .count(1)]);
        let (outcome, asked) = rig.counting(insert(rig.client(), &mount(ISO))).await;
        outcome.unwrap();
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
        assert_eq!(asked.iter().filter(|line| line.contains("InsertMedia")).count(), 1, "{asked:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_drive_that_never_connects_is_given_up() {
    on_each([Generation::Idrac10], async |rig: &Rig| {
        let options = mount(ISO).with_patience(Duration::from_secs(1));
        let error = insert(rig.client(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    })
    .await;
}

/// On a captured machine, whose iDRAC can try a share itself.
#[tokio::test]
async fn an_unreachable_share_is_told_before_a_drive_is_touched() {
    let Some(capture) = Capture::unpack() else { return };
    let fleet = Fleet::builder()
        .credentials(idrac_suite::USER, idrac_suite::PASSWORD)
        .defaults(|spec| spec.mockup(capture.path()));
    let rig = Rig::over(fleet, |client| client).await.unwrap();
    run(rig, async |rig: &Rig| {
        for address in ["http://192.0.2.7/images/a.iso", "nfs://10.1.2.3/private/a.iso"] {
            let options = MountOptions::new(MediaImage::new(address).unwrap());
            // The drives, the service, and the trial.
            let (outcome, asked) = rig.counting(insert(rig.client(), &options)).await;
            let error = outcome.unwrap_err();
            assert!(error.message_ids().any(|id| id.as_str().starts_with("RAC0")), "{error}");
            assert!(asked.iter().all(|line| !line.contains("InsertMedia")), "{asked:#?}");
        }
        let reachable = MountOptions::new(MediaImage::new(ISO).unwrap());
        assert!(insert(rig.client(), &reachable).await.unwrap().changed);
        assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
    })
    .await;
}
