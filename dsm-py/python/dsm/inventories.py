"""The inventory of one server as `dsm.inventory()` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from dsm.models import (
        Assembly,
        Bios,
        Chassis,
        ComputerSystem,
        DellSwitchConnection,
        Drive,
        EthernetInterface,
        Fan,
        Manager,
        Memory,
        NetworkAdapter,
        NetworkDeviceFunction,
        NetworkPort,
        PcieDevice,
        PcieSlots,
        Power,
        PowerSubsystem,
        PowerSupply,
        Processor,
        Sensor,
        SimpleStorage,
        SoftwareInventory,
        Storage,
        StorageController,
        Thermal,
        ThermalSubsystem,
        Volume,
    )

Health: TypeAlias = Literal["OK", "Warning", "Critical"]
"""DMTF health."""


class InventoryFailure(TypedDict):
    """A part that could not be read; the rest of the inventory stands."""

    section: str
    path: str
    kind: str
    error: str


class InventoryStale(TypedDict):
    """A resource that may be out of date, by the iDRAC's own word."""

    section: str
    path: str
    message_id: str
    """`SYS518` or `SYS519`."""


class InventorySummary(TypedDict):
    """The server in a few words; none where the iDRAC did not say."""

    manufacturer: str | None
    """`Dell Inc.`"""
    model: str | None
    """`PowerEdge R750`."""
    service_tag: str | None
    """Service tag: `SKU`, else Dell's `NodeID`, else the chassis' `SKU`."""
    serial_number: str | None
    """Serial number of the board."""
    host_name: str | None
    """Host name as the operating system told it."""
    bios_version: str | None
    """BIOS version."""
    idrac_firmware: str | None
    """Firmware of the iDRAC."""
    idrac_generation: str | None
    """`iDRAC9`."""
    power_state: str | None
    """`On`, `Off`, …"""
    cpu_count: int | None
    """Processors."""
    cpu_model: str | None
    """Model of the first."""
    cpu_cores_per_socket: int | None
    """Cores of the first."""
    cpu_speed_mhz: int | None
    """Clock of the first, in MHz."""
    memory_gib: int | None
    """Installed memory in GiB."""
    total_drives: int | None
    """Drives."""
    total_storage_bytes: int | None
    """Their sizes together, in bytes."""
    boot_mode: str | None
    """BIOS boot mode: `Uefi`, `Bios`; else the mode of the boot override."""
    boot_order: list[str] | None
    """Boot order, by boot option reference."""
    secure_boot: str | None
    """BIOS attribute `SecureBoot`."""
    virtualization_enabled: bool | None
    """BIOS attribute `ProcVirtualization`."""
    overall_health: Health | None
    """The worse of the system's health and rollup."""
    cpu_health: Health | None
    """Worst of the processors."""
    memory_health: Health | None
    """Worst of the modules."""
    storage_health: Health | None
    """Worst of controllers, drives and volumes."""
    network_health: Health | None
    """Worst of cards, ports and functions."""
    fan_health: Health | None
    """Worst of the fans."""
    psu_health: Health | None
    """Worst of the power supplies."""
    temperature_celsius: float | None
    """Mean of the sensors that read something, in degrees Celsius, to a tenth."""


class Inventory(TypedDict):
    """Everything that was read of one server."""

    generation: Literal["iDRAC7", "iDRAC8", "iDRAC9", "iDRAC10"] | None
    summary: InventorySummary
    requests: int
    """Requests sent, those of fallbacks included, login and logout not."""
    failures: list[InventoryFailure]
    stale: list[InventoryStale]
    """What was read but may be out of date."""
    system: ComputerSystem
    manager: Manager | None
    chassis: Chassis | None
    bios: Bios | None
    processors: list[Processor]
    """GPUs among them."""
    memory: list[Memory]
    storage: list[Storage]
    """With their controllers inline up to iDRAC9."""
    storage_controllers: list[StorageController]
    """Where they are resources of their own (iDRAC10)."""
    simple_storage: list[SimpleStorage]
    """Controllers of the oldest schema, where there is nothing else."""
    drives: list[Drive]
    volumes: list[Volume]
    adapters: list[NetworkAdapter]
    ports: list[NetworkPort]
    functions: list[NetworkDeviceFunction]
    ethernet_interfaces: list[EthernetInterface]
    power: Power | None
    """Older schema."""
    power_subsystem: PowerSubsystem | None
    """Newer schema."""
    power_supply_resources: list[PowerSupply]
    thermal: Thermal | None
    """Older schema."""
    thermal_subsystem: ThermalSubsystem | None
    """Newer schema."""
    fan_resources: list[Fan]
    sensors: list[Sensor]
    firmware: list[SoftwareInventory]
    pcie_devices: list[PcieDevice]
    """These, and what comes below, only when asked for by `sections`."""
    assembly: Assembly | None
    """Field-replaceable units, from iDRAC9."""
    pcie_slots: PcieSlots | None
    """PCIe slots, from 6.x."""
    switch_connections: list[DellSwitchConnection]
    """What the ports are plugged into, from iDRAC9."""
