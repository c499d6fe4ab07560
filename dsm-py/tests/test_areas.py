"""What each generation offers of the areas beside the everyday ones."""

from __future__ import annotations

import dsm
import pytest
from calls import READS, SPECS
from dsm import exceptions
from lab import GENERATIONS, idrac, server

OLD = {
    name
    for name in READS
    if name.partition(".")[0]
    in {
        "certificates",
        "diagnostics",
        "erase",
        "integrity",
        "key_management",
        "licenses",
        "network_cards",
        "telemetry",
    }
}
UNSUPPORTED: dict[dsm.sim.Generation, set[str]] = {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_reads_on_every_generation(generation: dsm.sim.Generation) -> None:
    missing = set()
    with server(generation, **SPECS["storage"]) as fleet, idrac(fleet) as line:
        for name, call in READS.items():
            try:
                call(line)
            except exceptions.UnsupportedError:
                missing.add(name)
    assert missing == UNSUPPORTED.get(generation, set())
