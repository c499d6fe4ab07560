//! Credential sets and the ranges they are for. Passwords go in, none comes out.

use dsm_core::credential::{Place, Secret};
use dsm_core::id::CredentialSetId;
use dsm_core::store::{CredentialRangeRow, CredentialSetRow};
use serde_json::{Value, json};

use super::{Engine, Open};
use crate::argument;
use crate::both::both;
use crate::failure::Failure;
use crate::reply::Reply;

both! {
    /// Adds a credential set, or replaces the one of that name, and gives its id. The password is sealed before it is stored.
    ///
    /// `type` is `idrac`, `esxi` or `vcenter`; a `default` set is tried where nothing nearer fits; lower priorities first.
    Engine.add_credential_set / add_credential_set_async (
        name, username, password, *, r#type="idrac", default=false, priority=100, description=None
    )
    |this, py, name: String, username: String, password: String, r#type: &str, default: bool, priority: i64,
     description: Option<String>| {
        let open = this.open_in(py)?;
        let password = Secret::new(password);
        let row = CredentialSetRow {
            id: CredentialSetId::new(),
            name,
            credential_type: r#type.to_owned(),
            username,
            password_encrypted: None,
            is_default: default,
            priority,
            description,
        };
        async move { Ok(Reply::Text(store(&open, row, &password).await?.to_string())) }
    }
}

both! {
    /// All credential sets by priority. `has_password` says whether one is stored; no password is ever given out.
    Engine.credential_sets / credential_sets_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move {
            let sets = open.engine.store().credential_sets().await?;
            Reply::json(&sets.iter().map(view).collect::<Vec<_>>())
        }
    }
}

both! {
    /// Removes a credential set and its ranges. Says whether there was one.
    Engine.remove_credential_set / remove_credential_set_async (set_id)
    |this, py, set_id: &str| {
        let open = this.open_in(py)?;
        let set = argument::parse(py, "set_id", set_id)?;
        async move {
            let removed = open.engine.store().remove_credential_set(set).await?;
            open.engine.fleet().chain().refresh().await;
            Ok(Reply::Flag(removed))
        }
    }
}

both! {
    /// Says that a set is for the addresses of a range (CIDR, dash range or single address) and gives the range's id.
    Engine.add_credential_range / add_credential_range_async (set_id, ip_range, *, priority=100, description=None)
    |this, py, set_id: &str, ip_range: String, priority: i64, description: Option<String>| {
        let open = this.open_in(py)?;
        let credential_set_id = argument::parse(py, "set_id", set_id)?;
        async move {
            let id = uuid::Uuid::now_v7();
            let row = CredentialRangeRow { id, credential_set_id, ip_range, priority, description };
            open.engine.store().put_credential_range(row).await?;
            open.engine.fleet().chain().refresh().await;
            Ok(Reply::Text(id.to_string()))
        }
    }
}

both! {
    /// All ranges by priority.
    Engine.credential_ranges / credential_ranges_async ()
    |this, py| {
        let open = this.open_in(py)?;
        async move { Reply::json(&open.engine.store().credential_ranges().await?) }
    }
}

async fn store(
    open: &Open,
    mut row: CredentialSetRow,
    password: &Secret,
) -> Result<CredentialSetId, Failure> {
    let known = open.engine.store().credential_sets().await?;
    if let Some(known) = known.into_iter().find(|known| known.name == row.name) {
        row.id = known.id;
    }
    let id = row.id;
    row.password_encrypted = Some(open.cipher.seal(password, Place::CredentialSet(id))?.into_string());
    open.engine.store().put_credential_set(row).await?;
    open.engine.fleet().chain().refresh().await;
    Ok(id)
}

fn view(set: &CredentialSetRow) -> Value {
    json!({
        "id": set.id,
        "name": set.name,
        "credential_type": set.credential_type,
        "username": set.username,
        "has_password": set.password_encrypted.is_some(),
        "is_default": set.is_default,
        "priority": set.priority,
        "description": set.description,
    })
}
