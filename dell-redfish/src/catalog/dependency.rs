//! What a package needs to be there first.

use serde::Serialize;

use super::Text;

/// One entry of `Dependencies`, as the catalogue writes it. Which attributes there are differs between its releases, so they
/// are kept and not interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Name of the element.
    pub element: Text,
    /// Its attributes, in their order.
    pub attributes: Vec<(Text, Text)>,
}

impl Dependency {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}
