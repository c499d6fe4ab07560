"""What each generation offers of the areas beside the everyday ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from calls import READS, SPECS
from dsm import exceptions
from lab import GENERATIONS, idrac, server

if TYPE_CHECKING:
    import dsm
    from calls import Call


def areas(*names: str) -> set[str]:
    """The reads of these areas."""
    return {name for name in READS if name.partition(".")[0] in names}


NO_PROOFS = areas("integrity")
NO_KEYS = areas("secure_boot") - {"secure_boot.fetch", "secure_boot.plan_set"}
NO_DELL_SERVICES = {
    *areas("certificates", "defaults", "diagnostics", "licenses", "network_cards", "telemetry"),
    *areas("update_schedule"),
    "erase.plan_run",
    "firmware.plan_install_repository",
    "key_management.plan_change",
    "logs.plan_export_lifecycle",
    # JSON; it writes XML.
    "profiles.export",
}
NO_DELL_VIEWS = areas("hardware") - {"hardware.dell_view_kinds"}
UNSUPPORTED: dict[dsm.sim.Generation, set[str]] = {
    "idrac7": NO_PROOFS
    | NO_DELL_SERVICES
    | NO_DELL_VIEWS
    | areas("secure_boot")
    | {"attributes.registry", "key_management.fetch"},
    "idrac8": NO_PROOFS | NO_DELL_SERVICES | NO_DELL_VIEWS | NO_KEYS,
    "idrac9_v5": NO_PROOFS | NO_KEYS | {"hardware.pcie_slots"},
    "idrac9_v6": NO_PROOFS,
}
"""What an iDRAC has not; the error of each says which capability is missing."""


@pytest.mark.parametrize("generation", GENERATIONS)
def test_reads_on_every_generation(generation: dsm.sim.Generation) -> None:
    with server(generation, **SPECS["storage"]) as fleet, idrac(fleet) as line:
        missing = {name for name, call in READS.items() if not offers(line, call)}
    assert missing == UNSUPPORTED.get(generation, set())


def offers(line: dsm.Idrac, call: Call) -> bool:
    """Whether an iDRAC can do it at all."""
    try:
        call(line)
    except exceptions.UnsupportedError:
        return False
    return True
