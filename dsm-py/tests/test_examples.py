"""The programs in examples/ do what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conftest import PASSWORD, RANGE
from lab import server

if TYPE_CHECKING:
    import dsm

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(fleet: dsm.sim.Fleet, name: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments, "--port", str(fleet.port)]
    done = subprocess.run(
        [*command, "--allow-loopback"],
        env={**os.environ, "IDRAC_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_scan(fleet: dsm.sim.Fleet, store: Path) -> None:
    printed = run(fleet, "scan.py", RANGE, "--db", str(store))
    assert printed.count("PowerEdge") == 6


def test_one_server(fleet: dsm.sim.Fleet) -> None:
    inventory = json.loads(run(fleet, "one_server.py", fleet.addresses[0]))
    assert inventory["summary"]["service_tag"] == fleet.server(0)["service_tag"]


def test_many_servers(fleet: dsm.sim.Fleet) -> None:
    printed = run(fleet, "many_servers.py", *fleet.addresses)
    assert printed.count("PowerEdge") == 6
    assert "127.31.0.7: connect:" in printed


def test_own_handler(fleet: dsm.sim.Fleet, store: Path) -> None:
    printed = run(fleet, "own_handler.py", RANGE, "--db", str(store))
    assert printed.count("task completed") == 6
    assert printed.count("PATCH https://127.31.0.") >= 6
    assert printed.endswith("completed 6\n")


def test_bios_setting() -> None:
    with server() as fleet:
        arguments = (fleet.addresses[0], "NodeInterleave=Enabled", "--yes", "--every", "0.2")
        staged = run(fleet, "bios_setting.py", *arguments)
        assert "NodeInterleave: Disabled -> Enabled" in staged
        assert "the host restarts: needed" in staged
        assert "waits for a restart of the host" in staged
        done = run(fleet, "bios_setting.py", *arguments, "--restart")
        assert "Completed  100 %" in done
        assert done.endswith(": done\nNodeInterleave is Enabled\n")
        assert fleet.open_sessions() == 0


def test_every_example_is_run_here() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    # What a store of one's own is held to is in test_stores.
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested | {"document_store"}
