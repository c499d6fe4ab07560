//! Faults 27, 29, 41, 42, 48 and 49: settings, profiles and storage.

use std::time::Duration;

use dell_redfish::Safeguard;
use dell_redfish::flow::account::change_password;
use dell_redfish::flow::attribute::SetAttributes;
use dell_redfish::flow::bios::{change_bios_password, reset_bios};
use dell_redfish::flow::scp::{ExportOptions, ImportOptions, PasswordInForce, export, import};
use dell_redfish::flow::settings::{Afterwards, SettingsEnd, SettingsOptions};
use dell_redfish::flow::storage::{
    Batch, Change, ChangeResult, StorageOptions, change_storage, fetch_controller,
};
use dell_redfish::flow::wait::Verdict;
use dell_redfish::model::Scalar;
use dell_redfish::ops::attribute::AttributeGroup;
use dell_redfish::ops::{BiosPassword, HostPowerState, NewVolume, RaidType, ShutdownType};
use dell_redfish::scp::{Attribute, Component, Profile, ProfileFormat};
use idrac_sim::{Generation, InventorySize, SettingsRules, TagRule};
use idrac_suite::fault::Fault;
use idrac_suite::{Rig, USER};

use crate::read;

const CONTROLLER: &str = "RAID.Integrated.1-1";

#[tokio::test]
async fn fault_27_our_own_password_changes() {
    Fault::new(Safeguard::EitherPassword, Generation::Idrac9V7, "former_password")
        .avoided()
        .prove(async |rig: &Rig| {
            let idrac = Component::new("iDRAC.Embedded.1")
                .with_attribute(Attribute::new("Users.2#UserName", USER))
                .with_attribute(Attribute::new("Users.2#Password", "n3w-secret"));
            let profile = Profile::from_components(vec![idrac], ProfileFormat::Json)?;
            let options = ImportOptions::new(profile).with_host(ShutdownType::NoReboot, HostPowerState::On);
            assert_eq!(import(rig.client(), &options).await?.password, PasswordInForce::New);
            read(rig).await
        })
        .await;
    Fault::new(Safeguard::EitherPassword, Generation::Idrac9V7, "former_password")
        .avoided()
        .prove(async |rig: &Rig| {
            change_password(rig.client(), USER, &"n3w-secret".into()).await?;
            read(rig).await
        })
        .await;
}

#[tokio::test]
async fn fault_29_the_actions_of_profiles_have_another_name() {
    Fault::new(Safeguard::ActionBySuffix, Generation::Idrac10, "renamed_action")
        .avoided()
        .prove(async |rig: &Rig| {
            let exported = export(rig.client(), &ExportOptions::new(ProfileFormat::Json)).await?;
            exported.profile()?.ok_or("there is no profile")?;
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_41_an_action_without_a_body_is_refused() {
    Fault::new(Safeguard::EmptyObjectBody, Generation::Idrac8, "no_body")
        .avoided()
        .prove(async |rig: &Rig| {
            reset_bios(rig.client(), &Afterwards::Leave).await?;
            Ok(())
        })
        .await;
}

fn tagged(rule: TagRule) -> Fault {
    Fault::new(Safeguard::TagLadder, Generation::Idrac9V7, "tag_form").server(move |spec| spec.tags(rule))
}

#[tokio::test]
async fn fault_42_an_entity_tag_is_not_taken_in_the_form_it_was_given() {
    let set = async |rig: &Rig| {
        let wanted = [("NTPConfigGroup.1.NTP1".to_owned(), Scalar::from("10.0.0.1"))].into();
        let done = SetAttributes::new(AttributeGroup::Idrac, wanted).run(rig.client()).await?;
        assert_eq!((done.changed.len(), done.unconfirmed.len()), (1, 0));
        Ok(())
    };
    // It is offered strong first, whatever it came as.
    tagged(TagRule::GivesWeakTakesStrong).avoided().prove(set).await;
    tagged(TagRule::GivesStrongTakesWeak).prove(set).await;
    tagged(TagRule::TakesNone).prove(set).await;
}

#[tokio::test]
async fn fault_48_a_controller_takes_one_job_at_a_time() {
    Fault::new(Safeguard::OneJobAController, Generation::Idrac9V7, "controller_at_work")
        .server(|spec| {
            // Three of the six drives are free.
            spec.size(InventorySize { controllers: 1, drives: 6, volumes: 1, ..InventorySize::default() })
        })
        .avoided()
        .prove(async |rig: &Rig| {
            let controller = fetch_controller(rig.client(), CONTROLLER).await?;
            let free = controller.drives.iter().filter(|drive| drive.volumes.is_empty());
            let free: Vec<String> = free.map(|drive| drive.id.clone()).collect();
            let mirror = NewVolume::new(RaidType::Raid1, free[..2].to_vec());
            let spare = Change::AssignSpare { drive: free[2].clone(), volumes: Vec::new() };
            let batch = [Batch::new(CONTROLLER, [Change::CreateVolume(mirror), spare])];
            for outcome in change_storage(rig.client(), &batch, &StorageOptions::default()).await? {
                match outcome.result {
                    ChangeResult::Done => {}
                    ChangeResult::Failed(error) => return Err(error.into()),
                    other => return Err(format!("{}: {other:?}", outcome.change).into()),
                }
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn fault_49_an_empty_password_is_none() {
    let rules = SettingsRules { refuses_empty_password: true, ..SettingsRules::default() };
    Fault::new(Safeguard::ClearPasswordAsTaken, Generation::Idrac9V7, "empty_password")
        .server(move |spec| spec.settings(rules))
        .prove(async |rig: &Rig| {
            let restart = Afterwards::restart_graceful_then_forced(Duration::from_secs(300));
            let options = SettingsOptions::default().with_afterwards(restart);
            for (old, new) in [("", "first horse"), ("first horse", ""), ("", "second horse")] {
                let name = BiosPassword::System;
                let set = change_bios_password(rig.client(), name, old.into(), new.into(), &options).await?;
                assert!(matches!(&set.end, SettingsEnd::Ended(job) if job.verdict == Verdict::Done));
            }
            Ok(())
        })
        .await;
}
