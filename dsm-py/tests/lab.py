"""One simulated iDRAC whose time runs fast, and `dsm.Idrac` on it. Every result is held to what its method declares."""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING, Any

import dsm
from conftest import PASSWORD, USER
from dsm.idrac._area import Area
from held import declared, misfits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsm.idrac import Progress, Reset, Wait

GENERATIONS: tuple[dsm.sim.Generation, ...] = ("idrac7", "idrac8", "idrac9_v5", "idrac9_v6", "idrac9_v7", "idrac10")
ISO = "http://10.1.2.3/images/a.iso"
QUICK: Wait = {"interval": 0.1}
RESTART: Reset = {"kind": "ForceRestart", "poll": 0.1}

_numbers = itertools.count(1)


@contextlib.contextmanager
def server(generation: dsm.sim.Generation = "idrac9_v7", **spec: Any) -> Iterator[dsm.sim.Fleet]:
    """One iDRAC, at an address of its own; ten minutes pass there in a second."""
    at = next(_numbers)
    defaults: dsm.sim.ServerSpec = {
        "accounts": [{"user": USER, "password": PASSWORD, "role": "Administrator"}],
        "session_timeout_s": 86400,
        **spec,  # type: ignore[typeddict-item]
    }
    network = f"127.{40 + os.getpid() % 20}.{at // 200}.{at % 200 + 1}"
    with dsm.sim.Fleet(
        network, 1, generations=[generation], defaults=defaults, journal="full", clock_scale=600
    ) as fleet:
        yield fleet


@contextlib.contextmanager
def idrac(fleet: dsm.sim.Fleet, user: str = USER, password: str = PASSWORD) -> Iterator[dsm.Idrac]:
    """A line to it, which must leave no session behind."""
    with connected(fleet, user, password) as line:
        yield line
    assert fleet.open_sessions() == 0


def connected(fleet: dsm.sim.Fleet, user: str = USER, password: str = PASSWORD) -> dsm.Idrac:
    """A line to it that stays open until it is closed."""
    return dsm.Idrac(fleet.addresses[0], user, password, port=fleet.port, allow_loopback=True)


def changes(fleet: dsm.sim.Fleet) -> list[str]:
    """The requests that changed something, logins and logouts left out."""
    asked = [each for each in fleet.journal() if "Sessions" not in each["path"]]
    return [
        f"{each['method']} {each['path']}" for each in asked if each["method"] in ("POST", "PATCH", "PUT", "DELETE")
    ]


class Held(Area):
    """Stands in for the base of all areas, and looks at what comes back."""

    _through = Area._run

    def _run(self, operation: str, progress: Progress | None = None, /, **arguments: object) -> Any:
        result = Held._through(self, operation, progress, **arguments)
        method = getattr(type(self), operation.partition(".")[2])
        assert misfits(result, declared(method), operation) == []
        return result
