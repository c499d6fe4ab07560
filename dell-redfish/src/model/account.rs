//! Users of the iDRAC, and the service that holds them.

use super::Link;

resource! {
    /// `AccountService` (DMTF `AccountService`).
    AccountService {
        /// The users.
        accounts: Link = "Accounts",
        /// The roles.
        roles: Link = "Roles",
        /// Failed logins that lock an account; 0 on an iDRAC, which blocks addresses instead.
        lockout_threshold: u64 = "AccountLockoutThreshold",
        /// Seconds an account stays locked.
        lockout_duration_s: u64 = "AccountLockoutDuration",
        /// Seconds after which failed logins are forgotten.
        lockout_counter_reset_after_s: u64 = "AccountLockoutCounterResetAfter",
        /// Failed logins that make an entry in the log.
        auth_failure_logging_threshold: u64 = "AuthFailureLoggingThreshold",
        /// Longest password.
        max_password_length: u64 = "MaxPasswordLength",
        /// Shortest password.
        min_password_length: u64 = "MinPasswordLength",
        /// `Enabled`, `Disabled`, `Fallback`, `LocalFirst`.
        local_account_auth: String = "LocalAccountAuth",
    }
}

resource! {
    /// A user, or a slot for one (DMTF `ManagerAccount`).
    ManagerAccount {
        /// Login name; empty in a slot that is free.
        user_name: String = "UserName",
        /// `Administrator`, `Operator`, `ReadOnly`, `None`.
        role_id: String = "RoleId",
        /// Whether it may log in.
        enabled: bool = "Enabled",
        /// Whether it is locked out.
        locked: bool = "Locked",
        /// Whether it must change its password first.
        password_change_required: bool = "PasswordChangeRequired",
        /// When the password expires.
        password_expiration: String = "PasswordExpiration",
        /// `Redfish`, `WebUI`, `IPMI`, …
        account_types: Vec<String> = "AccountTypes",
    }
}

impl ManagerAccount {
    /// Whether somebody has it.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.user_name.as_deref().is_some_and(|name| !name.is_empty())
    }
}
