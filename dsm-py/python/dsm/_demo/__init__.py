"""The main job, end to end: a simulated fleet of 254 iDRACs is scanned into a store, with everything that goes wrong.

Then what comes next for the fleet just found: its health, a plan for its BIOS and one for its firmware.
Written against nothing but the public names of `dsm`: it is also an example.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import dsm
from dsm._demo import fleet, live, plans, store, summary

if TYPE_CHECKING:
    from pathlib import Path


def run(path: Path) -> int:
    """Scans the fleet into `path` and shows what was found."""
    started = time.monotonic()
    out = sys.stdout
    store.make_room(path)
    with fleet.start() as simulated:
        out.write(
            f"A simulated fleet of {fleet.COUNT} addresses (idrac-sim) answers on {fleet.NETWORK}, "
            f"port {simulated.port}.\n"
        )
        # Private networks are the default; a simulator on loopback has to be allowed by name.
        with dsm.Engine.open(path, port=simulated.port, allow_loopback=True) as engine:
            engine.add_credential_set("main", *fleet.MAIN, default=True, priority=10)
            engine.add_credential_set("other rack", *fleet.OTHER, default=True, priority=20)
            out.write(f"Scanning it into {path} with two credential sets.\n\n")
            job = engine.enqueue("discovery_scan", target_scope={"ip_range": fleet.NETWORK}, notes=store.MARK)
            with live.Live(out, fleet.COUNT) as shown:
                try:
                    for event in engine.events(job):
                        shown.show(event)
                except KeyboardInterrupt:
                    engine.cancel(job, "Ctrl-C")
            row = engine.wait(job)
            elapsed, totals = time.monotonic() - started, simulated.totals()
            servers = engine.servers()
            summary.write(out, row, servers)
            if row["status"] == "completed":
                plans.show(out, engine, servers)
            exchanges = len(engine.activity())
        summary.write_end(out, row, summary.End(path, len(servers), exchanges, totals, elapsed))
        left = simulated.open_sessions()
    if left:
        sys.stderr.write(f"demo: {left} sessions were left open on iDRACs\n")
        return 1
    return 0
