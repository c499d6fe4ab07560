//! The iDRAC itself.

use super::{DellIdracCard, Link, Status};

resource! {
    /// `Managers/iDRAC.Embedded.1` (DMTF `Manager`).
    Manager {
        /// Generation of the server: `15G Monolithic`. The only safe sign of the iDRAC's generation.
        model: String = "Model",
        /// Firmware of the iDRAC; starts again at 1.x on iDRAC10.
        firmware_version: String = "FirmwareVersion",
        /// `BMC`.
        manager_type: String = "ManagerType",
        /// Its clock.
        date_time: String = "DateTime",
        /// When it was restarted last, on firmware that tells.
        last_reset_time: String = "LastResetTime",
        /// UUID.
        uuid: String = "UUID",
        /// `On`.
        power_state: String = "PowerState",
        /// State and health.
        status: Status = "Status",
        /// Virtual media of the older home.
        virtual_media: Link = "VirtualMedia",
        /// Logs.
        log_services: Link = "LogServices",
        /// Its network interfaces.
        ethernet_interfaces: Link = "EthernetInterfaces",
        /// What it manages.
        links: ManagerLinks = "Links",
        /// Dell's part.
        oem: ManagerOem = "Oem",
    }
}

part! {
    /// `Oem`.
    ManagerOem {
        /// Dell's part.
        dell: ManagerOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell` (Dell `DellManager`).
    ManagerOemDell {
        /// Dell's view of the iDRAC.
        card: DellIdracCard = "DelliDRACCard",
    }
}

part! {
    /// `Links`.
    ManagerLinks {
        /// The server.
        servers: Vec<Link> = "ManagerForServers",
        /// The chassis.
        chassis: Vec<Link> = "ManagerForChassis",
        /// Its firmware's entry in the inventory.
        active_software_image: Link = "ActiveSoftwareImage",
        /// Dell's part.
        oem: ManagerLinksOem = "Oem",
    }
}

part! {
    /// `Links.Oem`.
    ManagerLinksOem {
        /// Dell's links.
        dell: ManagerLinksOemDell = "Dell",
    }
}

part! {
    /// `Links.Oem.Dell`.
    ManagerLinksOemDell {
        /// What the server's ports are plugged into.
        switch_connections: Link = "DellSwitchConnectionCollection",
    }
}

impl Manager {
    /// Path of what the server's ports are plugged into, where the iDRAC lists that.
    #[must_use]
    pub fn switch_connections(&self) -> Option<&str> {
        self.links.as_ref()?.oem.as_ref()?.dell.as_ref()?.switch_connections.as_ref()?.odata_id.as_deref()
    }
}
