//! A profile that changes the very password we came with (fault 27).

use super::outcome::PasswordInForce;
use crate::capability::IDRAC;
use crate::endpoint;
use crate::error::{Error, Result};
use crate::operation::{Redfish, run};
use crate::ops::GetManager;
use crate::request::Request;
use crate::safeguard::Safeguard;
use crate::scp::{NewPassword, Profile};
use crate::secret::Secret;

/// What an import does to our own password.
#[derive(Debug)]
pub(super) enum Own {
    Untouched,
    Becomes { user: String, password: Secret },
    BecomesHashed,
}

/// Looks whether the profile changes it. Costs a request only for a slot whose user the profile does not name.
pub(super) async fn look(redfish: &dyn Redfish, profile: &Profile) -> Own {
    let Some(user) = redfish.username().await else { return Own::Untouched };
    let mut change = profile.new_password(&user, None);
    if change.is_none() {
        for slot in profile.unnamed_password_slots() {
            if user_of(redfish, slot).await.as_deref() == Some(user.as_str()) {
                change = profile.new_password(&user, Some(slot));
                break;
            }
        }
    }
    match change {
        None => Own::Untouched,
        Some(NewPassword::Plain(password)) => Own::Becomes { user, password: Secret::new(password.as_str()) },
        Some(NewPassword::Hashed) => Own::BecomesHashed,
    }
}

/// The user of a slot; nothing where it cannot be read.
async fn user_of(redfish: &dyn Redfish, slot: u32) -> Option<String> {
    let slot = slot.to_string();
    let generation = redfish.facts().generation;
    let has = |row: &endpoint::Endpoint| generation.is_none_or(|generation| row.is_in(generation));
    let places = [
        (has(&endpoint::MANAGER_ACCOUNT_OLD), endpoint::MANAGER_ACCOUNT_OLD.path(&[IDRAC, &slot])),
        (has(&endpoint::ACCOUNT), endpoint::ACCOUNT.path(&[&slot])),
    ];
    for (_, path) in places.into_iter().filter(|(has, _)| *has) {
        if let Ok(response) = redfish.send("GetManagerAccount", Request::get(path.ok()?)).await {
            let account: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
            return account.get("UserName")?.as_str().map(str::to_owned);
        }
    }
    None
}

/// Has either password tried from now on.
pub(super) async fn expect(redfish: &dyn Redfish, own: &Own) -> Result<()> {
    match own {
        Own::Becomes { user, password } if redfish.safeguards().has(Safeguard::EitherPassword) => {
            redfish.expect_password(user, password).await
        }
        _ => Ok(()),
    }
}

/// Finds out which is in force, by logging in anew.
pub(super) async fn settle(redfish: &dyn Redfish, own: &Own) -> Result<PasswordInForce, Error> {
    match own {
        Own::Untouched => Ok(PasswordInForce::Same),
        Own::BecomesHashed => Ok(PasswordInForce::Hashed),
        Own::Becomes { .. } => {
            if !redfish.has_new_password().await {
                redfish.log_out().await;
                run(redfish, &GetManager).await?;
            }
            let new = redfish.has_new_password().await;
            Ok(if new { PasswordInForce::New } else { PasswordInForce::Same })
        }
    }
}
