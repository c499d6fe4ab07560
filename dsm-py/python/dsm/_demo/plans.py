"""What a shift asks next of the fleet just found: its health, and what a BIOS policy and a catalogue would change.

Nothing is changed.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dsm._demo import store
from dsm._demo.summary import WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dsm import Engine, JobRow, ServerRow

LINES = 5
"""Shown of a list before the rest is counted."""
BAR = 60
TITLES = {"health_check": "Health", "bios_config_write": "BIOS plan", "firmware_update": "Firmware plan"}
WANTED = {"SysProfile": "PerfPerWattOptimizedOs", "LogicalProc": "Disabled", "BootMode": "Uefi"}


def show(out: TextIO, engine: Engine, servers: list[ServerRow]) -> None:
    """Runs the three jobs and shows what came of them."""
    models = {server["id"]: server["model"].removeprefix("PowerEdge ") for server in servers if server["model"]}
    _health(out, _run(out, engine, "health_check", {"all": True}))

    bios = {"attributes": WANTED, "reboot_type": "graceful", "dry_run": True}
    job = _run(out, engine, "bios_config_write", bios, models)
    out.write(f"{'Model':<8} {'servers':>7}  {'setting':<14} {'in force':<14}   wanted\n")
    _table(out, job, models, _settings)

    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "demo-catalog.xml"
        catalog.write_bytes(resources.files("dsm._demo").joinpath("catalog.xml").read_bytes())
        firmware = {"catalog": str(catalog), "base_uri": "https://mirror.example/dell", "dry_run": True}
        job = _run(out, engine, "firmware_update", firmware, models)
    out.write(
        f"{'Model':<8} {'servers':>7}  {'component':<10} {'installed':<14}   {'wanted':<14} restart of the host\n"
    )
    _table(out, job, models, _packages)


def _run(out: TextIO, engine: Engine, job_type: str, details: dict[str, Any], servers: Iterable[str] = ()) -> JobRow:
    """Runs one job and says in a line how it went."""
    out.write(f"{TITLES[job_type]:<15}")
    out.flush()
    started = time.monotonic()
    scope = {"server_ids": list(servers)}
    job = engine.run(job_type, target_scope=scope, details=details, notes=store.MARK)
    found, elapsed = job["details"], time.monotonic() - started
    out.write(
        f"{job_type}: {found.get('success_count', 0)} of {found.get('total', 0)} servers in {elapsed:.1f} s\n"
        f"{'─' * WIDTH}\n"
    )
    return job


def _health(out: TextIO, job: JobRow) -> None:
    """A picture of the counts, and why the ill ones are ill."""
    counts = job["details"]["health"]
    total = max(sum(counts.values()), 1)
    for word in ("OK", "Warning", "Critical", "Unknown"):
        # What is there is seen.
        bar = "━" * -(-counts[word] * BAR // total)
        out.write(f"{word:<9} {counts[word]:>4}  {bar}".rstrip() + "\n")
    out.write("\n")
    ill = [result for result in _results(job) if result.get("overall_health") != "OK"]
    for result in ill[:LINES]:
        why = (result.get("reasons") or [result.get("error") or ""])[0]
        out.write(_fitted(f"{result['ip_address']:<15} {why}"))
    if len(ill) > LINES:
        out.write(f"… and {len(ill) - LINES} more\n")
    out.write("\n")


def _table(
    out: TextIO, job: JobRow, models: dict[str, str], lines_of: Callable[[dict[str, Any]], Iterable[str]]
) -> None:
    """What is the same is counted."""
    rows: Counter[tuple[str, str]] = Counter()
    for result in _results(job):
        lines = [result["error"]] if result.get("error") else list(lines_of(result))
        rows.update((models.get(result["server_id"], "?"), line) for line in lines)
    out.writelines(_fitted(f"{model:<8} {count:>7}  {line}") for (model, line), count in sorted(rows.items()))
    out.write("\n")


def _settings(result: dict[str, Any]) -> Iterator[str]:
    changes = result.get("changes") or []
    if not changes:
        yield "is as wanted"
    for change in changes:
        yield f"{change['attribute']:<14} {change['from']!s:<14} → {change['to']}"


def _packages(result: dict[str, Any]) -> Iterator[str]:
    plan = result["plan"]
    steps = [step for wave in plan.get("waves") or [] for step in wave]
    if not steps:
        yield plan["summary"]
    for step in steps:
        restart = step["host_restart"].replace("_", " ")
        yield f"{step['component']:<10} {step['version_before']:<14} → {step['version_wanted']:<14} {restart}"


def _results(job: JobRow) -> list[dict[str, Any]]:
    return job["details"].get("results") or []


def _fitted(line: str) -> str:
    return (line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…") + "\n"
