"""The fleet that is scanned: mostly well, and a bit of everything that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm import sim

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNT = 254
NETWORK = "127.20.0.0/24"
# The passwords protect nothing but this simulation.
MAIN = ("root", "demo-main-7Kq")
OTHER = ("admin", "demo-other-3Zt")
UNKNOWN = ("root", "demo-unknown-9Xw")


def start() -> sim.Fleet:
    """Starts it on a free port."""
    servers: dict[int | str, sim.ServerSpec] = {}

    def change(indexes: Iterable[int], spec: sim.ServerSpec) -> None:
        servers.update(dict.fromkeys(indexes, spec))

    change(range(20, 32), {"kind": "dead"})
    change(range(60, 66), {"kind": "silent"})
    change(range(100, 112), {"accounts": [account(*OTHER)]})
    change(range(150, 153), {"accounts": [account(*UNKNOWN)]})
    # Of the new model by its id, of the old one, which has none, by its name.
    broken = [
        altered(part, {"Status": {"Health": "Critical"}}, f"/redfish/v1/Chassis/System.Embedded.1/{home}")
        for home, part in (("PowerSubsystem", "PSU.Slot.2"), ("Power", "PS2 Status"))
    ]
    change((70, 133, 214), {"faults": broken})
    failing = {"FailurePredicted": True, "Status": {"Health": "Warning"}}
    change([88], {"faults": [altered("Disk.Bay.3:Enclosure.Internal.0-1:RAID.Integrated.1-1", failing)]})
    change([180], {"latency_ms": 350})
    change([200], {"kind": "not_dell"})
    change([201], {"kind": "not_redfish"})
    return sim.Fleet(
        "127.20.0.0",
        COUNT,
        generations=sim.DEMO_MIX,
        defaults={"accounts": [account(*MAIN)], "latency_ms": 15},
        servers=servers,
    )


def account(user: str, password: str) -> sim.Account:
    """One account of a simulated iDRAC."""
    return {"user": user, "password": password, "role": "Administrator"}


def altered(part: str, values: dict[str, object], path: str | None = None) -> dict[str, object]:
    """A fault: this part is read with other values."""
    return {"method": "GET", "path": path, "effect": {"altered": {"id": part, "set": values}}}
