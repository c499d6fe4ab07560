//! Bodies of inventory documents: `{"<odata id>": <resource>, …}` in an LZ4 frame.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use bytes::Bytes;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::store::inventory::DocumentRow;

/// Lays a newer reading of a section over the stored one: a complete one replaces it, an incomplete one keeps the
/// resources that were not read this time.
pub(crate) fn merge(stored: Option<&[u8]>, newer: &DocumentRow) -> Result<Bytes> {
    if is_elsewhere(&newer.body) {
        return Ok(newer.body.clone());
    }
    let Some(stored) = stored.filter(|_| !newer.complete) else { return Ok(newer.body.clone()) };
    let newer_text = decode(&newer.body).map_err(|cause| damaged(&newer.section, cause))?;
    // A stored body that cannot be read any more has nothing left to keep.
    let Ok(stored_text) = decode(stored) else { return Ok(newer.body.clone()) };
    let Ok(mut resources) = parse(&stored_text) else { return Ok(newer.body.clone()) };
    resources.extend(parse(&newer_text).map_err(|cause| damaged(&newer.section, cause))?);
    encode(&resources).map_err(|cause| damaged(&newer.section, cause))
}

/// What a body begins with that only says where the body is. No LZ4 frame begins so.
pub(crate) const ELSEWHERE: &[u8] = b"at ";

pub(crate) fn is_elsewhere(body: &[u8]) -> bool {
    body.starts_with(ELSEWHERE)
}

type Cause = Box<dyn std::error::Error + Send + Sync>;
type Resources<'a> = BTreeMap<String, &'a RawValue>;

fn decode(body: &[u8]) -> Result<String, Cause> {
    let mut text = String::new();
    FrameDecoder::new(body).read_to_string(&mut text)?;
    Ok(text)
}

fn parse(text: &str) -> Result<Resources<'_>, Cause> {
    Ok(serde_json::from_str(text)?)
}

fn encode(resources: &Resources<'_>) -> Result<Bytes, Cause> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(&serde_json::to_vec(resources)?)?;
    Ok(encoder.finish()?.into())
}

fn damaged(section: &str, cause: Cause) -> Error {
    Error::invalid(
        format!("documents.{section}"),
        "the body is not a JSON object in an LZ4 frame",
        "send `{\"<odata id>\": <resource>}` compressed with lz4_flex::frame",
    )
    .with_source(cause)
}
