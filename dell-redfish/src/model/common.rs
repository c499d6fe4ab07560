//! What many resources share.

part! {
    /// A link to another resource (`odata-v4.idRef`).
    Link {
        /// Where it points.
        odata_id: String = "@odata.id",
    }
}

part! {
    /// `@Redfish.Settings` (DMTF `Settings`): where a resource takes changes for later.
    SettingsAnnotation {
        /// The settings resource.
        settings_object: Link = "SettingsObject",
        /// `OnReset`, `AtMaintenanceWindowStart`, …; nothing where a job is made by hand (iDRAC7 and 8).
        supported_apply_times: Vec<String> = "SupportedApplyTimes",
    }
}

part! {
    /// State and health (DMTF `Resource.Status`). On an iDRAC any of them may be null or empty.
    Status {
        /// `Enabled`, `Disabled`, `Absent`, `UnavailableOffline`, …
        state: String = "State",
        /// `OK`, `Warning` or `Critical` of the part itself.
        health: String = "Health",
        /// The same over everything below it.
        health_rollup: String = "HealthRollup",
    }
}

part! {
    /// Where a part sits (DMTF `Resource.Location`).
    Location {
        /// The slot or bay.
        part_location: PartLocation = "PartLocation",
    }
}

part! {
    /// A slot or bay (DMTF `Resource.PartLocation`).
    PartLocation {
        /// Number of the slot.
        ordinal: u64 = "LocationOrdinalValue",
        /// `Slot`, `Bay`, `Socket`, …
        kind: String = "LocationType",
        /// What is printed at the part.
        service_label: String = "ServiceLabel",
    }
}

/// Severity of a health value, ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Severity {
    /// `OK`.
    #[serde(rename = "OK")]
    Ok,
    /// `Warning`.
    Warning,
    /// `Critical`.
    Critical,
}

impl Severity {
    /// Reads a DMTF health, or a rollup of Dell's (`Degraded`, `Error`); anything else, the empty string too, is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "OK" | "Ok" => Some(Self::Ok),
            "Warning" | "Degraded" => Some(Self::Warning),
            "Critical" | "Error" => Some(Self::Critical),
            _ => None,
        }
    }

    /// DMTF's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }
}

impl Status {
    /// The part's own health, if the iDRAC knows it.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.health.as_deref().and_then(Severity::parse)
    }

    /// The worse of health and rollup.
    #[must_use]
    pub fn rollup(&self) -> Option<Severity> {
        self.severity().max(self.health_rollup.as_deref().and_then(Severity::parse))
    }

    /// Whether the slot is empty.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.state.as_deref() == Some("Absent")
    }
}

/// The worst health among parts; unknown ones do not count, and none known is unknown.
pub fn worst<'a>(parts: impl IntoIterator<Item = Option<&'a Status>>) -> Option<Severity> {
    parts.into_iter().flatten().filter_map(Status::rollup).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_known_health_wins() {
        let status = |health: &str| Status { health: Some(health.to_owned()), ..Status::default() };
        let (ok, bad, empty) = (status("OK"), status("Critical"), status(""));
        assert_eq!(worst([Some(&ok), Some(&empty), None]), Some(Severity::Ok));
        assert_eq!(worst([Some(&ok), Some(&bad)]), Some(Severity::Critical));
        assert_eq!(worst([Some(&empty)]), None);
    }
}
