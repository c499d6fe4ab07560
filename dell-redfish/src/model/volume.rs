//! Volumes (virtual disks).

use super::{Identifier, Link, Status};

resource! {
    /// One volume (DMTF `Volume`). A drive without RAID shows up as a `RawDevice`.
    Volume {
        /// The operator's name.
        display_name: String = "DisplayName",
        /// `RAID0` … `RAID60`.
        raid_type: String = "RAIDType",
        /// The same in older schemas: `Mirrored`, `RawDevice`, …
        volume_type: String = "VolumeType",
        /// Size in bytes.
        capacity_bytes: u64 = "CapacityBytes",
        /// Block size in bytes.
        block_size_bytes: u64 = "BlockSizeBytes",
        /// Spans.
        span_count: u64 = "MediaSpanCount",
        /// Stripe in bytes.
        stripe_bytes: u64 = "StripSizeBytes",
        /// Whether it is encrypted.
        encrypted: bool = "Encrypted",
        /// `Off`, `ReadAhead`, `AdaptiveReadAhead`.
        read_cache_policy: String = "ReadCachePolicy",
        /// `WriteThrough`, `ProtectedWriteBack`, `UnprotectedWriteBack`.
        write_cache_policy: String = "WriteCachePolicy",
        /// Durable names.
        identifiers: Vec<Identifier> = "Identifiers",
        /// Work that goes on in it: a rebuild, say.
        operations: Vec<VolumeOperation> = "Operations",
        /// State and health.
        status: Status = "Status",
        /// Its drives.
        links: VolumeLinks = "Links",
        /// Dell's part.
        oem: VolumeOem = "Oem",
    }
}

part! {
    /// One entry of `Operations`.
    VolumeOperation {
        /// `Rebuild`, `Initialize`, `Consistency Check`, …
        name: String = "OperationName",
        /// How far it is.
        percent: super::Number = "PercentageComplete",
    }
}

part! {
    /// `Links`.
    VolumeLinks {
        /// The drives it lies on.
        drives: Vec<Link> = "Drives",
    }
}

part! {
    /// `Oem`.
    VolumeOem {
        /// Dell's part.
        dell: VolumeOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    VolumeOemDell {
        /// Dell's view of the volume.
        volume: DellVolume = "DellVolume",
        /// The same under its older name.
        virtual_disk: DellVolume = "DellVirtualDisk",
    }
}

resource! {
    /// Dell `DellVolume`, once `DellVirtualDisk`.
    DellVolume {
        /// `Online`, `Degraded`, `Failed`, …
        raid_status: String = "RaidStatus",
        /// Spans.
        span_depth: u64 = "SpanDepth",
        /// Drives in a span.
        span_length: u64 = "SpanLength",
        /// Stripe, as Dell writes it.
        stripe_size: String = "StripeSize",
        /// `SSD`, `HDD`, …
        media_type: String = "MediaType",
    }
}
