//! Who may do what, and by which proofs: users, sessions, certificates, licences, secure boot, keys.

use dell_redfish::flow::account::Accounts;
use dell_redfish::flow::certificate::{fetch_factory_identity, list_certificates, list_web_certificates};
use dell_redfish::flow::integrity::{list_component_integrity, list_trusted_components};
use dell_redfish::flow::key_management::fetch_key_management;
use dell_redfish::flow::license::list_licenses;
use dell_redfish::flow::lockdown::fetch_lockdown;
use dell_redfish::flow::lockout::{fetch_lockout_policy, list_sessions};
use dell_redfish::flow::secure_boot::{
    fetch_secure_boot, fetch_secure_boot_keys, list_secure_boot_databases, plan_set_secure_boot,
};
use dell_redfish::ops::GetManager;
use dell_redfish::run;
use idrac_sim::Generation;

use super::{Case, Held, NEWER, Needs::Reading, WITH_SETTINGS};
use crate::{Rig, USER};

pub(super) const CASES: &[&Case] = &[
    &USERS,
    &LOCKOUT,
    &SESSIONS,
    &CERTIFICATES,
    &LICENCES,
    &SECURE_BOOT,
    &KEY_DATABASES,
    &PROOFS,
    &KEYS,
    &LOCKDOWN,
];

/// Generations whose secure boot shows its databases.
const WITH_DATABASES: &[Generation] = &[Generation::Idrac9V6, Generation::Idrac9V7, Generation::Idrac10];

/// Generations whose parts prove what they are.
const WITH_PROOFS: &[Generation] = &[Generation::Idrac9V7, Generation::Idrac10];

/// The users.
pub const USERS: Case =
    Case::new("accounts", "the_users_are_listed", Reading, &Generation::ALL, |rig| Box::pin(users(rig)));

async fn users(rig: &Rig) -> Held {
    let accounts = Accounts::fetch(rig.idrac()).await?;
    let names: Vec<_> = accounts.used().filter_map(|account| account.user_name.as_deref()).collect();
    let user = rig.idrac().username().await.unwrap_or_default();
    assert!(names.contains(&user.as_str()), "whoever asks is one of them: {names:?}");
    if rig.is_simulated() {
        assert_eq!(names, [USER]);
    }
    Ok(())
}

/// What follows wrong passwords.
pub const LOCKOUT: Case =
    Case::new("accounts", "lock_out_settings_are_visible", Reading, &Generation::ALL, |rig| {
        Box::pin(lockout(rig))
    });

async fn lockout(rig: &Rig) -> Held {
    let is_old = !NEWER.contains(&rig.generation());
    let cost = if is_old { 3 } else { 2 };
    let policy = rig.taking("GetLockoutPolicy", cost, fetch_lockout_policy(rig.idrac())).await?;
    if rig.is_simulated() {
        assert_eq!(policy.account_threshold, Some(0));
        let known = rig.generation() != Generation::Idrac7;
        assert_eq!((policy.fail_count, policy.penalty_s), (known.then_some(3), known.then_some(600)));
        assert_eq!(policy.blocks_addresses, known.then_some(true));
    }
    Ok(())
}

/// Who is logged in.
pub const SESSIONS: Case =
    Case::new("accounts", "our_own_session_is_seen", Reading, &Generation::ALL, |rig| {
        Box::pin(sessions(rig))
    });

async fn sessions(rig: &Rig) -> Held {
    let sessions = list_sessions(rig.idrac()).await?;
    assert!(!sessions.is_empty(), "ours is one");
    if rig.is_simulated() {
        assert_eq!((sessions.len(), rig.server().open_sessions()), (1, 1));
    }
    Ok(())
}

/// The certificates.
pub const CERTIFICATES: Case =
    Case::new("certificates", "certificates_are_listed", Reading, NEWER, |rig| Box::pin(certificates(rig)));

async fn certificates(rig: &Rig) -> Held {
    let all = rig.taking("ListCertificates", 2, list_certificates(rig.idrac())).await?;
    let web = rig.taking("ListWebCertificates", 1, list_web_certificates(rig.idrac())).await?;
    let web = web.first().ok_or("the web server has no certificate")?;
    assert!(!all.is_empty() && web.valid_not_after.is_some());
    assert!(web.subject.as_ref().is_some_and(|subject| subject.common_name.is_some()));
    let identity = rig.taking("GetFactoryIdentity", 1, fetch_factory_identity(rig.idrac())).await?;
    if rig.is_simulated() {
        assert_eq!(all[0].usage.as_deref(), Some(&["Web".to_owned()][..]));
        assert_eq!(identity.serial_number.as_deref(), Some("02"));
    }
    Ok(())
}

/// The licences.
pub const LICENCES: Case =
    Case::new("licences", "licences_are_listed", Reading, NEWER, |rig| Box::pin(licences(rig)));

async fn licences(rig: &Rig) -> Held {
    let all = list_licenses(rig.idrac()).await?;
    if rig.is_simulated() {
        assert_eq!(all.len(), 1);
    }
    Ok(())
}

/// Secure boot, and what switching it would do.
pub const SECURE_BOOT: Case =
    Case::new("security", "secure_boot_is_read", Reading, WITH_SETTINGS, |rig| Box::pin(secure_boot(rig)));

async fn secure_boot(rig: &Rig) -> Held {
    // Once it is known what it is, the table of endpoints decides.
    let manager = run(rig.idrac(), &GetManager).await?;
    let generation = manager.model.as_deref().and_then(dell_redfish::Generation::from_manager_model);
    rig.idrac().learn(&mut |facts| facts.generation = generation);
    let state = rig.taking("GetSecureBoot", 1, fetch_secure_boot(rig.idrac())).await?;
    let enabled = state.enable.ok_or("secure boot does not say whether it is on")?;
    assert!(plan_set_secure_boot(rig.idrac(), enabled).await?.is_empty());
    if rig.is_simulated() {
        assert_eq!((enabled, state.mode.as_deref()), (false, Some("DeployedMode")));
        assert_eq!(plan_set_secure_boot(rig.idrac(), true).await?.steps.len(), 1);
    }
    Ok(())
}

/// What may boot, and what may not.
pub const KEY_DATABASES: Case =
    Case::new("security", "key_databases_are_read", Reading, WITH_DATABASES, |rig| Box::pin(databases(rig)));

async fn databases(rig: &Rig) -> Held {
    let all = rig.taking("ListSecureBootDatabases", 2, list_secure_boot_databases(rig.idrac())).await?;
    let names: Vec<_> = all.iter().filter_map(|database| database.database_id.as_deref()).collect();
    assert!(["PK", "KEK", "db", "dbx"].iter().all(|name| names.contains(name)), "{names:?}");
    let keys = fetch_secure_boot_keys(rig.idrac(), "dbx");
    let keys = rig.taking("GetSecureBootKeys", 3, keys).await?;
    if rig.is_simulated() {
        assert_eq!((keys.certificates.len(), keys.signatures.len()), (0, 3));
    }
    Ok(())
}

/// Parts that can be asked for proofs.
pub const PROOFS: Case =
    Case::new("security", "parts_that_prove_what_they_are_are_listed", Reading, WITH_PROOFS, |rig| {
        Box::pin(proofs(rig))
    });

async fn proofs(rig: &Rig) -> Held {
    let all = rig.taking("ListComponentIntegrity", 1, list_component_integrity(rig.idrac())).await?;
    let trusted = rig.taking("ListTrustedComponents", 1, list_trusted_components(rig.idrac())).await?;
    if rig.is_simulated() {
        assert_eq!((all.len(), all[0].kind.as_deref()), (1, Some("SPDM")));
        assert_eq!(trusted[0].kind.as_deref(), Some("Discrete"));
    }
    Ok(())
}

/// Where keys come from.
pub const KEYS: Case =
    Case::new("security", "key_management_is_shown", Reading, WITH_SETTINGS, |rig| Box::pin(keys(rig)));

async fn keys(rig: &Rig) -> Held {
    let requests = if NEWER.contains(&rig.generation()) { 1 } else { 2 };
    let settings = rig.taking("GetKeyManagement", requests, fetch_key_management(rig.idrac())).await?;
    assert!(settings.contains_key("SEKM.1.SupportStatus") || !NEWER.contains(&rig.generation()));
    Ok(())
}

/// Whether the iDRAC takes changes at all.
pub const LOCKDOWN: Case =
    Case::new("lockdown", "lockdown_is_told_where_it_is_known", Reading, &Generation::ALL, |rig| {
        Box::pin(lockdown(rig))
    });

async fn lockdown(rig: &Rig) -> Held {
    let locked = fetch_lockdown(rig.idrac()).await?;
    if rig.is_simulated() {
        assert_eq!(locked, NEWER.contains(&rig.generation()).then_some(false));
    }
    Ok(())
}
