//! The resources themselves, a document a section, so that nothing an iDRAC said is lost.

use std::collections::BTreeMap;
use std::io::Write as _;

use bytes::Bytes;
use dell_redfish::flow::inventory::{Inventory, Section};
use jiff::Timestamp;
use lz4_flex::frame::FrameEncoder;

use crate::error::{Error, ErrorKind, Result};
use crate::store::DocumentRow;

pub(super) fn rows(inventory: &Inventory, collected_at: Timestamp) -> Result<Vec<DocumentRow>> {
    let mut sections: BTreeMap<Section, Vec<u8>> = BTreeMap::new();
    for document in inventory.documents() {
        let Some(odata_id) = document.odata_id else { continue };
        let text = sections.entry(document.section).or_default();
        text.push(if text.is_empty() { b'{' } else { b',' });
        // Writing a text as JSON cannot fail; the key needs its quotes and escapes.
        text.extend_from_slice(serde_json::Value::from(odata_id).to_string().as_bytes());
        text.push(b':');
        text.extend_from_slice(document.raw);
    }
    sections
        .into_iter()
        .map(|(section, mut text)| {
            text.push(b'}');
            Ok(DocumentRow {
                section: section.as_str().to_owned(),
                collected_at,
                complete: !inventory.failures.iter().any(|failure| failure.section == section),
                body: compress(&text)?,
            })
        })
        .collect()
}

fn compress(text: &[u8]) -> Result<Bytes> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Store, "a resource document could not be compressed").with_source(error)
    };
    let mut encoder = FrameEncoder::new(Vec::with_capacity(text.len() / 4));
    encoder.write_all(text).map_err(failed)?;
    let body = encoder.finish().map_err(|error| {
        Error::new(ErrorKind::Store, "a resource document could not be compressed").with_source(error)
    })?;
    Ok(Bytes::from(body))
}
