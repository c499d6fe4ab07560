//! Changes that a running server does not feel, each put back; and actions that are reads at heart.

use dell_redfish::flow::asset_tag::set_asset_tag;
use dell_redfish::flow::certificate::{CertificatePurpose, export_certificate};
use dell_redfish::flow::console::fetch_screenshot;
use dell_redfish::flow::power::set_locator;
use dell_redfish::flow::ready::fetch_lc_status;
use dell_redfish::ops::{GetComputerSystem, ScreenShot};
use dell_redfish::run;
use idrac_sim::Generation;

use super::{Case, Held, NEWER, Needs::Changes};
use crate::Rig;

pub(super) const CASES: &[&Case] = &[&LOCATOR, &ASSET_TAG, &LC_STATUS, &SCREEN, &CERTIFICATE];

/// The light that shows which server it is.
pub const LOCATOR: Case =
    Case::new("power", "the_locator_light_is_set_and_read_back", Changes, &Generation::ALL, |rig| {
        Box::pin(locator(rig))
    });

async fn locator(rig: &Rig) -> Held {
    let first = set_locator(rig.idrac(), true).await?;
    for (requests, on, changed) in [(1, true, false), (3, false, true), (1, false, false), (3, true, true)] {
        let name = if changed { "locator" } else { "locator, so already" };
        let outcome = rig.taking(name, requests, set_locator(rig.idrac(), on)).await?;
        assert_eq!((outcome.on, outcome.changed), (on, changed));
    }
    // As it was.
    set_locator(rig.idrac(), !first.changed).await?;
    Ok(())
}

/// The operator's own number of the server.
pub const ASSET_TAG: Case =
    Case::new("server", "the_asset_tag_is_written_once", Changes, &Generation::ALL, |rig| {
        Box::pin(asset_tag(rig))
    });

async fn asset_tag(rig: &Rig) -> Held {
    let tag = async || run(rig.idrac(), &GetComputerSystem).await.map(|system| system.asset_tag.clone());
    let before = tag().await?.unwrap_or_default();
    let other = if before == "R12-U07" { "R12-U08" } else { "R12-U07" };
    assert!(rig.taking("SetAssetTag", 3, set_asset_tag(rig.idrac(), other)).await?);
    assert!(!rig.taking("SetAssetTag.same", 1, set_asset_tag(rig.idrac(), other)).await?);
    assert_eq!(tag().await?.as_deref(), Some(other));
    set_asset_tag(rig.idrac(), &before).await?;
    assert_eq!(tag().await?.unwrap_or_default(), before);
    Ok(())
}

/// Whether the Lifecycle Controller is ready.
pub const LC_STATUS: Case =
    Case::new("jobs", "the_lifecycle_controller_says_whether_it_is_ready", Changes, NEWER, |rig| {
        Box::pin(lc_status(rig))
    });

async fn lc_status(rig: &Rig) -> Held {
    let status = rig.taking("fetch_lc_status", 2, fetch_lc_status(rig.idrac())).await?;
    assert!(!rig.is_simulated() || (status.is_lc_ready() && status.is_out_of_post()));
    Ok(())
}

/// A picture of the screen.
pub const SCREEN: Case =
    Case::new("console", "the_screen_is_a_picture", Changes, NEWER, |rig| Box::pin(screen(rig)));

async fn screen(rig: &Rig) -> Held {
    let picture = rig.taking("screenshot", 2, fetch_screenshot(rig.idrac(), ScreenShot::Now)).await?;
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.ends_with(b"IEND\xaeB`\x82"));
    Ok(())
}

/// The web server's certificate, exported.
pub const CERTIFICATE: Case =
    Case::new("certificates", "the_web_certificate_is_exported", Changes, NEWER, |rig| {
        Box::pin(certificate(rig))
    });

async fn certificate(rig: &Rig) -> Held {
    let server = export_certificate(rig.idrac(), CertificatePurpose::Server);
    assert!(rig.taking("ExportCertificate", 2, server).await?.contains("BEGIN CERTIFICATE"));
    Ok(())
}
