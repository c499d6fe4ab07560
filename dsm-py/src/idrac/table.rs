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
    attribute as "attributes": fetch plan_set set;
    bios as "bios":
        change_password clear_pending fetch plan_reset plan_restore plan_set reset restore set snapshot;
    boot as "boot": disable_override fetch plan_set_order plan_set_override set_order set_override;
    console as "console": launch screenshot;
    health as "health": fetch;
    controller as "idrac": inventory lc_status lockdown plan_restart restart test_share wait_until_ready;
    job as "jobs":
        clear clear_stale delete fetch list plan_clear plan_clear_stale plan_reboot reboot wait;
    log as "logs": clear fetch plan_clear;
    media as "media": eject insert list plan_eject plan_insert;
    network as "network": fetch plan_set set;
    power as "power": cycle_mains locate plan_cycle_mains plan_reset reset;
}

/// The operation of this name.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}
