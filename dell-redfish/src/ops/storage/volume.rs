//! A volume to make.

use serde::{Deserialize, Serialize};

use super::RaidType;

/// DMTF `Volume.ReadCachePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are their names")]
pub enum ReadCache {
    Off,
    ReadAhead,
    AdaptiveReadAhead,
}

/// DMTF `Volume.WriteCachePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are their names")]
pub enum WriteCache {
    WriteThrough,
    ProtectedWriteBack,
    UnprotectedWriteBack,
}

/// A volume to make. What is not said is the controller's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// Its RAID level.
    pub raid_type: RaidType,
    /// Its drives, by FQDD.
    pub drives: Vec<String>,
    /// The operator's name for it.
    pub name: Option<String>,
    /// Its size in bytes; all there is unless said.
    pub capacity_bytes: Option<u64>,
    /// Its stripe in bytes.
    pub stripe_bytes: Option<u64>,
    /// Reading ahead.
    pub read_cache: Option<ReadCache>,
    /// Writing through the cache.
    pub write_cache: Option<WriteCache>,
    /// Whether the drives' own caches are used (Dell `DiskCachePolicy`).
    pub disk_cache: Option<bool>,
    /// Whether it is encrypted with the controller's key.
    pub encrypted: bool,
}

impl NewVolume {
    /// One of this level on these drives.
    #[must_use]
    pub fn new(raid_type: RaidType, drives: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            raid_type,
            drives: drives.into_iter().map(Into::into).collect(),
            name: None,
            capacity_bytes: None,
            stripe_bytes: None,
            read_cache: None,
            write_cache: None,
            disk_cache: None,
            encrypted: false,
        }
    }

    /// Names it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes it this large.
    #[must_use]
    pub fn with_capacity_bytes(mut self, bytes: u64) -> Self {
        self.capacity_bytes = Some(bytes);
        self
    }
}
