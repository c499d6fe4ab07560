//! Changing users of the iDRAC.

use serde_json::{Map, Value};

use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::request::{Request, Response};
use crate::secret::Secret;

/// Privileges of a user (DMTF `RoleId`, as iDRACs have them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum AccountRole {
    Administrator,
    Operator,
    ReadOnly,
    /// May not log in.
    None,
}

impl AccountRole {
    /// The iDRAC's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Operator => "Operator",
            Self::ReadOnly => "ReadOnly",
            Self::None => "None",
        }
    }
}

/// What of a user shall be different. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Login name; an empty one clears a slot.
    pub user_name: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Privileges.
    pub role: Option<AccountRole>,
    /// Whether it may log in.
    pub enabled: Option<bool>,
}

impl AccountChange {
    fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(name) = &self.user_name {
            body.insert("UserName".into(), name.as_str().into());
        }
        if let Some(password) = &self.password {
            body.insert("Password".into(), password.expose().into());
        }
        if let Some(role) = self.role {
            body.insert("RoleId".into(), role.as_str().into());
        }
        if let Some(enabled) = self.enabled {
            body.insert("Enabled".into(), enabled.into());
        }
        Value::Object(body)
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Refuses a name that iDRACs refuse (RAC0291), or that could be none.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || "/\\@.\"".contains(letter);
    if name.is_empty() || name.len() > 64 || name.contains(odd) {
        let message = format!("{name:?} is no user name for an iDRAC: no spaces, none of / \\ @ . \"");
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(())
}

macro_rules! change {
    ($(#[$meta:meta])* $name:ident, $method:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            path: String,
            change: AccountChange,
        }

        impl $name {
            pub(crate) fn new(path: impl Into<String>, change: AccountChange) -> Self {
                Self { path: path.into(), change }
            }
        }

        impl Operation for $name {
            type Output = Vec<ExtendedInfo>;

            const NAME: &'static str = stringify!($name);
            const EFFECT: Effect = Effect::Change;

            fn request(&self) -> Request {
                Request::$method(self.path.clone(), &self.change.body())
            }

            fn parse(&self, response: Response) -> Result<Self::Output> {
                Ok(read_extended(&response.body))
            }
        }
    };
}

change! {
    /// PATCH of an account or a slot.
    PatchAccount, patch
}

change! {
    /// POST of a new account, where an iDRAC has no slots (iDRAC10).
    CreateAccount, post
}

/// DELETE of an account, where an iDRAC has no slots (iDRAC10).
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    path: String,
}

impl DeleteAccount {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for DeleteAccount {
    type Output = ();

    const NAME: &'static str = "DeleteAccount";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::delete(self.path.clone())
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_show() {
        let change = AccountChange { password: Some("hunter2222".into()), ..AccountChange::default() };
        let operation = PatchAccount::new("/redfish/v1/x", change);
        let shown = format!("{operation:?}{:?}{:?}", operation.plan(), operation.request());
        assert!(!shown.contains("hunter2222"), "{shown}");
    }

    #[test]
    fn names_that_an_idrac_refuses_are_not_sent() {
        assert!(check_name("backup-1").is_ok());
        for name in ["", "a b", "a@b", "a.b", "a/b", "\u{7}"] {
            assert_eq!(check_name(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name:?}");
        }
    }
}
