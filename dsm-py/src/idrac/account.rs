//! Users of the iDRAC.

use dell_redfish::flow::account::{
    Accounts, NewAccount, change_account, change_password as new_password, create_account, delete_account,
    plan_delete_account,
};
use dell_redfish::ops::account::{AccountChange, AccountRole};
use serde::Deserialize;

use super::argument::Hidden;
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    user: String,
    password: Hidden,
    role: AccountRole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    user: String,
    name: Option<String>,
    role: Option<AccountRole>,
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    user: String,
    password: Hidden,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    user: String,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&Accounts::fetch(&call.client).await?.used().collect::<Vec<_>>())
}

pub(super) async fn create(mut call: Call) -> Outcome {
    let New { user, password: Hidden(password), role } = call.read()?;
    Reply::json(&create_account(&call.client, &NewAccount { user_name: user, password, role }).await?)
}

pub(super) async fn change(mut call: Call) -> Outcome {
    let Change { user, name, role, enabled } = call.read()?;
    let change = AccountChange { user_name: name, password: None, role, enabled };
    Ok(Reply::Flag(change_account(&call.client, &user, &change).await?))
}

pub(super) async fn change_password(mut call: Call) -> Outcome {
    let Password { user, password: Hidden(password) } = call.read()?;
    new_password(&call.client, &user, &password).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn delete(mut call: Call) -> Outcome {
    let User { user } = call.read()?;
    Ok(Reply::Flag(delete_account(&call.client, &user).await?))
}

pub(super) async fn plan_delete(mut call: Call) -> Outcome {
    let User { user } = call.read()?;
    Reply::json(&plan_delete_account(&call.client, &user).await?)
}
