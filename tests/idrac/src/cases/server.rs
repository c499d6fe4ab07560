//! The server as it stands: what it is, how it is, its power and how it boots.

use dell_redfish::flow::boot::{
    BootOverride, fetch_boot, plan_boot_order, set_boot_order, set_boot_override,
};
use dell_redfish::flow::health::{Component, HealthDepth, fetch_health};
use dell_redfish::flow::inventory::{InventoryOptions, inventory};
use dell_redfish::flow::power::{Escalation, Reset, plan_reset};
use dell_redfish::model::Severity;
use dell_redfish::ops::{GetComputerSystem, ResetType};
use dell_redfish::{Effect, ErrorKind, Restart, run};
use idrac_sim::Generation;

use super::{Case, Held, Needs::Reading};
use crate::Rig;

pub(super) const CASES: &[&Case] =
    &[&IDENTITY, &INVENTORY, &HEALTH, &RESET_PLAN, &BOOT, &BOOT_TARGET, &BOOT_OPTIONS];

/// The system is read.
pub const IDENTITY: Case =
    Case::new("server", "requests_are_counted_and_sessions_end", Reading, &Generation::ALL, |rig| {
        Box::pin(identity(rig))
    });

async fn identity(rig: &Rig) -> Held {
    let system = rig.taking("GetComputerSystem", 1, run(rig.idrac(), &GetComputerSystem)).await?;
    assert!(system.sku.as_ref().is_some_and(|tag| !tag.is_empty()));
    if rig.is_simulated() {
        assert_eq!(system.sku.as_deref(), Some(rig.server().service_tag().as_str()));
    }
    Ok(())
}

/// Everything of an inventory is read, or its failure named.
pub const INVENTORY: Case =
    Case::new("inventory", "the_inventory_is_whole", Reading, &Generation::ALL, |rig| Box::pin(whole(rig)));

async fn whole(rig: &Rig) -> Held {
    let (found, asked) = rig.counting(inventory(rig.idrac(), InventoryOptions::default())).await;
    let found = found?;
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    Ok(())
}

/// Health, in full and quick.
pub const HEALTH: Case =
    Case::new("health", "a_well_server_is_well_in_few_requests", Reading, &Generation::ALL, |rig| {
        Box::pin(health(rig))
    });

async fn health(rig: &Rig) -> Held {
    // The default size: three storage subsystems, two with volumes, and what is walked link by link without $expand.
    let (full, quick) = match rig.generation() {
        Generation::Idrac7 => (32, 5),
        Generation::Idrac8 => (31, 5),
        Generation::Idrac10 => (17, 6),
        _ => (11, 3),
    };
    let health = rig.taking("health", full, fetch_health(rig.idrac(), HealthDepth::Full)).await?;
    assert!(health.overall.is_some() && health.failures.is_empty(), "{:?}", health.failures);
    // Who is not well says why, and who is well has nothing to say.
    for found in &health.components {
        let is_well = found.severity.is_none_or(|severity| severity == Severity::Ok);
        assert!(is_well || !found.reasons.is_empty(), "{found:?}");
    }
    if rig.is_simulated() {
        let known = |component| health.component(component).and_then(|found| found.severity);
        assert_eq!(health.overall, Some(Severity::Ok));
        assert!(health.faults.is_empty() && !health.is_stale());
        for component in
            [Component::Storage, Component::PowerSupplies, Component::Fans, Component::Temperatures]
        {
            assert_eq!(known(component), Some(Severity::Ok), "{component} on {:?}", rig.generation());
        }
        assert!(health.components.iter().all(|found| found.reasons.is_empty()));
        assert_eq!(health.power_state.as_deref(), Some("On"));
    }
    let quickly = fetch_health(rig.idrac(), HealthDepth::Quick);
    let quickly = rig.taking("health, quick", quick, quickly).await?;
    assert_eq!(quickly.overall, health.overall);
    Ok(())
}

/// What a restart would do.
pub const RESET_PLAN: Case =
    Case::new("power", "a_plan_says_what_would_happen_and_does_nothing", Reading, &Generation::ALL, |rig| {
        Box::pin(reset_plan(rig))
    });

async fn reset_plan(rig: &Rig) -> Held {
    let firm = Reset::new(ResetType::GracefulRestart).with_escalation(Escalation::PowerCycle);
    let plan = rig.taking("plan reset", 1, plan_reset(rig.idrac(), &firm)).await?;
    if plan.is_empty() {
        // The host is off: there is nothing to restart.
        assert!(!rig.is_simulated());
        return Ok(());
    }
    assert_eq!((plan.effect(), plan.host, plan.steps.len()), (Effect::Disrupt, Restart::Certain, 1));
    assert!(plan.warnings[0].contains("ForceRestart, then PowerCycle"));
    assert_eq!(
        plan.steps[0].body.as_ref().map(|body| body["ResetType"].clone()),
        Some("GracefulRestart".into())
    );
    assert!(plan_reset(rig.idrac(), &Reset::new(ResetType::On)).await?.is_empty());
    Ok(())
}

/// Order, choices, overrides.
pub const BOOT: Case =
    Case::new("boot", "everything_about_boot_is_read", Reading, &Generation::ALL, |rig| Box::pin(boot(rig)));

async fn boot(rig: &Rig) -> Held {
    let requests = if rig.generation() == Generation::Idrac10 { 3 } else { 2 };
    let boot = rig.taking("fetch_boot", requests, fetch_boot(rig.idrac())).await?;
    assert!(!boot.targets.is_empty());
    assert!(boot.choices.iter().all(|choice| choice.name.is_some()));
    if rig.is_simulated() {
        assert_eq!((boot.order.len(), boot.choices.len()), (3, 3));
        assert!(boot.choices.iter().all(|choice| boot.order.contains(&choice.reference)));
        assert!(boot.targets.iter().any(|target| target == "UefiHttp"));
        let mode = match rig.generation() {
            Generation::Idrac7 => Some("Legacy"),
            Generation::Idrac10 => None,
            _ => Some("UEFI"),
        };
        assert_eq!(boot.overriding.mode.as_deref(), mode);
        assert_eq!(boot.overriding.enabled.as_deref(), Some("Disabled"));
    }
    Ok(())
}

/// A boot target that nobody offers.
pub const BOOT_TARGET: Case = Case::new(
    "boot",
    "a_target_that_is_not_offered_is_refused_before_it_is_sent",
    Reading,
    &Generation::ALL,
    |rig| Box::pin(boot_target(rig)),
);

async fn boot_target(rig: &Rig) -> Held {
    let (refused, asked) = rig.counting(set_boot_override(rig.idrac(), &BootOverride::once("Nowhere"))).await;
    let error = refused.err().ok_or("a target that nobody offers was set")?;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("Pxe"), "{error}");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    if rig.is_simulated() {
        assert_eq!(asked.len(), 1 + usize::from(rig.generation() == Generation::Idrac10));
    }
    Ok(())
}

/// A boot order by names.
pub const BOOT_OPTIONS: Case = Case::new(
    "boot",
    "boot_options_are_found_by_name_and_unknown_ones_refused",
    Reading,
    &Generation::ALL,
    |rig| Box::pin(boot_options(rig)),
);

async fn boot_options(rig: &Rig) -> Held {
    let boot = fetch_boot(rig.idrac()).await?;
    if rig.is_simulated() {
        let name = boot.choices[1].name.clone().unwrap_or_default();
        let plan = plan_boot_order(rig.idrac(), &[name]).await?;
        let is_old = matches!(rig.generation(), Generation::Idrac7 | Generation::Idrac8);
        assert!(plan.summary.contains(&boot.order[1]) && plan.steps.len() == 1 + usize::from(is_old));
    }
    let (refused, asked) = rig.counting(set_boot_order(rig.idrac(), &["Boot4711".to_owned()])).await;
    let error = refused.err().ok_or("an option that nobody has was put into the order")?;
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(boot.order.iter().all(|known| error.message().contains(known)), "{error}");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    Ok(())
}
