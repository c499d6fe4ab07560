//! The classes of components that an export or import may be held to.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

macro_rules! targets {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// `ShareParameters.Target`: which components an export writes or an import applies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum ScpTarget {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ScpTarget {
            /// Every class.
            pub const EVERY: &'static [Self] = &[$(Self::$variant),*];

            /// As `Target` spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

targets! {
    /// Everything.
    All = "ALL",
    /// The iDRAC itself.
    Idrac = "IDRAC",
    /// BIOS settings.
    Bios = "BIOS",
    /// Network cards.
    Nic = "NIC",
    /// Storage controllers with what hangs on them.
    Raid = "RAID",
    /// Fibre Channel cards.
    FibreChannel = "FC",
    /// InfiniBand cards.
    InfiniBand = "InfiniBand",
    /// SupportAssist.
    SupportAssist = "SupportAssist",
    /// Alert filters.
    EventFilters = "EventFilters",
    /// Settings of the server that the iDRAC keeps.
    System = "System",
    /// The Lifecycle Controller.
    LifecycleController = "LifecycleController",
    /// AHCI controllers, the BOSS card among them.
    Ahci = "AHCI",
    /// PCIe SSDs.
    PcieSsd = "PCIeSSD",
}

impl ScpTarget {
    /// Whether a component at the top of a profile belongs to the class: by the first part of its FQDD. What hangs on
    /// a controller goes with it.
    #[must_use]
    pub fn covers(self, fqdd: &str) -> bool {
        let device = fqdd.split('.').next().unwrap_or_default();
        self == Self::All || device.eq_ignore_ascii_case(self.as_str())
    }
}

impl fmt::Display for ScpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScpTarget {
    type Err = Error;

    /// In any case of letters.
    fn from_str(text: &str) -> Result<Self> {
        Self::EVERY
            .iter()
            .copied()
            .find(|target| target.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| {
                let known: Vec<_> = Self::EVERY.iter().map(|target| target.as_str()).collect();
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{text:?} is no class of components; known are {}", known.join(", ")),
                )
            })
    }
}
