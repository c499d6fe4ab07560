//! Generations of iDRAC, how to tell them apart, and the named quirks of each.

use serde::{Deserialize, Serialize};

/// An iDRAC generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Generation {
    /// 12th generation servers.
    #[serde(rename = "iDRAC7")]
    Idrac7,
    /// 13th generation servers.
    #[serde(rename = "iDRAC8")]
    Idrac8,
    /// 14th to 16th generation servers.
    #[serde(rename = "iDRAC9")]
    Idrac9,
    /// 17th generation servers.
    #[serde(rename = "iDRAC10")]
    Idrac10,
}
