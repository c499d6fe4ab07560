//! Every operation by its name, in alphabetical order.

use std::pin::Pin;

use super::call::Call;
use crate::runtime::Outcome;

/// An operation.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) run: fn(Call) -> Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

macro_rules! entries {
    ($($module:ident as $area:literal: $($operation:ident)*;)*) => {
        /// All of them.
        pub(super) static ENTRIES: &[Entry] = &[$($(
            Entry {
                name: concat!($area, ".", stringify!($operation)),
                run: |call| Box::pin(super::$module::$operation(call)),
            },
        )*)*];
    };
}

entries! {
    account as "accounts": change change_password create delete list plan_delete;
    attribute as "attributes": fetch plan_set registry set;
    bios as "bios":
        change_password clear_pending fetch plan_reset plan_restore plan_set registry reset restore set
        snapshot;
    boot as "boot": disable_override fetch plan_set_order plan_set_override set_order set_override;
    certificate as "certificates":
        delete export factory_identity generate_csr import_certificate list list_web plan_import_certificate
        plan_reset replace reset;
    console as "console": export_video launch screenshot;
    defaults as "defaults": plan_reset reset set_custom;
    diagnostics as "diagnostics": collect_support_data eula_status export plan_run run;
    erase as "erase": list plan_run run start;
    event as "events": list_subscriptions plan_subscribe submit_test_event subscribe unsubscribe;
    firmware as "firmware":
        access compare_repository delete_package install_repository list plan_install_repository plan_update
        rollback start_updates system_id update;
    hardware as "hardware": assemblies dell_view dell_view_kinds pcie_slots switch_connections;
    health as "health": fetch;
    controller as "idrac":
        detach_session fetch_time if_changed inventory lc_status lockdown plan_restart restart set_asset_tag
        set_time share_session test_share wait_until_back wait_until_ready;
    integrity as "integrity": fetch_certificate fetch_measurements list list_trusted_components;
    job as "jobs":
        clear clear_stale create create_reboot delete fetch list plan_clear plan_clear_stale plan_reboot reboot
        setup_queue wait;
    key_management as "key_management": change fetch generate_csr plan_change test_server;
    license as "licenses":
        delete export export_to_share import_from_share import_license list plan_delete;
    log as "logs":
        clear export_lifecycle fetch fetch_exported plan_clear plan_export_lifecycle;
    media as "media": boot_iso eject insert list plan_boot_iso plan_eject plan_insert;
    network as "network": fetch plan_set set;
    network_card as "network_cards": clear_pending fetch plan_set registry set;
    power as "power": cycle_mains locate plan_cycle_mains plan_reset reset;
    profile as "profiles": export import_profile plan_import_profile preview_import;
    secure_boot as "secure_boot":
        add_certificate add_hash delete_key fetch fetch_dell_store fetch_keys list_databases plan_delete_key
        plan_reset_keys plan_set reset_keys set;
    session as "sessions": delete list lockout_policy;
    storage as "storage": change fetch plan_change;
    telemetry as "telemetry":
        fetch fetch_report list_definitions list_reports plan_set set set_report;
    schedule as "update_schedule": clear fetch plan_set set;
}

/// The operation of this name.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}
