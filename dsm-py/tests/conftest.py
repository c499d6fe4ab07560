"""A small simulated fleet, and an engine on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dsm
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "root", "planted-Kx7!é"
RANGE = "127.31.0.1-127.31.0.8"


@pytest.fixture(scope="session")
def fleet() -> Iterator[dsm.sim.Fleet]:
    """Eight addresses: six iDRACs of all generations, one dead, one that is no Dell."""
    with dsm.sim.Fleet(
        "127.31.0.0",
        8,
        generations=["idrac9_v7", "idrac9_v6", "idrac10", "idrac8", "idrac9_v5", "idrac7"],
        defaults={"accounts": [{"user": USER, "password": PASSWORD, "role": "Administrator"}]},
        servers={6: {"kind": "dead"}, "127.31.0.8": {"kind": "not_dell"}},
    ) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the store goes."""
    return tmp_path / "dsm.db"


@pytest.fixture
def engine(fleet: dsm.sim.Fleet, store: Path) -> Iterator[dsm.Engine]:
    """An engine that may talk to the fleet and has its password."""
    with dsm.Engine.open(store, port=fleet.port, allow_loopback=True) as running:
        running.add_credential_set("lab", USER, PASSWORD, default=True)
        yield running


@pytest.fixture(scope="session")
def scanned(fleet: dsm.sim.Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dsm.Engine, str]]:
    """An engine that has scanned the fleet, and the job that did it."""
    path = tmp_path_factory.mktemp("scanned") / "dsm.db"
    with dsm.Engine.open(path, port=fleet.port, allow_loopback=True) as running:
        running.add_credential_set("lab", USER, PASSWORD, default=True)
        job = running.run("discovery_scan", target_scope={"ip_range": RANGE})
        yield running, job["id"]


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an operation gives in any test is held to what its method declares."""
    from dsm.idrac._area import Area  # noqa: PLC0415 - the module of the tests imports this one
    from lab import Held  # noqa: PLC0415

    monkeypatch.setattr(Area, "_run", Held._run)
