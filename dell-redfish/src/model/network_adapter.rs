//! Network cards.

use super::{Link, Status};

resource! {
    /// One card (DMTF `NetworkAdapter`).
    NetworkAdapter {
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Part number.
        part_number: String = "PartNumber",
        /// Serial number; some cards pad it with blanks.
        serial_number: String = "SerialNumber",
        /// State and health.
        status: Status = "Status",
        /// Its chips.
        controllers: Vec<AdapterController> = "Controllers",
        /// Ports of the older schema.
        network_ports: Link = "NetworkPorts",
        /// Ports of the newer schema.
        ports: Link = "Ports",
        /// What the host sees.
        network_device_functions: Link = "NetworkDeviceFunctions",
    }
}

part! {
    /// One chip of a card.
    AdapterController {
        /// Firmware of the whole package.
        firmware_package_version: String = "FirmwarePackageVersion",
        /// Its ports and functions.
        links: AdapterControllerLinks = "Links",
    }
}

part! {
    /// `Links` of a chip.
    AdapterControllerLinks {
        /// Ports of the older schema.
        network_ports: Vec<Link> = "NetworkPorts",
        /// Ports of the newer schema.
        ports: Vec<Link> = "Ports",
        /// What the host sees.
        network_device_functions: Vec<Link> = "NetworkDeviceFunctions",
    }
}
