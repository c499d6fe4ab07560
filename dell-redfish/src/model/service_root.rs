//! The service root: read without a login, and the proof that a Dell answers.

use super::Link;

resource! {
    /// `/redfish/v1` (DMTF `ServiceRoot`).
    ServiceRoot {
        /// Version of the specification, e.g. `1.18.0`.
        redfish_version: String = "RedfishVersion",
        /// `Dell` on everything but the oldest firmware.
        vendor: String = "Vendor",
        /// `Integrated Dell Remote Access Controller`.
        product: String = "Product",
        /// The service tag on newer firmware.
        service_identification: String = "ServiceIdentification",
        /// What the service can do.
        protocol_features: ProtocolFeatures = "ProtocolFeaturesSupported",
        /// Where sessions are.
        links: RootLinks = "Links",
        /// Chassis collection.
        chassis: Link = "Chassis",
        /// Managers collection.
        managers: Link = "Managers",
        /// Systems collection.
        systems: Link = "Systems",
        /// Update service; absent on 2.50.
        update_service: Link = "UpdateService",
        /// Job service, from 6.x.
        job_service: Link = "JobService",
        /// Dell's part.
        oem: RootOem = "Oem",
    }
}

part! {
    /// `ProtocolFeaturesSupported`.
    ProtocolFeatures {
        /// What `$expand` can do.
        expand: ExpandQuery = "ExpandQuery",
        /// Whether `$filter` works.
        filter: bool = "FilterQuery",
        /// Whether `$select` works.
        select: bool = "SelectQuery",
        /// Whether `only` works.
        only_member: bool = "OnlyMemberQuery",
    }
}

part! {
    /// `ExpandQuery`.
    ExpandQuery {
        /// `$expand=*`.
        all: bool = "ExpandAll",
        /// `$expand=~`.
        links: bool = "Links",
        /// `$expand=.`.
        no_links: bool = "NoLinks",
        /// `$levels`.
        levels: bool = "Levels",
        /// Deepest `$levels`; 1 on every iDRAC seen.
        max_levels: u64 = "MaxLevels",
    }
}

part! {
    /// `Links`.
    RootLinks {
        /// Where sessions are created: `/redfish/v1/Sessions` on old firmware.
        sessions: Link = "Sessions",
    }
}

part! {
    /// `Oem`.
    RootOem {
        /// Dell's part; its presence alone says that a Dell answers.
        dell: DellServiceRoot = "Dell",
    }
}

part! {
    /// `Oem.Dell` (Dell `DellServiceRoot`).
    DellServiceRoot {
        /// The server's service tag.
        service_tag: String = "ServiceTag",
        /// MAC address of the iDRAC.
        manager_mac_address: String = "ManagerMACAddress",
    }
}
