//! Whether a profile belongs to a server.

use serde::Serialize;

use super::profile::Profile;

/// Whether two names of the same thing agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// They are the same.
    Same,
    /// They differ.
    Different,
    /// One of the two does not say.
    Unknown,
}

impl Agreement {
    fn between(one: Option<&str>, other: Option<&str>) -> Self {
        let folded = |text: Option<&str>| {
            text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase())
                .filter(|text| !text.is_empty())
        };
        match (folded(one), folded(other)) {
            (Some(one), Some(other)) if one == other => Self::Same,
            (Some(_), Some(_)) => Self::Different,
            _ => Self::Unknown,
        }
    }
}

/// A profile beside the server it is meant for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Whether it was made on a server of the same model.
    pub model: Agreement,
    /// Whether it was made on this very server. A profile from another one also carries that one's addresses and names.
    pub service_tag: Agreement,
    /// The model the profile names.
    pub profile_model: Option<String>,
    /// The service tag the profile names.
    pub profile_service_tag: Option<String>,
}

impl Profile {
    /// Compares the profile's origin with a server's `ComputerSystem.Model` and `SKU`.
    #[must_use]
    pub fn fit(&self, model: Option<&str>, service_tag: Option<&str>) -> Fit {
        Fit {
            model: Agreement::between(self.model(), model),
            service_tag: Agreement::between(self.service_tag(), service_tag),
            profile_model: self.model().map(str::to_owned),
            profile_service_tag: self.service_tag().map(str::to_owned),
        }
    }
}
