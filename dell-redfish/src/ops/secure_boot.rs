//! Secure boot: on and off, and its key databases.

use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::Result;
use crate::operation::Operation;
use crate::ops::action::action;
use crate::request::{Request, Response};

action! {
    /// `SecureBoot.ResetKeys`: all keys, or those of one database, back to defaults or deleted.
    ResetSecureBootKeys = "SecureBoot.ResetKeys", Destroy, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `SecureBootDatabase.ResetKeys`: the keys of one database.
    ResetSecureBootDatabase = "SecureBootDatabase.ResetKeys", Destroy, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

/// PATCH of `SecureBoot.SecureBootEnable`; in force from the next start of the host on.
#[derive(Debug, Clone)]
pub struct PatchSecureBoot {
    path: String,
    enable: bool,
}

impl PatchSecureBoot {
    pub(crate) fn new(path: impl Into<String>, enable: bool) -> Self {
        Self { path: path.into(), enable }
    }
}

impl Operation for PatchSecureBoot {
    type Output = Accepted;

    const NAME: &'static str = "PatchSecureBoot";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::patch(self.path.clone(), &json!({"SecureBootEnable": self.enable}))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// POST of a certificate or a hash into a key database.
#[derive(Debug, Clone)]
pub struct AddSecureBootKey {
    home: String,
    body: Value,
}

impl AddSecureBootKey {
    pub(crate) fn new(home: impl Into<String>, body: Value) -> Self {
        Self { home: home.into(), body }
    }
}

impl Operation for AddSecureBootKey {
    type Output = Accepted;

    const NAME: &'static str = "AddSecureBootKey";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(self.home.clone(), &self.body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// DELETE of a certificate or a hash of a key database.
#[derive(Debug, Clone)]
pub struct DeleteSecureBootKey {
    path: String,
}

impl DeleteSecureBootKey {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for DeleteSecureBootKey {
    type Output = Accepted;

    const NAME: &'static str = "DeleteSecureBootKey";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        Request::delete(self.path.clone())
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}
