//! One server, as data.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Account, ExpandSupport, FirmwareRules, Generation, HostRules, InventorySize, JobRules, Kind,
    LockoutPolicy, SettingsRules, administrator,
};
use crate::fault::FaultRule;
use crate::tag::{ConditionRule, TagRule, TagScope};

/// One server, as data. The builder methods take what the fields hold as plain numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSpec {
    /// What stands at the address.
    pub kind: Kind,
    /// Fixed generation; without it the fleet's list is dealt round.
    pub generation: Option<Generation>,
    /// For iDRAC7/8: firmware 2.50 with Redfish 1.0.2 and no update service.
    pub old_firmware: bool,
    /// A service tag of its own instead of one made from the address.
    pub identity: Option<String>,
    /// Users, from slot 2 on.
    pub accounts: Vec<Account>,
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// Milliseconds before the TLS handshake begins.
    pub handshake_delay_ms: u64,
    /// Milliseconds added to an expanded answer for each member in it.
    pub expand_member_delay_ms: u64,
    /// Sessions that may be open; one more is refused with 503 RAC0218.
    pub session_limit: usize,
    /// Seconds after which an idle session ends.
    pub session_timeout_s: u64,
    /// Requests worked on at once, others wait; 0 means no limit.
    pub requests_at_once: usize,
    /// Lock-out by client address; none by default.
    pub lockout: Option<LockoutPolicy>,
    /// How much hardware there is.
    pub size: InventorySize,
    /// Faults, tried in order.
    pub faults: Vec<FaultRule>,
    /// Overrides what the generation does with `$expand`.
    pub expand: Option<ExpandSupport>,
    /// Collections longer than this are paged with `Members@odata.nextLink`.
    pub page_size: Option<usize>,
    /// Refuses everything but a new password of whoever asks: 403 RAC1260.
    pub wants_new_password: bool,
    /// Which forms of entity tags it gives and takes.
    pub tags: TagRule,
    /// Which resources have one.
    pub tag_scope: TagScope,
    /// What it makes of `If-None-Match`.
    pub conditions: ConditionRule,
    /// Answer 406 when no Accept header came.
    pub strict_accept: bool,
    /// Answer 400 when the Host header is a name and not an address.
    pub host_header_check: bool,
    /// Answer 401 with an HTML page instead of a Redfish error.
    pub html_unauthorized: bool,
    /// Milliseconds (simulated) after a change in which the next change fails; 0 for none.
    pub quiet_ms: u64,
    /// Redfish is switched off: the service root and all below it answer 404.
    pub redfish_off: bool,
    /// Serve this DMTF mockup folder instead of a made-up tree.
    pub mockup: Option<PathBuf>,
    /// Put this server's service tag where the mockup has its own.
    pub mockup_own_identity: bool,
    /// Alerts are on; without them events come only in part (SYS554).
    pub alerts: bool,
    /// The licence for telemetry is there; without it SYS461.
    pub telemetry_licensed: bool,
    /// Milliseconds (simulated) a host takes from power on to a running system.
    pub post_ms: u64,
    /// Milliseconds (simulated) a host takes to shut down on request.
    pub shutdown_ms: u64,
    /// Milliseconds (simulated) an iDRAC is away when it is reset.
    pub idrac_restart_ms: u64,
    /// How staged settings misbehave.
    pub settings: SettingsRules,
    /// How its host misbehaves.
    pub host: HostRules,
    /// What it can be updated with.
    pub firmware: FirmwareRules,
    /// How its job queue misbehaves.
    pub jobs: JobRules,
}

impl Default for ServerSpec {
    fn default() -> Self {
        Self {
            kind: Kind::Alive,
            generation: None,
            old_firmware: false,
            identity: None,
            accounts: vec![Account { user: "root".into(), password: "calvin".into(), role: administrator() }],
            latency_ms: 0,
            handshake_delay_ms: 0,
            expand_member_delay_ms: 0,
            session_limit: 8,
            session_timeout_s: 1800,
            requests_at_once: 0,
            lockout: None,
            size: InventorySize::default(),
            faults: Vec::new(),
            expand: None,
            page_size: None,
            wants_new_password: false,
            tags: TagRule::default(),
            tag_scope: TagScope::default(),
            conditions: ConditionRule::default(),
            strict_accept: false,
            host_header_check: false,
            html_unauthorized: false,
            quiet_ms: 0,
            redfish_off: false,
            mockup: None,
            mockup_own_identity: false,
            alerts: true,
            telemetry_licensed: true,
            post_ms: 90_000,
            shutdown_ms: 15_000,
            idrac_restart_ms: 90_000,
            settings: SettingsRules::default(),
            host: HostRules::default(),
            firmware: FirmwareRules::default(),
            jobs: JobRules::default(),
        }
    }
}

/// Whole milliseconds, saturating.
pub(crate) fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

impl ServerSpec {
    /// Sets what stands at the address.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Fixes the generation.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.generation = Some(generation);
        self
    }

    /// Gives the server a service tag, and with it all serial numbers and MAC addresses.
    #[must_use]
    pub fn identity(mut self, service_tag: impl Into<String>) -> Self {
        self.identity = Some(service_tag.into());
        self
    }

    /// Replaces all accounts by one administrator.
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.accounts = vec![Account { user: user.into(), password: password.into(), role: administrator() }];
        self
    }

    /// Adds an account with a role.
    #[must_use]
    pub fn account(mut self, user: impl Into<String>, password: impl Into<String>, role: &str) -> Self {
        self.accounts.push(Account { user: user.into(), password: password.into(), role: role.into() });
        self
    }

    /// Delays every answer.
    #[must_use]
    pub fn latency(mut self, delay: Duration) -> Self {
        self.latency_ms = millis(delay);
        self
    }

    /// Delays every TLS handshake.
    #[must_use]
    pub fn handshake_delay(mut self, delay: Duration) -> Self {
        self.handshake_delay_ms = millis(delay);
        self
    }

    /// Delays an expanded answer for each member in it.
    #[must_use]
    pub fn expand_member_delay(mut self, delay: Duration) -> Self {
        self.expand_member_delay_ms = millis(delay);
        self
    }

    /// Sets how many sessions may be open.
    #[must_use]
    pub fn session_limit(mut self, sessions: usize) -> Self {
        self.session_limit = sessions;
        self
    }

    /// Sets how long a session may idle.
    #[must_use]
    pub fn session_timeout(mut self, idle: Duration) -> Self {
        self.session_timeout_s = idle.as_secs();
        self
    }

    /// Limits the requests worked on at once.
    #[must_use]
    pub fn requests_at_once(mut self, requests: usize) -> Self {
        self.requests_at_once = requests;
        self
    }

    /// Locks client addresses out after failed logins.
    #[must_use]
    pub fn lockout(mut self, policy: LockoutPolicy) -> Self {
        self.lockout = Some(policy);
        self
    }

    /// Sets how much hardware there is.
    #[must_use]
    pub fn size(mut self, size: InventorySize) -> Self {
        self.size = size;
        self
    }

    /// Replaces the faults.
    #[must_use]
    pub fn faults(mut self, rules: impl IntoIterator<Item = FaultRule>) -> Self {
        self.faults = rules.into_iter().collect();
        self
    }

    /// Refuses everything but a new password, until it has one.
    #[must_use]
    pub fn wants_new_password(mut self) -> Self {
        self.wants_new_password = true;
        self
    }

    /// Sets which forms of entity tags it gives and takes.
    #[must_use]
    pub fn tags(mut self, rule: TagRule) -> Self {
        self.tags = rule;
        self
    }

    /// Sets which resources have a tag.
    #[must_use]
    pub fn tag_scope(mut self, scope: TagScope) -> Self {
        self.tag_scope = scope;
        self
    }

    /// Sets what it makes of `If-None-Match`.
    #[must_use]
    pub fn conditions(mut self, rule: ConditionRule) -> Self {
        self.conditions = rule;
        self
    }

    /// Overrides what `$expand` meets.
    #[must_use]
    pub fn expand(mut self, support: ExpandSupport) -> Self {
        self.expand = Some(support);
        self
    }

    /// Makes its job queue misbehave.
    #[must_use]
    pub fn jobs(mut self, rules: JobRules) -> Self {
        self.jobs = rules;
        self
    }

    /// Makes staged settings misbehave.
    #[must_use]
    pub fn settings(mut self, rules: SettingsRules) -> Self {
        self.settings = rules;
        self
    }

    /// Makes its host misbehave.
    #[must_use]
    pub fn host(mut self, rules: HostRules) -> Self {
        self.host = rules;
        self
    }

    /// Says what it can be updated with, and how that goes wrong.
    #[must_use]
    pub fn firmware(mut self, rules: FirmwareRules) -> Self {
        self.firmware = rules;
        self
    }

    /// Serves a mockup folder, identity as captured.
    #[must_use]
    pub fn mockup(mut self, folder: impl Into<PathBuf>) -> Self {
        self.mockup = Some(folder.into());
        self
    }
}
