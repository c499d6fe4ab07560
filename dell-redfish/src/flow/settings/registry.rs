//! Where the registry of a resource is: found through `/Registries`, in English where there is a choice.

use std::sync::Arc;

use crate::attribute::{AttributeRegistry, AttributeValues};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{RegistryFile, RegistryLocation};
use crate::operation::{Redfish, run};
use crate::ops::{GetAttributeRegistry, GetResource, ListMembers};

/// An iDRAC has a few dozen registries; a page holds fifty.
const MAX_PAGES: usize = 8;

/// Reads the registry with this name; nothing where the iDRAC has none. Three requests.
///
/// # Errors
/// What reading says, but for "there is none".
pub(in crate::flow) async fn fetch_registry(
    redfish: &dyn Redfish,
    name: &str,
    current: &AttributeValues,
) -> Result<Option<Arc<AttributeRegistry>>> {
    match look(redfish, name).await {
        Ok(Some(registry)) => Ok(Some(Arc::new(registry.calibrated(current)))),
        Ok(None) => Ok(None),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn look(redfish: &dyn Redfish, name: &str) -> Result<Option<AttributeRegistry>> {
    let mut next = Some(ListMembers::links(&ODataId::parse(endpoint::REGISTRIES)?));
    let mut links = Vec::new();
    for _ in 0..MAX_PAGES {
        let Some(page) = next.take() else { break };
        let page = run(redfish, &page).await?;
        links.extend(page.members.iter().filter_map(|member| ODataId::parse(member.id()).ok()));
        next = ListMembers::after(&page);
    }
    let Some(entry) = choose(links.into_iter(), name) else { return Ok(None) };
    let file = run(redfish, &GetResource::<RegistryFile>::at(entry)).await?;
    let places = file.location.as_deref().unwrap_or_default();
    let Some(path) = english(places).and_then(|uri| ODataId::parse(uri).ok()) else { return Ok(None) };
    run(redfish, &GetAttributeRegistry { path }).await.map(Some)
}

fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) && error.http_status().is_some()
}

/// The entry for a registry. Its id and the name the resource gives differ in their version (`…v1_0_0`, `…v1_0_3`) and even in
/// spelling (`NetworkAttributesRegistry_…`, `NetworkAttributeRegistry_…`).
fn choose(entries: impl Iterator<Item = ODataId>, name: &str) -> Option<ODataId> {
    let last = |entry: &ODataId| entry.path().rsplit('/').next().unwrap_or_default().to_owned();
    let mut like = None;
    for entry in entries {
        let own = last(&entry);
        if own == name {
            return Some(entry);
        }
        if like.is_none() && plain(&own) == plain(name) {
            like = Some(entry);
        }
    }
    like
}

/// A registry's name without its version and its plural.
fn plain(name: &str) -> String {
    let name = match name.rfind(".v").or_else(|| name.rfind(".V")) {
        Some(at) if name.as_bytes().get(at + 2).is_some_and(u8::is_ascii_digit) => &name[..at],
        _ => name,
    };
    name.to_ascii_lowercase().replacen("attributesregistry", "attributeregistry", 1)
}

/// English, or the first there is.
fn english(places: &[RegistryLocation]) -> Option<&str> {
    let is_english = |place: &&RegistryLocation| {
        place.language.as_ref().is_some_and(|language| language.to_ascii_lowercase().starts_with("en"))
    };
    let found = places.iter().find(is_english).or_else(|| places.first())?;
    found.uri.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(entries: &[&str], name: &str) -> Option<String> {
        let paths = entries.iter().map(|id| ODataId::parse(&format!("/redfish/v1/Registries/{id}")).unwrap());
        choose(paths, name).map(|entry| entry.path().rsplit('/').next().unwrap().to_owned())
    }

    #[test]
    fn a_registry_is_found_whatever_it_calls_itself() {
        let entries = [
            "BaseMessages",
            "BiosAttributeRegistry.v1_0_0",
            "NetworkAttributesRegistry_NIC.Slot.2-1",
            "NetworkAttributesRegistry_NIC.Slot.2-1-1",
            "ManagerAttributeRegistry",
        ];
        for (name, entry) in [
            ("BiosAttributeRegistry.v1_0_3", entries[1]),
            ("BiosAttributeRegistry.v1_0_0", entries[1]),
            ("NetworkAttributeRegistry_NIC.Slot.2-1", entries[2]),
            ("NetworkAttributeRegistry_NIC.Slot.2-1-1", entries[3]),
            ("ManagerAttributeRegistry.v1_0_0", entries[4]),
        ] {
            assert_eq!(chosen(&entries, name).as_deref(), Some(entry), "{name}");
        }
        assert_eq!(chosen(&entries, "SystemAttributeRegistry"), None);
    }

    #[test]
    fn english_is_taken_where_there_is_a_choice() {
        let place = |language: &str, uri: &str| RegistryLocation {
            language: Some(language.to_owned()),
            uri: Some(uri.to_owned()),
        };
        assert_eq!(english(&[place("ja", "/j"), place("En", "/e")]), Some("/e"));
        assert_eq!(english(&[place("ja", "/j")]), Some("/j"));
        assert_eq!(english(&[]), None);
    }
}
