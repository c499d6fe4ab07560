//! Users of the iDRAC: one way to change them, whatever their home.
//!
//! iDRAC7 to 9 have sixteen slots, the first of them reserved; a user is a slot that is patched. iDRAC10 makes and deletes
//! accounts. Which of the two it is shows in the collection: free slots are members without a name.

use crate::capability::{is_missing, missing, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{AccountService, ManagerAccount, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;
use crate::ops::account::{
    AccountChange, AccountRole, CreateAccount, DeleteAccount, PatchAccount, check_name,
};
use crate::plan::Plan;
use crate::safeguard::Safeguard;
use crate::secret::Secret;
use crate::tag::{self, run_tagged};

/// The slot that no user can have.
const RESERVED_SLOT: &str = "1";
/// The slot of the administrator an iDRAC is delivered with.
const DELIVERED_SLOT: &str = "2";
/// And the name.
const DELIVERED_NAME: &str = "root";

/// The users of one iDRAC, as they were when they were read.
#[derive(Debug, Clone)]
pub struct Accounts {
    home: String,
    all: Vec<Resource<ManagerAccount>>,
}

impl Accounts {
    /// Reads them. Two requests where the iDRAC expands collections, one a slot and two where it does not.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] without `AccountService`; [`ErrorKind::PasswordChangeRequired`] (RAC1260) as long as the
    /// password the iDRAC was delivered with is in use: [`change_password`] works nevertheless.
    pub async fn fetch(redfish: &dyn Redfish) -> Result<Self> {
        let service = need_at(redfish, &endpoint::ACCOUNT_SERVICE, &[], "AccountService").await?;
        let service: Resource<AccountService> = service.read()?;
        let home = service.accounts.as_ref().and_then(|link| link.odata_id.clone());
        let home = home.ok_or_else(|| missing(redfish, "AccountService.Accounts"))?;
        let all = members::list(redfish, &home).await?;
        Ok(Self { home, all })
    }

    /// Those that somebody has.
    pub fn used(&self) -> impl Iterator<Item = &Resource<ManagerAccount>> {
        self.all.iter().filter(|account| account.is_used())
    }

    /// The user of this name.
    #[must_use]
    pub fn find(&self, user: &str) -> Option<&Resource<ManagerAccount>> {
        self.used().find(|account| account.user_name.as_deref() == Some(user))
    }

    /// How many more users there is room for; nothing where the iDRAC does not say (it has no slots).
    #[must_use]
    pub fn free_slots(&self) -> Option<usize> {
        let free = self.free().count();
        (free > 0 || self.has_slots()).then_some(free)
    }

    fn free(&self) -> impl Iterator<Item = &Resource<ManagerAccount>> {
        self.all.iter().filter(|account| !account.is_used() && account.id.as_deref() != Some(RESERVED_SLOT))
    }

    fn has_slots(&self) -> bool {
        self.all.iter().any(|account| !account.is_used())
    }

    fn need(&self, user: &str) -> Result<&Resource<ManagerAccount>> {
        self.find(user)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("this iDRAC has no user {user:?}")))
    }
}

/// The tag it was read with: a slot that somebody else takes meanwhile is not written over.
fn tag_of(account: &Resource<ManagerAccount>) -> Option<String> {
    tag::of_text(account.raw())
}

fn path_of(account: &ManagerAccount) -> Result<String> {
    let path = account.odata_id.as_deref().unwrap_or_default();
    ODataId::parse(path).map(|path| path.path().to_owned())
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Login name.
    pub user_name: String,
    /// Password.
    pub password: Secret,
    /// Privileges.
    pub role: AccountRole,
}

impl NewAccount {
    fn change(&self) -> AccountChange {
        AccountChange {
            user_name: Some(self.user_name.clone()),
            password: Some(self.password.clone()),
            role: Some(self.role),
            enabled: Some(true),
        }
    }
}

/// Makes a user: in a free slot, or as a new account where there are no slots. What is read before it, a write, a read back.
///
/// # Errors
/// [`ErrorKind::Conflict`] when the name is taken or no slot is free; [`ErrorKind::InvalidInput`] for a name iDRACs refuse;
/// [`ErrorKind::BadRequest`] for a password that is too weak for this iDRAC (RAC1276, SYS474).
pub async fn create_account(redfish: &dyn Redfish, new: &NewAccount) -> Result<Resource<ManagerAccount>> {
    check_name(&new.user_name)?;
    let accounts = Accounts::fetch(redfish).await?;
    if accounts.find(&new.user_name).is_some() {
        let message = format!("this iDRAC has a user {:?} already", new.user_name);
        return Err(Error::new(ErrorKind::Conflict, message).with_host(redfish.host()));
    }
    let free = match accounts.free().next() {
        Some(slot) => Some((path_of(slot)?, tag_of(slot))),
        None => None,
    };
    match &free {
        Some((slot, tag)) => {
            run_tagged(redfish, &PatchAccount::new(slot, new.change()), tag.as_deref()).await?;
        }
        None if accounts.has_slots() => return Err(full(redfish)),
        None => match run(redfish, &CreateAccount::new(&accounts.home, new.change())).await {
            Ok(_) => {}
            Err(error) if is_missing(&error) || is_full(&error) => {
                return Err(full(redfish).with_source(error));
            }
            Err(error) => return Err(error),
        },
    }
    let made = match &free {
        Some((slot, _)) => Some(run(redfish, &GetResource::at(ODataId::parse(slot)?)).await?),
        None => Accounts::fetch(redfish).await?.find(&new.user_name).cloned(),
    };
    made.filter(|account: &Resource<ManagerAccount>| account.user_name.as_deref() == Some(&new.user_name))
        .ok_or_else(|| {
            let message = format!("the iDRAC accepted the user {:?}, but does not list it", new.user_name);
            Error::new(ErrorKind::Server, message).with_host(redfish.host())
        })
}

fn is_full(error: &Error) -> bool {
    error.message_ids().any(|id| id.as_str() == "CreateLimitReachedForResource")
}

fn full(redfish: &dyn Redfish) -> Error {
    Error::new(ErrorKind::Conflict, "no slot for another user is free").with_host(redfish.host())
}

/// Changes name, privileges, password, or whether a user may log in. What is so already is not sent. Returns whether
/// anything was.
///
/// # Errors
/// [`ErrorKind::NotFound`] without such a user; otherwise as [`create_account`].
pub async fn change_account(redfish: &dyn Redfish, user: &str, change: &AccountChange) -> Result<bool> {
    if let Some(name) = &change.user_name {
        check_name(name)?;
    }
    let accounts = Accounts::fetch(redfish).await?;
    let account = accounts.need(user).map_err(|error| error.with_host(redfish.host()))?;
    let change = AccountChange {
        user_name: change.user_name.clone().filter(|name| account.user_name.as_ref() != Some(name)),
        password: change.password.clone(),
        role: change.role.filter(|role| account.role_id.as_deref() != Some(role.as_str())),
        enabled: change.enabled.filter(|enabled| account.enabled != Some(*enabled)),
    };
    if change.is_empty() {
        return Ok(false);
    }
    write(redfish, user, &path_of(account)?, tag_of(account), &change).await?;
    Ok(true)
}

/// Sets a user's password. Where it is the user we are logged in as, the client goes on with the new one (and tries either,
/// should the answer get lost); whoever keeps credentials must store it.
///
/// It works on an iDRAC that answers everything else with "change the default password first" (RAC1260), too.
///
/// # Errors
/// As [`change_account`].
pub async fn change_password(redfish: &dyn Redfish, user: &str, password: &Secret) -> Result<()> {
    let change = AccountChange { password: Some(password.clone()), ..AccountChange::default() };
    let (path, tag) = match Accounts::fetch(redfish).await {
        Ok(accounts) => {
            let account = accounts.need(user).map_err(|error| error.with_host(redfish.host()))?;
            (path_of(account)?, tag_of(account))
        }
        // Nothing may be read before: the user it concerns is the one the iDRAC was delivered with, in its slot.
        Err(error) if error.kind() == ErrorKind::PasswordChangeRequired && user == DELIVERED_NAME => {
            (endpoint::ACCOUNT.path(&[DELIVERED_SLOT])?, None)
        }
        Err(error) => return Err(error),
    };
    write(redfish, user, &path, tag, &change).await
}

async fn write(
    redfish: &dyn Redfish,
    user: &str,
    path: &str,
    tag: Option<String>,
    change: &AccountChange,
) -> Result<()> {
    let outcome = run_tagged(redfish, &PatchAccount::new(path, change.clone()), tag.as_deref()).await;
    // An answer that gets lost leaves us with two passwords that may be right.
    let may_be_changed = match &outcome {
        Ok(_) => true,
        Err(error) => error.http_status().is_none() && !error.is_unsent(),
    };
    if let (Some(password), true) = (&change.password, may_be_changed) {
        redfish.expect_password(user, password).await?;
    }
    outcome.map(drop)
}

/// What deleting a user would do. Reads only.
///
/// # Errors
/// As [`delete_account`].
pub async fn plan_delete_account(redfish: &dyn Redfish, user: &str) -> Result<Plan> {
    let accounts = Accounts::fetch(redfish).await?;
    let Some(account) = accounts.find(user) else { return Ok(Plan::new(format!("no user {user} is there"))) };
    let path = path_of(account)?;
    let plan = Plan::new(format!("delete the user {user}"));
    Ok(if accounts.has_slots() {
        plan.with_step(&PatchAccount::new(&path, disabled())).with_step(&PatchAccount::new(&path, cleared()))
    } else {
        plan.with_step(&DeleteAccount::new(path))
    })
}

/// Deletes a user: clears its slot, or deletes its account where there are no slots. Returns whether there was one.
///
/// # Errors
/// [`ErrorKind::Server`] when the user is still there afterwards; otherwise the iDRAC's.
pub async fn delete_account(redfish: &dyn Redfish, user: &str) -> Result<bool> {
    let accounts = Accounts::fetch(redfish).await?;
    let Some(account) = accounts.find(user) else { return Ok(false) };
    let path = path_of(account)?;
    if accounts.has_slots() {
        clear(redfish, &path).await?;
    } else {
        match run(redfish, &DeleteAccount::new(&path)).await {
            Ok(()) => {}
            // Slots, all of them in use.
            Err(error) if error.kind() == ErrorKind::Unsupported => clear(redfish, &path).await?,
            Err(error) => return Err(error),
        }
    }
    if redfish.safeguards().has(Safeguard::ReadBack) {
        let left = run(redfish, &GetResource::<ManagerAccount>::at(ODataId::parse(&path)?)).await;
        match left {
            Ok(account) if account.user_name.as_deref() == Some(user) => {
                let message = format!("the user {user:?} is still there");
                return Err(Error::new(ErrorKind::Server, message).with_host(redfish.host()).with_path(path));
            }
            Err(error) if !is_missing(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(true)
}

/// An iDRAC refuses to clear the name of a user who may still log in (RAC055).
async fn clear(redfish: &dyn Redfish, path: &str) -> Result<()> {
    run_tagged(redfish, &PatchAccount::new(path, disabled()), None).await?;
    run_tagged(redfish, &PatchAccount::new(path, cleared()), None).await?;
    Ok(())
}

fn disabled() -> AccountChange {
    AccountChange { enabled: Some(false), role: Some(AccountRole::None), ..AccountChange::default() }
}

fn cleared() -> AccountChange {
    AccountChange { user_name: Some(String::new()), ..AccountChange::default() }
}
