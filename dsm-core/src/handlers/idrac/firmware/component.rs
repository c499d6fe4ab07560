//! Kinds of components, in the words of the existing front end.

use dell_redfish::catalog::Stage;

/// A kind of component that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Component {
    Idrac,
    Lifecycle,
    Bios,
    Cpld,
    Raid,
    Nic,
    Psu,
    Backplane,
    Drive,
    Other,
}

/// The words, the first of each the one that is shown.
pub(super) const PARTS: &[(&str, Component)] = &[
    ("iDRAC", Component::Idrac),
    ("BIOS", Component::Bios),
    ("CPLD", Component::Cpld),
    ("RAID", Component::Raid),
    ("NIC", Component::Nic),
    ("Backplane", Component::Backplane),
    ("Lifecycle", Component::Lifecycle),
    ("PSU", Component::Psu),
    ("Drive", Component::Drive),
    ("Other", Component::Other),
    ("Storage", Component::Raid),
    ("Network", Component::Nic),
    ("Disk", Component::Drive),
    ("Diagnostics", Component::Lifecycle),
];

impl Component {
    /// Reads a word, in whatever case.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let word = word.trim();
        PARTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, component)| *component)
    }

    /// Its word.
    pub(super) fn word(self) -> &'static str {
        PARTS.iter().find(|(_, component)| *component == self).map_or("Other", |(word, _)| word)
    }

    /// What is updated at this place of the order.
    pub(super) const fn of(stage: Stage) -> Self {
        match stage {
            Stage::Idrac => Self::Idrac,
            Stage::LifecycleController => Self::Lifecycle,
            Stage::Bios => Self::Bios,
            Stage::Cpld => Self::Cpld,
            Stage::Storage => Self::Raid,
            Stage::Network => Self::Nic,
            Stage::PowerSupply => Self::Psu,
            Stage::Backplane => Self::Backplane,
            Stage::Drive => Self::Drive,
            Stage::Other => Self::Other,
        }
    }
}
