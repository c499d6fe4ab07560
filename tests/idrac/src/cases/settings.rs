//! Settings: BIOS, the iDRAC's attributes, its network and its clock.

use dell_redfish::attribute::AttributeValues;
use dell_redfish::flow::attribute::{SetAttributes, fetch_attributes};
use dell_redfish::flow::bios::{fetch_bios, plan_bios, set_bios};
use dell_redfish::flow::clock::fetch_time;
use dell_redfish::flow::network::fetch_network_settings;
use dell_redfish::flow::settings::{RegistryCache, SettingsOptions};
use dell_redfish::ops::attribute::AttributeGroup;
use dell_redfish::{ErrorKind, Plan};
use idrac_sim::Generation;

use super::{Case, Held, NEWER, Needs, Needs::Reading, WITH_SETTINGS};
use crate::Rig;

pub(super) const CASES: &[&Case] = &[&BIOS, &BIOS_WISH, &ATTRIBUTES, &NETWORK, &CLOCK];

/// The BIOS settings with what explains them.
pub const BIOS: Case =
    Case::new("bios", "settings_are_read_and_the_registry_once", Reading, &Generation::ALL, |rig| {
        Box::pin(bios(rig))
    });

async fn bios(rig: &Rig) -> Held {
    let cache = RegistryCache::default();
    // BIOS, Settings, the list of registries, the registry's entry, the registry.
    let state = rig.taking("fetch_bios, first", 5, fetch_bios(rig.idrac(), &cache)).await?;
    assert!(!state.current.is_empty());
    let registry = state.registry.as_ref().ok_or("the iDRAC has no registry of its BIOS")?;
    assert_eq!(registry.ignored(), 0, "rules that were not understood");
    if rig.is_simulated() {
        assert!(state.current.len() > 300 && state.pending.is_empty());
        assert!(registry.rules().len() >= 75);
        assert_eq!(state.apply_times.is_empty(), !NEWER.contains(&rig.generation()));
    }
    let again = rig.taking("fetch_bios, again", 2, fetch_bios(rig.idrac(), &cache)).await?;
    assert_eq!(again.current, state.current);
    // What is there already is no change.
    let (name, value) = state.current.iter().next().ok_or("the BIOS has no settings")?;
    let mut as_it_is = AttributeValues::default();
    as_it_is.insert(name, value.clone());
    let options = SettingsOptions::default().with_cache(cache);
    assert_eq!(plan_bios(rig.idrac(), &as_it_is, &options).await?.plan.steps.len(), 0);
    Ok(())
}

/// A name that is nearly one.
pub const BIOS_WISH: Case = Case::new(
    "bios",
    "a_name_that_does_not_exist_is_refused_by_its_neighbour",
    Reading,
    &Generation::ALL,
    |rig| Box::pin(bios_wish(rig)),
);

async fn bios_wish(rig: &Rig) -> Held {
    let mut wanted = AttributeValues::default();
    wanted.insert("Bootmode", "Bios");
    let (refused, asked) = rig.counting(set_bios(rig.idrac(), &wanted, &SettingsOptions::default())).await;
    let error = refused.err().ok_or("a setting that does not exist was set")?;
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("Bootmode does not exist; near to it: BootMode"), "{error}");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    Ok(())
}

/// The three sets of attributes.
pub const ATTRIBUTES: Case =
    Case::new("attributes", "every_group_of_attributes_is_read", Reading, NEWER, |rig| {
        Box::pin(attributes(rig))
    });

async fn attributes(rig: &Rig) -> Held {
    // iDRAC8 keeps those of the iDRAC alone, elsewhere.
    let requests = if NEWER.contains(&rig.generation()) { 1 } else { 2 };
    for group in AttributeGroup::ALL {
        let resource =
            rig.taking("GetDellAttributes", requests, fetch_attributes(rig.idrac(), group)).await?;
        let all = resource.attributes.clone().unwrap_or_default();
        assert!(all.len() >= 22, "{group:?} has {}", all.len());
        let as_it_is = all.into_iter().take(1).collect();
        assert!(SetAttributes::new(group, as_it_is).plan(rig.idrac()).await?.is_empty());
    }
    Ok(())
}

/// The iDRAC's own network.
pub const NETWORK: Case =
    Case::new("network", "network_settings_are_typed", Reading, WITH_SETTINGS, |rig| Box::pin(network(rig)));

async fn network(rig: &Rig) -> Held {
    let is_new = NEWER.contains(&rig.generation());
    let requests = if is_new { 1 } else { 2 };
    let now = rig.taking("GetNetworkSettings", requests, fetch_network_settings(rig.idrac())).await?;
    assert!(now.ipv4.address.is_some());
    let plan: Plan = now.plan(rig.idrac()).await?;
    assert!(plan.is_empty(), "as it is already: {plan:?}");
    if rig.is_simulated() && is_new {
        assert_eq!(now.ipv4.address, Some(rig.server().address().ip().to_string()));
        assert_eq!((now.nic.mtu, now.ipv4.dhcp_enabled), (Some(1500), Some(false)));
    }
    Ok(())
}

/// What time the iDRAC has; newer ones tell it by an action.
pub const CLOCK: Case =
    Case::new("clock", "the_clock_is_read", Needs::Changes, &Generation::ALL, |rig| Box::pin(clock(rig)));

async fn clock(rig: &Rig) -> Held {
    let time = rig.taking("GetTime", 2, fetch_time(rig.idrac())).await?;
    assert!(time.starts_with("20") && time.contains('T'), "{time}");
    Ok(())
}
