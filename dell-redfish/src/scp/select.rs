//! Parts of a profile as profiles of their own.

use super::component::{Attribute, Component};
use super::profile::{Content, Profile};
use super::target::ScpTarget;
use crate::error::Result;

impl Profile {
    /// Only the components of these classes, as `Target` would choose them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a character that XML cannot hold.
    pub fn only(&self, targets: &[ScpTarget]) -> Result<Self> {
        self.with_components(
            self.components()
                .iter()
                .filter(|component| targets.iter().any(|target| target.covers(component.fqdd())))
                .cloned()
                .collect(),
        )
    }

    /// Only the settings that `keep` wants, given their component's FQDD; components left without any go.
    ///
    /// # Errors
    /// As [`Profile::only`].
    pub fn only_attributes(&self, mut keep: impl FnMut(&str, &Attribute) -> bool) -> Result<Self> {
        self.mapped(|fqdd, attribute| keep(fqdd, attribute).then(|| attribute.clone()))
    }

    /// Each setting kept, changed or left out.
    pub(super) fn mapped(&self, mut map: impl FnMut(&str, &Attribute) -> Option<Attribute>) -> Result<Self> {
        self.with_components(
            self.components().iter().filter_map(|component| component.mapped(&mut map)).collect(),
        )
    }

    fn with_components(&self, components: Vec<Component>) -> Result<Self> {
        let content = Content { components, unknown: Vec::new(), ..self.content().clone() };
        Self::from_content(content, self.format())
    }
}
