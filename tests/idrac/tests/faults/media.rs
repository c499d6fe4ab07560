//! Faults 31 to 33: virtual media.

use dell_redfish::Safeguard;
use dell_redfish::flow::media::{MediaDevice, MountOptions, insert, list};
use dell_redfish::ops::MediaImage;
use idrac_sim::Generation;
use idrac_suite::fault::Fault;
use idrac_suite::{Failure, Rig};

const ISO: &str = "http://10.1.2.3/images/a.iso";
const DISK: &str = "http://10.1.2.3/images/a.img";

fn mount(address: &str) -> Result<MountOptions, Failure> {
    Ok(MountOptions::new(MediaImage::new(address)?).without_preflight())
}

#[tokio::test]
async fn fault_31_two_mounts_at_once() {
    Fault::new(Safeguard::SerialiseMedia, Generation::Idrac9V5, "media_at_work")
        .avoided()
        .prove(async |rig: &Rig| {
            let disk = mount(DISK)?.with_device(MediaDevice::RemovableDisk);
            let (client, cd) = (rig.client().clone(), mount(ISO)?);
            // Once the homes are known, both go the same way.
            list(rig.client()).await?;
            let (cd, disk) = tokio::join!(insert(rig.client(), &cd), insert(&client, &disk));
            assert!(cd?.changed && disk?.changed);
            assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
            assert_eq!(rig.server().media(1).as_deref(), Some(DISK));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_32_the_drives_have_moved() {
    Fault::new(Safeguard::FindMediaHome, Generation::Idrac10, "moved_media")
        .avoided()
        .prove(async |rig: &Rig| match list(rig.client()).await?.len() {
            2 => Ok(()),
            drives => Err(format!("{drives} drives").into()),
        })
        .await;
}

#[tokio::test]
async fn fault_33_a_flag_stands_although_nothing_is_connected() {
    Fault::new(Safeguard::EjectThenInsert, Generation::Idrac9V7, "stale_media")
        .avoided()
        .prove(async |rig: &Rig| {
            rig.server().make_media_stale(0, "http://10.1.2.3/images/b.iso");
            insert(rig.client(), &mount(ISO)?).await?;
            assert_eq!(rig.server().media(0).as_deref(), Some(ISO));
            Ok(())
        })
        .await;
}
