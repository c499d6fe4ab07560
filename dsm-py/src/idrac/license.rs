//! Licences of the iDRAC.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dell_redfish::flow::license::{
    delete_license, export_license, export_license_to_share, import_license as install,
    import_license_from_share, list_licenses, plan_delete_license,
};
use serde::Deserialize;

use super::argument::{ShareArgument, invalid};
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    license: String,
}

/// A licence file, its bytes in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromShare {
    share: ShareArgument,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToShare {
    license: String,
    share: ShareArgument,
    file: String,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_licenses(&call.client).await?)
}

pub(super) async fn import_license(mut call: Call) -> Outcome {
    let File { content } = call.read()?;
    let content = STANDARD.decode(content).map_err(|_| invalid("the content is no base64"))?;
    Reply::json(&install(&call.client, &content).await?)
}

pub(super) async fn import_from_share(mut call: Call) -> Outcome {
    let FromShare { share, file } = call.read()?;
    Reply::json(&import_license_from_share(&call.client, &share.share()?, &file).await?)
}

pub(super) async fn export(mut call: Call) -> Outcome {
    let One { license } = call.read()?;
    Ok(Reply::Bytes(export_license(&call.client, &license).await?.into()))
}

pub(super) async fn export_to_share(mut call: Call) -> Outcome {
    let ToShare { license, share, file } = call.read()?;
    Reply::json(&export_license_to_share(&call.client, &license, &share.share()?, &file).await?)
}

pub(super) async fn delete(mut call: Call) -> Outcome {
    let One { license } = call.read()?;
    delete_license(&call.client, &license).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn plan_delete(mut call: Call) -> Outcome {
    let One { license } = call.read()?;
    Reply::json(&plan_delete_license(&call.client, &license).await?)
}
